//! Guests that compute without end on every worker thread: what they leave to others, and when they end.

mod ours;
mod plain;

use crate::bench::Bench;
use crate::measure::{median, quantile};
use crate::row::Target::AtMost;
use crate::row::{Kind, Row, Target};
use futures::future::BoxFuture;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use wippy_host::EPOCH;

const WORKERS: usize = 2;

/// The limit of a guest without end that is to be ended.
const LIMIT: Duration = Duration::from_millis(100);

/// Short calls come at this interval, whether those before are answered or not. No divisor of an epoch.
const BETWEEN: Duration = Duration::from_micros(3_300);

/// A program with a guest that computes without end and one that answers at once.
trait Program {
    /// Until it is dropped.
    fn endless(&self) -> BoxFuture<'static, ()>;
    /// Until [`LIMIT`] has passed.
    fn limited(&self) -> BoxFuture<'static, ()>;
    fn short(&self) -> BoxFuture<'static, ()>;
}

pub(super) fn run(bench: &Bench) {
    let ours = bench.runtime.block_on(ours::Ours::new());
    let plain = plain::Plain::new();
    let programs: [&dyn Program; 2] = [&ours, &plain];
    let (calls, rounds) = bench.length.pick((3, 1), (150, 2), (2500, 40));
    for crowd in [1, 4] {
        let endless = crowd * WORKERS;
        let name = format!("a short call beside {endless} endless guests on {WORKERS} workers, p99");
        let ticks = programs.map(|program| latencies(program, endless, calls));
        bench.report(row(&name, &ticks, AtMost(3.0)));
        let name = format!("end of {endless} endless guests on {WORKERS} workers, behind their deadline, p99");
        let ticks = programs.map(|program| delays(program, endless, rounds * 4 / crowd.min(rounds)));
        bench.report(row(&name, &ticks, AtMost(2.0)));
    }
}

fn row(name: &str, [ours, plain]: &[Vec<f64>; 2], target: Target) -> Row {
    let figure = quantile(ours, 0.99);
    Row {
        name: name.to_owned(),
        unit: "ticks".to_owned(),
        ours: figure,
        baseline: Some(quantile(plain, 0.99)),
        figure,
        kind: Kind::Alone,
        spread: None,
        target: Some(target),
        note: Some(format!("medians: {:.2}, and {:.2} in plain Wasmtime", median(ours), median(plain))),
    }
}

fn workers() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build().unwrap()
}

fn ticks(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() / EPOCH.as_secs_f64()
}

/// From the moment when a call comes to its end, in ticks.
fn latencies(program: &dyn Program, endless: usize, calls: usize) -> Vec<f64> {
    let runtime = workers();
    for _ in 0..endless {
        runtime.spawn(program.endless());
    }
    // All of them compute once the runtime comes to something else, as often as there are any.
    for _ in 0..endless {
        runtime.block_on(runtime.spawn(program.short())).unwrap();
    }
    let called = (0..calls).map(|_| {
        let (came, short) = (Instant::now(), program.short());
        let call = runtime.spawn(async move {
            short.await;
            ticks(came)
        });
        std::thread::sleep(BETWEEN);
        call
    });
    let called: Vec<_> = called.collect();
    let latencies = called.into_iter().map(|call| runtime.block_on(call).unwrap()).collect();
    runtime.shutdown_background();
    latencies
}

/// From the deadline of a guest without end to its end, in ticks.
fn delays(program: &dyn Program, endless: usize, rounds: usize) -> Vec<f64> {
    let runtime = workers();
    let mut delays = Vec::new();
    for _ in 0..rounds {
        let calls = (0..endless).map(|_| {
            let limited = program.limited();
            runtime.spawn(async move {
                let start = Instant::now();
                limited.await;
                ticks(start + LIMIT)
            })
        });
        let calls: Vec<_> = calls.collect();
        delays.extend(calls.into_iter().map(|call| runtime.block_on(call).unwrap()));
    }
    delays
}
