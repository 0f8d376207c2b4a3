//! `cargo xtask test-matrix`: the facade, built and tested with no capability, with each one alone, and with all.
//!
//! Everything is read from `cargo metadata` and `cargo tree`, so an import crate that is added to the facade's manifest
//! joins the matrix without a change here. For each set, the dependency tree must hold no crate of a capability outside
//! it ([`rules`]), and the tests of the facade must pass, among them the one that compares its registry with the set
//! ([`suite`]).

mod capabilities;
#[cfg(test)]
mod fixtures;
mod metadata;
mod report;
mod rules;
mod sets;
mod suite;
mod tree;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use self::capabilities::{FACADE, LayoutError, capabilities};
use self::metadata::Metadata;
use self::report::{Report, Row, Verdict};
use self::rules::{Problem, Rules};
use self::sets::{FeatureSet, Selection, SetError};
use self::suite::SuiteError;
use self::tree::{Tree, TreeError};
use crate::cargo::{self, CargoError};
use crate::progress;

/// Build and test the facade with no capability, each one alone, and all
///
/// For each set of features: the dependency tree holds no crate of a capability outside the set, the tests pass, and
/// the registry holds exactly the set. Exits with 1 when a set failed. The tests' output is kept in `test-matrix` under
/// the target folder.
#[derive(Args)]
pub(crate) struct TestMatrixArgs {
    /// Only none, the capability with fewest and the one with most dependencies, and the tree of all
    ///
    /// The tests of all are left out: `cargo test --workspace`, which goes before, runs them.
    #[arg(long, conflicts_with_all = ["full", "only"])]
    short: bool,
    /// Every subset of the capabilities
    #[arg(long, conflicts_with = "only")]
    full: bool,
    /// Only this set: `none`, `all`, or features joined by `+`; may be repeated
    #[arg(long, value_name = "SET")]
    only: Vec<String>,
    /// Visit every set whatever fails (the default)
    #[arg(long, overrides_with = "fail_fast")]
    keep_going: bool,
    /// Stop after the first step that fails
    #[arg(long, overrides_with = "keep_going")]
    fail_fast: bool,
    /// Write the report to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl TestMatrixArgs {
    fn selection(&self) -> Selection {
        match self {
            Self { short: true, .. } => Selection::Short,
            Self { full: true, .. } => Selection::Full,
            Self { only, .. } if !only.is_empty() => Selection::Only(only.clone()),
            _ => Selection::Each,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum MatrixError {
    #[error("{failed} of {count} sets failed")]
    SetsFailed { failed: usize, count: usize },
    #[error(transparent)]
    Cargo(#[from] CargoError),
    #[error("what `cargo metadata` printed could not be understood")]
    Metadata(#[source] serde_json::Error),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error(transparent)]
    Set(#[from] SetError),
    #[error(transparent)]
    Suite(#[from] SuiteError),
    #[error("{path} could not be written")]
    Write { path: String, source: io::Error },
}

pub(crate) fn run(args: &TestMatrixArgs) -> Result<(), MatrixError> {
    let started = Instant::now();
    let metadata = read_metadata()?;
    let rules = read_rules(&metadata)?;
    let sets = sets::select(&args.selection(), &rules.sizes())?;
    let logs = metadata.target_directory.join("test-matrix");
    std::fs::create_dir_all(&logs).map_err(|source| MatrixError::Write { path: logs.display().to_string(), source })?;

    let mut rows: Vec<Row> = Vec::with_capacity(sets.len());
    for (index, set) in sets.iter().enumerate() {
        let stop = args.fail_fast && rows.iter().any(|row| row.verdict != Verdict::Passed);
        rows.push(if stop {
            Row::not_run(set)
        } else {
            let tests = !(args.short && set.features.len() == rules.capabilities());
            let number = index + 1;
            let visit = Visit { rules: &rules, set, number, count: sets.len(), tests, fail_fast: args.fail_fast };
            visit.run(&logs, &metadata.workspace_root)?
        });
    }

    let report = Report::new(FACADE, tenths(started), rows);
    // A reader that closed the pipe has seen enough; the exit code still says what happened.
    let _ = io::stdout().write_all(report.text().as_bytes());
    if let Some(path) = &args.json {
        write_json(path, &report).map_err(|source| MatrixError::Write { path: path.display().to_string(), source })?;
    }
    match report.failed() {
        0 => Ok(()),
        failed => Err(MatrixError::SetsFailed { failed, count: report.sets.len() }),
    }
}

fn read_metadata() -> Result<Metadata, MatrixError> {
    let mut command = cargo::command();
    // Manifests alone: the resolved graph would want the sources of every platform's dependencies.
    command.args(["metadata", "--format-version", "1", "--no-deps"]);
    serde_json::from_str(&cargo::capture(&mut command)?).map_err(MatrixError::Metadata)
}

fn read_rules(metadata: &Metadata) -> Result<Rules, MatrixError> {
    let capabilities = capabilities(metadata)?;
    progress(format_args!("reading the dependency trees of {} import crates", capabilities.len()));
    let none = FeatureSet { name: "none".to_owned(), features: [].into() };
    let own = tree::read(tree::of_set(&none))?;
    let mut closures: BTreeMap<String, Tree> = BTreeMap::new();
    for capability in &capabilities {
        closures.insert(capability.feature.clone(), tree::read(tree::of_import(capability))?);
    }
    let rules = Rules::new(metadata, capabilities, own, closures)?;
    if !rules.has_claims() {
        progress(format_args!(
            "note: no package has claims in [package.metadata.test-matrix], so a capability's crate that the facade \
             itself needs goes unnoticed"
        ));
    }
    Ok(rules)
}

/// One set's turn.
struct Visit<'a> {
    rules: &'a Rules,
    set: &'a FeatureSet,
    number: usize,
    count: usize,
    /// Whether the tests run.
    tests: bool,
    fail_fast: bool,
}

impl Visit<'_> {
    fn say(&self, what: std::fmt::Arguments<'_>) {
        progress(format_args!("[{}/{}] {}: {what}", self.number, self.count, self.set.name));
    }

    fn run(&self, logs: &Path, root: &Path) -> Result<Row, MatrixError> {
        let started = Instant::now();
        let mut row = Row::not_run(self.set);
        let mut problems = self.tree(&mut row);
        row.tree_ok = Some(problems.is_empty());
        if !self.tests {
            self.say(format_args!("tests left out with --short: `cargo test --workspace` runs them"));
        } else if problems.is_empty() || !self.fail_fast {
            problems.extend(self.tests(&mut row, logs, root)?);
        }
        row.seconds = tenths(started);
        row.verdict = if problems.is_empty() { Verdict::Passed } else { Verdict::Failed };
        row.problems = problems.iter().map(|problem| self.explained(problem)).collect();
        Ok(row)
    }

    fn tree(&self, row: &mut Row) -> Vec<Problem> {
        let started = Instant::now();
        let problems = match tree::read(tree::of_set(self.set)) {
            Ok(tree) => {
                row.dependencies = Some(tree.iter().filter(|found| found.name != FACADE).count());
                self.rules.check(self.set, &tree)
            }
            Err(error) => vec![Problem::NoTree(error.to_string())],
        };
        self.done("tree", &problems, started);
        problems
    }

    fn tests(&self, row: &mut Row, logs: &Path, root: &Path) -> Result<Vec<Problem>, MatrixError> {
        self.say(format_args!("tests ..."));
        let started = Instant::now();
        // Numbered, since a set of many features can have a name that is too long for a file.
        let name: String = self.set.name.chars().take(100).collect();
        let log = logs.join(format!("{:02}-{name}.log", self.number));
        let outcome = suite::run(self.set, &log)?;
        row.tests_passed = Some(outcome.passed);
        row.log = Some(log.strip_prefix(root).unwrap_or(&log).display().to_string());
        for line in &outcome.tail {
            progress(format_args!("    {line}"));
        }
        self.done("tests", &outcome.problems, started);
        Ok(outcome.problems)
    }

    fn done(&self, step: &str, problems: &[Problem], started: Instant) {
        let result = if problems.is_empty() { "ok" } else { "FAILED" };
        self.say(format_args!("{step} {result}, {:.1} s", started.elapsed().as_secs_f64()));
        for problem in problems {
            progress(format_args!("    {problem}"));
        }
    }

    fn explained(&self, problem: &Problem) -> String {
        let Some(unwanted) = problem.unwanted() else { return problem.to_string() };
        let arguments = self.set.cargo_arguments(FACADE).join(" ");
        let (name, version) = (&unwanted.name, &unwanted.version);
        format!("{problem}; see what needs it: cargo tree {arguments} -e normal --invert {name}@{version}")
    }
}

fn tenths(started: Instant) -> f64 {
    (started.elapsed().as_secs_f64() * 10.0).round() / 10.0
}

fn write_json(path: &Path, report: &Report) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    std::fs::write(path, text)
}
