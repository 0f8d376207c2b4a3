//! What became of each step, kept on disk as the steps end so that an interrupted run can go on.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::steps::{Kind, Step};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    Passed,
    Failed,
    /// Left out after a failure, with `--fail-fast`.
    NotRun,
}

/// One step and what it found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) kind: Kind,
    /// The set, or the folder of an example.
    pub(crate) subject: String,
    pub(crate) features: Vec<String>,
    pub(crate) verdict: Verdict,
    pub(crate) seconds: f64,
    /// Of these, Cargo's build. The documentation of tests is compiled as they run, and is not in it.
    pub(crate) build_seconds: Option<f64>,
    /// Whether it passed in an earlier run, for the same sources.
    pub(crate) resumed: bool,
    /// Crates in the tree besides the facade.
    pub(crate) dependencies: Option<usize>,
    pub(crate) tests_passed: Option<u64>,
    /// What else there is to say.
    pub(crate) note: Option<String>,
    pub(crate) problems: Vec<String>,
    /// All output of Cargo: a path, under the target folder unless that is elsewhere.
    pub(crate) log: Option<String>,
    /// Repeats the step, judged as it is here.
    pub(crate) repeat: String,
    /// Repeats it without xtask.
    pub(crate) command: String,
    /// Stands for the sources, the compiler and the command.
    pub(crate) key: String,
}

impl Record {
    pub(crate) fn not_run(step: &Step, key: String) -> Self {
        Self {
            kind: step.kind(),
            subject: step.subject.clone(),
            features: step.features.clone(),
            verdict: Verdict::NotRun,
            seconds: 0.0,
            build_seconds: None,
            resumed: false,
            dependencies: None,
            tests_passed: None,
            note: None,
            problems: Vec::new(),
            log: None,
            repeat: step.repeat.clone(),
            command: step.command.clone(),
            key,
        }
    }

    /// What it found, in a few words; nothing where it found nothing.
    pub(crate) fn found(&self) -> String {
        let counted = |count: u64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        let tests = self.tests_passed.map(|count| counted(count, "test"));
        let crates = self.dependencies.map(|count| counted(count as u64, "crate"));
        [crates, tests, self.note.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// The file of records: one JSON object a line.
#[derive(Debug)]
pub(crate) struct Records {
    file: File,
    passed: BTreeMap<String, Record>,
}

impl Records {
    /// Opens the file. With `resume` it keeps what is there, and knows the steps that passed; else it begins anew.
    pub(crate) fn open(path: &Path, resume: bool) -> io::Result<Self> {
        let text = if resume { std::fs::read_to_string(path).unwrap_or_default() } else { String::new() };
        // The last line of a run that was killed may be half a record, and is left out with it.
        let records: Vec<Record> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let mut options = OpenOptions::new();
        let mut file = options.create(true).write(true).truncate(true).open(path)?;
        let mut passed = BTreeMap::new();
        for record in records {
            writeln(&mut file, &record)?;
            match record.verdict {
                Verdict::Passed => _ = passed.insert(record.key.clone(), record),
                _ => _ = passed.remove(&record.key),
            }
        }
        Ok(Self { file, passed })
    }

    /// The record of a step that passed with this key.
    pub(crate) fn passed(&self, key: &str) -> Option<Record> {
        self.passed.get(key).map(|record| Record { resumed: true, ..record.clone() })
    }

    pub(crate) fn add(&mut self, record: &Record) -> io::Result<()> {
        writeln(&mut self.file, record)
    }
}

/// One write for a line, so that one that is cut off is the last.
fn writeln(file: &mut File, record: &Record) -> io::Result<()> {
    let mut line = serde_json::to_string(record)?;
    line.push('\n');
    file.write_all(line.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_matrix::sets::FeatureSet;
    use crate::test_matrix::steps::Work;

    fn record(key: &str, verdict: Verdict) -> Record {
        let set = FeatureSet { name: "none".into(), ..FeatureSet::default() };
        let step = Step {
            subject: "none".into(),
            features: Vec::new(),
            work: Work::Tests(set),
            repeat: "cargo xtask test-matrix --only none".into(),
            command: "cargo test".into(),
        };
        Record { verdict, tests_passed: Some(1), ..Record::not_run(&step, key.into()) }
    }

    #[test]
    fn a_run_that_was_interrupted_knows_what_passed_and_not_what_failed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records.jsonl");
        let mut first = Records::open(&path, true).unwrap();
        for (key, verdict) in [("a", Verdict::Passed), ("b", Verdict::Failed), ("c", Verdict::Passed)] {
            first.add(&record(key, verdict)).unwrap();
        }
        first.add(&record("c", Verdict::Failed)).unwrap();
        first.file.write_all(b"{\"kind\":\"tes").unwrap();
        drop(first);

        let mut second = Records::open(&path, true).unwrap();
        let again = second.passed("a").unwrap();
        assert!(again.resumed);
        assert_eq!(again.found(), "1 test");
        assert!(second.passed("b").is_none());
        assert!(second.passed("c").is_none());
        second.add(&record("b", Verdict::Passed)).unwrap();
        drop(second);

        let third = Records::open(&path, true).unwrap();
        assert!(third.passed("a").is_some() && third.passed("b").is_some());
    }

    #[test]
    fn a_run_that_does_not_resume_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records.jsonl");
        Records::open(&path, false).unwrap().add(&record("a", Verdict::Passed)).unwrap();
        assert!(Records::open(&path, false).unwrap().passed("a").is_none());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
    }
}
