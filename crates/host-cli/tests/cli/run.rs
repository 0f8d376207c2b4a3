//! `run`: the commands of an application.

use crate::support::{App, command, hash, repository};
use std::fs;
use std::io::Write;
use std::process::Stdio;

/// An application with these commands: name, guest, method and what else its entry says.
fn commands(all: &[(&str, &str, &str, &str)]) -> App {
    let mut entries = "  - { name: code, kind: fs.directory, directory: ./code }\n".to_owned();
    let mut files = Vec::new();
    for (name, guest, method, rest) in all {
        let bytes = fs::read(repository().join(format!("guests/built/{guest}.wasm"))).unwrap();
        entries.push_str(&format!(
            "  - name: {name}
    kind: process.wasm
    meta: {{ command: {{ name: {name}, short: Does {name} }} }}
    fs: code
    path: /{guest}.wasm
    hash: {}
    method: {method}
{rest}",
            hash(&bytes)
        ));
        files.push((format!("code/{guest}.wasm"), bytes));
    }
    files.into_iter().fold(App::new(&entries), |app, (path, bytes)| app.with(&path, bytes))
}

const STANDARD: &str = "    imports: [wasi:cli, wasi:io, wasi:clocks, wasi:filesystem]\n";

#[test]
fn commands_are_listed_with_their_short_texts() {
    let app = commands(&[("echo", "values", "echo-string", ""), ("b", "values", "echo-u8", "")]);
    app.run("run", &["list"]).gives("b     Does b\necho  Does echo\n");
    let listed = app.run("run", &["list", "--json"]).json();
    let first = serde_json::json!({"name": "b", "short": "Does b", "entry": "demo:b"});
    assert_eq!(listed[0], first);
    App::new("  - { name: code, kind: fs.directory, directory: . }\n").run("run", &["list"]).gives("");
}

#[test]
fn a_text_is_printed_and_a_number_is_the_exit_code() {
    let app = commands(&[
        ("echo", "values", "echo-string", ""),
        ("number", "values", "echo-u8", ""),
        ("far", "values", "echo-s32", ""),
    ]);
    app.run("run", &["echo", "hello"]).gives("hello\n");
    app.run("run", &["echo", "5"]).gives("5\n");
    for code in ["0", "3", "255"] {
        let ran = app.run("run", &["number", code]);
        assert_eq!((ran.code.to_string(), ran.stdout.as_str(), ran.stderr.as_str()), (code.to_owned(), "", ""));
    }
    app.run("run", &["far", "-1"]).fails(
        "error: the command returned -1, which is no exit code (Invalid)\n  help: return a whole number from 0 to 255, or \
         text to print\n",
    );
    let ran = app.run("run", &["number", "many"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.starts_with("error: number: argument 1 ("), "{ran:?}");
}

#[test]
fn an_error_goes_to_standard_error_with_exit_code_1_and_a_trap_exits_with_134() {
    let app = commands(&[("read", "std-calls", "read-file", STANDARD), ("trap", "misbehave", "unreachable-trap", "")]);
    let ran = app.run("run", &["read", "/none"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.starts_with("error: "), "{ran:?}");
    let ran = app.run("run", &["trap"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (134, ""));
    assert!(ran.stderr.contains("unreachable-trap trapped"), "{ran:?}");
}

#[test]
fn a_run_of_wasi_cli_has_its_arguments_and_the_streams_of_the_terminal() {
    let app = commands(&[("tool", "command", "wasi:cli/run#run", STANDARD)]);
    app.run("run", &["tool", "arguments", "one", "--two"]).gives("tool: [\"one\", \"--two\"]\n");
    app.run("run", &["tool", "print", "no end"]).gives("no end");
    assert_eq!(app.run("run", &["tool", "exit", "9"]).code, 9);
    let ran = app.run("run", &["tool", "fail"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (1, "", "as asked\n"));
    let root = app.path();
    let mut child = command(&[], &["run", root.to_str().unwrap(), "tool", "cat"]);
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"through").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.stdout.as_slice(), output.status.code()), (b"through".as_slice(), Some(0)));
}

#[test]
fn arguments_of_the_entry_come_before_those_of_the_command_line() {
    let own = format!("{STANDARD}    wasi: {{ args: [program, arguments, first] }}\n");
    let app = commands(&[("tool", "command", "wasi:cli/run#run", &own)]);
    app.run("run", &["tool", "second"]).gives("program: [\"first\", \"second\"]\n");
}

#[test]
fn an_unknown_command_is_answered_with_the_nearest_and_all() {
    let app = commands(&[("echo", "values", "echo-string", "")]);
    let ran = app.run("run", &["ecko"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert_eq!(
        ran.stderr,
        "error: no command ecko in the application (NotFound)\n  help: did you mean echo? the commands are: echo\n"
    );
}

#[test]
fn an_application_without_services_says_what_there_is_to_run() {
    let app = commands(&[("echo", "values", "echo-string", "")]);
    app.run("run", &[]).fails(
        "error: the application has no http.service that starts by itself (NotFound)\n  help: declare one, with an http.router \
         and an http.endpoint, or run a command; the commands are: echo\n",
    );
    let ran = app.run("run", &["--watch", "echo", "x"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn an_application_with_problems_runs_no_command() {
    let app = commands(&[("echo", "values", "echo-strin", "")]);
    let ran = app.run("run", &["echo", "x"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("method echo-strin is not exported"), "{ran:?}");
    assert!(ran.stderr.ends_with("error: the application has 1 problem and does not run\n"), "{ran:?}");
}
