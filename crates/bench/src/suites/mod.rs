//! The suites: each file measures one thing that users wait or pay for.

mod client;
mod fairness;
mod files;
mod fresh;
mod growth;
mod imports;
pub(crate) mod lua;
mod pools;
mod refusals;
mod serving;
mod sleepers;
mod start;
mod threads;
mod uptime;
mod values;

use crate::bench::Bench;
use crate::measure::Length;
use std::process::ExitCode;

pub(crate) use files::Few as FewPieces;
pub(crate) use fresh::{Case as FreshCase, cases as fresh_cases};
pub(crate) use pools::{MANY, Setting, TEXT};
pub(crate) use start::command_line;

pub(crate) struct Suite {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    run: fn(&Bench),
}

/// All suites, in the order of the report.
pub(crate) const ALL: &[Suite] = &[
    Suite { name: "fresh", about: "a fresh call: look-up, store, instance, call, drop", run: fresh::run },
    Suite { name: "pools", about: "prepared and kept instances, and calls from guest to guest", run: pools::run },
    Suite { name: "lua", about: "calls of Lua, from Lua and to Lua", run: lua::run },
    Suite { name: "refusals", about: "what is refused against what is allowed", run: refusals::run },
    Suite { name: "imports", about: "calls from a guest to the host, and the state of an import", run: imports::run },
    Suite { name: "values", about: "values in and out of a guest, and their conversion", run: values::run },
    Suite { name: "files", about: "large files and directories", run: files::run },
    Suite { name: "serving", about: "request handlers over HTTP", run: serving::run },
    Suite { name: "client", about: "requests that guests make", run: client::run },
    Suite { name: "start", about: "from a process that starts to a function that answers", run: start::run },
    Suite { name: "growth", about: "a fresh call as the host grows", run: growth::run },
    Suite {
        name: "sleepers",
        about: "calls in flight that wait: memory, wake-up, and the kernel's limit",
        run: sleepers::run,
    },
    Suite { name: "threads", about: "what a second worker thread is worth", run: threads::run },
    Suite { name: "uptime", about: "a million calls leave memory, handles and time where they were", run: uptime::run },
    Suite { name: "fairness", about: "what endless guests leave to others, and when they end", run: fairness::run },
];

pub(crate) fn find(name: &str) -> Option<&'static Suite> {
    ALL.iter().find(|suite| suite.name == name)
}

/// Runs one suite in this process.
pub(crate) fn run(name: &str, length: Length) -> ExitCode {
    let Some(suite) = find(name) else { return ExitCode::from(2) };
    (suite.run)(&Bench::new(length));
    ExitCode::SUCCESS
}

/// Does what a suite wants done in a process of its own.
pub(crate) fn part(words: &[String]) -> ExitCode {
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["sleepers", setting] => sleepers::part(setting),
        ["start", code] => start::part(code),
        _ => return ExitCode::from(2),
    }
    ExitCode::SUCCESS
}
