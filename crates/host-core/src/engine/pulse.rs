//! When a thread last did what it does again and again, for whoever asks whether it still does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub(super) struct Pulse {
    began: Instant,
    /// In milliseconds after that.
    last: AtomicU64,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), last: AtomicU64::new(0) }
    }

    pub(super) fn beat(&self) {
        self.last.store(self.elapsed(), Ordering::Relaxed);
    }

    /// How long ago it was.
    pub(super) fn age(&self) -> Duration {
        Duration::from_millis(self.elapsed().saturating_sub(self.last.load(Ordering::Relaxed)))
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
