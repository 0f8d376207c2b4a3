//! The table of types, through a guest that gives every value back.

use crate::support::Guest;
use serde_json::{Value as Json, json};
use wippy_host::{ErrorKind, Value};

fn guest() -> Guest {
    Guest::new("values")
}

/// Each value comes back as it went.
async fn same(export: &str, values: &[Json]) {
    let guest = guest();
    for value in values {
        assert_eq!(guest.call(export, json!([value])).await, *value, "{export}");
    }
}

/// Each value comes back in the form that WIT gives it.
async fn becomes(export: &str, pairs: &[(Json, Json)]) {
    let guest = guest();
    for (given, expected) in pairs {
        assert_eq!(guest.call(export, json!([given])).await, *expected, "{export} of {given}");
    }
}

/// Each value is refused, as the argument of the name `value` or under the path that the message starts with.
async fn refuses(export: &str, pairs: &[(Json, &str)]) {
    let guest = guest();
    for (given, message) in pairs {
        let error = guest.fails(export, json!([given])).await;
        assert_eq!(error.message(), format!("test:values: argument 1 {message}"), "{export} of {given}");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{export} of {given}");
    }
}

#[tokio::test]
async fn booleans_come_back() {
    same("echo-bool", &[json!(true), json!(false)]).await;
    refuses(
        "echo-bool",
        &[
            (json!(1), "(value): expected bool, got 1"),
            (json!("true"), "(value): expected bool, got text \"true\""),
            (json!(null), "(value): expected bool, got null"),
        ],
    )
    .await;
}

#[tokio::test]
async fn integers_come_back_to_the_ends_of_their_ranges() {
    same("echo-s8", &[json!(i8::MIN), json!(i8::MAX)]).await;
    same("echo-s16", &[json!(i16::MIN), json!(i16::MAX)]).await;
    same("echo-s32", &[json!(i32::MIN), json!(i32::MAX)]).await;
    same("echo-s64", &[json!(i64::MIN), json!(i64::MAX)]).await;
    same("echo-u8", &[json!(0), json!(u8::MAX)]).await;
    same("echo-u16", &[json!(0), json!(u16::MAX)]).await;
    same("echo-u32", &[json!(0), json!(u32::MAX)]).await;
    same("echo-u64", &[json!(0), json!(i64::MAX), json!(u64::MAX)]).await;
}

#[tokio::test]
async fn an_integer_may_be_written_as_a_float_without_a_fraction() {
    for export in ["echo-s8", "echo-s16", "echo-s32", "echo-s64", "echo-u8", "echo-u16", "echo-u32", "echo-u64"] {
        becomes(export, &[(json!(3.0), json!(3))]).await;
    }
    becomes("echo-s64", &[(json!(-4e3), json!(-4000))]).await;
}

