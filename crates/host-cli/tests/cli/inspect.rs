//! `inspect`: what a file or an entry is, and an entry that passes `check` as it is printed.

use crate::support::{ADD, App, Ran, hash, repository, run};
use serde_json::{Value, json};
use std::fs;

/// A command: it exports `wasi:cli/run` and imports nothing.
const COMMAND: &str = r#"(component
  (core module $m (func (export "run") (result i32) i32.const 0))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $e (export "run" (func $run)))
  (export "wasi:cli/run@0.2.12" (instance $e)))"#;

/// Runs `inspect` on a file of these bytes.
fn inspect(name: &str, bytes: impl AsRef<[u8]>, arguments: &[&str]) -> Ran {
    let app = App::empty().with(name, bytes);
    let mut ran = run(&[&["inspect", app.path().join(name).to_str().unwrap()], arguments].concat());
    for text in [&mut ran.stdout, &mut ran.stderr] {
        *text = text.replace(app.path().to_str().unwrap(), "ROOT");
    }
    ran
}

/// What is said of a file as JSON.
#[track_caller]
fn json_of(name: &str, bytes: impl AsRef<[u8]>, arguments: &[&str]) -> Value {
    let ran = inspect(name, bytes, &[arguments, &["--json"]].concat());
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
    ran.json()
}

/// The application that the ready-made entry makes, beside its file.
#[track_caller]
fn application(name: &str, bytes: &[u8], arguments: &[&str]) -> (String, App) {
    let said = json_of(name, bytes, arguments);
    let entry = said["entry"].as_str().unwrap_or_else(|| panic!("no entry: {said}"));
    (entry.to_owned(), App::with_index(entry).with(name, bytes))
}

fn built(name: &str) -> Vec<u8> {
    fs::read(repository().join(format!("guests/built/{name}.wasm"))).unwrap()
}

#[test]
fn a_small_component_is_shown_whole() {
    inspect("add.wat", ADD, &[]).gives(&format!(
        "ROOT/add.wat: component, as text, {} bytes
{}

exports
  add(a: s32, b: s32) -> s32
    method: add

imports
  nothing

world
  package root:component;

  world root {{
    export add: func(a: s32, b: s32) -> s32;
  }}

an _index.yaml beside the file
version: \"1.0\"
namespace: demo
entries:
  - name: add
    kind: function.wat
    source: file://add.wat
    method: add
",
        ADD.len(),
        hash(ADD.as_bytes())
    ));
}

#[test]
fn json_says_the_same_for_programs() {
    assert_eq!(
        json_of("add.wat", ADD, &[]),
        json!({
            "name": json_of("add.wat", ADD, &[])["name"],
            "kind": "component",
            "text": true,
            "bytes": ADD.len(),
            "hash": hash(ADD.as_bytes()),
            "exports": [{"method": "add", "signature": "(a: s32, b: s32) -> s32"}],
            "imports": [],
            "needs": [],
            "findings": [],
            "http_handler": null,
            "command": null,
            "wit": "package root:component;\n\nworld root {\n  export add: func(a: s32, b: s32) -> s32;\n}\n",
            "entry": "version: \"1.0\"\nnamespace: demo\nentries:\n  - name: add\n    kind: function.wat\n    source: \
                      file://add.wat\n    method: add\n",
        })
    );
}

#[test]
fn the_ready_made_entry_of_every_guest_passes_check() {
    let mut guests = 0;
    for file in fs::read_dir(repository().join("guests/built")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let (entry, app) = application(name, &fs::read(&path).unwrap(), &[]);
        let ran = app.run("check", &[]);
        // What only the application can provide is left open, and said.
        let open = entry.contains("    # bindings:\n");
        assert_eq!((ran.stderr.is_empty(), ran.code), (!open, 0), "{name}: {entry}{}", ran.stderr);
        guests += 1;
    }
    assert!(guests >= 10, "{guests}");
}

