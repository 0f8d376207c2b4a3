//! The two programs in turns, and the table of their ratios.

use crate::cases::Case;
use std::future::Future;
use std::time::Instant;
use tokio::runtime::Runtime;

/// How long to measure.
pub(crate) struct Length {
    rounds: usize,
    calls: u32,
}

impl Length {
    pub(crate) const QUICK: Self = Self { rounds: 60, calls: 200 };
    pub(crate) const FULL: Self = Self { rounds: 200, calls: 400 };
}

/// Microseconds a call, round by round.
#[derive(Default)]
struct Measured {
    ours: Vec<f64>,
    baseline: Vec<f64>,
    bare: Vec<f64>,
}

/// Measures every case and prints what came out.
pub(crate) fn table(runtime: &Runtime, cases: &[Case], length: Length) {
    println!(
        "\nA fresh call, all groups granted: median of {} rounds of {} calls each, in turns",
        length.rounds, length.calls
    );
    println!(
        "{:<26} {:>10} {:>10} {:>7} {:>15} {:>7} {:>8}   {:<10} {:<10}",
        "call", "ours", "baseline", "ratio", "p10 to p90", "bare", "to bare", "now", "later"
    );
    for case in cases {
        row(case, &measure(runtime, case, &length));
    }
    println!("ratio: ours to the baseline, median of the rounds' own; bare: the baseline without a WASI context");
}

fn measure(runtime: &Runtime, case: &Case, length: &Length) -> Measured {
    let mut measured = Measured::default();
    for round in 0..length.rounds + 1 {
        // Who goes first changes, so that neither profits from what the other left in the caches.
        let (ours, baseline) = if round % 2 == 0 {
            let ours = time(runtime, length.calls, || case.ours.call());
            (ours, time(runtime, length.calls, || case.baseline.call()))
        } else {
            let baseline = time(runtime, length.calls, || case.baseline.call());
            (time(runtime, length.calls, || case.ours.call()), baseline)
        };
        let bare = case.bare.as_ref().map(|bare| time(runtime, length.calls, || bare.call()));
        // The first round warms up.
        if round > 0 {
            measured.ours.push(ours);
            measured.baseline.push(baseline);
            measured.bare.extend(bare);
        }
    }
    measured
}

/// Microseconds a call.
fn time<T, R: Future<Output = T>>(runtime: &Runtime, calls: u32, call: impl Fn() -> R) -> f64 {
    runtime.block_on(async {
        let start = Instant::now();
        for _ in 0..calls {
            std::hint::black_box(call().await);
        }
        start.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
    })
}

fn row(case: &Case, measured: &Measured) {
    let ratios = quotients(&measured.ours, &measured.baseline);
    let ratio = quantile(&ratios, 0.5);
    let (bare, to_bare) = if measured.bare.is_empty() {
        ("-".to_owned(), "-".to_owned())
    } else {
        let ratios = quotients(&measured.ours, &measured.bare);
        (format!("{:.2}", quantile(&measured.bare, 0.5)), format!("{:.2}", quantile(&ratios, 0.5)))
    };
    let verdict = |target: f64| format!("{} {target}", if ratio <= target { "≤" } else { "MISSED" });
    println!(
        "{:<26} {:>7.2} µs {:>7.2} µs {:>7.3} {:>6.2} to {:>5.2} {:>7} {:>8}   {:<10} {:<10}",
        case.name,
        quantile(&measured.ours, 0.5),
        quantile(&measured.baseline, 0.5),
        ratio,
        quantile(&ratios, 0.1),
        quantile(&ratios, 0.9),
        bare,
        to_bare,
        verdict(case.targets.0),
        verdict(case.targets.1),
    );
}

fn quotients(ours: &[f64], theirs: &[f64]) -> Vec<f64> {
    ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect()
}

fn quantile(values: &[f64], at: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (at * (sorted.len().saturating_sub(1)) as f64).round() as usize;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}
