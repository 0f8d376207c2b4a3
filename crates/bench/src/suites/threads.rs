//! What a second worker thread is worth: fresh calls of a scalar function, a second.

use crate::bench::Bench;
use crate::measure::{each, median, quantile};
use crate::row::Target::AtLeast;
use crate::row::{Curve, Kind, Row, Target};
use crate::suites::{FreshCase, fresh_cases};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;

/// Additions of the row without any guest.
const ADDITIONS: u64 = 1_000_000;

/// Tasks of both runtimes.
const TASKS: usize = 2;

pub(super) fn run(bench: &Bench) {
    let runtimes = [1, 2].map(runtime);
    let mut cases = bench.runtime.block_on(fresh_cases(|name| name == "scalar"));
    let case = Arc::new(cases.remove(0));
    let calls = bench.length.pick(2, 1000, 2000);
    let ours = || seconds(&runtimes, || ours(case.clone(), calls));
    let plain = || seconds(&runtimes, || plain(case.clone(), calls));
    let (our_times, plain_times): (Vec<[f64; 2]>, Vec<_>) =
        (0..bench.length.pick(1, 30, 200)).map(|_| (ours(), plain())).unzip();
    let gains = |times: &[[f64; 2]]| times.iter().map(|[one, two]| one / two).collect::<Vec<_>>();
    let (ours, plain) = (gains(&our_times), gains(&plain_times));
    let row = |name: &str, figures: &[f64], kind, target| Row {
        name: name.to_owned(),
        unit: String::new(),
        ours: median(&ours),
        baseline: Some(median(&plain)),
        figure: median(figures),
        kind,
        spread: (figures.len() > 1).then(|| (quantile(figures, 0.1), quantile(figures, 0.9))),
        target: Some(target),
        note: None,
    };
    bench.report(row("calls a second, two threads over one", &ours, Kind::Alone, AtLeast(1.9)));
    let worth = each(&ours, &plain, |ours, plain| ours / plain);
    bench.report(row("what the second thread is worth", &worth, Kind::Ratio, AtLeast(0.97)));
    let rounds = bench.length.pick(1, 30, 100);
    let machine: Vec<[f64; 2]> = (0..rounds).map(|_| seconds(&runtimes, additions)).collect();
    let machine = gains(&machine);
    bench.alone("additions a second without any guest, two threads over one", "", None::<Target>, &machine);
    let points = |times: &[[f64; 2]]| {
        let cost = |threads: usize| {
            let each: Vec<f64> = times.iter().filter_map(|both| both.get(threads - 1)).copied().collect();
            (threads as f64, median(&each) * 1e6 / (TASKS * calls) as f64)
        };
        vec![cost(1), cost(2)]
    };
    bench.curve(Curve {
        name: "time between two results, by worker threads".to_owned(),
        size: "worker threads".to_owned(),
        unit: "µs".to_owned(),
        ours: points(&our_times),
        baseline: points(&plain_times),
    });
}

fn runtime(workers: usize) -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap()
}

async fn ours(case: Arc<FreshCase>, calls: usize) {
    for _ in 0..calls {
        std::hint::black_box(case.ours.call().await);
    }
}

async fn plain(case: Arc<FreshCase>, calls: usize) {
    for _ in 0..calls {
        std::hint::black_box(case.baseline.call().await);
    }
}

async fn additions() {
    let sum = (0..ADDITIONS).fold(0, |sum: u64, number| std::hint::black_box(sum.wrapping_add(number)));
    std::hint::black_box(sum);
}

/// What one thread takes, and what two take. Two tasks in both, so that nothing else differs.
fn seconds<R: Future<Output = ()> + Send + 'static>(runtimes: &[Runtime; 2], task: impl Fn() -> R) -> [f64; 2] {
    [0, 1].map(|threads| {
        let (start, runtime) = (Instant::now(), &runtimes[threads]);
        let tasks = [(); TASKS].map(|()| runtime.spawn(task()));
        runtime.block_on(futures::future::try_join_all(tasks)).unwrap();
        start.elapsed().as_secs_f64()
    })
}
