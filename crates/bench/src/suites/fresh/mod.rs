//! A fresh call is look-up, store, instance, call, drop. Ours goes through the registry, with all eight groups granted; both
//! programs take dynamic values, and the baseline's are ready-made `Val`s, so that converting ours counts against us.

mod cases;
mod ours;

use crate::bench::Bench;
use crate::measure::time;

pub(crate) use cases::{Case, cases};

pub(super) fn run(bench: &Bench) {
    let calls = bench.length.calls();
    for case in &bench.runtime.block_on(cases(|_| true)) {
        let ours = || time(&bench.runtime, calls, || case.ours.call());
        let baseline = || time(&bench.runtime, calls, || case.baseline.call());
        bench.ratio(case.name, "µs", case.target, ours, baseline);
        if let Some(bare) = &case.bare {
            let bare = || time(&bench.runtime, calls, || bare.call());
            bench.ratio(&format!("{}, against no WASI at all", case.name), "µs", None, ours, bare);
        }
    }
}
