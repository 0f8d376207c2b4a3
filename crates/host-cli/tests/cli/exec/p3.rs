//! Commands of WASI 0.3, whose standard library is of 0.2.

use super::{arguments, guest};
use crate::support::{App, command, hash, run};
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

#[test]
fn the_newer_track_runs_a_component_for_both() {
    let file = guest("probe-p3");
    run(&arguments(&["--import=all"], &file, &["one", "two"])).gives("probe-p3.wasm one two\n");
    let ran = run(&arguments(&["--import=all"], &file, &["exit"]));
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (7, "", ""));
    let ran = run(&arguments(&["--import=all"], &file, &["fail"]));
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (1, "", ""));
}

#[test]
fn streams_are_those_of_the_terminal() {
    let file = guest("probe-p3");
    let mut echo = command(&[], &arguments(&["--import=all"], &file, &["echo"]));
    let mut child = echo.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let text = "line\n".repeat(50_000);
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap(), text);
}

#[test]
fn an_application_calls_asynchronous_functions_like_any_other() {
    let bytes = fs::read(guest("probe-p3")).unwrap();
    let app = App::new(&format!(
        "  - {{name: code, kind: fs.directory, directory: .}}
  - name: it
    kind: function.wasm
    fs: code
    path: /p3.wasm
    hash: \"{}\"
    method: read-file
    imports: [wasi:cli, wasi:io, wasi:clocks, wasi:filesystem, wasi:random]
    pool: {{type: static, size: 2, reuse: {{max_calls: 9}}}}
    wasi: {{mounts: [{{fs: code, guest: /data, read_only: true}}]}}
",
        hash(&bytes)
    ))
    .with("p3.wasm", &bytes)
    .with("a.txt", "text");
    app.call(&["a.txt"]).gives("{\n  \"ok\": \"text\"\n}\n");
    assert!(app.call(&["b.txt"]).stdout.contains("NoEntry"));
}
