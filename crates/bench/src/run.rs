//! The whole run: suites one after the other, each in a process of its own, then the report.

use crate::Arguments;
use crate::counts;
use crate::measure::Length;
use crate::report::{self, Outcome, SuiteOutcome};
use crate::row::Line;
use crate::suites::{self, Suite};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let length = arguments.length();
    let unknown: Vec<&String> = arguments.suites.iter().filter(|name| suites::find(name).is_none()).collect();
    if !unknown.is_empty() {
        let known: Vec<&str> = suites::ALL.iter().map(|suite| suite.name).collect();
        say(&format!("error: no such suite: {unknown:?}; there are {}", known.join(", ")));
        return ExitCode::from(2);
    }
    let chosen: Vec<&Suite> = suites::ALL
        .iter()
        .filter(|suite| arguments.suites.is_empty() || arguments.suites.iter().any(|name| name == suite.name))
        .collect();
    let last = report::last(&arguments.docs);
    let order: Vec<&str> = suites::ALL.iter().map(|suite| suite.name).collect();
    if arguments.render {
        return written(arguments, Outcome { suites: Vec::new(), counts: Vec::new() }, last, &order);
    }
    let (mut outcomes, mut failed) = (Vec::new(), Vec::new());
    for (number, suite) in chosen.iter().enumerate() {
        let start = Instant::now();
        say(&format!("{}/{} {}: {}", number + 1, chosen.len(), suite.name, suite.about));
        match measured(suite, length) {
            Ok(outcome) => {
                say(&format!("    {} rows in {:.1} s", outcome.rows.len(), start.elapsed().as_secs_f64()));
                report::print(&outcome, last.as_ref());
                outcomes.push(outcome);
            }
            Err(error) => {
                say(&format!("    failed: {error}"));
                failed.push(suite.name);
            }
        }
    }
    let whole = length == Length::Full && arguments.suites.is_empty() && failed.is_empty();
    let counts = if whole || arguments.instructions { counts::all() } else { Vec::new() };
    report::print_counts(&counts, last.as_ref());
    let outcome = Outcome { suites: outcomes, counts };
    report::verdict(&outcome);
    if (whole || arguments.write) && failed.is_empty() {
        return written(arguments, outcome, last, &order);
    }
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    say(&format!("error: these suites failed: {}", failed.join(", ")));
    ExitCode::FAILURE
}

fn written(arguments: &Arguments, outcome: Outcome, last: Option<Outcome>, order: &[&str]) -> ExitCode {
    if let Err(error) = report::write(&arguments.docs, outcome, last, order) {
        say(&format!("error: the report was not written: {error}"));
        return ExitCode::FAILURE;
    }
    say(&format!("written: {}", arguments.docs.join("benchmarks.md").display()));
    ExitCode::SUCCESS
}

/// The suites that say how much memory there is.
const COUNT_MEMORY: [&str; 2] = ["sleepers", "uptime"];

/// Runs a suite in a process of its own, so that none finds the memory, threads and caches of another.
fn measured(suite: &Suite, length: Length) -> Result<SuiteOutcome, String> {
    let mut command = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
    command.args(["--suite", suite.name]).stdout(Stdio::piped());
    match length {
        Length::Once => drop(command.arg("--once")),
        Length::Quick => drop(command.arg("--quick")),
        Length::Full => {}
    }
    // With it Wasmtime captures a stack for each error, tens of microseconds that are no cost of ours.
    command.env_remove("RUST_BACKTRACE");
    if COUNT_MEMORY.contains(&suite.name) {
        // The kernel makes huge pages of the allocator's small ones when it finds the time, and resident memory grows by what was not
        // in use between them: 13 MiB in the seventh tenth of a million calls.
        command.env("MIMALLOC_ALLOW_THP", "0");
    }
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let output = child.stdout.take().ok_or("no output")?;
    let (mut rows, mut curves) = (Vec::new(), Vec::new());
    for line in BufReader::new(output).lines() {
        let line = line.map_err(|error| error.to_string())?;
        match serde_json::from_str(&line) {
            Ok(Line::Row(row)) => rows.push(row),
            Ok(Line::Curve(curve)) => curves.push(curve),
            Err(error) => return Err(format!("printed {line:?}: {error}")),
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(format!("ended with {status}"));
    }
    let full = length == Length::Full;
    Ok(SuiteOutcome { name: suite.name.to_owned(), about: suite.about.to_owned(), full, rows, curves })
}

/// Progress. A closed stderr is no reason to stop.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
