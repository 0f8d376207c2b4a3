//! A fresh call is look-up, store, instance, call, drop. Ours goes through the registry, with all eight groups granted; both
//! programs take dynamic values, and the baseline's are ready-made `Val`s, so that converting ours counts against us; where that is
//! much, another row has a baseline that converts the same values by hand.

mod cases;
mod ours;

use crate::bench::Bench;
use crate::measure::time;
use crate::row::Target;

pub(crate) use cases::{Case, cases};

pub(super) fn run(bench: &Bench) {
    let calls = bench.length.calls();
    for case in &bench.runtime.block_on(cases(|_| true)) {
        let ours = || time(&bench.runtime, calls, || case.ours.call());
        let baseline = || time(&bench.runtime, calls, || case.baseline.call());
        bench.ratio(case.name, "µs", case.target, ours, baseline);
        if let Some(users) = &case.users {
            let by_hand = || time(&bench.runtime, calls, || case.baseline.echo_values(users));
            bench.ratio(&format!("{}, made of `Value` by hand", case.name), "µs", Target::AtMost(1.05), ours, by_hand);
        }
        if let Some(bare) = &case.bare {
            let bare = || time(&bench.runtime, calls, || bare.call());
            bench.ratio(&format!("{}, against no WASI at all", case.name), "µs", None, ours, bare);
        }
    }
}
