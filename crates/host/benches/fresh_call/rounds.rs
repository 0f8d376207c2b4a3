//! The two programs in turns, and the table of their ratios.

use crate::cases::Case;
use crate::measure::{Length, quantile, quotients, time};
use tokio::runtime::Runtime;

/// Microseconds a call, round by round.
#[derive(Default)]
struct Measured {
    ours: Vec<f64>,
    baseline: Vec<f64>,
    bare: Vec<f64>,
}

/// Measures every case and prints what came out.
pub(crate) fn table(runtime: &Runtime, cases: &[&Case], length: Length) {
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
