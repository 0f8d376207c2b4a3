//! Nothing of the WIT is left out: `guests/coverage.json` and `guests/errors.json` against the WIT texts, the guests and the
//! sources of the tests. `docs/wasi-coverage.md` is what they say together.

mod guest;
mod rows;
mod sources;
mod table;
mod wit;

use crate::support::root;
use guest::Guest;
use rows::{Errors, Outcome, Row};
use sources::Sources;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use wit::{Function, Name};

/// Rewrites the table instead of comparing it.
const WRITE: &str = "WIPPY_WRITE_COVERAGE";
/// Held by the tests of HTTP themselves: most of its cases are what a server did.
const ELSEWHERE: &str = "wasi:http/types@0.2#error-code";

#[test]
fn every_wit_function_is_exercised_by_some_guest() {
    let (rows, sources) = (rows::functions(), Sources::read());
    let mut problems = Vec::new();

    let wanted: BTreeSet<Name> = wit::functions().into_keys().collect();
    let mut listed = BTreeSet::new();
    for row in &rows {
        if !listed.insert(row.name()) {
            problems.push(format!("{row} has two rows"));
        }
    }
    problems.extend(wanted.difference(&listed).map(|(of, function)| format!("{of}#{function} has no row")));
    problems.extend(listed.difference(&wanted).map(|(of, function)| format!("{of}#{function} is no function")));

    let mut guests = BTreeMap::new();
    for row in &rows {
        let (guest, export) = match (&row.guest, &row.export, &row.why) {
            (Some(guest), Some(export), None) => (guest, export),
            (None, None, Some(why)) if !why.is_empty() => continue,
            _ => {
                problems.push(format!("{row} needs a guest and an export, or else a reason"));
                continue;
            }
        };
        let built = guests.entry(guest.clone()).or_insert_with(|| Guest::read(guest));
        if !built.imports.contains(&row.name()) {
            problems.push(format!("{guest} does not import {row}"));
        }
        if !built.exports.contains(export) {
            problems.push(format!("{guest} does not export {export}"));
        }
        if sources.calls(guest, export).is_empty() {
            problems.push(format!("no test calls {export} of {guest}, which covers {row}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_export_of_every_guest_is_called_by_some_test() {
    let sources = Sources::read();
    let mut problems = Vec::new();
    for guest in sources.guests() {
        let missing = Guest::read(guest).exports.into_iter().filter(|export| sources.calls(guest, export).is_empty());
        problems.extend(missing.map(|export| format!("no test calls {export} of {guest}")));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_error_that_the_wit_names_is_provoked_or_cannot_occur() {
    let (rows, errors, sources, functions) = (rows::functions(), rows::errors(), Sources::read(), wit::functions());
    let rows: BTreeMap<Name, Row> = rows.into_iter().map(|row| (row.name(), row)).collect();
    let mut problems = Vec::new();

    let mut provoked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, error, outcome) in errors.all() {
        let (interface, function) = &name;
        let Some(errors_of) = functions.get(&name).and_then(|function| function.error.as_ref()) else {
            problems.push(format!("{interface}#{function} is no function with errors"));
            continue;
        };
        if !errors_of.cases.iter().any(|case| case == error) {
            problems.push(format!("{interface}#{function} has no error {error}"));
        }
        match outcome {
            Outcome::Never { why } if why.is_empty() => {
                problems.push(format!("{interface}#{function}: {error} needs a reason"));
            }
            Outcome::Never { .. } => {}
            Outcome::Test(test) => {
                provoked.entry(&errors_of.of).or_default().insert(error);
                let row = rows.get(&name).filter(|row| sources.provokes(row, test, error));
                if row.is_none() {
                    problems.push(format!("{interface}#{function}: no test {test} provokes {error}"));
                }
            }
        }
    }
    for (name, function) in functions.iter().filter(|((interface, _), _)| interface.ends_with("@0.2")) {
        if rows.get(name).is_some_and(|row| row.why.is_none()) {
            problems.extend(missing(&errors, name, function));
        }
    }
    for (of, cases) in wit::large_errors(&functions) {
        let provoked = provoked.remove(of.as_str()).unwrap_or_default();
        for case in &cases {
            match (provoked.contains(case.as_str()), errors.reason(&of, case)) {
                (true, Some(_)) => problems.push(format!("{of}: {case} is provoked, and said never to occur")),
                (false, None) => problems.push(format!("{of}: nothing provokes {case}, and no reason is given")),
                _ => {}
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What this function's own text names, and all of an error type that is small.
fn missing(errors: &Errors, name: &Name, function: &Function) -> Vec<String> {
    let Some(error) = &function.error else { return Vec::new() };
    let (interface, of) = name;
    let wanted = error.cases.iter().filter(|case| {
        let documented = error.of != ELSEWHERE && function.documents(case);
        let here = if error.is_small() { vec![of.clone()] } else { wit::family(of) };
        (documented || error.is_small()) && !here.iter().any(|function| errors.has(interface, function, case))
    });
    wanted.map(|case| format!("{interface}#{of}: neither a test nor a reason for {case}")).collect()
}

#[test]
fn the_table_in_the_documentation_is_what_the_lists_say() {
    let table = table::markdown(&rows::functions(), &rows::errors(), &Sources::read());
    let path = root().join("docs/wasi-coverage.md");
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, table).unwrap();
        return;
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == table, "{} is stale: run these tests with {WRITE}=1", path.display());
}
