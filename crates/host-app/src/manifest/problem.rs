//! What loading has to say about an application: located problems, each with its remedy.

use super::source::Span;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use wippy_host_core::ErrorKind;

/// How much a [`Problem`] matters. There are three, which whoever shows problems tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The application does not run with it.
    Error,
    /// The application runs without the part that the problem names.
    Warning,
    /// Nothing is wrong; something has no effect here.
    Remark,
}

/// One thing that is wrong in an application, where, and how to mend it.
///
/// [`Display`](fmt::Display) gives `file:line:column: entry: message`, with `warning: ` or `remark: ` before the entry
/// where it is no error, and a second line `  help: …` where there is a remedy. Control characters that come from a
/// file are escaped, so that a message is one line and cannot drive a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Problem {
    /// How much it matters.
    pub severity: Severity,
    /// The file, relative to the application's root; empty where the application as a whole is meant.
    pub file: PathBuf,
    /// The line, from 1; 0 where the file as a whole is meant.
    pub line: u32,
    /// The column in characters, from 1; 0 where the file as a whole is meant.
    pub column: u32,
    /// The entry, as `namespace:name`, where the problem lies in one.
    pub entry: Option<String>,
    /// What sort of problem it is.
    pub kind: ErrorKind,
    /// What is wrong.
    pub message: String,
    /// How to mend it; where possible the exact text to write.
    pub remedy: Option<String>,
    /// The line of the file, for showing beside the message. None for a line longer than 500 characters.
    pub source_line: Option<String>,
}

impl Problem {
    /// An error at a place in a file.
    pub fn at(kind: ErrorKind, span: &Span, message: impl AsRef<str>) -> Self {
        Self {
            line: span.line,
            column: span.column,
            source_line: span.source_line(),
            ..Self::in_file(kind, span.file.path(), message)
        }
    }

    /// An error about a whole file, or (with an empty path) about the whole application.
    pub fn in_file(kind: ErrorKind, file: &Path, message: impl AsRef<str>) -> Self {
        Self {
            severity: Severity::Error,
            file: file.to_path_buf(),
            line: 0,
            column: 0,
            entry: None,
            kind,
            message: one_line(message.as_ref()),
            remedy: None,
            source_line: None,
        }
    }

    /// The same with a remedy.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl AsRef<str>) -> Self {
        self.remedy = Some(one_line(remedy.as_ref()));
        self
    }

    /// The same, said of an entry.
    #[must_use]
    pub(crate) fn for_entry(mut self, entry: impl fmt::Display) -> Self {
        self.entry = Some(one_line(&entry.to_string()));
        self
    }

    /// The same as a warning.
    #[must_use]
    pub(crate) fn into_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same as a remark.
    #[must_use]
    pub(crate) fn into_remark(mut self) -> Self {
        self.severity = Severity::Remark;
        self
    }

    /// Whether the application cannot run with it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.as_os_str().is_empty() {
            write!(f, "{}:", one_line(&self.file.to_string_lossy()))?;
            if self.line > 0 {
                write!(f, "{}:{}:", self.line, self.column)?;
            }
            f.write_str(" ")?;
        }
        match self.severity {
            Severity::Error => {}
            Severity::Warning => f.write_str("warning: ")?,
            Severity::Remark => f.write_str("remark: ")?,
        }
        if let Some(entry) = &self.entry {
            write!(f, "{entry}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(remedy) = &self.remedy {
            write!(f, "\n  help: {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// Sorts by place, errors first where several share one and else in the order in which they were found. What is said
/// twice is dropped: an alias shows the same text of a file in several places.
pub(crate) fn sort(problems: &mut Vec<Problem>) {
    problems.sort_by(|a, b| (&a.file, a.line, a.column, a.severity).cmp(&(&b.file, b.line, b.column, b.severity)));
    let mut seen = HashSet::new();
    problems.retain(|problem| seen.insert(problem.clone()));
}

/// Text from a file as a message shows it: between backquotes, and cut where it is long.
pub(super) fn quoted(text: &str) -> String {
    format!("`{}`", shortened(text))
}

/// Text from a file, cut after 80 characters.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Text from a file on one line, without what would steer a terminal.
pub(super) fn one_line(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    let mut line = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

/// Collects problems, up to a bound: a generated file with an unknown key on each of a million lines must cost neither
/// a million messages nor the memory for them.
#[derive(Debug)]
pub(super) struct Sink {
    problems: RefCell<Vec<Problem>>,
    limit: usize,
    left_out: Cell<usize>,
    left_out_error: Cell<bool>,
}

impl Sink {
    pub(super) fn new(limit: usize) -> Self {
        Self { problems: RefCell::new(Vec::new()), limit, left_out: Cell::new(0), left_out_error: Cell::new(false) }
    }

    pub(super) fn push(&self, problem: Problem) {
        let mut problems = self.problems.borrow_mut();
        if problems.len() < self.limit {
            problems.push(problem);
        } else {
            self.left_out.set(self.left_out.get().saturating_add(1));
            self.left_out_error.set(self.left_out_error.get() || problem.is_error());
        }
    }

    /// Whether further problems are only counted; looking for a near name is then wasted work.
    pub(super) fn is_full(&self) -> bool {
        self.problems.borrow().len() >= self.limit
    }

    pub(super) fn has_error(&self) -> bool {
        self.left_out_error.get() || self.problems.borrow().iter().any(Problem::is_error)
    }

    /// Whether nothing was collected.
    pub(super) fn is_empty(&self) -> bool {
        self.problems.borrow().is_empty()
    }

    /// The problems in their order of place, and at the end how many there was no room for.
    pub(super) fn finish(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        sort(&mut problems);
        let left_out = self.left_out.get();
        if left_out > 0 {
            let message = format!("{left_out} further problems are not shown");
            let last = Problem::in_file(ErrorKind::Invalid, Path::new(""), message)
                .with_remedy("mend these first, then load again");
            problems.push(if self.left_out_error.get() { last } else { last.into_remark() });
        }
        problems
    }

    /// Takes over what another sink holds, with its count of what was left out.
    pub(super) fn absorb(&self, other: Sink) {
        self.left_out.set(self.left_out.get().saturating_add(other.left_out.get()));
        self.left_out_error.set(self.left_out_error.get() || other.left_out_error.get());
        for problem in other.problems.into_inner() {
            self.push(problem);
        }
    }

    /// Changes what was collected so far, for instance to name the entries that problems of syntax lie in.
    pub(super) fn revise(&self, mut change: impl FnMut(&mut Problem)) {
        self.problems.borrow_mut().iter_mut().for_each(&mut change);
    }
}
