//! Places, limits and the rest that every error keeps to.

use serde_json::json;

use super::{refusal, wit};
use crate::value::{MAX_DEPTH, Object, Signature, Value, ValueProblem, from_val, to_val};

#[test]
fn an_error_says_where_in_the_argument_it_is() {
    let signature = Signature::of(&wit::func("(users: list<record { name: string, age: u32 }>)"));
    let users = json!([{"name": "a", "age": 1}, {"name": "b", "age": 2}, {"name": "c", "age": -4}]);
    let error = signature.to_vals(vec![Value::from_json(users).unwrap()]).unwrap_err();
    assert_eq!(error.to_string(), "argument 1 (users[2].age): expected u32, got -4 (u32 holds 0 to 4294967295)");
    assert_eq!(error.path(), "users[2].age");
    assert!(matches!(error.problem(), ValueProblem::OutOfRange { expected: "u32", .. }));
}

#[test]
fn every_kind_of_step_shows_in_the_path() {
    let wit = "tuple<result<variant { a(option<map<string, list<u8, 2>>>) }>>";
    let given = json!([{"ok": {"a": {"k": [1, -1]}}}]);
    assert_eq!(refusal(given, wit), "[0].ok.a[\"k\"][1]: expected u8, got -1 (u8 holds 0 to 255)");
}

#[test]
fn values_in_messages_are_short_and_of_one_line() {
    let long = format!("\u{1b}[2J\n{}", "ñ".repeat(1000));
    let message = refusal(json!(long), "u32");
    assert_eq!(message, format!("expected u32, got text \"\\u{{1b}}[2J\\n{}…\"", "ñ".repeat(17)));
    let key = "k".repeat(1_000_000);
    let message = refusal(json!({key: 1}), "record { a: u32 }");
    assert_eq!(message, format!("unknown field \"{}…\"; known fields: a", "k".repeat(64)));
}

#[test]
fn nesting_deeper_than_the_limit_is_an_error_everywhere() {
    let nested = |levels: usize| (0..levels).fold(Value::Null, |inner, _| Value::List(vec![inner]));
    assert!(nested(MAX_DEPTH).into_json().is_ok());
    let too_deep = "nested deeper than 128 levels";
    assert_eq!(nested(MAX_DEPTH + 1).into_json().unwrap_err().to_string(), too_deep);
    let json = (0..=MAX_DEPTH).fold(json!(null), |inner, _| json!([inner]));
    assert_eq!(Value::from_json(json).unwrap_err().to_string(), too_deep);
    let text = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(
        Value::from_json_text(&text).unwrap_err().to_string(),
        format!("expected JSON, got text \"{}…\": recursion limit exceeded at line 1 column 128", "[".repeat(40))
    );
}

#[test]
fn an_object_of_many_wrong_names_is_refused_in_time_proportional_to_it() {
    let pairs = (0..200_000).map(|number| (format!("name-{number}"), Value::Null)).collect();
    let object = Object::from_pairs(pairs).unwrap();
    let started = std::time::Instant::now();
    let error = to_val(Value::Object(object), &wit::ty("record { a: u32, b: u32, c: u32 }")).unwrap_err();
    assert_eq!(error.to_string(), "unknown field \"name-0\"; known fields: a, b, c");
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn a_name_that_comes_twice_is_no_object() {
    let error = Object::from_pairs(vec![("a".into(), 1.into()), ("b".into(), 2.into()), ("a".into(), 3.into())]);
    assert_eq!(error.unwrap_err().to_string(), "\"a\" is given twice, the second time as \"a\"");
    let mut object = Object::new();
    assert_eq!(object.insert("a", 1), None);
    assert_eq!(object.insert("a", "x"), Some(Value::Integer(1)));
    assert_eq!(object.len(), 1);
    assert_eq!(object.get("a"), Some(&Value::from("x")));
}

#[test]
fn a_val_of_another_type_is_an_error() {
    let error = from_val(wasmtime::component::Val::U8(1), &wit::ty("string")).unwrap_err();
    assert_eq!(error.to_string(), "expected string, got a value of another type");
    let mixed = wasmtime::component::Val::List(vec![wasmtime::component::Val::Bool(true)]);
    let error = from_val(mixed, &wit::ty("list<u8>")).unwrap_err();
    assert_eq!(error.to_string(), "expected list<u8>, got a value of another type");
}

#[test]
fn a_debug_form_stays_short() {
    let value = Value::from_json(json!({"a": [1, 2.5, null, "x"], "b": {}})).unwrap();
    assert_eq!(format!("{value:?}"), r#"{"a": [1, 2.5, null, "x"], "b": {}}"#);
    let bytes = Value::from(vec![0_u8; 1_000_000]);
    assert_eq!(format!("{bytes:?}"), "1000000 bytes");
    let list: Value = std::iter::repeat_n("x".repeat(1000), 1000).collect();
    assert!(format!("{list:?}").len() < 1010);
    let wide = (0..10).fold(Value::Null, |inner, _| std::iter::repeat_n(inner, 5).collect());
    assert!(format!("{wide:?}").len() < 1010);
}
