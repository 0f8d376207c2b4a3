//! What a fresh call costs through the host, against plain Wasmtime.
//!
//! A fresh call is look-up, store, instance, call, drop. Ours goes through the registry, with all eight groups granted; the
//! baseline is a program written by hand for that one call (`baseline.rs`) with the same engine settings, context, limiter
//! and deadline. Both take dynamic values; the baseline's are ready-made `Val`s, so that converting ours counts against us.
//!
//! Criterion's groups come first, one after the other. Their ratio would measure how busy the machine was in between,
//! so the table at the end comes from rounds of its own, in which the two programs take turns (`rounds.rs`).
//!
//! For a profiler, `--only <case> <ours|baseline> <calls>` does these calls and nothing else; the difference between two
//! runs under `perf stat -e instructions:u` is what the calls cost, however busy the machine is.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot run has nothing better to do")]

mod baseline;
mod cases;
#[path = "../measure/mod.rs"]
mod measure;
mod ours;
mod rounds;

use criterion::Criterion;
use measure::Length;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let given = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let cases = runtime.block_on(cases::all());

    if let Some(at) = arguments.iter().position(|argument| argument == "--only") {
        let [name, program, calls] = arguments.get(at + 1..at + 4).unwrap() else { return };
        let case = cases.iter().find(|case| case.name == name).unwrap();
        return runtime.block_on(repeat(case, program == "ours", calls.parse().unwrap()));
    }

    let mut criterion = Criterion::default().configure_from_args();
    for case in &cases {
        let mut group = criterion.benchmark_group(case.name);
        group.bench_function("ours", |bencher| bencher.to_async(&runtime).iter(|| case.ours.call()));
        group.bench_function("baseline", |bencher| bencher.to_async(&runtime).iter(|| case.baseline.call()));
        group.finish();
    }
    criterion.final_summary();

    // Cargo says `--bench` when it measures, and nothing when it only tests that the benchmark runs.
    if given("--bench") && !given("--list") && !given("--profile-time") {
        // As Criterion does: a word that is no flag chooses the cases that contain it.
        let chosen = |case: &&cases::Case| {
            arguments.iter().skip(1).filter(|word| !word.starts_with('-')).all(|word| case.name.contains(word.as_str()))
        };
        let cases: Vec<_> = cases.iter().filter(chosen).collect();
        rounds::table(&runtime, &cases, if given("--quick") { Length::QUICK } else { Length::FULL });
    }
}

async fn repeat(case: &cases::Case, ours: bool, calls: u32) {
    for _ in 0..calls {
        if ours {
            std::hint::black_box(case.ours.call().await);
        } else {
            std::hint::black_box(case.baseline.call().await);
        }
    }
}
