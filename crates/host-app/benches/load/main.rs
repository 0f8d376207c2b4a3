//! What it takes to open an application of 100, 1,000 and 10,000 functions over ten components: the time for each entry
//! must not grow with their number.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark has nobody to tell"
)]

mod generated;

use std::time::Instant;
use wippy_host::builder;
use wippy_host_app::Application;
use wippy_host_app::manifest::LoadOptions;

fn main() {
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let sizes: &[usize] = if quick { &[100] } else { &[100, 1_000, 10_000] };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    // What a process does once is not counted against the first row.
    runtime.block_on(measure(generated::COMPONENTS));
    println!("{:>8} {:>10} {:>14} {:>10}", "entries", "total ms", "µs per entry", "compiled");
    for &entries in sizes {
        let (milliseconds, compiled) = runtime.block_on(measure(entries));
        let each = milliseconds * 1000.0 / entries as f64;
        println!("{entries:>8} {milliseconds:>10.0} {each:>14.1} {compiled:>10}");
    }
}

/// Milliseconds to open an application of so many entries, and how many components were compiled.
async fn measure(entries: usize) -> (f64, u64) {
    let root = generated::application(entries);
    let started = Instant::now();
    let opened = Application::open(root.path(), LoadOptions::new(|_| None), builder().unwrap()).await.unwrap();
    let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
    let first = opened.problems.first().map(ToString::to_string);
    assert!(!opened.has_errors(), "{first:?}");
    let host = opened.application.host();
    assert_eq!(host.functions().ids().len(), entries);
    (milliseconds, host.compilations().compiled)
}
