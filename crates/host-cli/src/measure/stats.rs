//! The numbers of each entry that was called.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// All numbers. They are many entries' and many threads'.
#[derive(Default)]
pub(crate) struct Stats(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    entries: Entries,
    taken: bool,
}

/// In the order in which they were first called.
pub(crate) type Entries = Vec<EntryStats>;

/// What is known of one entry.
#[derive(Default)]
pub(crate) struct EntryStats {
    pub(crate) entry: Arc<str>,
    /// When it was first called.
    pub(crate) called: Option<Instant>,
    /// How its code was come by; `None` where it has none, or shares that of another entry.
    pub(crate) compiled: Option<Compiled>,
    pub(crate) instances: Spent,
    pub(crate) calls: Spent,
    /// What was computed for it beside its calls.
    pub(crate) beside: Duration,
    /// Bytes of linear memory, of the instance that had most.
    pub(crate) memory: u64,
    /// Arguments and results of its calls.
    pub(crate) copied: Copied,
    pub(crate) functions: BTreeMap<Arc<str>, FunctionStats>,
}

/// How code was come by.
#[derive(Clone, Copy)]
pub(crate) struct Compiled {
    pub(crate) time: Duration,
    pub(crate) cached: bool,
}

/// What is known of one host function that the guest of an entry called.
#[derive(Default)]
pub(crate) struct FunctionStats {
    pub(crate) calls: Spent,
    /// `None` for a function that does not say.
    pub(crate) copied: Option<Copied>,
}

/// What something that happened several times took.
#[derive(Default, Clone, Copy)]
pub(crate) struct Spent {
    pub(crate) times: u64,
    /// How many of them failed.
    pub(crate) failed: u64,
    /// From beginning to end.
    pub(crate) whole: Duration,
    /// Of that, what it computed itself.
    pub(crate) busy: Duration,
}

/// Bytes that were copied.
#[derive(Default, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Copied {
    pub(crate) to_host: u64,
    pub(crate) to_guest: u64,
}

impl Stats {
    /// Changes the numbers of an entry. Nothing counts any more once they are taken.
    pub(super) fn entry(&self, entry: &Arc<str>, change: impl FnOnce(&mut EntryStats)) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.taken {
            return;
        }
        match kept.entries.iter_mut().find(|known| known.entry == *entry) {
            Some(known) => change(known),
            None => {
                let mut new = EntryStats { entry: entry.clone(), ..EntryStats::default() };
                change(&mut new);
                kept.entries.push(new);
            }
        }
    }

    /// The entries that were called, once; `None` where they were taken before.
    pub(crate) fn take(&self) -> Option<Entries> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut kept.taken, true) {
            return None;
        }
        let mut entries = std::mem::take(&mut kept.entries);
        entries.retain(|entry| entry.calls.times > 0);
        entries.sort_by_key(|entry| entry.called);
        Some(entries)
    }
}

impl EntryStats {
    /// What its guest computed: of its calls, what is neither instantiating nor host functions.
    pub(super) fn guest(&self) -> Duration {
        (self.calls.busy + self.beside).saturating_sub(self.instances.whole)
    }

    /// What its host functions computed.
    pub(super) fn host(&self) -> Duration {
        self.functions.values().map(|function| function.calls.busy).sum()
    }

    /// What is left of its calls: host functions that waited, nested calls, queues.
    pub(super) fn waiting(&self) -> Duration {
        self.calls.whole.saturating_sub(self.guest() + self.host() + self.instances.whole)
    }
}

impl Spent {
    /// Another time.
    pub(super) fn add(&mut self, whole: Duration, busy: Duration, failed: bool) {
        self.times += 1;
        self.failed += u64::from(failed);
        self.whole += whole;
        self.busy += busy;
    }

    /// Of the whole, what it did not compute itself.
    pub(super) fn waiting(&self) -> Duration {
        self.whole.saturating_sub(self.busy)
    }
}

impl Copied {
    pub(super) fn add(&mut self, other: Self) {
        self.to_host += other.to_host;
        self.to_guest += other.to_guest;
    }
}
