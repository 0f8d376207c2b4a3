//! `check`, as text and as JSON.

use crate::support::App;
use serde_json::{Value, json};

#[test]
fn a_sound_application_is_reported_function_by_function() {
    let app = App::guest("probe-cli", "write-stdout", "    imports: [wasi:cli, wasi:http]\n");
    let ran = app.run("check", &[]);
    assert_eq!(
        ran.stdout.lines().collect::<Vec<_>>(),
        [
            "demo:it",
            "  + wasi:cli/environment@0.2.12: granted by \"wasi:cli\"",
            "  + wasi:cli/exit@0.2.12: granted by \"wasi:cli\"",
            "  ! wasi:io/error@0.2.12: imported but not granted ([method]error.to-debug-string); add \"wasi:io\" to imports",
            "  ! wasi:io/streams@0.2.12: imported but not granted ([method]input-stream.blocking-read, \
             [method]output-stream.blocking-write-and-flush); add \"wasi:io\" to imports",
            "  + wasi:cli/stdin@0.2.12: granted by \"wasi:cli\"",
            "  + wasi:cli/stdout@0.2.12: granted by \"wasi:cli\"",
            "  + wasi:cli/stderr@0.2.12: granted by \"wasi:cli\"",
            "  + wasi:cli/terminal-stdin@0.2.12: granted by \"wasi:cli\"",
            "  + wasi:cli/terminal-stdout@0.2.12: granted by \"wasi:cli\"",
            "  + wasi:cli/terminal-stderr@0.2.12: granted by \"wasi:cli\"",
            "  - \"wasi:http\" is granted, but the component imports nothing of it; remove it from imports",
            "",
            "least privilege (+ used, - not used, ! not granted)",
            "entry    imports      reaches                     enough",
            "demo:it  + wasi:cli   network any public address  imports: [wasi:cli]",
            "         - wasi:http",
            "         ! wasi:io",
            "",
            "1 function ready, 0 problems, 2 remarks",
        ]
    );
    assert_eq!(ran.code, 0);
}

/// Three entries that are each wrong in their own way, in two files, beside one that is sound.
fn broken() -> App {
    App::new(
        "  - name: first
    kind: function.wat
    source: file://add.wat
    method: ad
    imports: [wasi:htp]
  - name: sound
    kind: function.wat
    source: file://add.wat
    method: add
",
    )
    .with(
        "more/_index.yaml",
        "namespace: demo.more
entries:
  - name: second
    kind: function.wat
    source: file://gone.wat
    method: run
  - name: third
    kind: function.wasm
    fs: demo:nothing
    path: /x.wasm
    method: run
",
    )
}

const BROKEN: &str = "error: demo:first: method ad is not exported
  --> _index.yaml:7:13
     7 |     method: ad
  help: the component exports: add
error: demo:first: unsupported wasm host import: wasi:htp
  --> _index.yaml:8:15
     8 |     imports: [wasi:htp]
  help: did you mean \"wasi:http\"? this build has: funcs, wasi:cli, wasi:clocks, wasi:filesystem, wasi:http, wasi:io, \
                      wasi:random, wasi:sockets
error: demo.more:second: file://gone.wat: there is no such file
  --> more/_index.yaml:5:13
     5 |     source: file://gone.wat
  help: create more/gone.wat, or mend the path: it is relative to this file
error: demo.more:third: hash is required
  --> more/_index.yaml:7:5
     7 |   - name: third
  help: add `hash: sha256:<64 hexadecimal digits>`, as `sha256sum` prints them for the file
error: demo.more:third: `fs` names demo:nothing, and there is no such entry
  --> more/_index.yaml:9:9
     9 |     fs: demo:nothing
  help: declare it in namespace demo: `- name: nothing` and `kind: fs.directory`
";

#[test]
fn all_problems_of_all_entries_come_in_one_run_and_in_order() {
    let ran = broken().run("check", &[]);
    assert_eq!(ran.stderr, BROKEN);
    assert_eq!(
        ran.stdout,
        "demo:first
  imports nothing
demo:sound
  imports nothing

least privilege (+ used, - not used, ! not granted)
entry       imports     reaches  enough
demo:first    wasi:htp  -        -
demo:sound  -           -        -

1 function ready, 5 problems, 0 remarks
"
    );
    assert_eq!(ran.code, 1);
}

