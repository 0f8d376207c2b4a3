//! Calls in flight that wait: what each of them costs, how late it wakes, and what happens where the kernel has no room for more.

mod crowd;
mod limit;
mod ours;
mod plain;
mod setting;

use crate::bench::Bench;
use crate::measure::median;
use crate::part;
use crate::process;
use crate::row::Target::{AtLeast, AtMost};
use crate::row::{Curve, Kind, Row, Target};
use crowd::Crowd;
use limit::{Flood, Flooded};
use serde::{Deserialize, Serialize};
use setting::{Guest, IN_ONE, Program, Setting};
use std::time::Duration;

/// What is done in a process of its own.
#[derive(Serialize, Deserialize)]
enum Part {
    Crowd(Setting),
    Flood(Flood),
}

pub(super) fn part(part: &str) {
    let said = match serde_json::from_str(part).unwrap() {
        Part::Crowd(setting) => serde_json::to_string(&match setting.program {
            Program::Ours => ours::run(setting),
            Program::Plain => plain::run(setting),
        }),
        Part::Flood(flood) => serde_json::to_string(&limit::run(flood)),
    };
    println!("{}", said.unwrap());
}

fn command(part: &Part) -> std::process::Command {
    part::command(&["sleepers", &serde_json::to_string(part).unwrap()])
}

pub(super) fn run(bench: &Bench) {
    let pick = |once, quick, full| bench.length.pick(once, quick, full);
    let p2 = rows(bench, "0.2", Guest::P2, pick(20, 2_000, 10_000));
    rows(bench, "0.3, an instance each", Guest::P3, pick(20, 1_000, 8_000));
    rows(bench, "0.3, shared instances", Guest::Shared, pick(100, 10_000, 100_000));
    curve(bench, bench.length.pick(&[10], &[100], &[10, 100, 1_000]), p2);
    near_the_limit(bench);
}

/// A crowd of either program, each in a process of its own.
fn both(guest: Guest, sleepers: usize) -> [Crowd; 2] {
    // Time to start all of them before the first wakes.
    let asleep = Duration::from_millis(300) + Duration::from_micros(150) * sleepers.min(20_000) as u32;
    let instances = match guest {
        Guest::P2 | Guest::P3 => sleepers,
        // More than there would be if each was full, and as many as the address space has room for.
        Guest::Shared => (sleepers / IN_ONE * 2 + 1).min(8_000),
    };
    [Program::Ours, Program::Plain].map(|program| {
        let instances = instances as u32;
        let crowd = part::said(command(&Part::Crowd(Setting { program, guest, sleepers, instances, asleep })));
        crowd.unwrap_or_else(|error: String| panic!("{sleepers} sleepers: {error}"))
    })
}

/// The rows of one sort of sleepers, and the KiB that each takes in both programs.
fn rows(bench: &Bench, name: &str, guest: Guest, sleepers: usize) -> (usize, [f64; 2]) {
    let rounds: Vec<[Crowd; 2]> = (0..bench.length.pick(1, 1, 3)).map(|_| both(guest, sleepers)).collect();
    let each =
        |of: &dyn Fn(&Crowd) -> f64| [0, 1].map(|program| rounds.iter().map(|round| of(&round[program])).collect());
    let medians = |of: &dyn Fn(&Crowd) -> f64| each(of).map(|values: Vec<f64>| median(&values));
    let row = |name: String, unit: &str, [ours, plain]: [f64; 2], kind, target: Target| Row {
        name,
        unit: unit.to_owned(),
        ours,
        baseline: Some(plain),
        figure: if kind == Kind::Ratio { ours / plain } else { ours },
        kind,
        spread: None,
        target: Some(target),
        note: None,
    };
    let asleep = medians(&|crowd| crowd.asleep as f64);
    let name = format!("{sleepers} of {name}");
    let mut in_flight =
        row(format!("{name}: in flight at one time"), "", asleep, Kind::Alone, AtLeast(sleepers as f64));
    let why = rounds.iter().find_map(|[ours, _]| ours.why.as_deref());
    let why = why.map(|why| format!("; refused: {why}")).unwrap_or_default();
    let ([maps, _], [seconds, plain]) = (medians(&|crowd| crowd.maps as f64), medians(&|crowd| crowd.seconds));
    in_flight.note = Some(format!("{maps} memory maps, all asleep after {seconds:.1} s, plain {plain:.1} s{why}"));
    bench.report(in_flight);
    let kib = medians(&|crowd| crowd.kib);
    bench.report(row(format!("{name}: memory of each"), "KiB", kib, Kind::Ratio, AtMost(1.1)));
    bench.report(row(
        format!("{name}: woken late, p99"),
        "ms",
        medians(&|crowd| crowd.late_99),
        Kind::Alone,
        AtMost(20.0),
    ));
    (sleepers, kib)
}

fn curve(bench: &Bench, sizes: &[usize], largest: (usize, [f64; 2])) {
    let measured = sizes.iter().map(|size| (*size, both(Guest::P2, *size).map(|crowd| crowd.kib)));
    let costs: Vec<(usize, [f64; 2])> = measured.chain([largest]).collect();
    let of = |program: usize| costs.iter().map(|(size, kib)| (*size as f64, kib[program])).collect();
    bench.curve(Curve {
        name: "memory of a sleeping call".to_owned(),
        size: "calls that sleep at one time".to_owned(),
        unit: "KiB".to_owned(),
        ours: of(0),
        baseline: of(1),
    });
}

/// Whether each call is answered, or waits, where the kernel has no memory maps for more.
fn near_the_limit(bench: &Bench) {
    let Some(most) = process::most_maps().filter(|most| *most < 200_000) else { return };
    let most = most as u32;
    // Where there is less time, most of the maps are taken beforehand; of six each, half as many are enough.
    let (taken, instances) = bench.length.pick((most - 5_000, 1_000), (most - 12_000, 2_500), (0, most / 5));
    let flooded: Result<Flooded, String> = part::said(command(&Part::Flood(Flood { taken, instances })));
    let (figure, note) = match flooded {
        Err(error) => (0.0, format!("the process died: {error}")),
        Ok(flooded) => {
            let well = |answer: &str| ["ok", "Unavailable", "waits"].contains(&answer);
            let calls =
                flooded.answers.iter().filter(|(answer, _)| well(answer)).map(|(_, count)| count).sum::<usize>();
            let others = flooded.others.values().filter(|answer| well(answer)).count();
            let all = flooded.calls + flooded.others.len();
            let Flooded { calls: came, asleep, waiting, maps, answers, others: other } = flooded;
            let note = format!(
                "of {came}, {asleep} slept and {waiting} waited, with {maps} maps of {most}; answers: {answers:?}; others then: {other:?}"
            );
            ((calls + others) as f64 / all as f64 * 100.0, note)
        }
    };
    bench.report(Row {
        name: "calls answered in order where the kernel has no more maps".to_owned(),
        unit: "%".to_owned(),
        ours: figure,
        baseline: None,
        figure,
        kind: Kind::Alone,
        spread: None,
        target: Some(AtLeast(100.0)),
        note: Some(note),
    });
}
