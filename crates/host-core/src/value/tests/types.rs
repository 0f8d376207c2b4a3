//! The table of types: what each takes, and what it gives back.

use bytes::Bytes;
use serde_json::json;
use wasmtime::component::Val;

use super::{echo, refusal, val, wit};
use crate::value::{Object, Value, from_val, to_val};

#[test]
fn integers_take_integers_and_floats_without_a_fraction() {
    assert_eq!(val(json!(-128), "s8").unwrap(), Val::S8(-128));
    assert_eq!(val(json!(255), "u8").unwrap(), Val::U8(255));
    assert_eq!(val(json!(-4.0), "s32").unwrap(), Val::S32(-4));
    assert_eq!(val(json!(-0.0), "u16").unwrap(), Val::U16(0));
    assert_eq!(val(json!(1e19), "u64").unwrap(), Val::U64(10_000_000_000_000_000_000));
    assert_eq!(val(json!(-9_223_372_036_854_775_808_f64), "s64").unwrap(), Val::S64(i64::MIN));
    assert_eq!(refusal(json!(1.5), "u32"), "expected u32, got 1.5");
    assert_eq!(refusal(json!("7"), "u32"), "expected u32, got text \"7\"");
    assert_eq!(refusal(json!(true), "s64"), "expected s64, got true");
}

#[test]
fn an_integer_out_of_range_is_told_the_range() {
    assert_eq!(refusal(json!(300), "u8"), "expected u8, got 300 (u8 holds 0 to 255)");
    assert_eq!(refusal(json!(-129), "s8"), "expected s8, got -129 (s8 holds -128 to 127)");
    assert_eq!(refusal(json!(-4), "u32"), "expected u32, got -4 (u32 holds 0 to 4294967295)");
    assert_eq!(refusal(json!(-1), "u64"), "expected u64, got -1 (u64 holds 0 to 18446744073709551615)");
    assert_eq!(
        refusal(json!(9_223_372_036_854_775_808_u64), "s64"),
        "expected s64, got 9223372036854775808 (s64 holds -9223372036854775808 to 9223372036854775807)"
    );
    assert_eq!(refusal(json!(1e300), "s16"), "expected s16, got 1e300 (s16 holds -32768 to 32767)");
    let infinite = to_val(Value::Float(f64::INFINITY), &wit::ty("u8")).unwrap_err();
    assert_eq!(infinite.to_string(), "expected u8, got Infinity");
}

#[test]
fn decimal_text_is_a_u64_and_nothing_else() {
    assert_eq!(val(json!("18446744073709551615"), "u64").unwrap(), Val::U64(u64::MAX));
    assert_eq!(echo(json!("18446744073709551615"), "u64"), json!(u64::MAX));
    assert_eq!(
        refusal(json!("18446744073709551616"), "u64"),
        "expected u64, got text \"18446744073709551616\" (u64 holds 0 to 18446744073709551615)"
    );
    assert_eq!(refusal(json!("-1"), "u64"), "expected u64, got text \"-1\"");
    assert_eq!(refusal(json!("0x1f"), "u64"), "expected u64, got text \"0x1f\"");
    assert_eq!(refusal(json!(""), "u64"), "expected u64, got text \"\"");
    let digits = "9".repeat(400);
    assert_eq!(
        refusal(json!(digits), "u64"),
        format!("expected u64, got text \"{}…\" (u64 holds 0 to 18446744073709551615)", "9".repeat(40))
    );
}

#[test]
fn an_integer_above_the_signed_half_stays_an_integer() {
    let value = from_val(Val::U64(u64::MAX), &wit::ty("u64")).unwrap();
    assert_eq!(value, Value::Unsigned(u64::MAX));
    assert_eq!(value.into_json_text().unwrap(), "18446744073709551615");
    assert_eq!(from_val(Val::U64(7), &wit::ty("u64")).unwrap(), Value::Integer(7));
}

