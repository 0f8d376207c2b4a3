//! What functions return.

use serde_json::json;
use wasmtime::component::Val;

use super::wit;
use crate::value::{ResultShape, Signature, Value};

#[test]
fn no_result_is_null_and_a_result_type_stays_one() {
    let nothing = Signature::of(&wit::func("()"));
    assert_eq!(nothing.to_value(None).unwrap(), Value::Null);
    assert_eq!(nothing.shape().result, ResultShape::PLAIN);

    let fallible = Signature::of(&wit::func("() -> result<u32, string>"));
    let ok = Val::Result(Ok(Some(Box::new(Val::U32(5)))));
    assert_eq!(fallible.to_value(Some(ok)).unwrap().into_json().unwrap(), json!({"ok": 5}));
    assert_eq!(fallible.shape().result, ResultShape::RESULT);
}

#[test]
fn a_record_that_looks_like_a_result_is_none() {
    let record = Signature::of(&wit::func("() -> record { ok: u32 }"));
    assert!(!record.shape().result.is_result());
}

#[test]
fn an_error_in_a_result_says_so() {
    let stream = Signature::of(&wit::func("() -> record { body: string }"));
    let val = Val::Record(vec![("body".into(), Val::U8(1))]);
    assert_eq!(
        stream.to_value(Some(val)).unwrap_err().to_string(),
        "result (body): expected string, got a value of another type"
    );
    assert_eq!(stream.to_value(None).unwrap_err().to_string(), "result: expected record { body: string }, got none");
}
