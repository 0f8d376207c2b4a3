//! Nothing of the WIT is left out: `guests/coverage.json` against the WIT texts, the guests and the tests beside this file.

use crate::support::{component, host, root};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use wippy_host::wasmtime::component::types::ComponentItem;
use wit_parser::Resolve;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    interface: String,
    function: String,
    guest: Option<String>,
    export: Option<String>,
    why: Option<String>,
}

/// A function of the WIT: its interface without the version, and its name.
type Name = (String, String);

/// The tests that call each guest, whatever the features are.
const MODULES: &[(&str, &str)] = &[
    ("c-wordcount", include_str!("toolchains.rs")),
    ("handler", include_str!("../../../host-server/tests/server/handlers.rs")),
    ("probe-cli", include_str!("cli.rs")),
    ("probe-clocks", include_str!("clocks.rs")),
    ("probe-filesystem", concat!(include_str!("filesystem/functions.rs"), include_str!("filesystem/mounts.rs"))),
    ("probe-funcs", include_str!("funcs.rs")),
    ("probe-http", concat!(include_str!("http/failures.rs"), include_str!("http/messages.rs"))),
    ("probe-io", include_str!("io.rs")),
    ("probe-random", include_str!("random.rs")),
    ("probe-sockets", include_str!("sockets.rs")),
    ("std-calls", include_str!("toolchains.rs")),
    ("values", include_str!("values.rs")),
];

#[test]
fn every_wit_function_is_exercised_by_some_guest() {
    let rows: Vec<Row> =
        serde_json::from_str(&fs::read_to_string(root().join("guests/coverage.json")).unwrap()).unwrap();
    let mut problems = Vec::new();

    let wanted = wit_functions();
    let mut listed = BTreeSet::new();
    for row in &rows {
        if !listed.insert((row.interface.clone(), row.function.clone())) {
            problems.push(format!("{}#{} has two rows", row.interface, row.function));
        }
    }
    problems
        .extend(wanted.difference(&listed).map(|(interface, function)| format!("{interface}#{function} has no row")));
    problems.extend(
        listed.difference(&wanted).map(|(interface, function)| format!("{interface}#{function} is no function")),
    );

    let mut imports = BTreeMap::new();
    for row in &rows {
        let Row { interface, function, .. } = row;
        let (guest, export) = match (&row.guest, &row.export, &row.why) {
            (Some(guest), Some(export), None) => (guest, export),
            (None, None, Some(why)) if !why.is_empty() => continue,
            _ => {
                problems.push(format!("{interface}#{function} needs a guest and an export, or else a reason"));
                continue;
            }
        };
        let imports = imports.entry(guest.clone()).or_insert_with(|| imports_of(guest));
        if !imports.contains(&(interface.clone(), function.clone())) {
            problems.push(format!("{guest} does not import {interface}#{function}"));
        }
        if !exports_of(guest).contains(export) {
            problems.push(format!("{guest} does not export {export}"));
        }
        if !is_called(guest, export) {
            problems.push(format!("no test calls {export} of {guest}, which covers {interface}#{function}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_export_of_every_guest_is_called_by_some_test() {
    let mut problems = Vec::new();
    for (guest, _) in MODULES {
        let missing = exports_of(guest).into_iter().filter(|export| !is_called(guest, export));
        problems.extend(missing.map(|export| format!("no test calls {export} of {guest}")));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Every function of every interface, unstable ones included.
fn wit_functions() -> BTreeSet<Name> {
    let mut resolve = Resolve { all_features: true, ..Resolve::default() };
    // A dependency before what uses it.
    let files = ["io", "clocks", "random", "filesystem", "sockets", "cli", "http"];
    let mut files: Vec<_> = files.iter().map(|name| root().join(format!("wit/wasi-0.2/{name}.wit"))).collect();
    assert_eq!(fs::read_dir(root().join("wit/wasi-0.2")).unwrap().count(), files.len(), "a file of WIT is not read");
    files.push(root().join("wit/wippy-runtime-0.1/funcs.wit"));
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let path = file.display().to_string();
        resolve.push_source(&path, &text).unwrap_or_else(|error| panic!("{path}: {error:#}"));
    }
    let mut functions = BTreeSet::new();
    for (id, interface) in resolve.interfaces.iter() {
        let name = without_version(&resolve.id_of(id).unwrap()).to_owned();
        functions.extend(interface.functions.keys().map(|function| (name.clone(), function.clone())));
    }
    functions
}

fn without_version(interface: &str) -> &str {
    interface.split_once('@').map_or(interface, |(name, _)| name)
}

/// What a component imports; its compiler leaves out what is declared and not called.
fn imports_of(guest: &str) -> BTreeSet<Name> {
    let mut names = BTreeSet::new();
    for (interface, import) in component(guest).component_type().imports(host().engine()) {
        let ComponentItem::ComponentInstance(instance) = import.ty else { continue };
        for (function, export) in instance.exports(host().engine()) {
            if matches!(export.ty, ComponentItem::ComponentFunc(_)) {
                names.insert((without_version(interface).to_owned(), function.to_owned()));
            }
        }
    }
    names
}

/// The functions that a component exports, those within interfaces as `interface#function`.
fn exports_of(guest: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (name, export) in component(guest).component_type().exports(host().engine()) {
        match export.ty {
            ComponentItem::ComponentFunc(_) => drop(names.insert(name.to_owned())),
            ComponentItem::ComponentInstance(instance) => {
                let functions = instance
                    .exports(host().engine())
                    .filter(|(_, export)| matches!(export.ty, ComponentItem::ComponentFunc(_)));
                names.extend(functions.map(|(function, _)| format!("{name}#{function}")));
            }
            _ => {}
        }
    }
    names
}

/// Whether the tests name the export first in a call, or first in a row of a table of calls. The sources are read because
/// a list kept by hand would not notice that a call is gone, and tests run in any order and in part.
fn is_called(guest: &str, export: &str) -> bool {
    let Some((_, source)) = MODULES.iter().find(|(name, _)| *name == guest) else { return false };
    let source: String = source.chars().filter(|letter| !letter.is_whitespace()).collect();
    ["(", "["].iter().any(|open| source.contains(&format!("{open}\"{export}\",")))
}
