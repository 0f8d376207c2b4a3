//! Chores of this workspace, started as `cargo xtask <task>`.

mod bench;
mod cargo;
mod conformance;
mod docs;
mod guests;
mod new_import;
mod release_check;
mod test_matrix;

use std::error::Error;
use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Chores of this workspace")]
struct Xtask {
    #[command(subcommand)]
    task: Task,
}

// A new task is its module above, its variant here and its arm in `dispatch`; its help comes from its arguments' docs.
#[derive(Subcommand)]
enum Task {
    TestMatrix(test_matrix::TestMatrixArgs),
    Bench(bench::BenchArgs),
    Guests(guests::GuestsArgs),
    Conformance(conformance::ConformanceArgs),
    Docs(docs::DocsArgs),
    NewImport(new_import::NewImportArgs),
    ReleaseCheck(release_check::ReleaseCheckArgs),
}

fn dispatch(task: Task) -> Result<(), Box<dyn Error>> {
    match task {
        Task::TestMatrix(args) => test_matrix::run(&args)?,
        Task::Bench(args) => bench::run(&args)?,
        Task::Guests(args) => guests::run(&args)?,
        Task::Conformance(args) => conformance::run(&args)?,
        Task::Docs(args) => docs::run(&args)?,
        Task::NewImport(args) => new_import::run(&args)?,
        Task::ReleaseCheck(args) => release_check::run(&args)?,
    }
    Ok(())
}

fn main() -> ExitCode {
    let Err(error) = dispatch(Xtask::parse().task) else { return ExitCode::SUCCESS };
    progress(format_args!("error: {error}"));
    let mut cause = error.source();
    while let Some(inner) = cause {
        progress(format_args!("  because: {inner}"));
        cause = inner.source();
    }
    ExitCode::FAILURE
}

/// Writes one line to stderr. A closed stderr is no reason to stop, so its error is dropped (`eprintln!` would panic).
pub(crate) fn progress(line: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
