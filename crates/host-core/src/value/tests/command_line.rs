//! Arguments of a command line.

use serde_json::{Value as Json, json};

use super::wit;
use crate::value::{Signature, argument_from_text, arguments_from_text};

/// What `text` is as an argument of the type `wit`, by its JSON form behind the type.
fn read(text: &str, wit: &str) -> Result<Json, String> {
    let signature = Signature::of(&wit::func(&format!("(a: {wit})")));
    let args = arguments_from_text(signature.params(), &[text]).map_err(|error| error.to_string())?;
    let vals = signature.to_vals(args).map_err(|error| error.to_string())?;
    let val = vals.into_iter().next().unwrap();
    Ok(crate::value::from_val(val, &signature.params()[0].1).unwrap().into_json().unwrap())
}

#[test]
fn a_string_takes_the_text_itself() {
    for text in ["hello", "5", "{\"a\": 1}", "", "\"", "\"a\" b", "null"] {
        assert_eq!(read(text, "string").unwrap(), json!(text));
    }
    assert_eq!(read("\"a\\nb\"", "string").unwrap(), json!("a\nb"));
    assert_eq!(read("\"5\"", "option<string>").unwrap(), json!("5"));
    assert_eq!(read("null", "option<string>").unwrap(), json!(null));
    assert_eq!(read("\"null\"", "option<string>").unwrap(), json!("null"));
    assert_eq!(read("", "option<string>").unwrap(), json!(""));
}

#[test]
fn bytes_take_json_forms_or_the_text() {
    let hi = json!({"base64": "aGk="});
    for text in ["hi", "[104, 105]", "{\"base64\": \"aGk=\"}", "\"hi\""] {
        assert_eq!(read(text, "list<u8>").unwrap(), hi, "{text}");
        assert_eq!(read(text, "list<u8, 2>").unwrap(), hi, "{text}");
        assert_eq!(read(text, "option<list<u8>>").unwrap(), hi, "{text}");
    }
    assert_eq!(read("{}", "list<u8>").unwrap(), json!({"base64": "e30="}));
    assert_eq!(read("42", "list<u8>").unwrap(), json!({"base64": "NDI="}));
    assert_eq!(
        read("[1, 300]", "list<u8>").unwrap_err(),
        "argument 1 (a[1]): expected u8, got 300 (u8 holds 0 to 255)"
    );
}

#[test]
fn names_and_characters_need_no_quotes() {
    assert_eq!(read("red", "enum { red, green }").unwrap(), json!("red"));
    assert_eq!(read("\"red\"", "enum { red, green }").unwrap(), json!("red"));
    assert_eq!(read("1", "enum { red, green }").unwrap(), json!("green"));
    assert_eq!(read("true", "enum { true, false }").unwrap(), json!("true"));
    assert_eq!(read("read", "flags { read, write }").unwrap(), json!(["read"]));
    assert_eq!(read("read, write", "flags { read, write }").unwrap(), json!(["read", "write"]));
    assert_eq!(read("[\"read\"]", "flags { read, write }").unwrap(), json!(["read"]));
    assert_eq!(read("dot", "variant { dot, line(u32) }").unwrap(), json!("dot"));
    assert_eq!(read("{\"line\": 5}", "variant { dot, line(u32) }").unwrap(), json!({"line": 5}));
    assert_eq!(read("x", "char").unwrap(), json!("x"));
    assert_eq!(read("\"", "char").unwrap(), json!("\""));
    assert_eq!(read("\"\\n\"", "char").unwrap(), json!("\n"));
    assert_eq!(read("NaN", "f64").unwrap(), json!("NaN"));
    assert_eq!(read("-Infinity", "option<f32>").unwrap(), json!("-Infinity"));
}

#[test]
fn everything_else_is_json() {
    assert_eq!(read("-5", "s32").unwrap(), json!(-5));
    assert_eq!(read("18446744073709551615", "u64").unwrap(), json!(u64::MAX));
    assert_eq!(read("true", "bool").unwrap(), json!(true));
    assert_eq!(read("[\"a\"]", "list<string>").unwrap(), json!(["a"]));
    assert_eq!(read("{\"some\": null}", "option<option<u8>>").unwrap(), json!({"some": null}));
    assert_eq!(read("null", "option<option<u8>>").unwrap(), json!({"none": null}));
}

#[test]
fn a_wrong_argument_is_told_what_was_expected() {
    assert_eq!(read("x", "s32").unwrap_err(), "argument 1 (a): expected s32, got text \"x\"");
    assert_eq!(read("\"x\"", "s32").unwrap_err(), "argument 1 (a): expected s32, got text \"x\"");
    assert_eq!(read("", "bool").unwrap_err(), "argument 1 (a): expected bool, got text \"\"");
    assert_eq!(read("x", "option<s32>").unwrap_err(), "argument 1 (a): expected s32, got text \"x\"");
    assert_eq!(read("rde", "enum { red }").unwrap_err(), "argument 1 (a): unknown case \"rde\"; did you mean \"red\"?");
    assert_eq!(read("ab", "char").unwrap_err(), "argument 1 (a): expected char, got text \"ab\"");
    assert_eq!(
        read("{\"b\": }", "record { b: u32 }").unwrap_err(),
        "argument 1 (a): expected record { b: u32 }, got text \"{\\\"b\\\": }\": expected value at line 1 column 7"
    );
}

#[test]
fn the_number_of_arguments_is_checked() {
    let params = wit::params("(a: s32, b: s32)");
    let error = arguments_from_text(&params, &["1", "2", "3"]).unwrap_err();
    assert_eq!(error.to_string(), "expected 2 arguments (a: s32, b: s32), got 3");
    let error = arguments_from_text(&params, &["1"]).unwrap_err();
    assert_eq!(error.to_string(), "expected 2 arguments (a: s32, b: s32), got 1");
    let params = wit::params("(a: s32, b: option<s32>, c: option<s32>)");
    assert_eq!(arguments_from_text(&params, &["1"]).unwrap().len(), 1);
    assert_eq!(arguments_from_text(&params, &["1", "2"]).unwrap().len(), 2);
    assert!(arguments_from_text::<&str>(&params, &[]).is_err());
}

#[test]
fn one_argument_alone_has_no_place() {
    let error = argument_from_text("x", &wit::ty("s32")).unwrap_err();
    assert_eq!(error.to_string(), "expected s32, got text \"x\"");
    assert_eq!(error.in_argument(2, "c").to_string(), "argument 3 (c): expected s32, got text \"x\"");
}
