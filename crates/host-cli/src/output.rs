//! Results, errors and problems: for people, or as JSON.
//!
//! Whoever reads an output may close it at any time, so nothing here prints with the macros that panic then.

use crate::measure::{Stats, report};
use anstyle::{AnsiColor, Style};
use serde_json::{Value as Json, json};
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use wippy_host::Error;
use wippy_host_app::manifest::{Problem, Severity};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const REMARK: Style = AnsiColor::Cyan.on_default();
const DIM: Style = Style::new().dimmed();

/// How a command prints.
pub(crate) struct Output {
    pub(crate) json: bool,
    /// What goes with the document that says why a command failed, for standard error holds no second one.
    pub(crate) stats: Option<Arc<Stats>>,
}

/// Why a command failed.
pub(crate) enum Failure {
    Error(Box<Error>),
    /// What was asked for makes no sense: exit code 2.
    Usage(Box<Error>),
    /// The application has problems: these, of which at least one is an error.
    Problems(Vec<Problem>),
    Message(String),
}

impl Failure {
    pub(crate) fn usage(error: Error) -> Self {
        Self::Usage(Box::new(error))
    }

    pub(crate) fn message(message: impl Into<String>) -> Self {
        Self::Message(message.into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(Box::new(error))
    }
}

impl Output {
    /// Prints why a command failed, and gives its exit code: 2 for wrong usage, else 1.
    pub(crate) fn fail(&self, failure: &Failure) -> ExitCode {
        match failure {
            Failure::Message(message) if self.json => self.document(json!({"error": {"message": message}})),
            Failure::Message(message) => to_stderr(format_args!("{ERROR}error{ERROR:#}: {message}")),
            Failure::Problems(problems) => self.refuse(problems),
            Failure::Error(error) | Failure::Usage(error) if self.json => {
                self.document(json!({"error": error_json(error)}));
            }
            Failure::Error(error) | Failure::Usage(error) => {
                let message = visible(error.message());
                to_stderr(format_args!("{ERROR}error{ERROR:#}: {message} {DIM}({}){DIM:#}", error.kind()));
                if let Some(remedy) = error.remedy() {
                    to_stderr(format_args!("  {REMARK}help{REMARK:#}: {}", visible(remedy)));
                }
            }
        }
        if matches!(failure, Failure::Usage(_)) { ExitCode::from(2) } else { ExitCode::FAILURE }
    }

    /// Prints the problems for which an application is not run.
    fn refuse(&self, problems: &[Problem]) {
        let errors = problems.iter().filter(|problem| problem.is_error()).count();
        let message = format!("the application has {} and does not run", count(errors, "problem"));
        if self.json {
            let problems: Vec<Json> = problems.iter().map(problem_json).collect();
            let error = json!({"kind": "Invalid", "message": message, "remedy": null});
            return self.document(json!({"error": error, "problems": problems}));
        }
        self.problems(problems);
        to_stderr(format_args!("{ERROR}error{ERROR:#}: {message}"));
    }

    /// Prints one JSON document to standard error.
    fn document(&self, mut document: Json) {
        let stats = self.stats.as_ref().and_then(|stats| stats.take());
        if let (Some(stats), Some(members)) = (stats, document.as_object_mut()) {
            members.insert("stats".to_owned(), report::json(&stats));
        }
        to_stderr(document);
    }

    /// Prints what a command took as a document of its own to standard error.
    pub(crate) fn stats(&self, stats: &Json) {
        to_stderr(json!({"stats": stats}));
    }

    /// Prints a table to standard error: the first column from the left, the others from the right. A row may be shorter than
    /// the head.
    pub(crate) fn table(&self, head: &[&str], rows: &[Vec<String>]) {
        let width = |column: usize| {
            let cells = rows.iter().filter(|row| row.len() > 1).filter_map(|row| row.get(column));
            let cells = cells.map(|cell| cell.chars().count());
            cells.chain(head.get(column).map(|title| title.chars().count())).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let mut line = String::new();
            for (index, (cell, width)) in cells.zip(&widths).enumerate() {
                let cell = visible(cell).replace('\n', "\\n");
                line.push_str(&if index == 0 { format!("{cell:width$}") } else { format!("  {cell:>width$}") });
            }
            line.trim_end().to_owned()
        };
        to_stderr(format_args!("{DIM}{}{DIM:#}", line(&mut head.iter().copied())));
        for row in rows {
            to_stderr(line(&mut row.iter().map(String::as_str)));
        }
    }

