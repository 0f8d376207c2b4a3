//! How a call ends whose guest misbehaves: with an error of its kind, without a panic or a backtrace.

use crate::support::App;

/// For loops alone: on a busy machine, whatever ends otherwise is to end before its time.
const SOON: &str = "    limits: { max_execution_ms: 300 }\n";

fn misbehave(method: &str, limits: &str) -> App {
    App::guest("misbehave", method, limits)
}

fn cli(method: &str) -> App {
    App::guest("probe-cli", method, "    imports: [wasi:cli, wasi:io]\n")
}

#[test]
fn a_loop_ends_at_its_time_limit() {
    let expected = "error: demo:it: no result within 300 ms (Timeout)\n  \
                    help: raise limits.max_execution_ms of the entry if it needs longer\n";
    misbehave("loop-forever", SOON).call(&[]).fails(expected);
    App::wat(include_str!("../../../../guests/wat/loop-at-start.wat"), "run", SOON).call(&[]).fails(expected);
}

#[test]
fn endless_allocation_ends_at_its_memory_limit() {
    misbehave("allocate-forever", "    limits: { max_memory_bytes: 4194304 }\n").call(&[]).fails(
        "error: demo:it: the guest asked for more than 4194304 bytes of memory (limits.max_memory_bytes) (RateLimited)\n  \
         help: raise limits.max_memory_bytes of the entry if the guest needs more\n",
    );
}

#[test]
fn endless_recursion_ends_at_the_stack_limit() {
    misbehave("recurse-forever", "").call(&[]).fails(
        "error: demo:it: recurse-forever exhausted its call stack (RateLimited)\n  \
         help: look for a recursion without end, or raise the host's max_wasm_stack\n",
    );
}

#[test]
fn a_trap_says_which_function_trapped_and_why() {
    for (method, arguments, why) in [
        ("unreachable-trap", [].as_slice(), "wasm `unreachable` instruction executed"),
        ("panic-trap", ["boom"].as_slice(), "wasm `unreachable` instruction executed"),
        ("out-of-bounds", [].as_slice(), "out of bounds memory access"),
    ] {
        misbehave(method, "").call(arguments).fails(&format!("error: demo:it: {method} trapped: {why} (Internal)\n"));
    }
}

#[test]
fn a_call_of_what_is_not_granted_names_the_line_to_add() {
    App::guest("probe-cli", "write-stdout", "").call(&["hello"]).fails(
        "error: guest called wasi:cli/stdout#get-stdout, but entry demo:it does not import it; add \"wasi:cli\" to its \
         imports (PermissionDenied)\n",
    );
}

#[test]
fn a_guest_that_fails_and_may_not_say_why_has_its_own_error_told_before_the_grant_that_it_lacks() {
    let imports = "    imports: [wasi:cli, wasi:clocks, wasi:filesystem]\n";
    let lacks = "guest called wasi:io/streams#[method]output-stream.blocking-write-and-flush, but";
    let app = App::guest("std-calls", "eprint", imports);
    app.call(&["no such \u{1b}[1mthing"]).fails(&format!(
        "error: demo:it: eprint wrote to its standard error: no such \\u{{1b}}[1mthing (PermissionDenied)\n  \
         help: {lacks} entry demo:it does not import it; add \"wasi:io\" to its imports\n"
    ));
    let ran = app.run("call", &["--json", "demo:it", &"x".repeat(100_000)]);
    let error: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.ends_with(&format!(": {}", "x".repeat(4096))), "{} characters", message.len());
    // What is written elsewhere is no error, and is not told.
    let ran = App::guest("std-calls", "print", imports).call(&["a payload"]);
    assert!(ran.stderr.starts_with(&format!("error: {lacks}")) && !ran.stderr.contains("payload"), "{ran:?}");
    let ran = exec(&["--import=wasi:cli", "--import=wasi:filesystem"], "fail");
    let method = "wasi:cli/run@0.2.12#run";
    ran.fails(&format!(
        "error: command.wasm: {method} wrote to its standard error: as asked (PermissionDenied)\n  \
         help: {lacks} it is not granted; add --import wasi:io\n"
    ));
}

#[test]
fn what_a_policy_refused_does_not_hide_how_the_guest_ends() {
    let app =
        App::guest("std-calls", "exit-process", "    imports: [wasi:cli, wasi:filesystem, wasi:io, wasi:clocks]\n");
    app.call(&["3"]).fails("error: demo:it: exited with code 1 (Internal)\n");
    let lua = App::new(
        "  - name: it\n    kind: function.lua\n    source: file://it.lua\n    method: main\n    modules: [http_client]\n    \
         wasi: { network: { allow: [\"127.0.0.1:1\"] } }\n",
    )
    .with(
        "it.lua",
        "local http = require('http_client')\nreturn { main = function() local _, e = http.get('http://127.0.0.1:2/') error('my own, with ' .. e:kind()) end }",
    );
    let ran = lua.call(&[]);
    let (denied, own) = (ran.stderr.find("denied").unwrap(), ran.stderr.find("error: ").unwrap());
    assert!(denied < own && ran.stderr.contains("my own, with PermissionDenied"), "{ran:?}");
}

/// Runs the command guest.
fn exec(options: &[&str], verb: &str) -> crate::support::Ran {
    let guest = crate::exec::guest("command");
    crate::support::run(&[&["exec"], options, &[&*guest, verb]].concat())
}

#[test]
fn a_guest_that_exits_midway_has_no_result() {
    cli("exit-midway").call(&["true"]).fails(
        "error: demo:it: exited before returning a result (Internal)\n  \
         help: return from the function instead of calling exit\n",
    );
    cli("exit-midway").call(&["false"]).fails("error: demo:it: exited with code 1 (Internal)\n");
    cli("exit-with-code").call(&["7"]).fails("error: demo:it: exited with code 7 (Internal)\n");
    cli("exit-quietly").call(&["true"]).gives("null\n");
}

#[test]
fn a_required_variable_that_is_not_set_ends_the_call() {
    let app = App::guest(
        "probe-cli",
        "environment",
        "    imports: [wasi:cli, wasi:io]
    wasi: { env: [{ id: key, name: KEY, required: true }] }
  - { name: os, kind: env.storage.os }
  - { name: key, kind: env.variable, storage: os, variable: WIPPY_TEST_KEY }
",
    );
    app.call(&[]).fails(
        "error: required wasi env variable not found: demo:key (NotFound)\n  \
         help: set the variable behind demo:key, or give its entry a default\n",
    );
    let root = app.path();
    let set = [("NO_COLOR", "1"), ("WIPPY_TEST_KEY", "s3cret"), ("WIPPY_TEST_OTHER", "unseen")];
    let ran = crate::support::run_in(&set, &["call", root.to_str().unwrap(), "demo:it"]);
    assert_eq!(ran.json(), serde_json::json!([["KEY", "s3cret"]]));
    assert_eq!(ran.code, 0);
}

#[test]
fn with_json_an_error_is_one_document() {
    let ran = misbehave("loop-forever", SOON).call(&["--json"]);
    let error: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    let expected = serde_json::json!({"error": {
        "kind": "Timeout",
        "message": "demo:it: no result within 300 ms",
        "remedy": "raise limits.max_execution_ms of the entry if it needs longer",
    }});
    assert_eq!((error, ran.stdout.as_str(), ran.code), (expected, "", 1));
}
