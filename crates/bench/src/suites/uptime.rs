//! A million calls of every sort, one after the other: memory, handles and time stay where they were.

use crate::bench::Bench;
use crate::measure::{median, quantile};
use crate::process;
use crate::row::Target::AtMost;
use crate::row::{Curve, Kind, Row, Target};
use crate::suites::{FreshCase, fresh_cases};
use std::time::Instant;

/// Parts of the run, of which the first fills what is filled once, and is compared with the last.
const TENTHS: usize = 10;

/// In each of them time is taken so many times: the median of many is no matter of what else the machine did meanwhile.
const TIMES: usize = 50;

/// What is left after a part of the run.
struct After {
    resident: f64,
    descriptors: f64,
    /// Microseconds a call, each time that they were taken.
    times: Vec<f64>,
}

pub(super) fn run(bench: &Bench) {
    let calls = bench.length.pick(50, 20_000, 1_000_000);
    let cases = bench.runtime.block_on(fresh_cases(|_| true));
    let one_by_one = calls / TENTHS / TIMES.min(calls / TENTHS);
    let tenths: Vec<After> = (0..TENTHS).map(|_| tenth(bench, &cases, calls / TENTHS, one_by_one)).collect();
    let (first, last) = (&tenths[0], &tenths[TENTHS - 1]);
    let row = |name: String, unit: &str, ours: f64, baseline: f64, kind, figure: f64, target: Target| Row {
        name,
        unit: unit.to_owned(),
        ours,
        baseline: Some(baseline),
        figure,
        kind,
        spread: None,
        target: Some(target),
        note: Some("ours is the last tenth of the run, the baseline the first".to_owned()),
    };
    let added = |name: &str, unit: &str, last: f64, first: f64, most: f64| {
        let name = format!("{name}, of {calls} calls");
        bench.report(row(name, unit, last, first, Kind::Added, last - first, AtMost(most)));
    };
    added("resident memory, after the first tenth", "MiB", last.resident, first.resident, 1.0);
    added("open file descriptors", "", last.descriptors, first.descriptors, 0.0);
    let (now, then) = (median(&last.times), median(&first.times));
    let name = format!("time of a call, of {calls} calls");
    let mut time = row(name, "µs", now, then, Kind::Ratio, now / then, AtMost(1.05));
    time.spread = Some((quantile(&last.times, 0.1) / then, quantile(&last.times, 0.9) / then));
    bench.report(time);
    let curve = |name: &str, unit: &str, of: fn(&After) -> f64| Curve {
        name: name.to_owned(),
        size: "calls made".to_owned(),
        unit: unit.to_owned(),
        ours: (1..).zip(&tenths).map(|(tenth, after)| ((tenth * calls / TENTHS) as f64, of(after))).collect(),
        baseline: Vec::new(),
    };
    bench.curve(curve("a fresh call, by uptime", "µs", |after| median(&after.times)));
    bench.curve(curve("resident memory, by uptime", "MiB", |after| after.resident));
    bench.curve(curve("open file descriptors, by uptime", "", |after| after.descriptors));
}

/// So many calls, of each sort as many.
fn tenth(bench: &Bench, cases: &[FreshCase], calls: usize, one_by_one: usize) -> After {
    let mut times = Vec::new();
    let mut sorts = cases.iter().cycle();
    bench.runtime.block_on(async {
        for _ in 0..calls / one_by_one {
            // A whole number of turns through the sorts, or what is timed would not be the same each time.
            let (start, turns) = (Instant::now(), one_by_one.div_ceil(cases.len()) * cases.len());
            for case in sorts.by_ref().take(turns) {
                std::hint::black_box(case.ours.call().await);
            }
            times.push(start.elapsed().as_secs_f64() * 1e6 / turns as f64);
        }
    });
    let resident = process::resident() as f64 / f64::from(1 << 20);
    After { resident, descriptors: process::descriptors() as f64, times }
}
