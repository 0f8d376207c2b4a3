//! The `imports` list: names that lead nowhere, `strict_imports`, and what `check` remarks.

use crate::support::{ADD, App};
use serde_json::json;

const GROUPS: &str = "funcs, wasi:cli, wasi:clocks, wasi:filesystem, wasi:http, wasi:io, wasi:random, wasi:sockets";

#[test]
fn an_unknown_import_is_answered_with_the_nearest_and_all_names() {
    let app = App::wat(ADD, "add", "    imports: [wasi:htp, postgres, \"wasi:http@9\", wasi:cli/stout]\n");
    let line = "     8 |     imports: [wasi:htp, postgres, \"wasi:http@9\", wasi:cli/stout]";
    assert_eq!(
        app.problems(),
        format!(
            "error: demo:it: unsupported wasm host import: wasi:htp
  --> _index.yaml:8:15
{line}
  help: did you mean \"wasi:http\"? this build has: {GROUPS}
error: demo:it: unsupported wasm host import: postgres
  --> _index.yaml:8:25
{line}
  help: this build has: {GROUPS}
error: demo:it: unsupported wasm host import: wasi:http@9: this build has no such version
  --> _index.yaml:8:35
{line}
  help: write \"wasi:http@0.2\" or \"wasi:http@0.3\"
error: demo:it: unsupported wasm host import: wasi:cli/stout
  --> _index.yaml:8:50
{line}
  help: did you mean \"wasi:cli/stdout\"? this build has: {GROUPS}
"
        )
    );
}

#[test]
fn a_misspelt_import_is_not_also_remarked_as_missing() {
    let app = App::guest("probe-cli", "terminals", "    imports: [wasi:cly, wasi:io]\n");
    assert_eq!(
        app.problems(),
        format!(
            "error: demo:it: unsupported wasm host import: wasi:cly
  --> _index.yaml:13:15
    13 |     imports: [wasi:cly, wasi:io]
  help: did you mean \"wasi:cli\"? this build has: {GROUPS}
"
        )
    );
}

#[test]
fn an_import_that_is_listed_twice_is_an_error() {
    let app = App::wat(ADD, "add", "    imports: [wasi:io, WASI:IO]\n");
    assert_eq!(
        app.problems(),
        "error: demo:it: import listed twice: WASI:IO
  --> _index.yaml:8:24
     8 |     imports: [wasi:io, WASI:IO]
  help: remove one of the two; the first is number 1
"
    );
}

#[test]
fn strict_imports_lists_all_that_is_missing_at_the_imports() {
    let app = App::guest("std-calls", "print", "    imports: [wasi:io]\n    strict_imports: true\n");
    let line = "  --> _index.yaml:13:5\n    13 |     imports: [wasi:io]";
    let missing = |what: &str, group: &str| {
        format!(
            "error: demo:it: strict_imports: the component imports {what}, which is not granted\n{line}\n  \
             help: add \"{group}\" to imports\n"
        )
    };
    let cli = "environment, exit, stdin, stdout, stderr, terminal-stdin, terminal-stdout, terminal-stderr";
    let expected = [
        missing(&format!("wasi:cli ({cli})"), "wasi:cli"),
        missing("wasi:clocks (monotonic-clock, wall-clock)", "wasi:clocks"),
        missing("wasi:filesystem (types, preopens)", "wasi:filesystem"),
        missing("wasi:random (random)", "wasi:random"),
    ];
    assert_eq!(app.problems(), expected.concat());
    let refused = expected.concat() + "error: the application has 4 problems and does not run\n";
    app.call(&["x"]).fails(&refused);
}

#[test]
fn strict_imports_without_imports_points_to_itself() {
    let app =
        App::wat(include_str!("../../../../guests/wat/imports-unknown.wat"), "idle", "    strict_imports: true\n");
    assert_eq!(
        app.problems(),
        "error: demo:it: strict_imports: the component imports test:demo/host, which no import of this build provides
  --> _index.yaml:6:13
     6 |     source: file://it.wat
  help: bind it to functions (`bindings: { \"test:demo/host\": … }`), or build the guest without it, or a host with an import crate that provides it
"
    );
    let app = App::guest("probe-random", "bytes", "    strict_imports: true\n");
    let problems = app.problems();
    assert!(problems.contains("  --> _index.yaml:13:21\n    13 |     strict_imports: true\n"), "{problems}");
}

#[test]
fn what_is_imported_and_not_granted_is_a_remark() {
    let app = App::guest("probe-cli", "write-stdout", "    imports: [wasi:cli]\n");
    assert_eq!(
        app.remarks(),
        "remark: demo:it: the component imports wasi:io (error, streams), which is not granted: a call of it ends the guest's call
  --> _index.yaml:13:5
    13 |     imports: [wasi:cli]
  help: if the guest needs it, add \"wasi:io\" to imports
"
    );
}

