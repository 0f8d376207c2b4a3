//! The table at the end of `check`: what each entry is granted, and what would be enough.

use crate::support::{ADD, App, repository, run};
use serde_json::json;

const HEAD: &str = "least privilege (+ used, - not used, ! not granted)\n";

/// The table of an application with one entry that is granted nothing and imports nothing.
pub(crate) fn nothing(entry: &str) -> String {
    let width = entry.len().max("entry".len());
    format!("\n{HEAD}{:width$}  imports  reaches  enough\n{entry:width$}  -        -        -\n\n", "entry")
}

/// The table in what `check` prints.
#[track_caller]
fn table(app: &App) -> String {
    let ran = app.run("check", &[]);
    let (_, behind) = ran.stdout.split_once(HEAD).unwrap_or_else(|| panic!("{ran:?}"));
    let (table, _) = behind.split_once("\n\n").unwrap();
    table.to_owned()
}

#[test]
fn a_row_says_what_is_granted_used_and_missing_and_which_imports_are_enough() {
    let rest = "    imports: [funcs, wasi:cli, wasi:io, wasi:clocks, wasi:filesystem, wasi:sockets]
    bindings: {}
    wasi:
      env: [{ id: key, name: KEY }]
      mounts: [{ fs: code, guest: /code, read_only: true }, { fs: out, guest: /out }]
      network: { allow: [\"api.example.com:443\", \"*.example.org\"] }
  - { name: out, kind: fs.directory, directory: ./out, auto_init: true }
  - { name: os, kind: env.storage.os }
  - { name: key, kind: env.variable, storage: os }
";
    let app = App::guest("std-calls", "read-file", rest);
    assert_eq!(
        table(&app),
        "entry    imports            reaches                      enough
demo:it  - funcs            calls any function (funcs)   imports: [wasi:cli, wasi:io, wasi:clocks,
         + wasi:cli         network api.example.com:443    wasi:filesystem]
         + wasi:io          network *.example.org
         + wasi:clocks      reads /code (demo:code)
         + wasi:filesystem  writes /out (demo:out)
         - wasi:sockets     variable KEY
         ! wasi:random"
    );
    let report = app.run("check", &["--json"]).json();
    assert_eq!(
        report["privileges"],
        json!([{
            "entry": "demo:it",
            "kind": "function.wasm",
            "granted": ["funcs", "wasi:cli", "wasi:io", "wasi:clocks", "wasi:filesystem", "wasi:sockets"],
            "used": ["wasi:cli", "wasi:io", "wasi:clocks", "wasi:filesystem"],
            "unused": ["funcs", "wasi:sockets"],
            "missing": ["wasi:random"],
            "mounts": [
                {"directory": "demo:code", "guest": "/code", "read_only": true},
                {"directory": "demo:out", "guest": "/out", "read_only": false},
            ],
            "network": ["api.example.com:443", "*.example.org"],
            "variables": [{"id": "demo:key", "name": "KEY"}],
            "open": ["funcs"],
            "calls": [],
            "enough": {"imports": ["wasi:cli", "wasi:io", "wasi:clocks", "wasi:filesystem"], "remove": []},
        }])
    );
}

#[test]
fn with_the_imports_that_are_enough_nothing_more_can_go() {
    let app = |imports: &str| App::guest("probe-cli", "write-stdout", &format!("    imports: [{imports}]\n"));
    let enough = |app: &App| app.run("check", &["--json"]).json()["privileges"][0]["enough"].clone();
    let first = enough(&app("wasi:cli, wasi:io, wasi:http, funcs"));
    assert_eq!(first, json!({"imports": ["wasi:cli", "wasi:io"], "remove": []}));
    assert_eq!(enough(&app("wasi:cli, wasi:io")), json!({"imports": null, "remove": []}));
    // And the guest does with it what it did.
    assert_eq!(
        app("wasi:cli, wasi:io").call(&["x"]).code,
        app("wasi:cli, wasi:io, wasi:http, funcs").call(&["x"]).code
    );
}

#[test]
fn sections_that_nothing_reads_can_go() {
    let rest = "    imports: [wasi:filesystem]
    wasi: { mounts: [{ fs: code, guest: /code }], network: { allow: [\"a.example\"] } }
  - { name: code, kind: fs.directory, directory: . }
";
    let app = App::wat(ADD, "add", rest);
    assert_eq!(
        table(&app),
        "entry    imports            reaches                   enough
demo:it  - wasi:filesystem  writes /code (demo:code)  imports: []
                                                      no wasi.network
                                                      no wasi.mounts"
    );
}

#[test]
fn lua_has_a_row_in_which_nothing_is_judged() {
    let app = App::new(
        "  - { name: lib, kind: library.lua, source: return 1, modules: [http_client, env] }
  - name: page
    kind: function.lua
    source: \"return { run = function() end }\"
    method: run
    modules: [json, funcs]
    imports: { lib: lib }
    wasi: { network: { allow: [\"a.example:443\"] } }
",
    );
    assert_eq!(
        table(&app),
        "entry      imports        reaches                            enough
demo:lib     http_client  -                                  -
             env
demo:page    json         calls any function (funcs)         -
             funcs        reads and sets any variable (env)
                          network a.example:443"
    );
    let rows = app.run("check", &["--json"]).json()["privileges"].clone();
    assert_eq!((&rows[1]["used"], &rows[1]["open"]), (&json!(null), &json!(["funcs", "env"])));
}

#[test]
fn bindings_are_functions_that_may_be_called() {
    let rest = "    bindings: { f: add }\n  - { name: add, kind: function.wat, source: file://it.wat, method: add }\n";
    let report = App::wat(ADD, "add", rest).run("check", &["--json"]).json();
    assert_eq!(report["privileges"][1]["calls"], json!(["demo:add"]));
}

#[test]
fn the_table_fits_a_terminal_of_100_columns() {
    for example in ["examples/quickstart", "examples/orders"] {
        let path = repository().join(example);
        let ran = run(&["check", path.to_str().unwrap()]);
        let (_, behind) = ran.stdout.split_once(HEAD).unwrap();
        assert!(behind.lines().all(|line| line.chars().count() <= 100), "{behind}");
        assert!(behind.lines().count() > 4, "{behind}");
    }
}
