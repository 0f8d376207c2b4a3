//! Denials in the log: once, then with a count, a minute apart, and at the end.

use super::Denial;
use serde::Serialize;
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// The target of denials in the log.
const TARGET: &str = "wippy::denied";

/// The target of those that end the guest's call, whose error says the same.
const GRANT: &str = "wippy::denied::grant";

/// Between two lines of one kind of denial.
const INTERVAL: Duration = Duration::from_secs(60);

/// Said beside the line to add, because it does more than add.
const FIRST_ITEM: &str =
    "the entry has no allow list yet; with one, it reaches and looks up nothing but what the list names";

/// Counts the denials of one entry and logs each kind as a warning, target `wippy::denied` (`wippy::denied::grant` for a host function
/// that is not imported): the first at once, one of those that follow at most each minute, with the count until then, and what is
/// left when this is dropped or told to ([`DenialLog::summarise`]).
///
/// A guest chooses what it is denied, so the number of different denials is bounded: beyond
/// [`MAX_KINDS`](Self::MAX_KINDS) all new ones share one row. Safe to share between threads.
#[derive(Debug, Default)]
pub struct DenialLog {
    rows: Mutex<Rows>,
}

#[derive(Debug, Default)]
struct Rows {
    /// By [`Denial::what`].
    kinds: HashMap<String, Row>,
    others: Option<Row>,
}

#[derive(Debug)]
struct Row {
    kind: Kind,
    entry: Option<Arc<str>>,
    count: u64,
    told: u64,
    when: Instant,
}

macro_rules! warn_of {
    ($kind:expr, $($line:tt)*) => {
        match $kind {
            Kind::Policy => tracing::warn!(target: TARGET, $($line)*),
            Kind::Grant => tracing::warn!(target: GRANT, $($line)*),
        }
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Policy,
    Grant,
}

/// One row of a [`DenialLog`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct DenialCount {
    /// What was denied ([`Denial::what`]); `None` for the row that all denials beyond [`DenialLog::MAX_KINDS`] share.
    pub what: Option<String>,
    /// How often.
    pub count: u64,
}

impl Row {
    fn new(kind: Kind, entry: Option<&Arc<str>>, now: Instant) -> Self {
        Self { kind, entry: entry.cloned(), count: 1, told: 1, when: now }
    }

    /// The count, where it is to be told now.
    fn again(&mut self, now: Instant) -> Option<u64> {
        self.count = self.count.saturating_add(1);
        if now.saturating_duration_since(self.when) < INTERVAL {
            return None;
        }
        (self.told, self.when) = (self.count, now);
        Some(self.count)
    }
}

impl DenialLog {
    /// How many different denials have a row of their own.
    pub const MAX_KINDS: usize = 256;

    /// A log without denials.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts `denial`, and logs it where its turn has come. Returns whether it was logged.
    pub fn record(&self, denial: &Denial) -> bool {
        self.record_at(denial, Instant::now())
    }

    /// As [`record`](Self::record), at the time `now`.
    pub(crate) fn record_at(&self, denial: &Denial, now: Instant) -> bool {
        let note = (denial.starts_list && denial.line.is_some()).then_some(FIRST_ITEM);
        self.tell(Kind::Policy, denial.entry.as_ref(), &denial.what, (denial, note), now)
    }

    /// The same of a host function that the entry does not import; `text` says so.
    pub(crate) fn not_granted(&self, entry: &Arc<str>, function: &str, text: &dyn Display) {
        self.tell(Kind::Grant, Some(entry), function, (text, None), Instant::now());
    }

    fn tell(
        &self,
        kind: Kind,
        entry: Option<&Arc<str>>,
        what: &str,
        (text, note): (&dyn Display, Option<&str>),
        now: Instant,
    ) -> bool {
        let (count, own_row) = self.count(kind, entry, what, now);
        let Some(count) = count else { return false };
        let entry = entry.map(|entry| &**entry).unwrap_or_default();
        match (own_row, note) {
            (true, None) => warn_of!(kind, entry, count, "{text}"),
            (true, Some(note)) => warn_of!(kind, entry, count, note, "{text}"),
            (false, _) => warn_of!(
                kind,
                entry,
                count,
                "{text} (the latest of those beyond {} different denials, which are counted together)",
                Self::MAX_KINDS
            ),
        }
        true
    }

    /// Logs the count of each kind that has been denied since it was last logged.
    pub fn summarise(&self) {
        let mut untold = Vec::new();
        {
            let mut rows = self.rows();
            let Rows { kinds, others } = &mut *rows;
            let kinds = kinds.iter_mut().map(|(what, row)| (Some(what.clone()), row));
            for (what, row) in
                kinds.chain(others.iter_mut().map(|row| (None, row))).filter(|(_, row)| row.count > row.told)
            {
                (row.told, row.when) = (row.count, Instant::now());
                untold.push((what, row.kind, row.entry.clone(), row.count));
            }
        }
        untold.sort();
        for (what, kind, entry, count) in untold {
            let (entry, what) = (entry.as_deref().unwrap_or_default(), what.as_deref().unwrap_or("all else"));
            warn_of!(kind, entry, count, "denied {count} times so far: {what}");
        }
    }

    /// All rows, the most frequent first.
    pub fn counts(&self) -> Vec<DenialCount> {
        let rows = self.rows();
        let mut counts: Vec<DenialCount> =
            rows.kinds.iter().map(|(what, row)| DenialCount { what: Some(what.clone()), count: row.count }).collect();
        counts.extend(rows.others.as_ref().map(|row| DenialCount { what: None, count: row.count }));
        counts.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.what.cmp(&b.what)));
        counts
    }

    /// The new count of `what`, where it is to be told, and whether that is its own. The lock is not held while the log is written.
    fn count(&self, kind: Kind, entry: Option<&Arc<str>>, what: &str, now: Instant) -> (Option<u64>, bool) {
        let mut rows = self.rows();
        if let Some(row) = rows.kinds.get_mut(what) {
            return (row.again(now), true);
        }
        if rows.kinds.len() < Self::MAX_KINDS {
            rows.kinds.insert(what.to_owned(), Row::new(kind, entry, now));
            return (Some(1), true);
        }
        match &mut rows.others {
            Some(row) => (row.again(now), false),
            none => {
                *none = Some(Row::new(kind, entry, now));
                (Some(1), false)
            }
        }
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for DenialLog {
    /// The last word on an entry that goes.
    fn drop(&mut self) {
        self.summarise();
    }
}

/// The denials of all entries of a host. Clones are one.
#[derive(Debug, Clone, Default)]
pub struct Denials(Arc<Mutex<Vec<Weak<DenialLog>>>>);

impl Denials {
    /// A log of one entry's, among them for as long as it is held.
    pub fn log(&self) -> Arc<DenialLog> {
        let log = Arc::new(DenialLog::new());
        let mut logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Only where it would grow, so that ten thousand entries are not looked through for each of them.
        if logs.len() == logs.capacity() {
            logs.retain(|log| log.strong_count() > 0);
        }
        logs.push(Arc::downgrade(&log));
        log
    }

    /// Logs what has not been told yet: see [`DenialLog::summarise`]. [`Host::drain`](crate::Host::drain) does.
    pub fn summarise(&self) {
        let logs: Vec<_> = {
            let logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            logs.iter().filter_map(Weak::upgrade).collect()
        };
        logs.iter().for_each(|log| log.summarise());
    }
}
