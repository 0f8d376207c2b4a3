//! The rules of `funcs.call-string` and `call-bytes`.

use bytes::Bytes;
use serde_json::json;

use super::wit;
use crate::value::{
    CallShape, InputShape, ResultError, ResultShape, Signature, TextOrBytes, Value, call_input_to_args,
    call_result_to_bytes, call_result_to_text,
};

fn input(text: &str, wit: &str) -> Result<String, String> {
    let shape = Signature::of(&wit::func(wit)).shape().input;
    match call_input_to_args(TextOrBytes::Text(text.to_owned()), shape) {
        Ok(args) => Ok(format!("{args:?}")),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn a_string_or_bytes_parameter_gets_the_input_as_it_is() {
    assert_eq!(input("[1, 2]", "(a: string)").unwrap(), r#"["[1, 2]"]"#);
    assert_eq!(input("", "(a: list<u8>)").unwrap(), r#"[""]"#);
    let bytes = TextOrBytes::Bytes(Bytes::from_static(b"\xff"));
    let args = call_input_to_args(bytes, InputShape::AsIs).unwrap();
    assert_eq!(args, [Value::Bytes(Bytes::from_static(b"\xff"))]);
    assert_eq!(CallShape::UNTYPED.input, InputShape::AsIs);
}

#[test]
fn no_parameter_takes_no_input() {
    assert_eq!(input("", "()").unwrap(), "[]");
    assert_eq!(input("x", "()").unwrap_err(), "expected no arguments, got 1");
}

#[test]
fn one_other_parameter_gets_the_json_value() {
    assert_eq!(input("5", "(a: u32)").unwrap(), "[5]");
    assert_eq!(input("[5, 6]", "(a: list<u32>)").unwrap(), "[[5, 6]]");
    assert_eq!(input("{\"a\": 1}", "(a: record { a: u32 })").unwrap(), "[{\"a\": 1}]");
    assert_eq!(
        input("hello", "(a: u32)").unwrap_err(),
        concat!("input: expected JSON, got text \"hello\": ", "expected value at line 1 column 1")
    );
    assert_eq!(
        input("", "(a: u32)").unwrap_err(),
        "input: expected JSON, got text \"\": EOF while parsing a value at line 1 column 0"
    );
}

#[test]
fn an_array_is_spread_over_several_parameters() {
    assert_eq!(input("[5, \"x\"]", "(a: u32, b: string)").unwrap(), r#"[5, "x"]"#);
    let signature = Signature::of(&wit::func("(a: u32, b: string)"));
    let args = call_input_to_args(TextOrBytes::Text("5".into()), signature.shape().input).unwrap();
    assert_eq!(signature.to_vals(args).unwrap_err().to_string(), "expected 2 arguments (a: u32, b: string), got 1");
}

#[test]
fn bytes_are_read_as_json_when_they_are_text() {
    let args = call_input_to_args(TextOrBytes::Bytes(Bytes::from_static(b"[1]")), InputShape::JsonArguments);
    assert_eq!(args.unwrap(), [Value::Integer(1)]);
    let args = call_input_to_args(TextOrBytes::Bytes(Bytes::from_static(b"\xff")), InputShape::JsonValue);
    assert_eq!(
        args.unwrap_err().to_string(),
        "input: expected JSON, got 1 byte: invalid utf-8 sequence of 1 bytes from index 0"
    );
}

fn text(value: impl Into<Value>, shape: ResultShape) -> Result<String, ResultError> {
    call_result_to_text(value.into(), shape)
}

fn object(json: serde_json::Value) -> Value {
    Value::from_json(json).unwrap()
}

#[test]
fn text_and_bytes_come_back_as_they_are() {
    assert_eq!(text("{}", ResultShape::PLAIN).unwrap(), "{}");
    assert_eq!(text(b"hi".as_slice(), ResultShape::PLAIN).unwrap(), "hi");
    assert_eq!(
        text(b"a\xff".as_slice(), ResultShape::PLAIN).unwrap_err().to_string(),
        "result: expected text, got 2 bytes: invalid utf-8 sequence of 1 bytes from index 1"
    );
    let bytes = call_result_to_bytes(Value::from(b"a\xff".as_slice()), ResultShape::PLAIN).unwrap();
    assert_eq!(bytes, Bytes::from_static(b"a\xff"));
    assert_eq!(call_result_to_bytes("hi".into(), ResultShape::PLAIN).unwrap(), Bytes::from_static(b"hi"));
}

#[test]
fn nothing_is_empty_and_the_rest_is_json() {
    assert_eq!(text((), ResultShape::PLAIN).unwrap(), "");
    assert_eq!(text(5, ResultShape::PLAIN).unwrap(), "5");
    let value = object(json!({"total": 5, "rows": ["a", null]}));
    assert_eq!(text(value.clone(), ResultShape::PLAIN).unwrap(), r#"{"total":5,"rows":["a",null]}"#);
    let bytes = call_result_to_bytes(value, ResultShape::PLAIN).unwrap();
    assert_eq!(bytes, Bytes::from_static(br#"{"total":5,"rows":["a",null]}"#));
}

#[test]
fn a_result_gives_its_payload_or_fails() {
    let result = ResultShape::RESULT;
    assert_eq!(text(object(json!({"ok": "hi"})), result).unwrap(), "hi");
    assert_eq!(text(object(json!({"ok": null})), result).unwrap(), "");
    assert_eq!(text(object(json!({"ok": {"a": 1}})), result).unwrap(), r#"{"a":1}"#);
    let failed = |json| match text(object(json), result) {
        Err(ResultError::Failed(message)) => message,
        other => panic!("{other:?}"),
    };
    assert_eq!(failed(json!({"err": "no"})), "no");
    assert_eq!(failed(json!({"err": {"code": 7}})), r#"{"code":7}"#);
    assert_eq!(failed(json!({"err": null})), "the function failed without a message");
}

#[test]
fn an_ordinary_object_with_ok_is_no_result() {
    assert_eq!(text(object(json!({"ok": "hi"})), ResultShape::PLAIN).unwrap(), r#"{"ok":"hi"}"#);
}

#[test]
fn a_result_in_a_result_is_unwrapped_by_the_same_rules() {
    let shape = Signature::of(&wit::func("() -> result<result<string, u32>, string>")).shape().result;
    assert_eq!(text(object(json!({"ok": {"ok": "hi"}})), shape).unwrap(), "hi");
    let inner = text(object(json!({"ok": {"err": 5}})), shape).unwrap_err();
    assert_eq!(inner, ResultError::Failed("5".into()));
}
