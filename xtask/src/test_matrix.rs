//! `cargo xtask test-matrix`: the facade, built and tested with no capability, with each one alone, and with all; and
//! what else a release stands on.
//!
//! Everything is read from `cargo metadata` and `cargo tree`, so an import crate that is added to the facade's manifest
//! joins the matrix without a change here, and so does a crate under `examples`. For each set, the dependency tree must
//! hold no crate of a capability outside it ([`rules`]), and the tests of the facade must pass, among them the one that
//! compares its registry with the set ([`suite`]). On request, the documentation of each set, the example crates and the
//! least versions of dependencies ([`minimal`]) are steps too.

mod capabilities;
mod console;
#[cfg(test)]
mod fixtures;
mod log;
mod metadata;
mod minimal;
mod records;
mod report;
mod rules;
mod runner;
mod sets;
mod sources;
mod steps;
mod suite;
mod tree;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use self::capabilities::{FACADE, LayoutError, capabilities};
use self::console::Console;
use self::metadata::Metadata;
use self::records::Records;
use self::report::Report;
use self::rules::Rules;
use self::runner::Runner;
use self::sets::{FeatureSet, Known, Selection, SetError};
use self::sources::Sources;
use self::steps::Plan;
use self::tree::{Tree, TreeError};
use crate::cargo::{self, CargoError};
use crate::progress;

/// Build and test the facade with no capability, each one alone, and all
///
/// For each set of features: the dependency tree holds no crate of a capability outside the set, the tests pass, and
/// the registry holds exactly the set. Exits with 1 when a step failed. What Cargo printed is kept in `test-matrix`
/// under the target folder, with a record of each step, written as the step ends.
#[derive(Args)]
pub(crate) struct TestMatrixArgs {
    /// Only none, the capability with fewest and the one with most dependencies, and the tree of all
    ///
    /// The tests of all are left out: `cargo test --workspace`, which goes before, runs them.
    #[arg(long, conflicts_with_all = ["pairs", "full", "only"])]
    short: bool,
    /// Each two capabilities as well
    #[arg(long, conflicts_with_all = ["full", "only"])]
    pairs: bool,
    /// Every subset of the capabilities
    #[arg(long, conflicts_with = "only")]
    full: bool,
    /// Only this set: `none`, `all`, or features joined by `+`; may be repeated
    #[arg(long, value_name = "SET")]
    only: Vec<String>,
    /// Each set that has a capability without and with the features for WASI 0.3 (`p3`)
    #[arg(long)]
    tracks: bool,
    /// Leave out the trees and tests of the sets: what else is asked for alone
    #[arg(long)]
    no_tests: bool,
    /// The documentation of each set as well, its warnings denied
    #[arg(long)]
    docs: bool,
    /// The tests of each crate under `examples` as well
    #[arg(long)]
    examples: bool,
    /// The least versions of direct dependencies as well: of the facade and the command line
    ///
    /// Each is lowered in a copy of the workspace under the target folder; needs the registry. `check` compiles with
    /// them, Wasmtime too, in a folder of its own: minutes.
    #[arg(long, value_name = "DEPTH", num_args = 0..=1, require_equals = true, default_missing_value = "check")]
    minimal: Option<minimal::Depth>,
    /// Leave out the steps that passed before with the same sources, compiler and command line
    #[arg(long)]
    resume: bool,
    /// Steps at a time: Cargo builds one after the other, but tests run beside the next build
    #[arg(long, value_name = "N", default_value = "1")]
    jobs: NonZeroUsize,
    /// Take every step whatever fails (the default)
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
            Self { pairs: true, .. } => Selection::Pairs,
            Self { full: true, .. } => Selection::Full,
            Self { only, .. } if !only.is_empty() => Selection::Only(only.clone()),
            _ => Selection::Each,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum MatrixError {
    #[error("{failed} of {count} steps failed")]
    StepsFailed { failed: usize, count: usize },
    #[error(transparent)]
    Cargo(#[from] CargoError),
    #[error("`rustc -vV` could not be run")]
    Rustc(#[source] io::Error),
    #[error("what `cargo metadata` printed could not be understood")]
    Metadata(#[source] serde_json::Error),
    #[error(transparent)]
    Layout(#[from] LayoutError),
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error(transparent)]
    Set(#[from] SetError),
    #[error("the sources in {path} could not be read")]
    Sources { path: String, source: io::Error },
    #[error("{path} could not be written")]
    Write { path: String, source: io::Error },
}

fn not_written(path: &Path) -> impl FnOnce(io::Error) -> MatrixError {
    let path = path.display().to_string();
    |source| MatrixError::Write { path, source }
}

pub(crate) fn run(args: &TestMatrixArgs) -> Result<(), MatrixError> {
    let metadata = read_metadata()?;
    let root = &metadata.workspace_root;
    let unread = |source| MatrixError::Sources { path: root.display().to_string(), source };
    let rules = read_rules(&metadata)?;
    let tracks = capabilities::tracks(&metadata);
    let known = Known { capabilities: &rules.sizes(), tracks: &tracks };
    let sets = sets::select(&args.selection(), &known, args.tracks)?;
    let examples = if args.examples { steps::examples(&sources::files(root).map_err(unread)?) } else { Vec::new() };
    let steps = Plan {
        sets: &sets,
        capabilities: rules.capabilities(),
        trees_and_tests: !args.no_tests,
        short: args.short,
        docs: args.docs,
        examples: &examples,
        minimal: args.minimal,
    }
    .steps();
    if args.short && !args.no_tests {
        progress(format_args!("of all capabilities the tree alone: `cargo test --workspace` runs their tests"));
    }

    let logs = metadata.target_directory.join("test-matrix");
    std::fs::create_dir_all(&logs).map_err(not_written(&logs))?;
    let rustc = rustc_version(root)?;
    let sources = Sources::read(root, args.json.as_deref(), &rustc).map_err(unread)?;
    let file = logs.join("records.jsonl");
    let mut records = Records::open(&file, args.resume).map_err(not_written(&file))?;
    let console = Console::new(steps.len());
    let runner =
        Runner { metadata: &metadata, rules: &rules, sources: &sources, logs: &logs, fail_fast: args.fail_fast };
    let done = runner.run(&steps, args.jobs.get(), &mut records, &console).map_err(not_written(&file))?;

    let report = Report::new(FACADE, console.seconds(), rustc, done);
    // A reader that closed the pipe has seen enough; the exit code still says what happened.
    let _ = io::stdout().write_all(report.text().as_bytes());
    if let Some(path) = &args.json {
        write_json(path, &report).map_err(not_written(path))?;
    }
    match report.failed() {
        0 => Ok(()),
        failed => Err(MatrixError::StepsFailed { failed, count: report.steps.len() }),
    }
}

fn rustc_version(root: &Path) -> Result<String, MatrixError> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").current_dir(root).output().map_err(MatrixError::Rustc)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn read_metadata() -> Result<Metadata, MatrixError> {
    let mut command = cargo::chosen_features();
    // Manifests alone: the resolved graph would want the sources of every platform's dependencies.
    command.args(["metadata", "--format-version", "1", "--no-deps"]);
    serde_json::from_str(&cargo::capture(&mut command)?).map_err(MatrixError::Metadata)
}

fn read_rules(metadata: &Metadata) -> Result<Rules, MatrixError> {
    let capabilities = capabilities(metadata)?;
    progress(format_args!("reading the dependency trees of {} import crates", capabilities.len()));
    let none = FeatureSet { name: "none".to_owned(), ..FeatureSet::default() };
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

fn write_json(path: &Path, report: &Report) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    std::fs::write(path, text)
}