    /// Prints a line to standard error for whoever watches.
    pub(crate) fn note(&self, message: &str) {
        if !self.json {
            to_stderr(visible(message));
        }
    }

    /// Prints a warning that is about no file.
    pub(crate) fn warn(&self, message: &str) {
        if !self.json {
            to_stderr(format_args!("{WARNING}warning{WARNING:#}: {message}"));
        }
    }

    /// Prints what is odd and does no harm, and is about no file of the application.
    pub(crate) fn remark(&self, remark: &Error) {
        if !self.json {
            to_stderr(format_args!("{REMARK}remark{REMARK:#}: {}", visible(remark.message())));
            if let Some(remedy) = remark.remedy() {
                to_stderr(format_args!("  {REMARK}help{REMARK:#}: {}", visible(remedy)));
            }
        }
    }

    /// Prints problems to standard error, with the line of the file that each is about.
    pub(crate) fn problems(&self, problems: &[Problem]) {
        for problem in problems {
            let (style, word) = match problem.severity {
                Severity::Error => (ERROR, "error"),
                Severity::Warning => (WARNING, "warning"),
                Severity::Remark => (REMARK, "remark"),
            };
            let entry = problem.entry.as_ref().map(|entry| format!("{entry}: ")).unwrap_or_default();
            to_stderr(format_args!("{style}{word}{style:#}: {entry}{}", problem.message));
            if !problem.file.as_os_str().is_empty() {
                let file = visible(&problem.file.to_string_lossy()).replace('\n', "\\n");
                match problem.line {
                    0 => to_stderr(format_args!("  {DIM}-->{DIM:#} {file}")),
                    line => to_stderr(format_args!("  {DIM}-->{DIM:#} {file}:{line}:{}", problem.column)),
                }
            }
            if let (Some(line), true) = (&problem.source_line, problem.line > 0) {
                to_stderr(format_args!("  {DIM}{:>4} |{DIM:#} {}", problem.line, line.trim_end()));
            }
            if let Some(remedy) = &problem.remedy {
                to_stderr(format_args!("  {REMARK}help{REMARK:#}: {remedy}"));
            }
        }
    }

    /// Prints one JSON document to standard output.
    pub(crate) fn json(&self, document: &Json) -> Result<(), Failure> {
        self.text(format_args!("{document:#}\n"))
    }

    /// Prints text to standard output.
    pub(crate) fn text(&self, text: impl Display) -> Result<(), Failure> {
        let mut stdout = anstream::stdout().lock();
        finished(write!(stdout, "{text}").and_then(|()| stdout.flush()))
    }

    /// Prints bytes to standard output as they are.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        finished(stdout.write_all(bytes).and_then(|()| stdout.flush()))
    }
}

fn finished(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Ok(()) => Ok(()),
        // Whoever read the output has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::message(format!("cannot write the result: {error}"))),
    }
}

fn to_stderr(line: impl Display) {
    // There is nowhere left to say that this failed; the exit code says enough.
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Text that may come from a guest, without what would steer a terminal.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// `1 problem`, `2 problems`.
pub(crate) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// An error as JSON.
pub(crate) fn error_json(error: &Error) -> Json {
    json!({"kind": error.kind().as_str(), "message": error.message(), "remedy": error.remedy()})
}

/// A problem as JSON.
pub(crate) fn problem_json(problem: &Problem) -> Json {
    json!({
        "severity": match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Remark => "remark",
        },
        "kind": problem.kind.to_string(),
        "entry": problem.entry,
        // Not the path itself: one that is not UTF-8 has no JSON.
        "file": problem.file.to_string_lossy(),
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "remedy": problem.remedy,
    })
}
