//! Takes the steps of a run, some at a time, and keeps what becomes of them.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Mutex;
use std::time::Instant;

use super::capabilities::FACADE;
use super::console::{Console, tenths};
use super::log::{self, LogError, Seen};
use super::metadata::Metadata;
use super::minimal::{self, MinimalError};
use super::records::{Record, Records, Verdict};
use super::rules::{Problem, Rules};
use super::sets::FeatureSet;
use super::sources::Sources;
use super::steps::{Step, Work, doc_arguments};
use super::{suite, tree};
use crate::cargo;

/// What all steps share.
pub(crate) struct Runner<'a> {
    pub(crate) metadata: &'a Metadata,
    pub(crate) rules: &'a Rules,
    pub(crate) sources: &'a Sources,
    pub(crate) logs: &'a Path,
    pub(crate) fail_fast: bool,
}

/// What changes as steps are taken.
struct State<'a> {
    next: usize,
    failed: bool,
    records: &'a mut Records,
    done: Vec<Option<Record>>,
    /// The first time that a record could not be written.
    error: Option<io::Error>,
}

/// What a step came to, before it is a record.
#[derive(Default)]
struct Found {
    problems: Vec<String>,
    dependencies: Option<usize>,
    tests_passed: Option<u64>,
    build_seconds: Option<f64>,
    note: Option<String>,
    tail: Vec<String>,
    log: Option<PathBuf>,
}

impl Found {
    fn failed(problem: String) -> Self {
        Self { problems: vec![problem], ..Self::default() }
    }

    fn of(seen: Seen, problems: Vec<String>, log: PathBuf) -> Self {
        let tail = if problems.is_empty() { Vec::new() } else { seen.tail.into() };
        Self { problems, build_seconds: seen.build_seconds, tail, log: Some(log), ..Self::default() }
    }
}