#[test]
fn floats_that_are_no_numbers_have_names_in_json() {
    for name in ["NaN", "Infinity", "-Infinity"] {
        assert_eq!(echo(json!(name), "f64"), json!(name));
        assert_eq!(echo(json!(name), "f32"), json!(name));
    }
    assert_eq!(echo(json!(3), "f64"), json!(3.0));
    assert_eq!(echo(json!(0.1), "f64"), json!(0.1));
    assert_eq!(echo(json!(0.5), "f32"), json!(0.5));
    assert_eq!(refusal(json!("inf"), "f64"), "expected f64, got text \"inf\"");
    assert_eq!(refusal(json!(1e300), "f32"), "expected f32, got 1e300 (f32 holds -3.4028235e38 to 3.4028235e38)");
}

#[test]
fn a_char_is_text_of_one_character() {
    assert_eq!(val(json!("ñ"), "char").unwrap(), Val::Char('ñ'));
    assert_eq!(echo(json!("😀"), "char"), json!("😀"));
    assert_eq!(refusal(json!(""), "char"), "expected char, got text \"\"");
    assert_eq!(refusal(json!("ab"), "char"), "expected char, got text \"ab\"");
    assert_eq!(refusal(json!(65), "char"), "expected char, got 65");
}

#[test]
fn a_string_takes_text_and_bytes_that_are_utf8() {
    let string = wit::ty("string");
    let bytes = Value::Bytes(Bytes::from_static("día".as_bytes()));
    assert_eq!(to_val(bytes, &string).unwrap(), Val::String("día".into()));
    let error = to_val(Value::Bytes(Bytes::from_static(b"a\xff")), &string).unwrap_err();
    assert_eq!(error.to_string(), "expected string, got 2 bytes: invalid utf-8 sequence of 1 bytes from index 1");
    assert_eq!(refusal(json!(5), "string"), "expected string, got 5");
    assert_eq!(refusal(json!({"base64": "AA=="}), "string"), "expected string, got an object");
}

#[test]
fn text_moves_through_without_a_copy() {
    let text = "x".repeat(100);
    let address = text.as_ptr();
    let Val::String(text) = to_val(Value::Text(text), &wit::ty("string")).unwrap() else { panic!() };
    assert_eq!(text.as_ptr(), address);
    let Value::Text(text) = from_val(Val::String(text), &wit::ty("string")).unwrap() else { panic!() };
    assert_eq!(text.as_ptr(), address);
    let bytes = Value::Bytes(Bytes::from(text.into_bytes()));
    let Val::String(text) = to_val(bytes, &wit::ty("string")).unwrap() else { panic!() };
    assert_eq!(text.as_ptr(), address);
}

#[test]
fn bytes_take_bytes_text_arrays_and_base64() {
    let expected = Val::List(vec![Val::U8(104), Val::U8(105)]);
    let bytes = Value::Bytes(Bytes::from_static(b"hi"));
    assert_eq!(to_val(bytes, &wit::ty("list<u8>")).unwrap(), expected);
    for json in [json!("hi"), json!([104, 105]), json!({"base64": "aGk="}), json!({"base64": "aGk"})] {
        assert_eq!(val(json.clone(), "list<u8>").unwrap(), expected, "{json}");
        assert_eq!(echo(json, "list<u8>"), json!({"base64": "aGk="}));
    }
    assert_eq!(echo(json!({}), "list<u8>"), json!({"base64": ""}));
    assert_eq!(from_val(expected, &wit::ty("list<u8>")).unwrap(), Value::Bytes(Bytes::from_static(b"hi")));
}

