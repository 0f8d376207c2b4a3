//! What a host counts for its operator: of each entry its calls, waits, instances, memory and denials.
//!
//! Off unless [`HostBuilder::metrics`](crate::HostBuilder::metrics) is given some: then a call costs a few relaxed additions and
//! one more look at the clock, and never a lock. Nothing that a guest or a client says is kept, so that there are as many numbers as
//! there are entries.

mod entry;
mod histogram;
mod memory;
mod outcome;

pub(crate) use entry::Level;
pub use entry::{CountedCall, EntryMetrics, EntrySnapshot};
pub use histogram::{Histogram, HistogramSnapshot};
pub use memory::GuestMemory;
pub use outcome::Outcome;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The numbers of all entries of a host. Clones are one.
///
/// An entry's numbers are there as long as something is made of it: they go on where it is replaced by another of its id, and go
/// with the last.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Mutex<BTreeMap<Arc<str>, Weak<EntryMetrics>>>>);

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.snapshot();
        f.debug_set().entries(entries.iter().map(|(id, _)| id)).finish()
    }
}

impl Metrics {
    /// No numbers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The numbers of one entry, for whoever makes a function of it: all of one id share them. Locks; not for each call.
    pub fn entry(&self, id: &Arc<str>) -> Arc<EntryMetrics> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = entries.get(id).and_then(Weak::upgrade) {
            return known;
        }
        entries.retain(|_, entry| entry.strong_count() > 0);
        let new = Arc::new(EntryMetrics::default());
        entries.insert(id.clone(), Arc::downgrade(&new));
        new
    }

    /// All numbers as they are now, by the id of their entry.
    pub fn snapshot(&self) -> Vec<(Arc<str>, EntrySnapshot)> {
        let entries: Vec<_> = {
            let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            entries.iter().filter_map(|(id, entry)| Some((id.clone(), entry.upgrade()?))).collect()
        };
        // Read outside of the lock: pools are asked, and the last of an entry may be dropped here.
        entries.into_iter().map(|(id, entry)| (id, entry.snapshot())).collect()
    }
}
