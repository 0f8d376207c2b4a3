//! What is wrong with an entry: every problem at once, each with its place in the entry.

use crate::error::{Error, ErrorKind};
use std::fmt;

/// One problem of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntryProblem {
    /// The kind.
    pub kind: ErrorKind,
    /// Where in the entry.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What mends it.
    pub remedy: Option<String>,
}

/// A place in an entry, for those who know the file that it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The entry as a whole.
    Entry,
    /// One name of `imports`, by index.
    Import(usize),
    /// One of `bindings`, by index.
    Binding(usize),
    /// `method`.
    Method,
    /// The component.
    Component,
    /// A place in a section: its name, then keys and indices.
    Config(Vec<String>),
}

impl EntryProblem {
    /// A problem at `place`.
    pub fn new(kind: ErrorKind, place: Place, message: impl Into<String>) -> Self {
        Self { kind, place, message: message.into(), remedy: None }
    }

    /// Says what mends it.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// Why an entry could not be prepared: at least one problem.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EntryProblems {
    /// The entry.
    pub entry: String,
    /// All that is wrong.
    pub problems: Vec<EntryProblem>,
}

impl EntryProblems {
    /// What is wrong with an entry: at least one problem.
    pub fn new(entry: impl Into<String>, problems: Vec<EntryProblem>) -> Self {
        Self { entry: entry.into(), problems }
    }

    pub(crate) fn of(entry: &str, error: &Error, place: Place) -> Self {
        let mut problem = EntryProblem::new(error.kind(), place, error.message());
        problem.remedy = error.remedy().map(str::to_owned);
        Self { entry: entry.to_owned(), problems: vec![problem] }
    }
}

impl fmt::Display for EntryProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {} cannot be prepared:", self.entry)?;
        for problem in &self.problems {
            write!(f, "\n  {}", problem.message)?;
            if let Some(remedy) = &problem.remedy {
                write!(f, " ({remedy})")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for EntryProblems {}

impl From<EntryProblems> for Error {
    fn from(problems: EntryProblems) -> Self {
        let kind = problems.problems.first().map_or(ErrorKind::Invalid, |problem| problem.kind);
        Self::new(kind, problems.to_string()).with_source(problems)
    }
}
