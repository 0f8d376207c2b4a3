//! The numbers of one entry.

use super::histogram::{Histogram, HistogramSnapshot};
use super::outcome::Outcome;
use crate::error::{Error, Reason};
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, Weak};
use std::time::Instant;

/// What is counted of one entry, in all that is made of it. Safe to share between threads.
#[derive(Default)]
pub struct EntryMetrics {
    calls: [AtomicU64; Outcome::COUNT],
    running: AtomicUsize,
    took: Histogram,
    waited: Histogram,
    instances: AtomicUsize,
    memory: AtomicUsize,
    not_granted: AtomicU64,
    refused: AtomicU64,
    traps: AtomicU64,
    levels: Levels,
}

/// The numbers of one entry at one moment.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct EntrySnapshot {
    /// How many calls ended, by how.
    pub calls: Vec<(Outcome, u64)>,
    /// Calls at this moment, those that wait included.
    pub running: usize,
    /// How long calls took, waiting included.
    pub took: HistogramSnapshot,
    /// How long those calls waited that found no slot of the pool free, or no room in the host.
    pub waited: HistogramSnapshot,
    /// How many wait for a slot of the pool at this moment.
    pub waiting: usize,
    /// Instances, those that are ready included.
    pub instances: usize,
    /// Instances that wait for a call: prepared ahead of it, or kept after another.
    pub ready: usize,
    /// Linear memory of all instances, or what Lua's VMs have allocated when they last gave their thread back; in bytes.
    pub memory_bytes: usize,
    /// Calls of host functions that the entry does not import.
    pub not_granted: u64,
    /// What the policy refused: uses of the network, calls of other functions, variables.
    pub refused: u64,
    /// Trapping instructions, and exhausted stacks.
    pub traps: u64,
}

impl EntryMetrics {
    /// A call begins, or began at `began`. It counts as [`Outcome::Dropped`] unless it is said how it ended.
    pub fn begin(&self, began: Instant) -> CountedCall<'_> {
        self.running.fetch_add(1, Ordering::Relaxed);
        CountedCall { of: self, began, outcome: Outcome::Dropped }
    }

    /// Counts something that the policy refused.
    pub fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts what ended a guest's call, where that is a trap or a host function that is not granted.
    pub(crate) fn failed(&self, error: &Error) {
        match error.reason() {
            Reason::Trap | Reason::StackOverflow => self.traps.fetch_add(1, Ordering::Relaxed),
            Reason::NotGranted => self.not_granted.fetch_add(1, Ordering::Relaxed),
            _ => return,
        };
    }

    /// A call begins to wait, which is over when this is dropped.
    pub(crate) fn wait(&self) -> CountedWait<'_> {
        CountedWait { of: self, began: Instant::now() }
    }

    pub(crate) fn instance_made(&self) {
        self.instances.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn instance_dropped(&self, memory: usize) {
        self.instances.fetch_sub(1, Ordering::Relaxed);
        self.memory_shrunk(memory);
    }

    pub(crate) fn memory_grown(&self, bytes: usize) {
        self.memory.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn memory_shrunk(&self, bytes: usize) {
        self.memory.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn levels(&self) -> &Levels {
        &self.levels
    }

    pub(super) fn snapshot(&self) -> EntrySnapshot {
        let (waiting, ready) = self.levels.now();
        EntrySnapshot {
            calls: Outcome::all().zip(self.calls.iter().map(|count| count.load(Ordering::Relaxed))).collect(),
            running: self.running.load(Ordering::Relaxed),
            took: self.took.snapshot(),
            waited: self.waited.snapshot(),
            waiting,
            instances: self.instances.load(Ordering::Relaxed),
            ready,
            memory_bytes: self.memory.load(Ordering::Relaxed),
            not_granted: self.not_granted.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            traps: self.traps.load(Ordering::Relaxed),
        }
    }
}

impl fmt::Debug for EntryMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot().fmt(f)
    }
}

/// A call that is counted when this is dropped.
#[derive(Debug)]
pub struct CountedCall<'a> {
    of: &'a EntryMetrics,
    began: Instant,
    outcome: Outcome,
}

impl CountedCall<'_> {
    /// The call ends now, with a result.
    pub fn ended(mut self) {
        self.outcome = Outcome::Ok;
    }

    /// The call ends now, with an error.
    pub fn failed(mut self, error: &Error) {
        self.outcome = Outcome::Failed(error.kind());
    }
}

impl Drop for CountedCall<'_> {
    fn drop(&mut self) {
        self.of.running.fetch_sub(1, Ordering::Relaxed);
        self.of.took.observe(self.began.elapsed());
        if let Some(count) = self.of.calls.get(self.outcome.index()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A wait that is counted when this is dropped.
pub(crate) struct CountedWait<'a> {
    of: &'a EntryMetrics,
    began: Instant,
}

impl Drop for CountedWait<'_> {
    fn drop(&mut self) {
        self.of.waited.observe(self.began.elapsed());
    }
}

/// Part of a pool that is asked when somebody wants to know.
pub(crate) trait Level: Send + Sync {
    /// Calls that wait for a slot.
    fn waiting(&self) -> usize {
        0
    }

    /// Instances that wait for a call.
    fn ready(&self) -> usize {
        0
    }
}

/// The parts of all pools of an entry; while one replaces another, there are two.
#[derive(Default)]
pub(crate) struct Levels(Mutex<Vec<Weak<dyn Level>>>);

impl Levels {
    pub(crate) fn add(&self, level: Weak<dyn Level>) {
        let mut levels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        levels.retain(|level| level.strong_count() > 0);
        levels.push(level);
    }

    fn now(&self) -> (usize, usize) {
        let levels: Vec<_> = {
            let levels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            levels.iter().filter_map(Weak::upgrade).collect()
        };
        levels.iter().fold((0, 0), |(waiting, ready), level| (waiting + level.waiting(), ready + level.ready()))
    }
}
