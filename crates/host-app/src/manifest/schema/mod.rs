//! The JSON Schema of the files of an application, with which editors complete and check them.
//!
//! Which keys there are, and which names are known, comes from the tables that the readers use; [`fields`] says what
//! stands behind a key, and `examples` has the line to write. What a schema accepts may still be wrong: it sees one file, and of
//! a text that `${env:…}` or `file://` replaces only that it is one.

mod fields;
mod parts;
mod sections;

use super::document::FILE_KEYS;
use super::entry::Kind;
use parts::pattern;
use serde_json::{Map, Value as Json, json};

pub(crate) use parts::pointer;

/// What the imports of a build add to a schema.
#[derive(Debug, Default)]
pub(crate) struct ImportSchemas {
    /// The names that `imports` may list, each with what it grants.
    pub(crate) names: Vec<(String, String)>,
    /// The keys of `wasi` that imports own.
    pub(crate) wasi: Map<String, Json>,
    /// The sections of `config`.
    pub(crate) config: Map<String, Json>,
    /// What those refer to, below `$defs`.
    pub(crate) definitions: Map<String, Json>,
}

/// The schema of any file that belongs to an application.
pub(crate) fn schema(imports: ImportSchemas) -> Json {
    let mut definitions = Map::new();
    let mut define = |name: String, schema: Json| drop(definitions.insert(name, schema));
    define("elsewhere".to_owned(), json!({"type": "string", "pattern": parts::ELSEWHERE}));
    define("variable".to_owned(), json!({"type": "string", "pattern": parts::VARIABLE}));
    define("entry".to_owned(), entry());
    for kind in Kind::ALL.iter().copied() {
        let (in_list, alone) = of_kind(kind);
        define(kind.as_str().to_owned(), in_list);
        define(alone_name(kind), alone);
    }
    for (name, section) in sections::all(&imports) {
        define(name.to_owned(), section);
    }
    definitions.extend(imports.definitions);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Entries of an application of wippy-host",
        "description": "A file that belongs to an application: its namespace and its entries, or one entry alone.",
        "type": "object",
        "required": ["namespace"],
        "properties": {"namespace": namespace(), "version": version()},
        "if": {"not": {"required": ["entries"]}, "anyOf": [{"required": ["kind"]}, {"required": ["name"]}]},
        "then": by_kind(alone_name),
        "else": file(),
        "$defs": definitions,
    })
}

fn alone_name(kind: Kind) -> String {
    format!("{kind}-alone")
}

fn namespace() -> Json {
    pattern("[A-Za-z0-9_.-]{1,255}", "What stands before the names of all entries of the file, for example `demo`.")
}

fn version() -> Json {
    json!({"type": ["string", "number", "boolean", "null"], "description": "The version of the form, which is \"1.0\"."})
}

/// A file with a list of entries.
fn file() -> Json {
    let key = |key: &&'static str| {
        let schema = match *key {
            "entries" => json!({
                "type": "array", "items": {"$ref": "#/$defs/entry"}, "description": "The entries of this file.",
            }),
            "meta" => json!({
                "type": "object", "description": "What all entries of the file have in their `meta`, unless they say otherwise.",
            }),
            // Described at the top already.
            _ => json!(true),
        };
        ((*key).to_owned(), schema)
    };
    let keys: Map<String, Json> = FILE_KEYS.iter().map(key).collect();
    json!({"properties": keys, "additionalProperties": false})
}

/// An entry of a list.
fn entry() -> Json {
    let mut entry = by_kind(|kind| kind.as_str().to_owned());
    if let Some(members) = entry.as_object_mut() {
        members.insert("type".to_owned(), json!("object"));
    }
    entry
}

/// What holds for every kind, and what for each.
fn by_kind(definition: impl Fn(Kind) -> String) -> Json {
    let cases = Kind::ALL.iter().copied().map(|kind| {
        let is_it = json!({"properties": {"kind": {"const": kind.as_str()}}, "required": ["kind"]});
        json!({"if": is_it, "then": {"$ref": format!("#/$defs/{}", parts::pointer(&definition(kind)))}})
    });
    let cases: Vec<_> = cases.collect();
    json!({
        "required": ["name", "kind"],
        "properties": {"name": fields::name(), "kind": fields::kind()},
        "allOf": cases,
    })
}

/// The schema of a kind: of an entry in a list, and of one that is a file of its own.
fn of_kind(kind: Kind) -> (Json, Json) {
    let mut keys = Map::new();
    let mut required = Vec::new();
    for key in kind.keys() {
        // A test holds that there is none.
        let Some(field) = fields::field(kind, key) else { continue };
        if field.is_required {
            required.push(*key);
        }
        keys.insert((*key).to_owned(), field.schema);
    }
    for key in kind.without_effect() {
        keys.entry(key).or_insert_with(parts::without_effect);
    }
    let here = |key: &String| {
        let place = format!("#/$defs/{}/properties/{key}", kind.as_str());
        (key.clone(), json!({"$ref": place}))
    };
    let mut alone: Map<String, Json> = keys.keys().map(here).collect();
    alone.extend(["namespace", "version"].map(|key| (key.to_owned(), json!(true))));
    let closed = |keys: Map<String, Json>| json!({"properties": keys, "required": required, "additionalProperties": false, "description": about(kind)});
    (closed(keys), closed(alone))
}

/// What a kind is, in a line.
fn about(kind: Kind) -> &'static str {
    match kind {
        Kind::EnvStorageFile => "Variables in a file of lines `NAME=value`.",
        Kind::EnvStorageMemory => "Variables that may change while the application runs.",
        Kind::EnvStorageOs => "The variables of the host's process.",
        Kind::EnvStorageRouter => "Several storages as one.",
        Kind::EnvStorageStatic => "Variables that stay as they are written.",
        Kind::EnvVariable => "One variable of a storage.",
        Kind::FsDirectory => "A directory that others may name.",
        Kind::FunctionLua => "A function in Lua.",
        Kind::FunctionWasm => "A function from a compiled module.",
        Kind::FunctionWat => "A function from WebAssembly text.",
        Kind::HttpEndpoint => "A function that answers requests.",
        Kind::HttpRouter => "Endpoints below one prefix.",
        Kind::HttpService => "An address that is listened on.",
        Kind::LibraryLua => "Lua that other Lua may load.",
        Kind::ProcessHost => "Where processes run.",
        Kind::ProcessWasm => "A program from a compiled module: it is started instead of called.",
        Kind::TerminalHost => "Where commands run.",
    }
}
