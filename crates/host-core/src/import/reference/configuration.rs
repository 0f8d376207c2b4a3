//! A table of the keys that a JSON schema has.

use serde_json::Value as Json;
use std::fmt::Write as _;

/// Writes the keys of `schema` below a line that says where they stand, those of nested objects with their path.
pub(super) fn table(page: &mut String, place: &str, schema: &Json) {
    let _ = write!(page, "Configuration, in {place}:\n\n| key | type | default | what it is |\n|---|---|---|---|\n");
    rows(page, schema, schema, "", &mut Vec::new());
}

/// `open` are the types that the rows stand in: one that holds itself is told once.
fn rows<'a>(page: &mut String, root: &'a Json, schema: &'a Json, prefix: &str, open: &mut Vec<&'a Json>) {
    if open.contains(&schema) {
        return;
    }
    open.push(schema);
    for (key, value) in schema["properties"].as_object().into_iter().flatten() {
        let (name, inner) = kind(root, value);
        let list = if name.starts_with("list") { "[]" } else { "" };
        let default = match &value["default"] {
            Json::Null => "none".to_owned(),
            Json::String(text) if text.is_empty() => "none".to_owned(),
            Json::Array(list) if list.is_empty() => "none".to_owned(),
            default => format!("`{default}`"),
        };
        let what = value["description"].as_str().unwrap_or_default().replace('\n', " ").replace('|', "\\|");
        let _ = writeln!(page, "| `{prefix}{key}` | {name} | {default} | {what} |");
        if let Some(inner) = inner {
            rows(page, root, inner, &format!("{prefix}{key}{list}."), open);
        }
    }
    open.pop();
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
        ["integer"] => ("whole number".to_owned(), None),
        ["object"] => ("mapping".to_owned(), Some(schema)),
        ["array"] => {
            let (of, inner) = kind(root, &schema["items"]);
            (format!("list of {}", of.replace("text", "texts").replace("mapping", "mappings")), inner)
        }
        [] => ("any".to_owned(), None),
        types => (types.join(" or "), None),
    }
}

/// What a reference leads to, also that of an optional value.
fn resolved<'a>(root: &'a Json, schema: &'a Json) -> &'a Json {
    let optional = schema["anyOf"].as_array().and_then(|any| any.iter().find(|schema| schema["type"] != "null"));
    let schema = optional.unwrap_or(schema);
    let pointer = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use super::table;
    use serde_json::json;

    #[test]
    fn each_key_has_its_type_default_and_description_and_types_that_hold_themselves_end() {
        let schema = json!({
            "properties": {
                "size": {"type": ["integer", "null"], "default": 3, "description": "How\nmany a|b."},
                "rules": {"type": "array", "items": {"$ref": "#/$defs/Rule"}},
                "free": {},
            },
            "$defs": {"Rule": {"type": "object", "properties": {
                "host": {"type": "string", "default": ""},
                "inner": {"anyOf": [{"$ref": "#/$defs/Rule"}, {"type": "null"}]},
            }}},
        });
        let mut page = String::new();
        table(&mut page, "`config` of the entry", &schema);
        let rows: Vec<&str> = page.lines().skip(4).collect();
        assert_eq!(
            rows,
            [
                "| `size` | whole number | `3` | How many a\\|b. |",
                "| `rules` | list of mappings | none |  |",
                "| `rules[].host` | text | none |  |",
                "| `rules[].inner` | mapping | none |  |",
                "| `free` | any | none |  |",
            ]
        );
    }
}
