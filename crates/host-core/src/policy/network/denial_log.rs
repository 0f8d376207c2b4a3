//! Denials in the log: once, then ever more rarely, with a count.

use super::Denial;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Said beside the line to add, because it does more than add.
const FIRST_ITEM: &str =
    "the entry has no allow list yet; with one, it reaches and looks up nothing but what the list names";

/// Counts the denials of one entry and logs the 1st, 10th, 100th, … of each as a warning.
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
    kinds: HashMap<String, u64>,
    others: u64,
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

impl DenialLog {
    /// How many different denials have a row of their own.
    pub const MAX_KINDS: usize = 256;

    /// A log without denials.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts `denial`, and logs it where its turn has come. Returns whether it was logged.
    pub fn record(&self, denial: &Denial) -> bool {
        let (count, own_row) = self.count(&denial.what);
        if !is_power_of_ten(count) {
            return false;
        }
        let entry = denial.entry.as_deref().unwrap_or_default();
        match (own_row, denial.starts_list && denial.line.is_some()) {
            (true, false) => tracing::warn!(entry, count, "{denial}"),
            (true, true) => tracing::warn!(entry, count, note = FIRST_ITEM, "{denial}"),
            (false, _) => tracing::warn!(
                entry,
                count,
                "{denial} (the latest of those beyond {} different denials, which are counted together)",
                Self::MAX_KINDS
            ),
        }
        true
    }

    /// All rows, the most frequent first.
    pub fn counts(&self) -> Vec<DenialCount> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counts: Vec<DenialCount> =
            rows.kinds.iter().map(|(what, count)| DenialCount { what: Some(what.clone()), count: *count }).collect();
        counts.extend((rows.others > 0).then_some(DenialCount { what: None, count: rows.others }));
        counts.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.what.cmp(&b.what)));
        counts
    }

    /// The new count of `what`, and whether that is its own. The lock is not held while the log is written.
    fn count(&self, what: &str) -> (u64, bool) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = rows.kinds.get_mut(what) {
            *count = count.saturating_add(1);
            return (*count, true);
        }
        if rows.kinds.len() < Self::MAX_KINDS {
            rows.kinds.insert(what.to_owned(), 1);
            return (1, true);
        }
        rows.others = rows.others.saturating_add(1);
        (rows.others, false)
    }
}

fn is_power_of_ten(mut count: u64) -> bool {
    while count >= 10 && count.is_multiple_of(10) {
        count /= 10;
    }
    count == 1
}