#[tokio::test]
async fn an_integer_out_of_range_is_told_the_range() {
    refuses("echo-s8", &[(json!(128), "(value): expected s8, got 128 (s8 holds -128 to 127)")]).await;
    refuses("echo-s16", &[(json!(-32769), "(value): expected s16, got -32769 (s16 holds -32768 to 32767)")]).await;
    refuses(
        "echo-s32",
        &[(json!(2147483648_u32), "(value): expected s32, got 2147483648 (s32 holds -2147483648 to 2147483647)")],
    )
    .await;
    refuses(
        "echo-s64",
        &[(
            json!(9223372036854775808_u64),
            "(value): expected s64, got 9223372036854775808 (s64 holds -9223372036854775808 to 9223372036854775807)",
        )],
    )
    .await;
    refuses("echo-u8", &[(json!(-1), "(value): expected u8, got -1 (u8 holds 0 to 255)")]).await;
    refuses("echo-u16", &[(json!(65536), "(value): expected u16, got 65536 (u16 holds 0 to 65535)")]).await;
    refuses(
        "echo-u32",
        &[
            (json!(-4), "(value): expected u32, got -4 (u32 holds 0 to 4294967295)"),
            (json!(1.5), "(value): expected u32, got 1.5"),
            (json!("7"), "(value): expected u32, got text \"7\""),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_u64_may_be_decimal_text() {
    becomes(
        "echo-u64",
        &[(json!("18446744073709551615"), json!(u64::MAX)), (json!("0"), json!(0)), (json!("42"), json!(42))],
    )
    .await;
    refuses(
        "echo-u64",
        &[
            (
                json!("18446744073709551616"),
                "(value): expected u64, got text \"18446744073709551616\" (u64 holds 0 to 18446744073709551615)",
            ),
            (json!("-1"), "(value): expected u64, got text \"-1\""),
            (json!("ten"), "(value): expected u64, got text \"ten\""),
        ],
    )
    .await;
}

#[tokio::test]
async fn floats_come_back_also_those_that_are_no_numbers() {
    let names = [json!("NaN"), json!("Infinity"), json!("-Infinity")];
    same("echo-f32", &[json!(0.5), json!(-0.25)]).await;
    same("echo-f32", &names).await;
    same("echo-f64", &[json!(0.1), json!(-1e300), json!(5e-324)]).await;
    same("echo-f64", &names).await;
    becomes("echo-f64", &[(json!(3), json!(3.0))]).await;
    refuses(
        "echo-f32",
        &[(json!(1e300), "(value): expected f32, got 1e300 (f32 holds -3.4028235e38 to 3.4028235e38)")],
    )
    .await;
    refuses("echo-f64", &[(json!("inf"), "(value): expected f64, got text \"inf\"")]).await;
}

#[tokio::test]
async fn a_char_is_text_of_one_character() {
    same("echo-char", &[json!("a"), json!("ñ"), json!("😀"), json!("\0")]).await;
    refuses(
        "echo-char",
        &[
            (json!("ab"), "(value): expected char, got text \"ab\""),
            (json!(""), "(value): expected char, got text \"\""),
            (json!(65), "(value): expected char, got 65"),
        ],
    )
    .await;
}

#[tokio::test]
async fn text_comes_back_and_bytes_become_text_where_they_are_utf_8() {
    same("echo-string", &[json!(""), json!("día 😀\n\0"), json!("x".repeat(1 << 20))]).await;
    refuses("echo-string", &[(json!(5), "(value): expected string, got 5")]).await;
    let guest = guest();
    let text = guest.call_values("echo-string", vec!["día".as_bytes().into()]).await.unwrap();
    assert_eq!(text, Value::from("día"));
    let error = guest.call_values("echo-string", vec![b"a\xff".to_vec().into()]).await.unwrap_err();
    assert_eq!(
        error.message(),
        "test:values: argument 1 (value): expected string, got 2 bytes: invalid utf-8 sequence of 1 bytes from index 1"
    );
}

#[tokio::test]
async fn bytes_stay_bytes() {
    becomes(
        "echo-bytes",
        &[
            (json!("hi"), json!({"base64": "aGk="})),
            (json!([104, 105]), json!({"base64": "aGk="})),
            (json!({"base64": "aGk="}), json!({"base64": "aGk="})),
            (json!([0, 255]), json!({"base64": "AP8="})),
            (json!([]), json!({"base64": ""})),
        ],
    )
    .await;
    refuses(
        "echo-bytes",
        &[
            (json!([1, 256]), "(value[1]): expected u8, got 256 (u8 holds 0 to 255)"),
            (json!({"base64": "a!"}), "(value.base64): expected base64, got text \"a!\": Invalid symbol 33, offset 1."),
            (json!(7), "(value): expected list<u8>, got 7"),
        ],
    )
    .await;
    let all: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    let back = guest().call_values("echo-bytes", vec![all.clone().into()]).await.unwrap();
    assert_eq!(back.as_bytes().unwrap().as_ref(), all);
}

#[tokio::test]
async fn lists_come_back_and_an_empty_table_is_an_empty_list() {
    same("echo-list-u32", &[json!([]), json!([1, 2, 3])]).await;
    same("echo-list-string", &[json!([]), json!(["", "b"])]).await;
    becomes(
        "echo-list-list",
        &[(json!([[1], "b", []]), json!([{"base64": "AQ=="}, {"base64": "Yg=="}, {"base64": ""}]))],
    )
    .await;
    becomes("echo-list-u32", &[(json!({}), json!([]))]).await;
    refuses(
        "echo-list-u32",
        &[
            (json!([1, "x"]), "(value[1]): expected u32, got text \"x\""),
            (json!({"a": 1}), "(value): expected list<u32>, got an object"),
            (json!("12"), "(value): expected list<u32>, got text \"12\""),
        ],
    )
    .await;
    refuses("echo-list-list", &[(json!([[1], [2, -3]]), "(value[1][1]): expected u8, got -3 (u8 holds 0 to 255)")])
        .await;
    assert_eq!(guest().call("concat", json!([["a", "ñ", ""]])).await, json!("añ"));
}

#[tokio::test]
async fn a_tuple_is_an_array_of_its_length() {
    same("echo-tuple", &[json!([1, "a", true])]).await;
    refuses(
        "echo-tuple",
        &[
            (json!([1, "a"]), "(value): expected tuple<u32, string, bool>, got an array of 2"),
            (json!([1, 2, true]), "(value[1]): expected string, got 2"),
            (json!({}), "(value): expected tuple<u32, string, bool>, got an empty object"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_record_is_an_object_with_the_wit_names() {
    let full = json!({"name": "Ana", "age": 30, "email": "a@b.c", "tag-count": 2});
    same("echo-record", std::slice::from_ref(&full)).await;
    let without = json!({"name": "Ana", "age": 30, "email": null, "tag-count": 2});
    becomes(
        "echo-record",
        &[
            (json!({"tag_count": 2, "email": "a@b.c", "age": 30, "name": "Ana"}), full),
            (json!({"name": "Ana", "age": 30, "tag-count": 2}), without.clone()),
            (without.clone(), without),
        ],
    )
    .await;
    refuses(
        "echo-record",
        &[
            (json!({"name": "Ana", "tag-count": 2}), "(user): missing field \"age\" (u32)"),
            (
                json!({"name": "Ana", "age": 1, "tag-count": 2, "emial": "x"}),
                "(user): unknown field \"emial\"; did you mean \"email\"?",
            ),
            (
                json!({"name": "Ana", "age": 1, "tag-count": 2, "colour": "x"}),
                "(user): unknown field \"colour\"; known fields: name, age, email, tag-count",
            ),
            (
                json!({"name": "Ana", "age": 1, "tag-count": 2, "tag_count": 2}),
                "(user): \"tag-count\" is given twice, the second time as \"tag_count\"",
            ),
            (
                json!("Ana"),
                "(user): expected record { name: string, age: u32, email: option<string>, tag-count: u8 }, got text \"Ana\"",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_error_says_where_in_the_value_it_is() {
    let users = |age: i32| {
        json!([{"name": "a", "age": 1, "tag-count": 0}, {"name": "b", "age": 2, "tag-count": 0},
            {"name": "c", "age": age, "tag-count": 0}])
    };
    assert_eq!(guest().call("echo-users", json!([users(3)])).await[2]["age"], 3);
    refuses("echo-users", &[(users(-4), "(users[2].age): expected u32, got -4 (u32 holds 0 to 4294967295)")]).await;
}

#[tokio::test]
async fn an_option_is_its_value_or_null() {
    same("echo-option", &[json!(null), json!(0), json!(7)]).await;
    same("echo-option-string", &[json!(null), json!(""), json!("a")]).await;
    refuses("echo-option", &[(json!("x"), "(value): expected u32, got text \"x\"")]).await;
    assert_eq!(guest().call("echo-option", json!([])).await, json!(null), "absent is none");
}

#[tokio::test]
async fn options_within_options_are_written_out() {
    becomes(
        "echo-nested-option",
        &[
            (json!({"some": 3}), json!({"some": 3})),
            (json!({"some": null}), json!({"some": null})),
            (json!({"none": null}), json!({"none": null})),
            (json!(null), json!({"none": null})),
        ],
    )
    .await;
    refuses(
        "echo-nested-option",
        &[
            (json!(3), "(value): expected {\"some\": …} or {\"none\": null} for option<option<u32>>, got 3"),
            (json!({"some": "x"}), "(value.some): expected u32, got text \"x\""),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_result_is_ok_or_err_as_an_argument_and_as_a_functions_value() {
    same("echo-result", &[json!({"ok": 7}), json!({"err": "no"})]).await;
    same("echo-plain-result", &[json!({"ok": null}), json!({"err": null})]).await;
    refuses(
        "echo-result",
        &[
            (json!({"ok": "x"}), "(value.ok): expected u32, got text \"x\""),
            (json!(7), "(value): expected {\"ok\": …} or {\"err\": …} for result<u32, string>, got 7"),
            (
                json!({"ok": 1, "err": "x"}),
                "(value): expected {\"ok\": …} or {\"err\": …} for result<u32, string>, got an object",
            ),
        ],
    )
    .await;
    refuses("echo-plain-result", &[(json!({"ok": 1}), "(value.ok): expected null, for there is no payload, got 1")])
        .await;
    assert_eq!(guest().err("fail", json!(["why"])).await, json!("why"));
    let user = json!({"name": "Ana", "age": 30, "email": null, "tag-count": 2});
    assert_eq!(guest().err("fail-with", json!([user])).await, user);
}

#[tokio::test]
async fn a_variant_is_its_case_with_its_payload() {
    same("echo-variant", &[json!({"circle": 1.5}), json!({"rectangle": [1.0, 2.0]}), json!({"named": "x"})]).await;
    becomes("echo-variant", &[(json!("point"), json!("point")), (json!({"point": null}), json!("point"))]).await;
    refuses(
        "echo-variant",
        &[
            (json!("circle"), "(value): expected {\"circle\": f64}, got text \"circle\""),
            (json!("squre"), "(value): unknown case \"squre\"; known cases: circle, rectangle, named, point"),
            (json!("pont"), "(value): unknown case \"pont\"; did you mean \"point\"?"),
            (json!({"rectangle": [1.0, "x"]}), "(value.rectangle[1]): expected f64, got text \"x\""),
            (json!({"point": 1}), "(value.point): expected null, for there is no payload, got 1"),
        ],
    )
    .await;
}

#[tokio::test]
async fn an_enum_is_a_name_or_its_index() {
    same("echo-enum", &[json!("red"), json!("dark-blue")]).await;
    becomes(
        "echo-enum",
        &[(json!(0), json!("red")), (json!(2), json!("dark-blue")), (json!("dark_blue"), json!("dark-blue"))],
    )
    .await;
    refuses(
        "echo-enum",
        &[
            (json!("gren"), "(value): unknown case \"gren\"; did you mean \"green\"?"),
            (json!(3), "(value): expected enum { red, green, dark-blue } or its index, 0 to 2, got 3"),
            (json!(true), "(value): expected enum { red, green, dark-blue }, got true"),
        ],
    )
    .await;
}

#[tokio::test]
async fn flags_are_a_list_of_names_or_an_object_of_booleans() {
    same("echo-flags", &[json!([]), json!(["read"]), json!(["read", "write", "run-as-root"])]).await;
    becomes(
        "echo-flags",
        &[
            (json!(["run-as-root", "read"]), json!(["read", "run-as-root"])),
            (json!({"read": true, "write": false, "run_as_root": true}), json!(["read", "run-as-root"])),
            (json!({}), json!([])),
        ],
    )
    .await;
    refuses(
        "echo-flags",
        &[
            (json!(["raed"]), "(value[0]): unknown flag \"raed\"; did you mean \"read\"?"),
            (json!([1]), "(value[0]): expected the name of a flag, got 1"),
            (json!({"read": 1}), "(value.read): expected bool, got 1"),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_wrong_number_of_arguments_is_told_the_parameters() {
    let guest = guest();
    for (export, arguments, message) in [
        ("add", json!([1]), "expected 2 arguments (a: s32, b: s32), got 1"),
        ("add", json!([1, 2, 3]), "expected 2 arguments (a: s32, b: s32), got 3"),
        ("echo-char", json!([]), "expected 1 argument (value: char), got 0"),
        ("nothing", json!([1]), "expected no arguments, got 1"),
    ] {
        let error = guest.fails(export, arguments).await;
        assert_eq!(error.message(), format!("test:values: {message}"));
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
}

#[tokio::test]
async fn a_function_without_a_result_gives_nothing() {
    assert_eq!(guest().call("nothing", json!([])).await, json!(null));
}

#[tokio::test]
async fn a_function_of_an_interface_is_found_by_its_short_and_by_its_long_name() {
    let guest = guest();
    for method in ["demo:values/math#add", "math#add", "add"] {
        assert_eq!(guest.call(method, json!([2, 40])).await, json!(42), "{method}");
    }
    assert_eq!(guest.function("math#add").await.method(), "demo:values/math#add");
    assert_eq!(guest.function("add").await.method(), "add");
}
