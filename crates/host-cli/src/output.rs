//! Errors and problems for people, or as JSON.

use anstream::{eprintln, println};
use anstyle::{AnsiColor, Style};
use serde_json::{Value as Json, json};
use std::process::ExitCode;
use wippy_host::Error;
use wippy_host_app::manifest::{Problem, Severity};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const REMARK: Style = AnsiColor::Cyan.on_default();
const DIM: Style = Style::new().dimmed();

/// How a command prints.
pub(crate) struct Output {
    pub(crate) json: bool,
}

/// Why a command failed.
pub(crate) enum Failure {
    Error(Box<Error>),
    Message(String),
    /// Everything was printed already.
    Printed,
}

impl Failure {
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
    /// Prints why a command failed, and gives exit code 1.
    pub(crate) fn fail(&self, failure: &Failure) -> ExitCode {
        match failure {
            Failure::Printed => {}
            Failure::Message(message) if self.json => eprintln!("{}", json!({"error": {"message": message}})),
            Failure::Message(message) => eprintln!("{ERROR}error{ERROR:#}: {message}"),
            Failure::Error(error) if self.json => {
                let remedy = error.remedy();
                let described = json!({"kind": error.kind().as_str(), "message": error.message(), "remedy": remedy});
                eprintln!("{}", json!({"error": described}));
            }
            Failure::Error(error) => {
                eprintln!("{ERROR}error{ERROR:#}: {} {DIM}({}){DIM:#}", error.message(), error.kind());
                if let Some(remedy) = error.remedy() {
                    eprintln!("  {REMARK}help{REMARK:#}: {remedy}");
                }
            }
        }
        ExitCode::FAILURE
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
            eprintln!("{style}{word}{style:#}: {entry}{}", problem.message);
            if !problem.file.as_os_str().is_empty() {
                let place = match problem.line {
                    0 => problem.file.display().to_string(),
                    line => format!("{}:{line}:{}", problem.file.display(), problem.column),
                };
                eprintln!("  {DIM}-->{DIM:#} {place}");
            }
            if let (Some(line), true) = (&problem.source_line, problem.line > 0) {
                eprintln!("  {DIM}{:>4} |{DIM:#} {}", problem.line, line.trim_end());
            }
            if let Some(remedy) = &problem.remedy {
                eprintln!("  {REMARK}help{REMARK:#}: {remedy}");
            }
        }
    }

    /// Prints one JSON document to standard output, for people to read where it is a terminal.
    pub(crate) fn result(&self, result: &Json) {
        println!("{result:#}");
    }
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
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "remedy": problem.remedy,
    })
}
