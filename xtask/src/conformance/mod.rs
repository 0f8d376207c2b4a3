//! `cargo xtask conformance`: a directory of tests in the layout of the public WebAssembly/wasi-testsuite, run against the
//! command line.

mod expected;
mod http;
mod process;
mod servers;
mod specification;
mod test;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::cargo::{self, CargoError};
use crate::progress;
use expected::Expected;
use test::Test;

/// Run a directory of WASI tests against the command line
///
/// The directory is laid out as the branch prod/testsuite-base of WebAssembly/wasi-testsuite: folders with a manifest.json,
/// and in each .wasm files with a .json beside those that need one. Tests that are expected to fail stand, each with its
/// reason, in a list; one of them that passes fails the run, as does any other that fails.
#[derive(Args)]
pub(crate) struct ConformanceArgs {
    /// The directory, which is searched for folders with a manifest.json
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Only tests whose name contains this, for example `wasm32-wasip1/` or `path_open`
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// The program to test; without, it is built
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// The tests that are expected to fail
    #[arg(long, value_name = "FILE", default_value = "xtask/conformance.json")]
    expected: PathBuf,
    /// Seconds that one step of a test may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ConformanceError {
    #[error(transparent)]
    Cargo(#[from] CargoError),
    #[error("{path} cannot be read")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} is not as the test suite describes it")]
    Syntax { path: PathBuf, source: serde_json::Error },
    #[error("no folder with a manifest.json in {0}: name a checkout of the branch prod/testsuite-base")]
    NoTests(PathBuf),
    #[error("the list of expected failures names {0}, and there is no such test: remove it")]
    NoSuchTest(String),
    #[error("{0}")]
    Failed(String),
}

/// How a test came out against what was expected of it.
enum Outcome {
    Passed,
    Failed(String),
    FailedAsExpected,
    PassedUnexpectedly,
}

pub(crate) fn run(args: &ConformanceArgs) -> Result<(), ConformanceError> {
    let expected = Expected::read(&args.expected)?;
    let tests = test::find(&args.directory)?;
    expected.check(&tests)?;
    let binary = match &args.binary {
        Some(binary) => binary.clone(),
        None => built()?,
    };
    let chosen = |test: &&Test| args.only.as_ref().is_none_or(|only| test.name.contains(only));
    let limit = Duration::from_secs(args.timeout);
    let mut outcomes: BTreeMap<&str, Outcome> = BTreeMap::new();
    for test in tests.iter().filter(chosen) {
        let outcome = match (test.run(&binary, limit), expected.reason(&test.name)) {
            (Ok(()), None) => Outcome::Passed,
            (Ok(()), Some(_)) => Outcome::PassedUnexpectedly,
            (Err(why), None) => Outcome::Failed(why),
            (Err(_), Some(_)) => Outcome::FailedAsExpected,
        };
        outcomes.insert(&test.name, outcome);
    }
    report(&outcomes, &expected)
}

fn report(outcomes: &BTreeMap<&str, Outcome>, expected: &Expected) -> Result<(), ConformanceError> {
    let count = |wanted: fn(&Outcome) -> bool| outcomes.values().filter(|outcome| wanted(outcome)).count();
    for (name, outcome) in outcomes {
        match outcome {
            Outcome::Passed | Outcome::FailedAsExpected => {}
            Outcome::Failed(why) => progress(format_args!("failed: {name}\n    {}", why.replace('\n', "\n    "))),
            Outcome::PassedUnexpectedly => progress(format_args!("passed: {name}, which is expected to fail")),
        }
    }
    let as_expected = outcomes.iter().filter(|(_, outcome)| matches!(outcome, Outcome::FailedAsExpected));
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, _) in as_expected {
        *reasons.entry(expected.reason(name).unwrap_or_default()).or_default() += 1;
    }
    for (reason, tests) in reasons {
        progress(format_args!("expected to fail: {tests}, {reason}"));
    }
    let passed = count(|outcome| matches!(outcome, Outcome::Passed));
    progress(format_args!("{passed} of {} passed", outcomes.len()));
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
    let unexpected = count(|outcome| matches!(outcome, Outcome::PassedUnexpectedly));
    match (failed, unexpected) {
        (0, 0) => Ok(()),
        (0, _) => Err(ConformanceError::Failed(format!(
            "{unexpected} that are expected to fail passed: take them from the list"
        ))),
        _ => Err(ConformanceError::Failed(format!("{failed} failed"))),
    }
}

/// The command line of this workspace.
fn built() -> Result<PathBuf, ConformanceError> {
    // The whole workspace: of one package alone, Wasmtime would be compiled once more, with fewer features.
    cargo::pass_through(cargo::command().args(["build", "--workspace", "--bins", "--quiet"]))?;
    let metadata = cargo::capture(cargo::command().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)
        .map_err(|source| ConformanceError::Syntax { path: "the output of cargo metadata".into(), source })?;
    let target = metadata.get("target_directory").and_then(|target| target.as_str()).unwrap_or("target");
    Ok(Path::new(target).join("debug/wippy-host"))
}
