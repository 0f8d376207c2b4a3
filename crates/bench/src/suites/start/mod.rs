//! From a process that starts to a function that answers.

mod application;
mod call;

use crate::bench::Bench;
use crate::row::Target::AtMost;
use application::{Written, alone, open};

pub(crate) use call::{command_line, part};

pub(super) fn run(bench: &Bench) {
    let entries = bench.length.pick(20, 1000, 1000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let written = Written::new(entries);
    let name =
        format!("{entries} entries over {} components, against compiling these alone", application::COMPONENTS.len());
    let (rounds, cached) = bench.length.pick((1, 1), (1, 8), (10, 50));
    bench.ratio_in(rounds, &name, "ms", AtMost(1.5), || open(&runtime, &written, None), alone);
    let cache = tempfile::tempdir().unwrap();
    open(&runtime, &written, Some(cache.path()));
    let opened: Vec<f64> = (0..cached).map(|_| open(&runtime, &written, Some(cache.path()))).collect();
    bench.alone(&format!("{entries} entries from the disk cache"), "ms", AtMost(300.0), &opened);
    call::row(bench);
}
