//! What a fresh call costs as everything around it grows: nothing more, wherever the call does not ask for what there is more of.

mod extra;
mod grown;
mod quiet;

use crate::bench::Bench;
use crate::measure::{median, quantile, time};
use crate::row::Target::AtMost;
use crate::row::{Curve, Kind, Row, Target, slope};
use grown::{Asks, Grown};

pub(super) fn run(bench: &Bench) {
    let runtime = &bench.runtime;
    let flat = Some(AtMost(0.02));
    let entries = bench.length.pick(&[1, 10][..], &[1, 10, 100, 1000], &[1, 10, 100, 1000, 10_000, 100_000]);
    plot(bench, "entries of the registry", flat, entries, |size| runtime.block_on(grown::entries(size)));
    let imports = bench.length.pick(&[8, 200][..], &[8, 24, 72, 200], &[8, 16, 32, 64, 128, 200]);
    plot(bench, "registered imports", flat, imports, |size| runtime.block_on(grown::imports(size)));
    plot(bench, "grants of the entry", flat, imports, |size| runtime.block_on(grown::grants(size)));
    let some = bench.length.pick(&[1, 10][..], &[1, 10, 100], &[1, 3, 10, 30, 100, 300]);
    for (asks, whose, target) in [(Asks::Nothing, "", flat), (Asks::Everything, ", of a guest that reads them", None)] {
        plot(bench, &format!("variables of the entry{whose}"), target, some, |size| {
            runtime.block_on(grown::variables(size, asks))
        });
        // A guest that reads them has room for 128 descriptors.
        let read = some.iter().position(|size| *size > 100).filter(|_| asks == Asks::Everything).unwrap_or(some.len());
        plot(bench, &format!("mounts of the entry{whose}"), target, &some[..read], |size| {
            runtime.block_on(grown::mounts(size, asks))
        });
    }
}

/// The cost of a fresh call at each size, all sizes and both programs in turns.
fn plot(bench: &Bench, what: &str, target: Option<Target>, sizes: &[usize], grown: impl Fn(usize) -> Grown) {
    let all: Vec<Grown> = sizes.iter().map(|size| grown(*size)).collect();
    let points = |costs: Vec<f64>| sizes.iter().map(|size| *size as f64).zip(costs).collect();
    let curve = |(ours, baseline): (Vec<f64>, Vec<f64>)| Curve {
        name: format!("a fresh call, by {what}"),
        size: what.to_owned(),
        unit: "µs".to_owned(),
        ours: points(ours),
        baseline: points(baseline),
    };
    // What is flat takes microseconds; what has no target, milliseconds.
    let (calls, count) = match target {
        Some(_) => (bench.length.calls(), bench.length.rounds()),
        None => (bench.length.calls() / 4 + 1, bench.length.pick(1, 8, 40)),
    };
    let cost =
        |one: &Grown| (time(&bench.runtime, calls, || one.call()), time(&bench.runtime, calls, || one.baseline.call()));
    let rounds: Vec<Vec<(f64, f64)>> = (0..count)
        .map(|round| {
            // From small to large and back, so that none always follows the same one.
            let mut costs: Vec<_> =
                if round % 2 == 0 { all.iter().map(cost).collect() } else { all.iter().rev().map(cost).collect() };
            if round % 2 == 1 {
                costs.reverse();
            }
            costs
        })
        .collect();
    let (slopes, plain): (Vec<f64>, Vec<f64>) = rounds
        .iter()
        .map(|costs| {
            let curve = curve(costs.iter().copied().unzip());
            (curve.slope(), slope(&curve.baseline))
        })
        .unzip();
    let middle = |size: usize, of: fn(&(f64, f64)) -> f64| {
        median(&rounds.iter().map(|costs| of(&costs[size])).collect::<Vec<_>>())
    };
    let medians =
        curve((0..sizes.len()).map(|size| (middle(size, |cost| cost.0), middle(size, |cost| cost.1))).unzip());
    let (first, last) = (medians.ours[0], medians.ours[sizes.len() - 1]);
    bench.report(Row {
        name: format!("slope by {what}"),
        unit: String::new(),
        ours: median(&slopes),
        baseline: Some(median(&plain)),
        figure: median(&slopes),
        kind: Kind::Alone,
        spread: (slopes.len() > 1).then(|| (quantile(&slopes, 0.1), quantile(&slopes, 0.9))),
        target,
        note: Some(format!("{:.2} µs at {}, {:.2} µs at {}", first.1, first.0, last.1, last.0)),
    });
    bench.curve(medians);
}
