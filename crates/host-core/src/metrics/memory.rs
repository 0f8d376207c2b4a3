//! The memory of one guest that tells it itself.

use super::EntryMetrics;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The memory of one guest, as part of its entry's ([`EntrySnapshot::memory_bytes`](super::EntrySnapshot)) until this is dropped: for
/// guests whose memory no store of the host's counts.
pub struct GuestMemory {
    of: Arc<EntryMetrics>,
    bytes: AtomicUsize,
}

impl GuestMemory {
    /// A guest without memory.
    pub fn new(of: Arc<EntryMetrics>) -> Self {
        Self { of, bytes: AtomicUsize::new(0) }
    }

    /// It has so many bytes now. To be told by one thread at a time.
    pub fn now(&self, bytes: usize) {
        let before = self.bytes.swap(bytes, Ordering::Relaxed);
        if bytes >= before {
            self.of.memory_grown(bytes - before);
        } else {
            self.of.memory_shrunk(before - bytes);
        }
    }
}

impl Drop for GuestMemory {
    fn drop(&mut self) {
        self.now(0);
    }
}

impl fmt::Debug for GuestMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Metrics;
    use super::GuestMemory;

    #[test]
    fn guests_of_an_entry_add_up_and_go_with_their_memory() {
        let metrics = Metrics::new();
        let entry = metrics.entry(&"demo:it".into());
        let (one, other) = (GuestMemory::new(entry.clone()), GuestMemory::new(entry));
        let total = || metrics.snapshot()[0].1.memory_bytes;
        one.now(100);
        other.now(50);
        one.now(30);
        assert_eq!(total(), 80);
        drop(one);
        assert_eq!(total(), 50);
    }
}
