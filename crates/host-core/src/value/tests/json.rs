//! Values and JSON, and values of Rust types.

use bytes::Bytes;
use serde_json::json;

use crate::value::{Object, Value, ValueError};

#[test]
fn json_keeps_its_order_and_its_kinds() {
    let text = r#"{"z":1,"a":[1.0,-5,18446744073709551615,null,true,"x"],"m":{}}"#;
    let value = Value::from_json_text(text).unwrap();
    assert_eq!(value.get("a").unwrap().as_list().unwrap()[2], Value::Unsigned(u64::MAX));
    assert_eq!(value.get("a").unwrap().as_list().unwrap()[0], Value::Float(1.0));
    assert_eq!(value.into_json_text().unwrap(), text);
}

#[test]
fn bytes_are_base64_in_json() {
    let value: Value = [Value::from(b"\x00\xff\x10".as_slice()), Value::from(Bytes::new())].into_iter().collect();
    assert_eq!(value.into_json().unwrap(), json!([{"base64": "AP8Q"}, {"base64": ""}]));
}

#[test]
fn floats_that_json_has_no_number_for_are_named() {
    let value: Value = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.5].into_iter().collect();
    assert_eq!(value.into_json_text().unwrap(), r#"["NaN","Infinity","-Infinity",1.5]"#);
}

#[test]
fn text_that_is_no_json_is_told_the_place() {
    let error = Value::from_json_text("{\"a\":").unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected JSON, got text \"{\\\"a\\\":\": EOF while parsing a value at line 1 column 5"
    );
}

#[test]
fn rust_values_become_values_and_back() {
    assert_eq!(Value::from(()), Value::Null);
    assert_eq!(Value::from(None::<u8>), Value::Null);
    assert_eq!(Value::from(Some(5_u8)), Value::Integer(5));
    assert_eq!(Value::from(5_u64), Value::Integer(5));
    assert_eq!(Value::from(u64::MAX), Value::Unsigned(u64::MAX));
    assert_eq!(Value::from('x'), Value::from("x"));
    assert_eq!(Value::from(vec![1_u8, 2]), Value::Bytes(Bytes::from_static(&[1, 2])));
    assert_eq!(["a", "b"].into_iter().collect::<Value>(), Value::List(vec!["a".into(), "b".into()]));

    assert_eq!(u32::try_from(Value::Float(7.0)), Ok(7));
    assert_eq!(f64::try_from(Value::Integer(7)), Ok(7.0));
    assert_eq!(bool::try_from(Value::Bool(true)), Ok(true));
    assert_eq!(String::try_from(Value::from(b"hi".as_slice())), Ok("hi".to_owned()));
    assert_eq!(Vec::<u8>::try_from(Value::from("hi")), Ok(b"hi".to_vec()));
    assert_eq!(Object::try_from(Value::List(Vec::new())), Ok(Object::new()));
    let error: ValueError = u8::try_from(Value::Integer(-1)).unwrap_err();
    assert_eq!(error.to_string(), "expected u8, got -1 (u8 holds 0 to 255)");
    assert_eq!(Object::try_from(Value::from(1)).unwrap_err().to_string(), "expected an object, got 1");
}

#[test]
fn accessors_answer_for_their_kind_alone() {
    assert_eq!(Value::Integer(5).as_u64(), Some(5));
    assert_eq!(Value::Integer(-5).as_u64(), None);
    assert_eq!(Value::Unsigned(u64::MAX).as_i64(), None);
    assert_eq!(Value::Float(5.0).as_i64(), None);
    assert_eq!(Value::Integer(5).as_f64(), Some(5.0));
    assert_eq!(Value::from(b"a".as_slice()).as_str(), None);
    assert_eq!(Value::from("a").as_bytes(), None);
    assert!(Value::default().is_null());
}
