//! Time and its quantiles, for all benchmarks that measure in rounds.

#![allow(dead_code, reason = "each benchmark uses a part")]

use std::future::Future;
use std::time::Instant;
use tokio::runtime::Runtime;
use wippy_host::wasmtime::Engine;
use wippy_host::{EPOCH, EngineOptions};

/// How long to measure.
pub(crate) struct Length {
    pub(crate) rounds: usize,
    pub(crate) calls: u32,
}

impl Length {
    pub(crate) const QUICK: Self = Self { rounds: 60, calls: 200 };
    pub(crate) const FULL: Self = Self { rounds: 200, calls: 400 };

    /// What the command line asks for; nothing where it wants a list of tests. Cargo says `--bench` when it measures, and
    /// nothing when it only tests that the benchmark runs.
    pub(crate) fn asked_for() -> Option<Self> {
        let given = |flag: &str| std::env::args().any(|argument| argument == flag);
        match (given("--list"), given("--bench"), given("--quick")) {
            (true, ..) => None,
            (_, false, _) => Some(Self { rounds: 1, calls: 2 }),
            (_, true, true) => Some(Self::QUICK),
            (_, true, false) => Some(Self::FULL),
        }
    }
}

/// An engine with the host's own settings, and a thread that ticks it as the host's does. As there, instances are allocated
/// on demand where the address space does not suffice for a pool: under Valgrind, for example.
pub(crate) fn engine() -> Engine {
    let engine = |pooling| Engine::new(&wippy_host::engine_config(&EngineOptions::default(), pooling));
    let engine = engine(true).or_else(|_| engine(false)).unwrap();
    let ticked = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = ticked.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(EPOCH);
        }
    });
    engine
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

/// The two programs of a row, round by round. The first round warms up.
pub(crate) fn in_turns(
    length: &Length,
    mut ours: impl FnMut() -> f64,
    mut theirs: impl FnMut() -> f64,
) -> (Vec<f64>, Vec<f64>) {
    ours();
    theirs();
    (0..length.rounds)
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

/// A row that says what `ours` costs beyond `callee`, in microseconds.
pub(crate) fn over(name: &str, length: &Length, ours: impl FnMut() -> f64, callee: impl FnMut() -> f64, target: f64) {
    let (ours, callee) = in_turns(length, ours, callee);
    let added: Vec<f64> = ours.iter().zip(&callee).map(|(ours, callee)| ours - callee).collect();
    let median = quantile(&added, 0.5);
    println!(
        "{name:<26} {:>7.2} µs {:>7.2} µs   added {median:>6.2} µs, {:>5.2} to {:>5.2}   {} {target} µs",
        quantile(&ours, 0.5),
        quantile(&callee, 0.5),
        quantile(&added, 0.1),
        quantile(&added, 0.9),
        if median <= target { "≤" } else { "MISSED" },
    );
}