#[test]
fn what_is_no_bytes_is_told_why() {
    assert_eq!(refusal(json!([1, 300]), "list<u8>"), "[1]: expected u8, got 300 (u8 holds 0 to 255)");
    assert_eq!(
        refusal(json!({"base64": "a!"}), "list<u8>"),
        "base64: expected base64, got text \"a!\": Invalid symbol 33, offset 1."
    );
    assert_eq!(
        refusal(json!({"base64": 5}), "list<u8>"),
        "expected list<u8> (an array of integers, text, or {\"base64\": …}), got an object"
    );
    assert_eq!(
        refusal(json!({"base64": "", "x": 1}), "list<u8>"),
        "expected list<u8> (an array of integers, text, or {\"base64\": …}), got an object"
    );
    assert_eq!(refusal(json!(5), "list<u8>"), "expected list<u8>, got 5");
}

#[test]
fn lists_take_arrays_and_an_empty_table() {
    assert_eq!(echo(json!([1, 2]), "list<u16>"), json!([1, 2]));
    assert_eq!(echo(json!({}), "list<u16>"), json!([]));
    assert_eq!(echo(json!([[], ["a"]]), "list<list<string>>"), json!([[], ["a"]]));
    assert_eq!(refusal(json!({"a": 1}), "list<u16>"), "expected list<u16>, got an object");
    let bytes = to_val(Value::Bytes(Bytes::from_static(b"ab")), &wit::ty("list<u16>")).unwrap_err();
    assert_eq!(bytes.to_string(), "expected list<u16>, got 2 bytes");
}

#[test]
fn lists_of_a_fixed_length_and_tuples_have_that_length() {
    assert_eq!(echo(json!([1, 2]), "list<u16, 2>"), json!([1, 2]));
    assert_eq!(echo(json!("ab"), "list<u8, 2>"), json!({"base64": "YWI="}));
    assert_eq!(refusal(json!([1]), "list<u16, 2>"), "expected list<u16, 2>, got an array of 1");
    assert_eq!(refusal(json!("abc"), "list<u8, 2>"), "expected list<u8, 2>, got text of 3 bytes");
    assert_eq!(refusal(json!({"base64": "YQ=="}), "list<u8, 2>"), "expected list<u8, 2>, got an array of 1");

    assert_eq!(echo(json!([1, "a"]), "tuple<u16, string>"), json!([1, "a"]));
    assert_eq!(refusal(json!([1]), "tuple<u16, string>"), "expected tuple<u16, string>, got an array of 1");
    assert_eq!(refusal(json!([1, 2]), "tuple<u16, string>"), "[1]: expected string, got 2");
    assert_eq!(refusal(json!({}), "tuple<u16, string>"), "expected tuple<u16, string>, got an empty object");
}

#[test]
fn maps_take_objects_and_arrays_of_pairs() {
    assert_eq!(echo(json!({"b": 1, "a": 2}), "map<string, u32>"), json!({"b": 1, "a": 2}));
    assert_eq!(echo(json!([["b", 1]]), "map<string, u32>"), json!({"b": 1}));
    assert_eq!(echo(json!([[7, true]]), "map<u32, bool>"), json!([[7, true]]));
    assert_eq!(echo(json!({"7": true}), "map<u64, bool>"), json!([[7, true]]));
    assert_eq!(
        refusal(json!({"a\n": -1}), "map<string, u32>"),
        "[\"a\\n\"]: expected u32, got -1 (u32 holds 0 to 4294967295)"
    );
    assert_eq!(
        refusal(json!([[1, 2, 3]]), "map<u32, u32>"),
        "[0]: expected an array of key and value, got an array of 3"
    );
    assert_eq!(refusal(json!([[1, "x"]]), "map<u32, u32>"), "[0][1]: expected u32, got text \"x\"");

    let twice = Val::Map(vec![(Val::String("a".into()), Val::U8(1)), (Val::String("a".into()), Val::U8(2))]);
    assert_eq!(from_val(twice, &wit::ty("map<string, u8>")).unwrap().into_json().unwrap(), json!({"a": 2}));
}

const USER: &str = "record { user-name: string, age: u32, tag-count: option<u8> }";

