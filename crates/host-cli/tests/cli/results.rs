//! What `call` prints of a result.

use crate::support::{App, Finished, command, finish};
use std::process::Stdio;

const FAIL: &str = "{\n  \"err\": \"no\"\n}\n";

#[test]
fn a_result_is_printed_as_json() {
    App::wat(crate::support::ADD, "add", "").call(&["3", "5"]).gives("8\n");
    App::guest("values", "echo-string", "").call(&["grüß \"dich\""]).gives("\"grüß \\\"dich\\\"\"\n");
    App::guest("values", "nothing", "").call(&[]).gives("null\n");
    App::guest("values", "echo-record", "")
        .call(&[r#"{"name":"Ann","age":31,"email":null,"tag-count":2}"#])
        .gives("{\n  \"name\": \"Ann\",\n  \"age\": 31,\n  \"email\": null,\n  \"tag-count\": 2\n}\n");
    App::guest("values", "echo-bytes", "")
        .call(&[r#"{"base64":"AAEC/w=="}"#])
        .gives("{\n  \"base64\": \"AAEC/w==\"\n}\n");
}

#[test]
fn raw_text_has_neither_quotes_nor_a_line_end() {
    let app = App::guest("values", "echo-string", "");
    app.call(&["--raw", "two\nlines"]).gives("two\nlines");
    app.call(&["text", "--raw"]).gives("text");
    App::guest("values", "nothing", "").call(&["--raw"]).gives("");
    App::wat(crate::support::ADD, "add", "").call(&["--raw", "3", "5"]).gives("8\n");
}

#[test]
fn raw_bytes_are_those_bytes() {
    let app = App::guest("values", "echo-bytes", "");
    let root = app.path();
    let arguments = ["call", "--raw", root.to_str().unwrap(), "demo:it", r#"{"base64":"AAEC/wo="}"#];
    let mut call = command(&[], &arguments);
    let Finished { stdout, stderr, code } = finish(call.stdout(Stdio::piped()).stderr(Stdio::piped()));
    assert_eq!((stdout.as_slice(), stderr.as_slice(), code), ([0, 1, 2, 0xff, b'\n'].as_slice(), [].as_slice(), 0));
}

#[test]
fn a_function_that_returns_an_err_is_printed_and_fails() {
    let ran = App::guest("values", "fail", "").call(&["no"]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str(), ran.code), (FAIL, "", 1));
    let ran = App::guest("values", "fail-with", "").call(&[r#"{"name":"Ann","age":1,"tag-count":0}"#]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.json()["err"]["name"], "Ann");
}

#[test]
fn raw_prints_what_a_result_holds() {
    let ran = App::guest("values", "fail", "").call(&["--raw", "no"]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str(), ran.code), ("no", "", 1));
    App::guest("values", "echo-result", "").call(&["--raw", r#"{"ok":7}"#]).gives("{\n  \"ok\": 7\n}\n");
}

#[test]
fn a_function_that_only_looks_like_a_failed_one_succeeds() {
    // A case of a variant, a record or a flag may well be named `err`; here it is the name of nothing but a text.
    App::guest("values", "echo-string", "").call(&[r#"{"err":"no"}"#]).gives("\"{\\\"err\\\":\\\"no\\\"}\"\n");
}