#[test]
fn call_refuses_to_start_with_the_same_problems() {
    let app = broken();
    let refused = format!("{BROKEN}error: the application has 5 problems and does not run\n");
    app.run("call", &["demo:sound", "3", "5"]).fails(&refused);
}

#[test]
fn with_json_call_refuses_with_one_document() {
    let ran = broken().run("call", &["demo:sound", "3", "5", "--json"]);
    let refused: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!((ran.stdout.as_str(), ran.code), ("", 1));
    assert_eq!(
        refused["error"],
        json!({"kind": "Invalid", "message": "the application has 5 problems and does not run", "remedy": null})
    );
    assert_eq!(refused["problems"].as_array().unwrap().len(), 5);
}

#[test]
fn with_json_check_is_one_document_of_a_stable_shape() {
    let ran = App::guest("probe-random", "nothing", "    imports: [wasi:random, funcs]\n").run("check", &["--json"]);
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 1));
    let report = ran.json();
    assert_eq!(
        report.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["ok", "problems", "preflights", "privileges", "code"]
    );
    assert_eq!(report["ok"], false);
    assert_eq!(
        report["problems"][1],
        json!({
            "severity": "remark", "kind": "Invalid", "entry": "demo:it", "file": "_index.yaml", "line": 13, "column": 28,
            "message": "\"funcs\" is granted, and the component imports nothing of it",
            "remedy": "remove \"funcs\" from imports",
        })
    );
    let method = &report["problems"][0];
    assert_eq!(
        [&method["severity"], &method["kind"], &method["line"], &method["message"]],
        [&json!("error"), &json!("NotFound"), &json!(12), &json!("method nothing is not exported")]
    );
    assert_eq!(report["preflights"][0]["entry"], "demo:it");
    let findings = report["preflights"][0]["findings"].as_array().unwrap();
    assert!(
        findings.contains(&json!({"finding": "used", "interface": "wasi:random/random@0.2.12", "by": "wasi:random"}))
    );
    assert!(findings.contains(&json!({"finding": "unused", "name": "funcs", "index": 1})));
}

#[test]
fn a_problem_of_the_whole_application_has_no_place() {
    let ran = App::empty().run("check", &["--json"]);
    let problem = &ran.json()["problems"][0];
    assert_eq!([&problem["file"], &problem["line"], &problem["entry"]], [&json!(""), &json!(0), &Value::Null]);
    assert_eq!(ran.code, 1);
}

#[test]
fn under_strict_a_remark_is_enough_to_fail() {
    let remarked = App::guest("values", "add", "    imports: [wasi:random]\n");
    let (plain, strict) = (remarked.run("check", &[]), remarked.run("check", &["--strict"]));
    assert_eq!((plain.code, strict.code), (0, 1), "{strict:?}");
    assert_eq!((plain.stdout, plain.stderr), (strict.stdout, strict.stderr));
    assert_eq!(remarked.run("check", &["--strict", "--json"]).json()["ok"], false);
    let sound = App::guest("values", "add", "");
    assert_eq!(sound.run("check", &["--strict"]).code, 0);
}

#[test]
fn annotations_stand_under_the_lines_that_they_are_about_and_no_other_line_is_shown() {
    let secret = "  - {name: secret, kind: env.storage.static, values: {KEY: hunter2}}\n";
    let app =
        App::guest("probe-clocks", "wall-now", &format!("    imports: [wasi:clocks/wall-clock, funcs]\n{secret}"));
    let ran = app.run("check", &["--annotate"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let said = "demo:it in _index.yaml
    13 |     imports: [wasi:clocks/wall-clock, funcs]
       |     ^ add \"wasi:clocks\" if the guest needs wasi:clocks/monotonic-clock@0.2.12 (now, resolution, subscribe-instant, \
                subscribe-duration), wasi:clocks/timezone@0.2.12 (display, utc-offset)
       |     ^ add \"wasi:io\" if the guest needs wasi:io/poll@0.2.12 ([method]pollable.block)
       |               ^ grants wasi:clocks/wall-clock@0.2.12
       |                                       ^ grants nothing that the code imports: remove it

least privilege (+ used, - not used, ! not granted)
entry    imports                   reaches                     enough
demo:it  + wasi:clocks/wall-clock  calls any function (funcs)  imports: [wasi:clocks/wall-clock]
         - funcs
         ! wasi:clocks
         ! wasi:io

1 function ready, 0 problems, 2 remarks
";
    assert_eq!(ran.stdout, said);
    assert!(!ran.stdout.contains("hunter2"));
}
