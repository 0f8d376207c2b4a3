//! Types of more parts than are looked up ahead.

use serde_json::json;

use super::{echo, refusal};

/// A pair of a thousand options, which come first, and of what the type `wit` writes.
fn behind_a_thousand(wit: &str) -> String {
    format!("tuple<tuple<{}>, {wit}>", vec!["option<u8>"; 1_000].join(", "))
}

#[test]
fn what_lies_behind_a_thousand_parts_converts_as_it_does_in_front() {
    for (wit, given, wrong) in [
        ("list<record { a: u32, b: option<string> }>", json!([{"a": 1, "b": "x"}, {"a": 2, "b": null}]), json!([1])),
        ("list<u8, 2>", json!({"base64": "YWI="}), json!([1])),
        ("map<string, tuple<u8, u8>>", json!({"k": [1, 2]}), json!({"k": [1]})),
        ("option<option<u32>>", json!({"some": null}), json!(1)),
        ("result<list<option<u8>>, string>", json!({"ok": [1, null]}), json!({"err": 1})),
        ("variant { circle(option<f64>), point }", json!({"circle": 1.5}), json!("circle")),
        ("enum { red, green }", json!("green"), json!("gren")),
        ("flags { read, write }", json!(["write"]), json!(["wirte"])),
    ] {
        let large = behind_a_thousand(wit);
        let behind = |value| json!([vec![json!(null); 1_000], value]);
        assert_eq!(echo(given.clone(), wit), given);
        assert_eq!(echo(behind(given.clone()), &large), behind(given));
        assert_eq!(
            refusal(behind(wrong.clone()), &large).strip_prefix("[1]").map(unplaced),
            Some(&*refusal(wrong, wit))
        );
    }
    let handle = "record { a: list<own<resource>> }";
    let refused = refusal(json!([vec![json!(null); 1_000], {"a": [1]}]), &behind_a_thousand(handle));
    assert_eq!(refused, "[1].a[0]: own<resource> belongs to one instance and cannot be passed as a value");
}

/// A message without the sign between its place and the place within.
fn unplaced(message: &str) -> &str {
    message.trim_start_matches(": ").trim_start_matches('.')
}
