//! `wasi:cli`: environment, arguments, exit, standard streams, terminals.

use crate::support::{Guest, World, builder};
use serde_json::json;
use std::sync::Arc;
use wippy_host::{CallContext, CapturedOutput, ErrorKind, OutputStream, Reason};

fn guest() -> Guest {
    Guest::new("probe-cli").imports(["wasi:cli", "wasi:io"])
}

#[tokio::test]
async fn the_environment_holds_what_is_mapped_and_nothing_of_the_hosts_own() {
    assert!(std::env::vars().count() > 0, "the test's own environment is empty and proves nothing");
    assert_eq!(guest().call("environment", json!([])).await, json!([]));
    World::set_variable("mapped:key", Some("secret"));
    World::set_variable("test:bare", Some(""));
    World::set_variable("mapped:unset", None);
    let guest = guest().wasi(json!({"env": [
        {"id": "mapped:key", "name": "API_KEY"},
        {"id": "bare", "name": "PATH"},
        {"id": "mapped:unset", "name": "UNSET"},
        {"id": "mapped:key", "name": "AGAIN", "required": true},
    ]}));
    assert_eq!(
        guest.call("environment", json!([])).await,
        json!([["API_KEY", "secret"], ["PATH", ""], ["AGAIN", "secret"]])
    );
}

#[tokio::test]
async fn a_changed_variable_is_seen_by_the_next_call_of_the_same_function() {
    use wippy_host::Function;
    World::set_variable("changed:key", Some("old"));
    let guest = guest().wasi(json!({"env": [{"id": "changed:key", "name": "KEY"}]}));
    let function = guest.function("environment").await;
    for value in [Some("old"), Some("new"), None] {
        World::set_variable("changed:key", value);
        let seen = function.call(&CallContext::new(), Vec::new()).await.unwrap().into_json().unwrap();
        assert_eq!(seen, value.map_or(json!([]), |value| json!([["KEY", value]])));
    }
}

#[tokio::test]
async fn a_required_variable_that_is_not_set_fails_the_call_until_it_is() {
    World::set_variable("required:key", None);
    let guest = guest().wasi(json!({"env": [{"id": "required:key", "name": "KEY", "required": true}]}));
    let error = guest.fails("environment", json!([])).await;
    assert_eq!(error.message(), "required wasi env variable not found: required:key");
    assert_eq!(error.remedy(), Some("set the variable behind required:key, or give its entry a default"));
    assert_eq!(error.kind(), ErrorKind::NotFound);
    World::set_variable("required:key", Some("x"));
    assert_eq!(guest.call("environment", json!([])).await, json!([["KEY", "x"]]));
}

#[tokio::test]
async fn arguments_are_the_entrys_and_then_the_calls() {
    assert_eq!(guest().call("arguments", json!([])).await, json!([]));
    let guest = guest().wasi(json!({"args": ["--verbose", "two words"]}));
    assert_eq!(guest.call("arguments", json!([])).await, json!(["--verbose", "two words"]));
    let context = CallContext::builder().arguments(vec!["input.csv".to_owned(), "-".to_owned()]).build();
    assert_eq!(
        guest.context(context).call("arguments", json!([])).await,
        json!(["--verbose", "two words", "input.csv", "-"])
    );
}

#[tokio::test]
async fn the_working_directory_is_the_configured_one_or_none() {
    assert_eq!(guest().call("cwd", json!([])).await, json!(null));
    assert_eq!(guest().wasi(json!({"cwd": "/data"})).call("cwd", json!([])).await, json!("/data"));
}

#[tokio::test]
async fn an_exit_where_a_result_is_due_is_an_error() {
    for (export, argument) in [("exit-midway", json!(true)), ("exit-with-code", json!(0))] {
        let error = guest().fails(export, json!([argument])).await;
        assert_eq!(error.message(), "test:probe-cli: exited before returning a result");
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Internal, Reason::Exited(0)));
    }
}

#[tokio::test]
async fn an_exit_with_failure_is_an_error_that_carries_the_code() {
    for (export, argument, code) in [
        ("exit-midway", json!(false), 1),
        ("exit-quietly", json!(false), 1),
        ("exit-with-code", json!(7), 7),
        ("exit-with-code", json!(255), 255),
    ] {
        let error = guest().fails(export, json!([argument])).await;
        assert_eq!(error.message(), format!("test:probe-cli: exited with code {code}"), "{export}");
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Internal, Reason::Exited(code)));
    }
}

#[tokio::test]
async fn an_exit_with_success_is_a_result_where_nothing_is_returned() {
    assert_eq!(guest().call("exit-quietly", json!([true])).await, json!(null));
}

