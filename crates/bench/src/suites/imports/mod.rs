//! Calls from a guest to the host, so many in one call of the guest that the call itself costs nothing beside them: against
//! Wasmtime's own implementation of the same function. Both programs instantiate anew for each round.

mod by_hand;
mod ours;
mod state;

use crate::bench::Bench;
use crate::measure::{Length, time};
use crate::plain::Loops;
use crate::row::Kind;
use crate::row::Target::AtMost;
use by_hand::prepare;
use ours::Ours;

/// What is compared.
struct Case {
    name: &'static str,
    /// What the guest is told to do.
    what: &'static str,
    /// How often in one call, so that a round takes some milliseconds.
    times: u32,
    /// Whether the baseline, too, asks the operating system for random numbers at each call.
    system_entropy: bool,
    note: Option<&'static str>,
}

const fn case(name: &'static str, what: &'static str, times: u32) -> Case {
    Case { name, what, times, system_entropy: false, note: None }
}

impl Case {
    const fn system_entropy(self) -> Self {
        Self { system_entropy: true, ..self }
    }

    const fn note(self, note: &'static str) -> Self {
        Self { note: Some(note), ..self }
    }
}

const ENTROPY: &str = "ours asks the operating system at each call, Wasmtime's a generator of the thread: on purpose";

const CASES: &[Case] = &[
    case("clocks: monotonic now", "monotonic-now", 20_000),
    case("clocks: wall now", "wall-now", 20_000),
    case("clocks: subscribe, drop", "pollable", 8_000),
    case("random: u64", "random-u64", 20_000).system_entropy(),
    case("random: 32 bytes", "random-32", 10_000).system_entropy(),
    case("random: 4 KiB", "random-4096", 500).system_entropy(),
    case("random: u64, against a generator of the thread", "random-u64", 20_000).note(ENTROPY),
    case("random: 32 bytes, against a generator of the thread", "random-32", 10_000).note(ENTROPY),
    case("cli: environment of one variable", "environment", 10_000),
    case("cli: no terminal", "terminal", 20_000),
    case("cli: stdout, drop", "stdout", 10_000),
    case("io: check-write and write of a line", "write-line", 10_000),
    case("io: ready", "ready", 20_000),
    case("io: poll of one", "poll", 10_000),
    case("filesystem: get-type", "get-type", 20_000),
    case("filesystem: stat", "stat", 200),
    case("sockets: create, drop", "socket", 500),
    case("sockets: hop limit", "option", 10_000),
    case("http: fields new, append, drop", "fields", 5_000),
];

pub(super) fn run(bench: &Bench) {
    let folder = tempfile::tempdir().unwrap();
    let ours = bench.runtime.block_on(Ours::new(folder.path()));
    for case in CASES {
        let times = if bench.length == Length::Once { 20 } else { case.times };
        let plain = if case.system_entropy { Loops::with_system_entropy } else { Loops::new };
        let plain = plain(folder.path(), prepare);
        let each = |round: f64| round * 1e3 / f64::from(times);
        bench.compare(
            bench.length.rounds(),
            case.name,
            "ns",
            Kind::Ratio,
            Some(AtMost(1.05)),
            case.note,
            || each(time(&bench.runtime, 1, || ours.repeat(case.what, times))),
            || each(time(&bench.runtime, 1, || plain.repeat(case.what, times))),
        );
    }
    state::run(bench);
}
