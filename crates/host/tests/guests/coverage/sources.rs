//! The sources of the tests. They are read because a list kept by hand would not notice that a call is gone, and tests run
//! in any order and in part. All are read, whatever the features are.

use super::rows::Row;
use crate::support::root;
use std::collections::BTreeSet;
use std::fs;

/// The tests that call each guest. Files lie beside those of this program, or below `crates`.
const FILES: &[(&str, &[&str])] = &[
    ("bound", &["bindings"]),
    ("c-wordcount", &["toolchains"]),
    ("handler", &["host-server/tests/server/handlers"]),
    ("handler-p3", &["host-cli/tests/cli/serve_p3"]),
    ("probe-async-funcs", &["structured_p3"]),
    ("probe-cli", &["cli"]),
    ("probe-clocks", &["clocks"]),
    (
        "probe-filesystem",
        &["filesystem/errors", "filesystem/functions", "filesystem/mounts", "filesystem/only_p2", "filesystem/quotas"],
    ),
    ("probe-funcs", &["funcs"]),
    ("probe-funcs-2", &["structured"]),
    ("probe-http", &["http/failures", "http/messages", "http/pressure"]),
    ("probe-io", &["io"]),
    ("probe-p3", &["p3", "http/client_p3", "host/tests/containment/p3", "host-cli/tests/cli/exec/p3"]),
    ("probe-p3-filesystem", &["filesystem/errors", "filesystem/functions", "filesystem/mounts"]),
    ("probe-p3-http", &["http/p3"]),
    ("probe-p3-sockets", &["sockets/p3"]),
    ("probe-random", &["random"]),
    ("probe-sockets", &["sockets/errors", "sockets/functions"]),
    ("std-calls", &["toolchains"]),
    ("values", &["values"]),
];

/// How tests of a handler call it, beside naming its export or its file.
const SERVING: &[&str] = &["serving(", "serve("];

/// A function of a test program.
struct Source {
    name: String,
    is_test: bool,
    text: String,
    /// The same without white space, so that it does not matter where lines are broken.
    dense: String,
}

pub(super) struct Sources(Vec<(&'static str, Vec<Source>)>);

impl Sources {
    pub(super) fn read() -> Self {
        Self(
            FILES
                .iter()
                .map(|(guest, _)| (*guest, files(guest).iter().flat_map(|file| functions_in(file)).collect()))
                .collect(),
        )
    }

    pub(super) fn guests(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(guest, _)| *guest)
    }

    fn of(&self, guest: &str) -> &[Source] {
        self.0.iter().find(|(name, _)| *name == guest).map_or(&[], |(_, sources)| sources)
    }

    /// The tests that call this export, themselves or by a function beside them: that name it first in a call, or first in a
    /// row of a table of calls. A component that is called by its interface is named by its file.
    pub(super) fn calls(&self, guest: &str, export: &str) -> Vec<&str> {
        let patterns = if export.contains('#') {
            let mut patterns = vec![format!("\"{export}\","), format!("\"{guest}\""), format!("/{guest}.wasm\"")];
            patterns.extend(SERVING.iter().map(|call| (*call).to_owned()));
            patterns
        } else {
            vec![format!("(\"{export}\","), format!("[\"{export}\",")]
        };
        let sources = self.of(guest);
        let mut found: BTreeSet<&str> = BTreeSet::new();
        loop {
            let before = found.len();
            for source in sources {
                let calls = |name: &&str| !name.is_empty() && source.dense.contains(&format!("{name}("));
                let says = |pattern: &String| source.dense.contains(pattern.as_str());
                if patterns.iter().any(says) || found.iter().any(calls) {
                    found.insert(&source.name);
                }
            }
            if found.len() == before {
                break;
            }
        }
        sources
            .iter()
            .filter(|source| source.is_test && found.contains(source.name.as_str()))
            .map(|s| &*s.name)
            .collect()
    }

    /// Whether there is this test, and it expects this error of this function: by a line of a report that names both, or by
    /// the error's name beside a call of the export.
    pub(super) fn provokes(&self, row: &Row, test: &str, error: &str) -> bool {
        let (Some(guest), Some(export)) = (&row.guest, &row.export) else { return false };
        let short = row.function.rsplit(['.', ']']).next().unwrap_or_default();
        let ending = format!(": {error}\"");
        let reports = |source: &Source| {
            let mut lines = source.text.match_indices(&ending).map(|(at, _)| &source.text[..at]);
            lines.any(|before| before.rsplit('"').next().is_some_and(|line| line.split(' ').any(|word| word == short)))
        };
        let mut tests = self.0.iter().flat_map(|(_, sources)| sources).filter(|source| source.is_test);
        let named = |source: &&Source| source.name == test;
        tests.any(|source| named(&source) && reports(source))
            || self.calls(guest, export).contains(&test)
                && self.of(guest).iter().filter(named).any(|source| source.text.contains(&format!("\"{error}\"")))
    }
}

/// From the root of the workspace.
pub(super) fn files(guest: &str) -> Vec<String> {
    let (_, names) = FILES.iter().find(|(name, _)| *name == guest).unwrap();
    let beside = |name: &&str| root().join(format!("crates/host/tests/guests/{name}.rs")).exists();
    let path = |name: &&str| {
        if beside(name) { format!("crates/host/tests/guests/{name}.rs") } else { format!("crates/{name}.rs") }
    };
    names.iter().map(path).collect()
}

/// Those that begin at the left margin, where rustfmt puts them.
fn functions_in(file: &str) -> Vec<Source> {
    let text = fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut found: Vec<Source> = Vec::new();
    let mut is_test = false;
    for line in text.lines() {
        if line.starts_with("#[") {
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        } else if let Some(name) = name_of(line) {
            found.push(Source {
                name: name.to_owned(),
                is_test: std::mem::take(&mut is_test),
                text: String::new(),
                dense: String::new(),
            });
        }
        if let Some(last) = found.last_mut() {
            last.text.push_str(line);
            last.dense.extend(line.chars().filter(|letter| !letter.is_whitespace()));
        }
    }
    found
}

fn name_of(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub(super) ").or(line.strip_prefix("pub(crate) ")).unwrap_or(line);
    let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}