/// A command in text: its `run` and its `walk`, of one type, exit with success.
const COMMAND: &str = r#"
(component
  (import "wasi:cli/exit@0.2.0" (instance $exit
    (type $status (result))
    (export "exit" (func (param "status" $status)))))
  (core func $exit (canon lower (func $exit "exit")))
  (core module $code
    (import "" "exit" (func $exit (param i32)))
    (func (export "run") (result i32) (call $exit (i32.const 0)) unreachable))
  (core instance $instance (instantiate $code (with "" (instance (export "exit" (func $exit))))))
  (alias core export $instance "run" (core func $run))
  (type $run_type (func (result (result))))
  (func $lifted (type $run_type) (canon lift (core func $run)))
  (export "run" (func $lifted))
  (export "walk" (func $lifted))
  (instance $iface (export "run" (func $lifted)))
  (export "wasi:cli/run@0.2.0" (instance $iface)))
"#;

#[tokio::test]
async fn an_exit_with_success_is_the_result_of_a_commands_run() {
    let command = Guest::of_text(COMMAND).imports(["wasi:cli"]);
    for method in ["run", "wasi:cli/run#run"] {
        assert_eq!(command.call(method, json!([])).await, json!({"ok": null}), "{method}");
    }
    let error = command.fails("walk", json!([])).await;
    assert_eq!(error.message(), "test:text: exited before returning a result");
}

/// Takes text, which the host passes without dynamic values, returns nothing, and exits with success.
const LEAVES: &str = r#"
(component
  (import "wasi:cli/exit@0.2.0" (instance $exit
    (type $status (result))
    (export "exit" (func (param "status" $status)))))
  (core func $exit (canon lower (func $exit "exit")))
  (core module $code
    (import "" "exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8))
    (func (export "leave") (param i32 i32) (call $exit (i32.const 0)) unreachable))
  (core instance $instance (instantiate $code (with "" (instance (export "exit" (func $exit))))))
  (alias core export $instance "memory" (core memory $memory))
  (alias core export $instance "realloc" (core func $realloc))
  (alias core export $instance "leave" (core func $leave))
  (type $leave_type (func (param "text" string)))
  (func (export "leave") (type $leave_type)
    (canon lift (core func $leave) (memory $memory) (realloc $realloc))))
"#;

#[tokio::test]
async fn an_exit_with_success_is_a_result_also_where_text_is_passed() {
    let guest = Guest::of_text(LEAVES).imports(["wasi:cli"]);
    assert_eq!(guest.call("leave", json!(["bye"])).await, json!(null));
}

/// Calls, and gives back what was written: `stdout: text`.
async fn lines(guest: Guest, calls: &[(&str, &str)]) -> Vec<String> {
    let captured = CapturedOutput::default();
    let guest = guest.context(CallContext::builder().output(Arc::new(captured.clone())).build());
    for (export, text) in calls {
        guest.ok(export, json!([text])).await;
    }
    let line = |line: wippy_host::OutputLine| {
        assert_eq!(line.entry, "test:probe-cli");
        format!("{}: {}", line.stream.as_str(), line.text)
    };
    captured.lines().into_iter().map(line).collect()
}

#[tokio::test]
async fn output_is_captured_line_by_line_also_the_last_one_without_an_end() {
    assert_eq!(lines(guest(), &[("write-stdout", "one\ntwo\n")]).await, ["stdout: one", "stdout: two"]);
    assert_eq!(lines(guest(), &[("write-stderr", "one\n\ntwo")]).await, ["stderr: one", "stderr: ", "stderr: two"]);
    assert_eq!(lines(guest(), &[("write-stdout", "día\r\nñ")]).await, ["stdout: día", "stdout: ñ"]);
    assert_eq!(lines(guest(), &[("write-stdout", "")]).await, [""; 0]);
    assert_eq!(
        lines(guest(), &[("write-stdout", "a"), ("write-stderr", "b"), ("write-stdout", "c")]).await,
        ["stdout: a", "stderr: b", "stdout: c"]
    );
}

#[tokio::test]
async fn a_long_line_is_written_in_pieces_and_nothing_of_it_is_lost() {
    let text: String = ('a'..='z').cycle().take(50_000).collect();
    for end in ["", "\n"] {
        let pieces = lines(guest(), &[("write-stdout", &format!("{text}{end}"))]).await;
        let pieces: Vec<&str> = pieces.iter().map(|piece| &piece["stdout: ".len()..]).collect();
        assert!(pieces.iter().all(|piece| piece.len() <= 8 << 10), "{} pieces", pieces.len());
        assert_eq!(pieces.concat(), text);
    }
}

#[tokio::test]
async fn output_goes_to_the_host_where_the_call_does_not_capture_it() {
    let captured = CapturedOutput::default();
    let host = builder().output(captured.clone()).build().unwrap();
    let guest = Guest::on(&host, "probe-cli").imports(["wasi:cli", "wasi:io"]);
    guest.ok("write-stdout", json!(["here"])).await;
    let lines = captured.lines();
    assert_eq!(lines.len(), 1);
    assert_eq!((lines[0].stream, lines[0].text.as_str()), (OutputStream::Stdout, "here"));
}

#[tokio::test]
async fn standard_input_is_at_its_end() {
    assert_eq!(guest().err("read-stdin", json!([16])).await, json!("closed"));
}

#[tokio::test]
async fn a_function_has_no_terminal() {
    assert_eq!(guest().call("terminals", json!([])).await, json!({"stdin": false, "stdout": false, "stderr": false}));
}