#[test]
fn records_take_objects_in_any_order_with_underscores_for_dashes() {
    let full = json!({"user-name": "Ana", "age": 3, "tag-count": 1});
    assert_eq!(echo(full.clone(), USER), full);
    assert_eq!(echo(json!({"tag_count": 1, "age": 3, "user_name": "Ana"}), USER), full);
    let none = json!({"user-name": "Ana", "age": 3, "tag-count": null});
    assert_eq!(echo(json!({"age": 3, "user_name": "Ana"}), USER), none);
    assert_eq!(echo(none.clone(), USER), none);
    assert_eq!(echo(json!([]), "record { a: option<u8> }"), json!({"a": null}));
}

#[test]
fn a_missing_or_unknown_field_is_named() {
    assert_eq!(refusal(json!({"user-name": "Ana"}), USER), "missing field \"age\" (u32)");
    assert_eq!(refusal(json!({"user-name": "Ana", "aeg": 3}), USER), "unknown field \"aeg\"; did you mean \"age\"?");
    assert_eq!(
        refusal(json!({"user-name": "Ana", "age": 3, "colour": 3}), USER),
        "unknown field \"colour\"; known fields: user-name, age, tag-count"
    );
    assert_eq!(
        refusal(json!({"user-name": "Ana", "age": 3, "": 3}), USER),
        "unknown field \"\"; known fields: user-name, age, tag-count"
    );
    assert_eq!(
        refusal(json!({"user-name": "Ana", "user_name": "Ben", "age": 3}), USER),
        "\"user-name\" is given twice, the second time as \"user_name\""
    );
    assert_eq!(
        refusal(json!([1]), USER),
        "expected record { user-name: string, age: u32, tag-count: option<u8> }, got an array of 1"
    );
}

#[test]
fn an_option_is_null_or_the_value() {
    assert_eq!(echo(json!(null), "option<u32>"), json!(null));
    assert_eq!(echo(json!(5), "option<u32>"), json!(5));
    assert_eq!(refusal(json!("x"), "option<u32>"), "expected u32, got text \"x\"");
}

#[test]
fn an_option_in_an_option_is_written_out() {
    let nested = "option<option<u32>>";
    for json in [json!({"none": null}), json!({"some": null}), json!({"some": 5})] {
        assert_eq!(echo(json.clone(), nested), json);
    }
    assert_eq!(val(json!(null), nested).unwrap(), Val::Option(None));
    assert_eq!(val(json!({"none": null}), nested).unwrap(), Val::Option(None));
    assert_eq!(val(json!({"some": null}), nested).unwrap(), Val::Option(Some(Box::new(Val::Option(None)))));
    let deep = json!({"some": {"some": null}});
    assert_eq!(echo(deep.clone(), "option<option<option<u32>>>"), deep);
    let forms = "expected {\"some\": …} or {\"none\": null} for option<option<u32>>";
    assert_eq!(refusal(json!(5), nested), format!("{forms}, got 5"));
    assert_eq!(refusal(json!({"none": 1}), nested), format!("{forms}, got an object"));
    assert_eq!(refusal(json!({"some": -1}), nested), "some: expected u32, got -1 (u32 holds 0 to 4294967295)");
}

#[test]
fn a_result_is_ok_or_err() {
    assert_eq!(echo(json!({"ok": 5}), "result<u32, string>"), json!({"ok": 5}));
    assert_eq!(echo(json!({"err": "no"}), "result<u32, string>"), json!({"err": "no"}));
    assert_eq!(echo(json!({"ok": null}), "result<_, string>"), json!({"ok": null}));
    assert_eq!(echo(json!({"ok": null}), "result<option<u8>>"), json!({"ok": null}));
    assert_eq!(echo(json!({"err": null}), "result"), json!({"err": null}));
    let forms = "expected {\"ok\": …} or {\"err\": …} for result<u32>";
    assert_eq!(refusal(json!(5), "result<u32>"), format!("{forms}, got 5"));
    assert_eq!(refusal(json!({"okay": 5}), "result<u32>"), format!("{forms}, got an object"));
    assert_eq!(refusal(json!({"ok": 5, "err": 6}), "result<u32>"), format!("{forms}, got an object"));
    assert_eq!(refusal(json!({"err": 5}), "result<u32>"), "err: expected null, for there is no payload, got 5");
}