#[test]
fn the_imports_of_a_guest_are_named_with_the_line_that_grants_them() {
    let ran = inspect("probe.wasm", built("probe-cli"), &[]);
    assert!(ran.stdout.contains("  wasi:cli/stdout@0.2.12: \"wasi:cli\"\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("  for all of them: imports: [wasi:cli, wasi:io]\n"), "{}", ran.stdout);
    assert_eq!(json_of("probe.wasm", built("probe-cli"), &[])["needs"], json!(["wasi:cli", "wasi:io"]));
}

#[test]
fn what_only_the_application_can_provide_is_left_open_in_the_entry() {
    let (entry, app) = application("bound.wasm", &built("bound"), &[]);
    let open = "    # bindings:
    #   \"demo:bound/ops\": { <function>: <id of a function> }
    #   shout: <id of a function>
";
    assert!(entry.ends_with(open), "{entry}");
    assert!(app.run("check", &[]).stderr.contains("which no import of this build provides"));
}

#[test]
fn the_entry_calls_a_function_of_the_world_before_one_of_an_interface() {
    let component = r#"(component
        (core module $m (func (export "f") (result i32) i32.const 7))
        (core instance $i (instantiate $m))
        (func $f (result s32) (canon lift (core func $i "f")))
        (instance $e (export "init" (func $f)))
        (export "exports" (instance $e))
        (export "ask" (func $f)))"#;
    let (entry, _) = application("guide.wat", component.as_bytes(), &[]);
    assert!(entry.contains("    method: ask\n"), "{entry}");
    let interface = component.replace(r#"(export "ask" (func $f))"#, "");
    let (entry, _) = application("guide.wat", interface.as_bytes(), &[]);
    assert!(entry.contains("    method: \"exports#init\"\n"), "{entry}");
}

#[test]
fn a_handler_of_requests_has_its_transport() {
    let (entry, _) = application("web.wasm", &built("handler"), &[]);
    assert!(entry.contains("    kind: function.wasm\n") && entry.contains("    transport: wasi-http\n"), "{entry}");
    assert!(entry.contains("method: \"wasi:http/incoming-handler@0.2."), "{entry}");
    let said = inspect("web.wasm", built("handler"), &[]).stdout;
    assert!(said.starts_with("ROOT/web.wasm: component that handles HTTP requests, "), "{said}");
}

#[test]
fn a_command_is_a_process_that_can_be_run() {
    let (entry, app) = application("tool.wat", COMMAND.as_bytes(), &[]);
    assert!(entry.contains("    kind: process.wasm\n"), "{entry}");
    assert!(entry.contains("    meta:\n      command: { name: tool, short: Runs the guest }\n"), "{entry}");
    app.run("check", &[]).gives(&format!(
        "demo:tool\n  imports nothing\n{}0 functions ready, 0 problems, 0 remarks\n",
        crate::least::nothing("demo:tool")
    ));
    app.run("run", &["tool"]).gives("");
}

#[test]
fn a_core_module_gets_the_signatures_that_its_numbers_stand_for() {
    let module = "(module (func (export \"mul\") (param i32 i64) (result f64) f64.const 1.5))";
    let (entry, app) = application("mul.wat", module.as_bytes(), &[]);
    assert!(entry.contains("    wit: |\n      mul: func(p0: s32, p1: s64) -> f64;\n"), "{entry}");
    app.run("call", &["demo:mul", "1", "2"]).gives("1.5\n");
}

#[test]
fn a_core_module_with_given_signatures_is_shown_with_them() {
    let module = "(module (func (export \"f\") (param i32) (result i32) local.get 0))";
    let (entry, app) = application("f.wat", module.as_bytes(), &["--wit", "f: func(yes: bool) -> bool;"]);
    assert!(entry.contains("      f: func(yes: bool) -> bool;\n"), "{entry}");
    app.run("call", &["demo:f", "true"]).gives("true\n");
}

#[test]
fn a_core_module_that_imports_has_no_entry_without_signatures() {
    let ran = inspect("m.wat", "(module (import \"a\" \"b\" (func)) (func (export \"f\")))", &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("imports\n  a b\n"), "{}", ran.stdout);
    assert!(
        ran.stdout.ends_with("its signatures cannot be told from the module: give them with --wit\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_preview_1_module_is_told_apart() {
    let module =
        "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func (param i32))) (func (export \"_start\")))";
    let said = json_of("old.wat", module, &[]);
    assert_eq!((&said["kind"], &said["command"]), (&json!("preview1"), &json!("_start")));
    assert_eq!(said["needs"], json!(["wasi:cli"]));
    let entry = said["entry"].as_str().unwrap();
    assert!(entry.contains("    kind: process.wasm\n"), "{entry}");
    assert!(entry.contains("    method: \"_start\"\n    imports: [wasi:cli]\n"), "{entry}");
    let said = json_of("library.wat", module.replace("_start", "help"), &[]);
    assert_eq!((&said["kind"], &said["entry"]), (&json!("preview1"), &Value::Null));
}

#[test]
fn names_of_files_that_are_no_names_of_entries_are_made_ones() {
    for name in ["9 lives.wasm", "Über-Größe.wasm", "a'b\"c.wasm", "true.wasm", "_.wasm"] {
        let (entry, app) = application(name, &built("values"), &[]);
        let ran = app.run("check", &[]);
        // What only the application can provide is left open, and said.
        let open = entry.contains("    # bindings:\n");
        assert_eq!((ran.stderr.is_empty(), ran.code), (!open, 0), "{name}: {entry}{}", ran.stderr);
    }
}

#[test]
fn control_characters_of_a_guest_do_not_reach_the_terminal() {
    let ran = inspect("m.wat", "(module (func (export \"a\\1b[31mb\")))", &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.stdout.contains('\u{1b}') && ran.stdout.contains("[31mb"), "{ran:?}");
}

#[test]
fn an_entry_is_shown_with_what_it_is_granted_and_does_not_use() {
    let app = App::guest("probe-cli", "write-stdout", "    imports: [wasi:cli, wasi:io, wasi:http]\n");
    let ran = app.run("inspect", &["demo:it"]);
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
    assert!(ran.stdout.starts_with("demo:it: component, "), "{}", ran.stdout);
    assert!(ran.stdout.contains("  wasi:cli/stdout@0.2.12: granted by \"wasi:cli\"\n"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("  \"wasi:http\" is granted, but the component imports nothing of it"),
        "{}",
        ran.stdout
    );
    let said = app.run("inspect", &["demo:it", "--json"]).json();
    assert_eq!((&said["name"], &said["needs"]), (&json!("demo:it"), &json!(["wasi:cli", "wasi:io"])));
    // In the place of the one that is there, it passes.
    let entry = said["entry"].as_str().unwrap();
    assert!(ran.stdout.ends_with(&format!("other keys stay\n{entry}")), "{}", ran.stdout);
    let directory = "  - { name: code, kind: fs.directory, directory: ./code }\n";
    let refreshed = App::new(&format!("{directory}{entry}")).with("code/guest.wasm", built("probe-cli"));
    let ran = refreshed.run("check", &[]);
    assert!(ran.stdout.ends_with("1 function ready, 0 problems, 0 remarks\n") && ran.stderr.is_empty(), "{ran:?}");
}

#[test]
fn an_entry_that_is_not_there_or_is_no_code_is_an_error() {
    let app = App::guest("values", "echo-bool", "").with("other.lua", "");
    for (id, says) in
        [("demo:itt", "demo:itt"), ("demo:code", "demo:code"), ("nonsense", "nonsense is no id of an entry")]
    {
        let ran = app.run("inspect", &[id]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
        assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains(says), "{ran:?}");
        assert!(ran.stderr.contains("  help: "), "{ran:?}");
    }
}

#[test]
fn a_file_that_is_no_webassembly_is_an_error_with_a_remedy() {
    for (bytes, says) in [
        (&b""[..], "the file is empty"),
        (b"\0asm", "the file is cut off after its first bytes"),
        (b"\0asm\x07\0\0\0", "the file is WebAssembly of a version that this host does not know"),
        (b"#!/bin/sh", "the file is not WebAssembly"),
        (b"\0asm\x01\0\0\0\x01\x7f", "the module is damaged or not valid"),
        (b"(module (func", "the WebAssembly text is not valid: expected `)`, at line 1, column 14"),
    ] {
        let ran = inspect("file.wasm", bytes, &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
        assert!(ran.stderr.starts_with(&format!("error: {says}")), "{ran:?}");
    }
}

#[test]
fn what_is_no_file_is_an_error() {
    let app = App::empty();
    let path = app.path();
    let root = path.to_str().unwrap();
    let ran = run(&["inspect", root]);
    assert_eq!(
        (ran.code, ran.stderr.contains("is a directory"), ran.stderr.contains("<APP> <NS:NAME>")),
        (1, true, true)
    );
    let ran = run(&["inspect", &format!("{root}/none.wasm")]);
    assert_eq!((ran.code, ran.stderr.contains("there is no file")), (1, true), "{ran:?}");
    let ran = run(&["inspect", "/dev/null"]);
    assert_eq!((ran.code, ran.stderr.contains("is not a file")), (1, true), "{ran:?}");
}