impl Runner<'_> {
    /// Takes all steps, `jobs` at a time, and returns their records in the order of the steps.
    pub(crate) fn run(
        &self,
        steps: &[Step],
        jobs: usize,
        records: &mut Records,
        console: &Console,
    ) -> io::Result<Vec<Record>> {
        let state = State { next: 0, failed: false, records, done: steps.iter().map(|_| None).collect(), error: None };
        let state = Mutex::new(state);
        std::thread::scope(|scope| {
            for _ in 1..jobs.min(steps.len()) {
                scope.spawn(|| self.work(steps, &state, console));
            }
            self.work(steps, &state, console);
        });
        let state = state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        match state.error {
            Some(error) => Err(error),
            None => Ok(state.done.into_iter().flatten().collect()),
        }
    }

    fn work(&self, steps: &[Step], state: &Mutex<State<'_>>, console: &Console) {
        loop {
            let (index, step, key, known) = {
                let mut state = lock(state);
                let index = state.next;
                let Some(step) = steps.get(index) else { return };
                state.next += 1;
                let key = self.sources.key(&step.command);
                let known = if state.error.is_some() || state.failed && self.fail_fast {
                    Some(Record::not_run(step, key.clone()))
                } else {
                    state.records.passed(&key)
                };
                (index, step, key, known)
            };
            let (record, tail) = known.map_or_else(
                || {
                    console.starts(index + 1, step);
                    self.record(index + 1, step, key)
                },
                |record| (record, Vec::new()),
            );
            let mut state = lock(state);
            // Under the lock, so that the lines of two steps do not mix.
            console.ends(index + 1, &record, &tail);
            state.failed |= record.verdict == Verdict::Failed;
            if !record.resumed && record.verdict != Verdict::NotRun {
                let written = state.records.add(&record);
                state.error = state.error.take().or(written.err());
            }
            if let Some(slot) = state.done.get_mut(index) {
                *slot = Some(record);
            }
        }
    }

    fn record(&self, number: usize, step: &Step, key: String) -> (Record, Vec<String>) {
        let started = Instant::now();
        let found = self.take(number, step);
        let root = &self.metadata.workspace_root;
        let log = found.log.map(|log| log.strip_prefix(root).unwrap_or(&log).display().to_string());
        let record = Record {
            verdict: if found.problems.is_empty() { Verdict::Passed } else { Verdict::Failed },
            seconds: tenths(started),
            build_seconds: found.build_seconds,
            dependencies: found.dependencies,
            tests_passed: found.tests_passed,
            note: found.note,
            problems: found.problems,
            log,
            ..Record::not_run(step, key)
        };
        (record, found.tail)
    }

    fn take(&self, number: usize, step: &Step) -> Found {
        // Numbered, since a set of many features can have a name that is too long for a file.
        let name = format!("{number:02}-{}-{}", step.kind().name(), step.subject.replace(['/', ' '], "-"));
        let log = self.logs.join(format!("{}.log", name.chars().take(100).collect::<String>()));
        let failed = |error: &dyn std::error::Error| {
            let mut text = error.to_string();
            if let Some(cause) = error.source() {
                text.push_str(&format!(": {cause}"));
            }
            Found::failed(text)
        };
        match &step.work {
            Work::Tree(set) => self.tree(set),
            Work::Tests(set) => self.tests(set, log).unwrap_or_else(|error| failed(&error)),
            Work::Docs(set, packages) => self.docs(step, set, packages, log).unwrap_or_else(|error| failed(&error)),
            Work::Example(manifest) => self.example(step, manifest, log).unwrap_or_else(|error| failed(&error)),
            Work::Minimal { check } => self.minimal(*check, log).unwrap_or_else(|error| failed(&error)),
        }
    }

    fn tree(&self, set: &FeatureSet) -> Found {
        match tree::read(tree::of_set(set)) {
            Ok(tree) => Found {
                dependencies: Some(tree.iter().filter(|found| found.name != FACADE).count()),
                problems: self.rules.check(set, &tree).iter().map(|problem| explained(set, problem)).collect(),
                ..Found::default()
            },
            Err(error) => Found::failed(Problem::NoTree(error.to_string()).to_string()),
        }
    }

    fn tests(&self, set: &FeatureSet, log: PathBuf) -> Result<Found, LogError> {
        let (problems, seen) = suite::run(set, &log)?;
        let problems = problems.iter().map(Problem::to_string).collect();
        Ok(Found { tests_passed: Some(seen.passed), ..Found::of(seen, problems, log) })
    }

    fn docs(&self, step: &Step, set: &FeatureSet, packages: &[String], log: PathBuf) -> Result<Found, LogError> {
        let mut command = cargo::chosen_features();
        command.args(doc_arguments(set, packages)).env("RUSTDOCFLAGS", "-D warnings");
        let (status, seen) = log::logged(&mut command, &step.command, &log)?;
        Ok(Found::of(seen, of_status("doc", status), log))
    }

    fn example(&self, step: &Step, manifest: &Path, log: PathBuf) -> Result<Found, LogError> {
        let mut command = cargo::chosen_features();
        command.args(["test", "--manifest-path"]).arg(manifest);
        command.current_dir(&self.metadata.workspace_root).env("CARGO_TARGET_DIR", &self.metadata.target_directory);
        let (status, seen) = log::logged(&mut command, &step.command, &log)?;
        Ok(Found { tests_passed: Some(seen.passed), ..Found::of(seen, of_status("test", status), log) })
    }

    fn minimal(&self, check: bool, log: PathBuf) -> Result<Found, MinimalError> {
        let outcome = minimal::run(self.metadata, &minimal::folder(self.logs), check, &log)?;
        let found = match outcome.seen {
            Some(seen) => Found::of(seen, outcome.problems, log),
            None => Found { problems: outcome.problems, log: Some(log), ..Found::default() },
        };
        Ok(Found { note: Some(outcome.note), ..found })
    }
}

fn lock<'a, 'b>(state: &'a Mutex<State<'b>>) -> std::sync::MutexGuard<'a, State<'b>> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn of_status(command: &'static str, status: ExitStatus) -> Vec<String> {
    if status.success() {
        return Vec::new();
    }
    vec![Problem::Failed { command, status: status.to_string() }.to_string()]
}

fn explained(set: &FeatureSet, problem: &Problem) -> String {
    let Some(unwanted) = problem.unwanted() else { return problem.to_string() };
    let arguments = set.cargo_arguments(FACADE).join(" ");
    let (name, version) = (&unwanted.name, &unwanted.version);
    format!("{problem}; see what needs it: cargo tree {arguments} -e normal --invert {name}@{version}")
}
