//! Time and its quantiles: the programs of a row take turns in rounds, so that a busy machine slows all of them.

use std::future::Future;
use std::time::Instant;
use tokio::runtime::Runtime;

/// How long to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// Once, to see that every row runs: for tests.
    Once,
    /// All suites within two minutes.
    Quick,
    Full,
}

impl Length {
    /// The one of three that belongs to this length.
    pub(crate) fn pick<T>(self, once: T, quick: T, full: T) -> T {
        match self {
            Self::Once => once,
            Self::Quick => quick,
            Self::Full => full,
        }
    }

    /// Rounds of a row whose round takes a few milliseconds.
    pub(crate) fn rounds(self) -> usize {
        self.pick(1, 16, 200)
    }

    /// Calls of one round, for calls of some microseconds.
    pub(crate) fn calls(self) -> u32 {
        self.pick(2, 100, 400)
    }
}

/// Microseconds a call, one call after the other.
pub(crate) fn time<T, R: Future<Output = T>>(runtime: &Runtime, calls: u32, call: impl Fn() -> R) -> f64 {
    runtime.block_on(async {
        let start = Instant::now();
        for _ in 0..calls {
            std::hint::black_box(call().await);
        }
        start.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
    })
}

/// The two programs of a row, round by round. The first round warms up.
pub(crate) fn in_turns(
    rounds: usize,
    mut ours: impl FnMut() -> f64,
    mut theirs: impl FnMut() -> f64,
) -> (Vec<f64>, Vec<f64>) {
    if rounds > 1 {
        ours();
        theirs();
    }
    (0..rounds)
        .map(|round| {
            // Who goes first changes, so that neither profits from what the other left in the caches.
            if round % 2 == 0 {
                let ours = ours();
                (ours, theirs())
            } else {
                let theirs = theirs();
                (ours(), theirs)
            }
        })
        .unzip()
}

/// What each round says, from the two programs' own figures.
pub(crate) fn each(ours: &[f64], theirs: &[f64], of: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    ours.iter().zip(theirs).map(|(ours, theirs)| of(*ours, *theirs)).collect()
}

pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

pub(crate) fn quantile(values: &[f64], at: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (at * (sorted.len().saturating_sub(1)) as f64).round() as usize;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}
