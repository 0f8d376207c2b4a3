//! The JSON Schema of an application's files for one build: with the imports that it has, and their configuration.

use crate::manifest::{ImportSchemas, pointer};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use wippy_host_core::{Registration, Registry, Section};

/// The section of an entry that imports share.
const SHARED: &str = "wasi";

/// The JSON Schema (draft 2020-12) of a file that belongs to an application: every kind of entry, the names that `imports` may list
/// in a build with this registry, and what its imports read of `wasi` and `config`.
///
/// A file that it refuses has a problem, with one exception: it wants a value behind every key, where the loader takes
/// none for an absent key. What it accepts may still have one: it sees a single file, and neither references nor code.
pub fn schema(registry: &Registry) -> Json {
    let mut schemas = ImportSchemas { names: names(registry), ..ImportSchemas::default() };
    for import in registry.imports() {
        // No kind of entry and no section of ours has a colon in its name.
        let name = format!("import:{}", import.meta().name);
        let (section, definitions) = own(import, &name);
        let keys = section.get("properties").and_then(Json::as_object).into_iter().flat_map(Map::keys);
        let place = |path: String| reference(&format!("{}{path}", pointer(&name)));
        match import.meta().section {
            Section::None => continue,
            Section::Own(key) => drop(schemas.config.insert(key.to_owned(), place(String::new()))),
            Section::Shared(SHARED) => {
                let keys = keys.map(|key| (key.clone(), place(format!("/properties/{}", pointer(key)))));
                schemas.wasi.extend(keys.collect::<Vec<_>>());
            }
            // No kind of entry has another section.
            Section::Shared(_) => continue,
        }
        schemas.definitions.insert(name, section);
        schemas.definitions.extend(definitions);
    }
    crate::manifest::schema(schemas)
}

/// What `imports` may list, with what each name grants, by name; an alias of several imports once.
fn names(registry: &Registry) -> Vec<(String, String)> {
    let mut names = BTreeMap::new();
    for import in registry.imports() {
        let meta = import.meta();
        names.insert(meta.name.to_owned(), format!("{}.", meta.summary));
        for interface in meta.interfaces {
            names.entry(interface.name.to_owned()).or_insert_with(|| format!("One interface of {}.", meta.name));
        }
        for alias in meta.aliases {
            let about = names.entry(alias.name.to_owned()).or_insert_with(|| "An alias for".to_owned());
            about.push_str(&format!(" {}", meta.name));
        }
    }
    names.into_iter().collect()
}

/// The schema of an import's configuration, and those that it refers to, under names that begin with its own.
fn own(import: &Registration, name: &str) -> (Json, Map<String, Json>) {
    let mut schema = import.schema();
    moved(&mut schema, name);
    let mut definitions = Map::new();
    if let Some(members) = schema.as_object_mut() {
        members.retain(|key, _| key != "$schema" && key != "title");
        if let Some(Json::Object(own)) = members.remove("$defs") {
            definitions.extend(own.into_iter().map(|(key, schema)| (format!("{name}.{key}"), schema)));
        }
    }
    close(&mut schema);
    definitions.values_mut().for_each(close);
    (schema, definitions)
}

fn reference(place: &str) -> Json {
    serde_json::json!({"$ref": format!("#/$defs/{place}")})
}

/// Turns references inside the schema of an import to where it stands now.
fn moved(schema: &mut Json, import: &str) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(|item| moved(item, import)),
        Json::Object(members) => {
            if let Some(Json::String(target)) = members.get_mut("$ref") {
                let import = pointer(import);
                let place = match target.strip_prefix("#/$defs/") {
                    Some(definition) => Some(format!("{import}.{definition}")),
                    None => target.strip_prefix('#').map(|path| format!("{import}{path}")),
                };
                if let Some(place) = place {
                    *target = format!("#/$defs/{place}");
                }
            }
            members.values_mut().for_each(|value| moved(value, import));
        }
        _ => {}
    }
}

/// A key that a configuration does not have is an error. Where several schemas describe one object, none of them alone can
/// say which keys there are, and the loader is left to judge.
fn close(schema: &mut Json) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(close),
        Json::Object(members) => {
            let joined = ["$ref", "allOf", "anyOf", "oneOf"].iter().any(|key| members.contains_key(*key));
            if members.contains_key("properties") && joined {
                return;
            }
            if members.contains_key("properties") && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".to_owned(), Json::Bool(false));
            }
            for (_, value) in members.iter_mut().filter(|(key, _)| *key != "allOf") {
                close(value);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{close, moved};
    use serde_json::json;

    #[test]
    fn references_of_an_import_lead_to_where_it_stands_now() {
        let mut schema = json!({"properties": {"a": {"$ref": "#/$defs/A"}, "b": {"items": {"$ref": "#"}}}});
        moved(&mut schema, "import:acme:kv/x");
        let now = json!({"a": {"$ref": "#/$defs/import:acme:kv~1x.A"}, "b": {"items": {"$ref": "#/$defs/import:acme:kv~1x"}}});
        assert_eq!(schema["properties"], now);
    }

    #[test]
    fn an_object_that_says_all_its_keys_is_closed_and_one_in_parts_is_not() {
        let object = || json!({"properties": {"a": true}});
        let closed = json!({"properties": {"a": true}, "additionalProperties": false});
        let mut schema = json!({"anyOf": [object(), {"type": "null"}], "items": object()});
        close(&mut schema);
        assert_eq!(schema, json!({"anyOf": [closed, {"type": "null"}], "items": closed}));
        let parts = json!({"properties": {"b": true}, "allOf": [object()]});
        let mut schema = parts.clone();
        close(&mut schema);
        assert_eq!(schema, parts);
    }
}
