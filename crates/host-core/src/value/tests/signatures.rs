//! Types and signatures as people read them.

use super::wit;
use crate::value::{signature, type_name};

#[test]
fn types_are_written_in_wit_notation() {
    for text in [
        "bool",
        "s8",
        "u8",
        "s16",
        "u16",
        "s32",
        "u32",
        "s64",
        "u64",
        "f32",
        "f64",
        "char",
        "string",
        "error-context",
        "own<resource>",
        "borrow<resource>",
        "list<u8>",
        "list<u8, 4>",
        "map<string, u32>",
        "tuple<u32, string, list<char>>",
        "option<option<u32>>",
        "result",
        "result<u32>",
        "result<_, string>",
        "result<u32, string>",
        "future",
        "future<u32>",
        "stream",
        "stream<u8>",
        "record { name: string, tag-count: u32 }",
        "variant { none, some-thing(list<u32>) }",
        "enum { a, b }",
        "flags { read, write }",
        "list<record { inner: record { shape: variant { dot, line(tuple<s32, s32>) } } }>",
    ] {
        assert_eq!(type_name(&wit::ty(text)), text);
    }
}

#[test]
fn long_and_deep_types_are_cut() {
    let deep = (0..20).fold("u32".to_owned(), |inner, _| format!("list<{inner}>"));
    assert_eq!(type_name(&wit::ty(&deep)), "list<list<list<list<list<list<list<list<…>>>>>>>>");
    let fields: Vec<String> = (0..100).map(|number| format!("field-{number}: string")).collect();
    let name = type_name(&wit::ty(&format!("record {{ {} }}", fields.join(", "))));
    assert!(name.starts_with("record { field-0: string, field-1: string, "), "{name}");
    assert!(name.ends_with('…') && name.len() <= 203, "{name}");
}

#[test]
fn signatures_are_written_as_wit_writes_them() {
    for text in [
        "()",
        "(a: s32, b: s32) -> s32",
        "(user: record { name: string, age: u32 }) -> result<_, string>",
        "async (url: string) -> list<u8>",
    ] {
        assert_eq!(signature(&wit::func(text)), text);
    }
}
