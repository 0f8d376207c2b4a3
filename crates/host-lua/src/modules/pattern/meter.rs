//! How much matching one VM has done since it last let others run.

use super::matcher::STEP;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What may be done in one go: a million steps, about 10 ms, which is also how long a guest computes before it yields.
const SLICE: u64 = 1_000_000 * STEP;

/// Shared by all pattern functions of one VM: many short matches weigh as much as one long one, and the instruction
/// counter of Lua sees neither.
#[derive(Clone, Default)]
pub(super) struct Meter(Arc<AtomicU64>);

impl Meter {
    /// Whether it is time to let others run; if so, the count starts again.
    pub(super) fn due(&self) -> bool {
        let due = self.0.load(Ordering::Relaxed) >= SLICE;
        if due {
            self.0.store(0, Ordering::Relaxed);
        }
        due
    }

    /// Whether the slice is used up, with `more` eighths of a step that are not yet counted.
    pub(super) fn is_full(&self, more: u64) -> bool {
        self.0.load(Ordering::Relaxed).saturating_add(more) >= SLICE
    }

    /// Counts work.
    pub(super) fn add(&self, spent: u64) {
        // One VM runs on one thread at a time; there is no other writer to lose a count to.
        let sum = self.0.load(Ordering::Relaxed).saturating_add(spent);
        self.0.store(sum, Ordering::Relaxed);
    }
}