#[test]
fn a_variant_is_a_case_with_its_payload_or_plain_text() {
    let shape = "variant { circle(f64), point, poly-line(list<u32>) }";
    assert_eq!(echo(json!({"circle": 1.5}), shape), json!({"circle": 1.5}));
    assert_eq!(echo(json!("point"), shape), json!("point"));
    assert_eq!(echo(json!({"point": null}), shape), json!("point"));
    assert_eq!(echo(json!({"poly_line": [1]}), shape), json!({"poly-line": [1]}));
    assert_eq!(refusal(json!("circle"), shape), "expected {\"circle\": f64}, got text \"circle\"");
    assert_eq!(refusal(json!({"point": 1}), shape), "point: expected null, for there is no payload, got 1");
    assert_eq!(refusal(json!({"circel": 1}), shape), "unknown case \"circel\"; did you mean \"circle\"?");
    assert_eq!(
        refusal(json!(5), shape),
        "expected {\"case\": …} for variant { circle(f64), point, poly-line(list<u32>) }, got 5"
    );
}

#[test]
fn an_enum_is_its_case_or_index() {
    let colour = "enum { red, green, dark-blue }";
    assert_eq!(echo(json!("red"), colour), json!("red"));
    assert_eq!(echo(json!("dark_blue"), colour), json!("dark-blue"));
    assert_eq!(echo(json!(1), colour), json!("green"));
    assert_eq!(echo(json!(2.0), colour), json!("dark-blue"));
    assert_eq!(refusal(json!("rde"), colour), "unknown case \"rde\"; did you mean \"red\"?");
    assert_eq!(refusal(json!(3), colour), "expected enum { red, green, dark-blue } or its index, 0 to 2, got 3");
    assert_eq!(refusal(json!(null), colour), "expected enum { red, green, dark-blue }, got null");
}

#[test]
fn flags_are_names_or_an_object_of_booleans() {
    let access = "flags { read, write, run-as-root }";
    assert_eq!(echo(json!(["write", "read"]), access), json!(["write", "read"]));
    assert_eq!(
        echo(json!({"read": true, "write": false, "run_as_root": true}), access),
        json!(["read", "run-as-root"])
    );
    assert_eq!(echo(json!([]), access), json!([]));
    assert_eq!(echo(json!({}), access), json!([]));
    assert_eq!(refusal(json!(["raed"]), access), "[0]: unknown flag \"raed\"; did you mean \"read\"?");
    assert_eq!(refusal(json!([1]), access), "[0]: expected the name of a flag, got 1");
    assert_eq!(refusal(json!({"read": 1}), access), "read: expected bool, got 1");
    assert_eq!(refusal(json!("read"), access), "expected flags { read, write, run-as-root }, got text \"read\"");
}

#[test]
fn what_belongs_to_an_instance_is_refused_by_name() {
    for ty in ["own<resource>", "borrow<resource>", "stream<u8>", "future<string>", "error-context"] {
        let message = format!("{ty} belongs to one instance and cannot be passed as a value");
        assert_eq!(refusal(json!(1), ty), message);
    }
    assert_eq!(
        refusal(json!({"a": {"b": 1}}), "record { a: record { b: own<resource> } }"),
        "a.b: own<resource> belongs to one instance and cannot be passed as a value"
    );
}

#[test]
fn an_untyped_object_with_base64_stays_an_object() {
    let value = Value::from_json(json!({"base64": "aGk="})).unwrap();
    assert_eq!(value, Value::Object(Object::from_pairs(vec![("base64".into(), "aGk=".into())]).unwrap()));
    assert_eq!(value.into_json().unwrap(), json!({"base64": "aGk="}));
}
