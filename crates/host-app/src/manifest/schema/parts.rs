//! What schemas are made of.

use super::super::entry::Kind;
use super::super::examples;
use serde_json::{Map, Value as Json, json};

/// A text that holds a variable of the host's.
pub(super) const VARIABLE: &str = r"\$\{env:";

/// A text that is not the one that the loader sees.
pub(super) const ELSEWHERE: &str = r"\$\{env:|^file://";

/// What stands behind a key.
pub(super) struct Field {
    pub(super) schema: Json,
    pub(super) is_required: bool,
}

impl Field {
    pub(super) fn optional(schema: Json) -> Option<Self> {
        Some(Self { schema, is_required: false })
    }

    pub(super) fn required(schema: Json) -> Option<Self> {
        Some(Self { schema, is_required: true })
    }
}

/// A number or a choice, where a text of the host's environment may stand, too.
pub(super) fn variable(schema: Json) -> Json {
    json!({"anyOf": [schema, {"$ref": "#/$defs/variable"}]})
}

/// A choice, where the text of a variable or of a file may stand, too.
pub(super) fn elsewhere(choices: Vec<Json>) -> Json {
    let mut choices = choices;
    choices.push(json!({"$ref": "#/$defs/elsewhere"}));
    json!({"anyOf": choices})
}

/// The same with a description.
pub(super) fn described(mut schema: Json, about: impl Into<String>) -> Json {
    if let Some(members) = schema.as_object_mut() {
        members.insert("description".to_owned(), Json::String(about.into()));
    }
    schema
}

/// The same with what holds where nothing is written.
pub(super) fn or(mut schema: Json, default: impl Into<Json>) -> Json {
    if let Some(members) = schema.as_object_mut() {
        members.insert("default".to_owned(), default.into());
    }
    schema
}

/// Any text.
pub(super) fn text(about: &str) -> Json {
    json!({"type": "string", "description": about})
}

/// Any text that is not empty.
pub(super) fn some_text(about: &str) -> Json {
    json!({"type": "string", "minLength": 1, "description": about})
}

/// Text that is this as a whole.
pub(super) fn pattern(pattern: &str, about: &str) -> Json {
    json!({"type": "string", "pattern": format!("^({pattern})$|{ELSEWHERE}"), "description": about})
}

/// The id of an entry, or a bare name of the same namespace.
pub(super) fn id(about: &str) -> Json {
    pattern(r"([A-Za-z0-9_.-]+:)?[^:\s]+", about)
}

pub(super) fn boolean(about: &str, default: bool) -> Json {
    or(described(variable(json!({"type": "boolean"})), about), default)
}

/// A whole number from `least`.
pub(super) fn integer(least: u64, about: &str) -> Json {
    described(variable(json!({"type": "integer", "minimum": least})), about)
}

/// A list of what `items` describes.
pub(super) fn list(items: Json, about: &str) -> Json {
    json!({"type": "array", "items": items, "description": about})
}

/// A mapping of these keys and no other.
pub(super) fn closed(keys: Map<String, Json>, about: &str) -> Json {
    json!({"type": "object", "properties": keys, "additionalProperties": false, "description": about})
}

/// The same, in which some keys must be there.
pub(super) fn with_required(mut schema: Json, required: &[&str]) -> Json {
    if let Some(members) = schema.as_object_mut() {
        members.insert("required".to_owned(), json!(required));
    }
    schema
}

/// The schema of each key in a table of keys, and of those that have no effect.
pub(super) fn keys(known: &[&str], idle: &[&str], schema: impl Fn(&str) -> Json) -> Map<String, Json> {
    let known = known.iter().map(|key| ((*key).to_owned(), schema(key)));
    known.chain(idle.iter().map(|key| ((*key).to_owned(), without_effect()))).collect()
}

pub(super) fn without_effect() -> Json {
    json!({"description": "Wippy knows it, and this host does not act on it."})
}

/// One of several words, each with what it means.
pub(super) fn one_of<'a>(words: impl IntoIterator<Item = (&'a str, &'a str)>, about: &str) -> Json {
    let choice = |(word, about): (&str, &str)| match about {
        "" => json!({"const": word}),
        about => json!({"const": word, "description": about}),
    };
    described(elsewhere(words.into_iter().map(choice).collect()), about)
}

/// What a definition in full is called where another stands.
pub(super) fn section(name: &str, about: &str) -> Json {
    json!({"$ref": format!("#/$defs/{name}"), "description": about})
}

/// A description with the line to write, from the table of the remedies.
pub(super) fn with_example(kind: Kind, name: &str, about: &str) -> String {
    match examples::of(Some(kind), name) {
        Some(example) => format!("{about}\n\nFor example {example}."),
        None => about.to_owned(),
    }
}

/// A name as a part of a JSON pointer in the fragment of a reference.
pub(crate) fn pointer(name: &str) -> String {
    let mut pointer = String::new();
    for byte in name.bytes() {
        match byte {
            b'~' => pointer.push_str("~0"),
            b'/' => pointer.push_str("~1"),
            b if b.is_ascii_alphanumeric() || b"._:-".contains(&b) => pointer.push(char::from(b)),
            b => pointer.push_str(&format!("%{b:02X}")),
        }
    }
    pointer
}
