//! The table of the documentation.

use super::rows::{Errors, Outcome, Row};
use super::sources::{Sources, files};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// More than these would bury the row.
const TESTS: usize = 3;

const HEAD: &str = "# Which test calls which function of WASI

Generated: `WIPPY_WRITE_COVERAGE=1 cargo test -p wippy-host --test guests coverage` writes it from the WIT texts of `wit/`, from
`guests/coverage.json`, `guests/errors.json` and the sources of the tests, and the same tests fail where it is stale, where a function
has no test, and where an error that the WIT of 0.2 names is neither provoked nor said why it cannot occur. An `err` is that of a result without an
error type. Errors of 0.3 are not listed: the tests of its file system are those of 0.2, and the others name theirs.

";

pub(super) fn markdown(rows: &[Row], errors: &Errors, sources: &Sources) -> String {
    let mut interfaces: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let (name, track) = row.interface.split_once('@').unwrap();
        interfaces.entry((track, name)).or_default().push(row);
    }
    let mut page = HEAD.to_owned();
    for ((_, _), rows) in &interfaces {
        write!(
            page,
            "## {}\n\n| function | guest and export | tests | errors provoked |\n|---|---|---|---|\n",
            rows[0].interface
        )
        .unwrap();
        for row in rows {
            writeln!(page, "{}", line(row, errors, sources)).unwrap();
        }
        page.push('\n');
    }
    page.push_str("## Errors that cannot occur\n\n| of | error | why |\n|---|---|---|\n");
    for (of, cases) in &errors.never {
        for (case, why) in cases {
            writeln!(page, "| {of} | `{case}` | {why} |").unwrap();
        }
    }
    for ((interface, function), error, outcome) in errors.all() {
        if let Outcome::Never { why } = outcome {
            writeln!(page, "| {interface}: {} | `{error}` | {why} |", plain(&function)).unwrap();
        }
    }
    page.push_str("\n## Where the tests are\n\n| guest | tests |\n|---|---|\n");
    for guest in sources.guests() {
        let links: Vec<_> = files(guest).iter().map(|file| format!("[{file}](../{file})")).collect();
        writeln!(page, "| {guest} | {} |", links.join("<br>")).unwrap();
    }
    page
}

fn line(row: &Row, errors: &Errors, sources: &Sources) -> String {
    let function = plain(&row.function);
    let (Some(guest), Some(export)) = (&row.guest, &row.export) else {
        return format!("| {function} | none: {} | | |", row.why.as_deref().unwrap_or_default());
    };
    let calls = sources.calls(guest, export);
    let mut tests: Vec<_> = calls.iter().take(TESTS).map(|test| format!("`{test}`")).collect();
    if calls.len() > TESTS {
        tests.push(format!("and {} more", calls.len() - TESTS));
    }
    let provoked = errors.of(&row.name()).into_iter().filter_map(|(error, outcome)| match outcome {
        Outcome::Test(test) => Some(format!("`{error}`: `{test}`")),
        Outcome::Never { .. } => None,
    });
    let provoked: Vec<_> = provoked.collect();
    format!("| {function} | {guest}: {export} | {} | {} |", tests.join("<br>"), provoked.join("<br>"))
}

/// `[method]fields.get` as `fields.get`.
fn plain(function: &str) -> String {
    let (kind, name) = function.split_once(']').unwrap_or(("", function));
    match kind {
        "[constructor" => format!("`{name}` (constructor)"),
        _ => format!("`{name}`"),
    }
}
