//! Time and its quantiles, for all benchmarks that measure in rounds.

use std::future::Future;
use std::time::Instant;
use tokio::runtime::Runtime;

/// How long to measure.
pub(crate) struct Length {
    pub(crate) rounds: usize,
    pub(crate) calls: u32,
}

impl Length {
    pub(crate) const QUICK: Self = Self { rounds: 60, calls: 200 };
    pub(crate) const FULL: Self = Self { rounds: 200, calls: 400 };
}

/// Microseconds a call.
pub(crate) fn time<T, R: Future<Output = T>>(runtime: &Runtime, calls: u32, call: impl Fn() -> R) -> f64 {
    runtime.block_on(async {
        let start = Instant::now();
        for _ in 0..calls {
            std::hint::black_box(call().await);
        }
        start.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
    })
}

pub(crate) fn quotients(ours: &[f64], theirs: &[f64]) -> Vec<f64> {
    ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect()
}

pub(crate) fn quantile(values: &[f64], at: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (at * (sorted.len().saturating_sub(1)) as f64).round() as usize;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}
