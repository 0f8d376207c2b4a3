//! All guests' linear memory together, held to the host's cap.

use crate::EngineOptions;
use crate::pool::Idle;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How much memory the guests of a host have. Calls that wait for nothing: growth that does not fit fails.
pub(crate) struct HostMemory {
    used: AtomicUsize,
    total: usize,
    outermost: usize,
    idle: Arc<Idle>,
}

/// The host has no memory left for this guest.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the host has no memory left for guests: of {allowed} bytes, {used} are in use")]
pub(crate) struct HostMemoryFull {
    allowed: usize,
    used: usize,
}

impl HostMemory {
    pub(crate) fn new(options: &EngineOptions, idle: Arc<Idle>) -> Self {
        let (total, outermost) = (options.max_total_memory_bytes, options.memory_of_outermost());
        Self { used: AtomicUsize::new(0), total, outermost, idle }
    }

    /// Takes `bytes`, from the nested calls' part too where `nested`. Instances that wait for no call yet make room.
    pub(crate) fn take(&self, bytes: usize, nested: bool) -> Result<(), HostMemoryFull> {
        let allowed = if nested { self.total } else { self.outermost };
        loop {
            let fits = |used: usize| used.checked_add(bytes).filter(|next| *next <= allowed);
            let Err(used) = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) else { return Ok(()) };
            // More than could ever fit costs nobody else their instance.
            if bytes > allowed || !self.idle.spare_one() {
                return Err(HostMemoryFull { allowed, used });
            }
        }
    }

    pub(crate) fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}
