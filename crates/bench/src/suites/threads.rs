//! What a second worker thread is worth: fresh calls of a scalar function, a second.

use crate::bench::Bench;
use crate::measure::{each, in_turns, median, quantile};
use crate::row::Target::AtLeast;
use crate::row::{Kind, Row, Target};
use crate::suites::{FreshCase, fresh_cases};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;

/// Additions of the row without any guest.
const ADDITIONS: u64 = 1_000_000;

pub(super) fn run(bench: &Bench) {
    let runtimes = [1, 2].map(runtime);
    let mut cases = bench.runtime.block_on(fresh_cases(|name| name == "scalar"));
    let case = Arc::new(cases.remove(0));
    let calls = bench.length.pick(2, 1000, 2000);
    let ours = || gain(&runtimes, || ours(case.clone(), calls));
    let plain = || gain(&runtimes, || plain(case.clone(), calls));
    let (ours, plain) = in_turns(bench.length.pick(1, 30, 200), ours, plain);
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
    let gains = each(&ours, &plain, |ours, plain| ours / plain);
    bench.report(row("what the second thread is worth", &gains, Kind::Ratio, AtLeast(0.97)));
    let rounds = bench.length.pick(1, 30, 100);
    let machine: Vec<f64> = (0..rounds).map(|_| gain(&runtimes, additions)).collect();
    bench.alone("additions a second without any guest, two threads over one", "", None::<Target>, &machine);
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

/// What both threads do in a second, over what one does. Two tasks in both, so that nothing else differs.
fn gain<R: Future<Output = ()> + Send + 'static>([one, two]: &[Runtime; 2], task: impl Fn() -> R) -> f64 {
    let seconds = |runtime: &Runtime| {
        let start = Instant::now();
        let tasks = [runtime.spawn(task()), runtime.spawn(task())];
        runtime.block_on(futures::future::try_join_all(tasks)).unwrap();
        start.elapsed().as_secs_f64()
    };
    seconds(one) / seconds(two)
}