#[test]
fn a_component_that_imports_much_that_is_not_granted_has_one_remark_with_the_line_that_grants_it() {
    let app = App::guest("std-calls", "env", "    imports: [wasi:cli]\n");
    assert_eq!(
        app.remarks(),
        "remark: demo:it: the component imports wasi:clocks (monotonic-clock, wall-clock), wasi:filesystem (types, preopens), wasi:io (poll, streams) and wasi:random (random), which are not granted: a call of one of them ends the guest's call
  --> _index.yaml:13:5
    13 |     imports: [wasi:cli]
  help: if the guest needs them all, write imports: [wasi:cli, wasi:clocks, wasi:filesystem, wasi:io, wasi:random]; else those that it calls
"
    );
    let json = app.run("check", &["--json"]).json();
    assert_eq!(json["problems"].as_array().unwrap().len(), 1, "{json:#}");
    // What programs read of it has every interface with its functions, and every name by itself.
    let findings = json["preflights"][0]["findings"].as_array().unwrap();
    let missing: Vec<_> = findings.iter().filter(|finding| finding["finding"] == "not-granted").collect();
    assert_eq!(missing.len(), 7, "{missing:#?}");
    assert!(missing.iter().all(|finding| !finding["functions"].as_array().unwrap().is_empty()), "{missing:#?}");
    let names = json!(["wasi:clocks", "wasi:filesystem", "wasi:io", "wasi:random"]);
    assert_eq!(json["privileges"][0]["missing"], names);
    let granted = "    imports: [wasi:cli, wasi:clocks, wasi:filesystem, wasi:io, wasi:random]\n";
    assert_eq!(App::guest("std-calls", "env", granted).remarks(), "");
}

#[test]
fn what_is_granted_and_not_imported_is_a_remark() {
    let app = App::wat(ADD, "add", "    imports:\n      - wasi:http\n      - funcs\n");
    assert_eq!(
        app.remarks(),
        "remark: demo:it: \"wasi:http\" is granted, and the component imports nothing of it
  --> _index.yaml:9:9
     9 |       - wasi:http
  help: remove \"wasi:http\" from imports
remark: demo:it: \"funcs\" is granted, and the component imports nothing of it
  --> _index.yaml:10:9
    10 |       - funcs
  help: remove \"funcs\" from imports
"
    );
    // Remarks are for `check` alone.
    app.call(&["3", "5"]).gives("8\n");
}

#[test]
fn what_no_build_provides_is_a_remark_and_ends_the_call_that_uses_it() {
    let app = App::wat(include_str!("../../../../guests/wat/imports-unknown.wat"), "run", "");
    assert_eq!(
        app.remarks(),
        "remark: demo:it: the component imports test:demo/host, which no import of this build provides: a call of it ends \
         the guest's call
  --> _index.yaml:6:13
     6 |     source: file://it.wat
  help: bind it to functions (`bindings: { \"test:demo/host\": … }`), or build the guest without it, or a host with an import crate that provides it
"
    );
    let ran = app.call(&[]);
    assert!(ran.stderr.starts_with("error: guest called test:demo/host#ping, but "), "{ran:?}");
    assert_eq!((ran.stdout.as_str(), ran.code), ("", 1));
    App::wat(include_str!("../../../../guests/wat/imports-unknown.wat"), "idle", "").call(&[]).gives("7\n");
}

#[test]
fn a_version_that_this_build_does_not_have_is_a_remark() {
    let source = include_str!("../../../../guests/wat/imports-unknown-version.wat");
    assert_eq!(
        App::wat(source, "run", "").remarks(),
        "remark: demo:it: the component imports wasi:random/random@9.0.0, of which this build has version 0.2 and 0.3: a \
         call of it ends the guest's call
  --> _index.yaml:6:13
     6 |     source: file://it.wat
  help: build the guest for version 0.2 or 0.3
"
    );
}

#[test]
fn a_mount_that_lets_the_guest_declare_entries_is_warned_of() {
    let rest = |mount: &str| {
        format!(
            "    imports: [wasi:cli, wasi:io, wasi:clocks, wasi:filesystem]\n    wasi: {{ mounts: [{{ fs: code, guest: /code{mount} }}] }}\n"
        )
    };
    let nested = "version: \"1.0\"\nnamespace: other\nentries: []\n";
    let declares = "version: \"1.0\"\nnamespace: other\nentries:\n  - { name: os, kind: env.storage.os }\n";
    let remarks = |mount: &str, index: &str| {
        App::guest("std-calls", "read-file", &rest(mount)).with("code/_index.yaml", index).remarks()
    };
    let warned = remarks("", declares);
    let says = "warning: demo:it: the guest can write code/_index.yaml, and so declare entries with other grants\n  --> _index.yaml:14:22\n";
    assert!(warned.contains(says), "{warned}");
    assert!(
        warned.contains("  help: write `read_only: true`, or keep files that declare entries out of the directory\n"),
        "{warned}"
    );
    assert!(!remarks(", read_only: true", declares).contains("declare entries"));
    assert!(!remarks("", nested).contains("declare entries"));
}
