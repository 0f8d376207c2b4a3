//! The program: runs suites and reports.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark that cannot run has nothing better to do"
)]

mod bench;
mod counts;
mod guests;
mod measure;
mod part;
mod plain;
mod process;
mod run;
mod suites;

use clap::Parser;
use measure::Length;
use std::path::PathBuf;
use std::process::ExitCode;
use wippy_host_bench::{report, row};

/// Measure wippy-host against plain Wasmtime
///
/// Each suite runs in a process of its own. Without suites, all of them run. A run of all suites at full length writes
/// `docs/benchmarks.md`, its plots and `docs/benchmarks.json`, which later runs are compared with.
#[derive(Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Arguments {
    /// The suites to run; `--list` says which there are
    suites: Vec<String>,
    /// Shorter rounds: all suites within two minutes
    #[arg(long)]
    quick: bool,
    /// Each row once, to see that it runs
    #[arg(long, conflicts_with = "quick")]
    once: bool,
    /// List the suites and end
    #[arg(long)]
    list: bool,
    /// Count the instructions of the hot paths, as a run of all suites at full length does (needs `valgrind`)
    #[arg(long)]
    instructions: bool,
    /// Write the report although suites were left out or shortened
    #[arg(long)]
    write: bool,
    /// Write page and plots of the last run again and measure nothing: for a change of their words
    #[arg(long, conflicts_with_all = ["quick", "once", "instructions", "write", "suites"])]
    render: bool,
    /// Where the report is, and is written
    #[arg(long, value_name = "DIR", default_value = "docs")]
    docs: PathBuf,
    /// Run one suite in this process and print its rows as JSON
    #[arg(long, value_name = "SUITE", hide = true)]
    suite: Option<String>,
    /// Do a part of a suite in this process and print what came of it as JSON
    #[arg(long, num_args = 1.., allow_hyphen_values = true, value_name = "WORDS", hide = true)]
    part: Option<Vec<String>>,
    /// Do one hot path so many times in this process and print nothing: for a profiler
    #[arg(long, num_args = 2, value_names = ["PATH", "CALLS"])]
    only: Option<Vec<String>>,
}

impl Arguments {
    fn length(&self) -> Length {
        match (self.once, self.quick) {
            (true, _) => Length::Once,
            (_, true) => Length::Quick,
            _ => Length::Full,
        }
    }
}

fn main() -> ExitCode {
    if let Some(code) = suites::command_line() {
        return code;
    }
    let arguments = Arguments::parse();
    if let Some(name) = &arguments.suite {
        return suites::run(name, arguments.length());
    }
    if let Some(words) = &arguments.part {
        return suites::part(words);
    }
    if let Some(only) = &arguments.only {
        return counts::only(&only[0], &only[1]);
    }
    if arguments.list {
        for suite in suites::ALL {
            println!("{:<12} {}", suite.name, suite.about);
        }
        println!("hot paths, for --only: {}", counts::names().join(", "));
        return ExitCode::SUCCESS;
    }
    run::run(&arguments)
}
