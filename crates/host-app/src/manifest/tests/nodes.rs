//! The tree, its paths, its scalars, its JSON.

use super::*;
use crate::manifest::{Node, NodeValue, PathSegment, ScalarKind};

/// The `meta` of an entry, which may hold anything.
fn node(text: &str) -> Node {
    let text = format!("namespace: demo\nentries:\n  - name: it\n    kind: env.storage.os\n    meta: {text}\n");
    let loaded = App::new(&[("_index.yaml", &text)]).load();
    assert_eq!(loaded.problems.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    loaded.declarations.get(&id("demo:it")).unwrap().meta.own.clone().unwrap()
}

#[test]
fn scalars_follow_the_core_schema_of_yaml_1_2() {
    let kind = |text: &str| match node(&format!("{{ x: {text} }}")).get("x").unwrap().value() {
        NodeValue::Scalar(scalar) => scalar.kind,
        other => panic!("{other:?}"),
    };
    for text in ["", "~", "null", "Null", "NULL"] {
        assert_eq!(kind(text), ScalarKind::Null, "{text}");
    }
    for (text, value) in [("true", true), ("True", true), ("TRUE", true), ("false", false), ("FALSE", false)] {
        assert_eq!(kind(text), ScalarKind::Boolean(value), "{text}");
    }
    let integers = [
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("0755", 755),
        ("-0", 0),
        ("18446744073709551615", i128::from(u64::MAX)),
        ("-9223372036854775808", i128::from(i64::MIN)),
    ];
    for (text, value) in integers {
        assert_eq!(kind(text), ScalarKind::Integer(value), "{text}");
    }
    let floats = [
        ("1.5", 1.5),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("1.5E-1", 0.15),
        ("18446744073709551616", 18446744073709551616.0),
    ];
    for (text, value) in floats {
        assert_eq!(kind(text), ScalarKind::Float(value), "{text}");
    }
    assert_eq!(kind("-.inf"), ScalarKind::Float(f64::NEG_INFINITY));
    assert!(matches!(kind(".nan"), ScalarKind::Float(value) if value.is_nan()));
    let texts = [
        "yes",
        "no",
        "on",
        "off",
        "tRUE",
        "1_000",
        "0b1",
        "1:30",
        ".",
        "-",
        "+",
        "1e",
        "e1",
        ".e1",
        "0o8",
        "0x",
        "-0x1",
        "inf",
        "infinity",
        "nan",
        "1.2.3",
        "2024-01-01",
        "\"1\"",
        "'true'",
        "\"\"",
        "sha256:1",
    ];
    for text in texts {
        if text != "-" {
            assert_eq!(kind(text), ScalarKind::Text, "{text}");
        }
    }
}

#[test]
fn a_tree_becomes_json() {
    let json =
        node("{ a: [1, -2, 1.5, true, ~, text, \"5\"], b: { c: {} }, d: .inf, e: 18446744073709551615 }").to_json();
    assert_eq!(
        json.to_string(),
        r#"{"a":[1,-2,1.5,true,null,"text","5"],"b":{"c":{}},"d":".inf","e":18446744073709551615}"#
    );
}

#[test]
fn a_path_leads_to_a_place() {
    let node = node("\n      env:\n        - { id: a, nam: b }\n        - { id: c }");
    let path = |segments: &[PathSegment]| node.at_path(segments).map(|node| node.span().to_string());
    assert_eq!(path(&[]), Some("_index.yaml:6:7".to_owned()));
    assert_eq!(path(&["env".into(), 1.into(), "id".into()]), Some("_index.yaml:8:17".to_owned()));
    assert_eq!(path(&["env".into(), 2.into()]), None);
    assert_eq!(path(&["env".into(), "id".into()]), None);
    let (nearest, steps) = node.nearest_at_path(&["env".into(), 0.into(), "name".into()]);
    assert_eq!((nearest.span().to_string().as_str(), steps), ("_index.yaml:7:11", 2));
    let key = node.key_at_path(&["env".into(), 0.into(), "nam".into()]).unwrap();
    assert_eq!((&*key.value, key.span.to_string().as_str()), ("nam", "_index.yaml:7:20"));
    assert!(node.key_at_path(&["env".into(), 0.into()]).is_none());
    assert!(node.key_at_path(&[]).is_none());
}

#[test]
fn keys_come_in_the_order_of_the_file() {
    let node = node("{ z: 1, a: 2, m: 3 }");
    let keys: Vec<_> = node.keys().map(|key| (&*key.value, key.span.column)).collect();
    assert_eq!(keys, [("z", 13), ("a", 19), ("m", 25)]);
    assert_eq!(node.get("z").unwrap().keys().count(), 0);
}
