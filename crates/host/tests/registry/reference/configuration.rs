//! A table of the keys that a JSON schema has.

#![allow(clippy::panic)]

use serde_json::Value as Json;
use std::fmt::Write as _;

/// Writes the keys of `schema` below a line that says where they stand, those of nested objects with their path.
pub(crate) fn table(page: &mut String, place: &str, schema: &Json) {
    write!(page, "Configuration, in {place}:\n\n| key | type | default | what it is |\n|---|---|---|---|\n").unwrap();
    rows(page, schema, schema, "");
    page.push('\n');
}

fn rows(page: &mut String, root: &Json, schema: &Json, prefix: &str) {
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        let (name, inner) = kind(root, value);
        let list = if name.starts_with("list") { "[]" } else { "" };
        let default = match &value["default"] {
            Json::Null => "none".to_owned(),
            Json::String(text) if text.is_empty() => "none".to_owned(),
            Json::Array(list) if list.is_empty() => "none".to_owned(),
            default => format!("`{default}`"),
        };
        let what = value["description"].as_str().unwrap_or_default().replace('\n', " ");
        writeln!(page, "| `{prefix}{key}` | {name} | {default} | {what} |").unwrap();
        if let Some(inner) = inner {
            rows(page, root, inner, &format!("{prefix}{key}{list}."));
        }
    }
}

/// How a type is spoken of, and the object that it is, or is a list of.
fn kind<'a>(root: &'a Json, schema: &'a Json) -> (String, Option<&'a Json>) {
    let schema = resolved(root, schema);
    let types: Vec<&str> = match &schema["type"] {
        Json::Array(types) => types.iter().filter_map(Json::as_str).filter(|name| *name != "null").collect(),
        name => name.as_str().into_iter().collect(),
    };
    match types.as_slice() {
        ["string"] => ("text".to_owned(), None),
        ["boolean"] => ("boolean".to_owned(), None),
        ["integer"] => ("whole number".to_owned(), None),
        ["object"] => ("mapping".to_owned(), Some(schema)),
        ["array"] => {
            let (of, inner) = kind(root, &schema["items"]);
            (format!("list of {}", of.replace("text", "texts").replace("mapping", "mappings")), inner)
        }
        // A type that this page has no word for would be left out silently.
        other => panic!("no name for the type {other:?} of {schema}"),
    }
}

/// What a reference leads to, also that of an optional value.
fn resolved<'a>(root: &'a Json, schema: &'a Json) -> &'a Json {
    let optional = schema["anyOf"].as_array().and_then(|any| any.iter().find(|schema| schema["type"] != "null"));
    let schema = optional.unwrap_or(schema);
    let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}
