//! How long things took, in fixed steps.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the steps, in microseconds: from what a call of a small guest takes to the default limit of 30 s.
const BOUNDS: [u64; 16] = [
    10, 50, 100, 500, 1_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    10_000_000, 30_000_000,
];

/// Durations, counted by how long they are. Two relaxed additions for each.
#[derive(Debug, Default)]
pub struct Histogram {
    /// One for each bound, and one for what is longer.
    counts: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

/// A [`Histogram`] at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct HistogramSnapshot {
    /// The upper bound of each step in seconds, and how many fell into it and into none before; the last bound is infinite.
    pub steps: Vec<(f64, u64)>,
    /// How many there were.
    pub count: u64,
    /// All together, in seconds.
    pub sum: f64,
}

impl Histogram {
    /// Counts one. A duration counts for its step where it is as long as the bound.
    pub fn observe(&self, duration: Duration) {
        let micros = u64::try_from(duration.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX);
        let step = BOUNDS.partition_point(|bound| *bound < micros);
        if let Some(count) = self.counts.get(step) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.nanoseconds.fetch_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// What was counted so far.
    pub fn snapshot(&self) -> HistogramSnapshot {
        let bounds = BOUNDS.iter().map(|micros| *micros as f64 / 1e6).chain([f64::INFINITY]);
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let steps: Vec<_> = bounds.zip(counts).collect();
        let count = steps.iter().map(|(_, count)| count).sum();
        HistogramSnapshot { steps, count, sum: self.nanoseconds.load(Ordering::Relaxed) as f64 / 1e9 }
    }
}

#[cfg(test)]
mod tests {
    use super::Histogram;
    use std::time::Duration;

    #[test]
    fn a_duration_counts_for_the_first_step_that_it_fits() {
        let histogram = Histogram::default();
        for micros in [0, 10, 11, 30_000_000, 30_000_001] {
            histogram.observe(Duration::from_micros(micros));
        }
        let snapshot = histogram.snapshot();
        let counted: Vec<_> = snapshot.steps.iter().filter(|(_, count)| *count > 0).copied().collect();
        assert_eq!(counted, [(0.000_01, 2), (0.000_05, 1), (30.0, 1), (f64::INFINITY, 1)]);
        assert_eq!(snapshot.count, 5);
        assert!((snapshot.sum - 60.000_022).abs() < 1e-9);
    }
}
