//! JSON Schema as far as ours use it; another keyword is a failure. The `jsonschema` crate is not taken: it brings 34 crates, and
//! features of `hashbrown` for which Wasmtime would be compiled once more.

use regex_automata::dfa::regex::Regex;
use regex_automata::util::syntax;
use serde_json::{Map, Value as Json};
use std::cell::RefCell;
use std::collections::HashMap;

const SILENT: [&str; 8] = ["$schema", "$defs", "$comment", "title", "description", "default", "format", "examples"];

pub(super) struct Validator {
    root: Json,
    patterns: RefCell<HashMap<String, Regex>>,
}

impl Validator {
    pub(super) fn new(root: Json) -> Self {
        Self { root, patterns: RefCell::default() }
    }

    /// What is wrong with a value: places and keywords; nothing where it is valid.
    pub(super) fn errors(&self, value: &Json) -> Vec<String> {
        self.check(&self.root, value, "")
    }

    fn check(&self, schema: &Json, value: &Json, place: &str) -> Vec<String> {
        let schema = match schema {
            Json::Bool(true) => return Vec::new(),
            Json::Bool(false) => return vec![format!("{place}: is not allowed")],
            Json::Object(members) => members,
            other => panic!("{other} is no schema"),
        };
        let mut errors = Vec::new();
        for (keyword, wanted) in schema.iter().filter(|(keyword, _)| !SILENT.contains(&keyword.as_str())) {
            let found = self.keyword(keyword, wanted, schema, value, place);
            errors.extend(
                found.into_iter().map(|error| if error.contains(": ") { error } else { format!("{place}: {error}") }),
            );
        }
        errors
    }

    fn is_valid(&self, schema: &Json, value: &Json) -> bool {
        self.check(schema, value, "").is_empty()
    }

    fn keyword(
        &self,
        keyword: &str,
        wanted: &Json,
        schema: &Map<String, Json>,
        value: &Json,
        place: &str,
    ) -> Vec<String> {
        let failed = |is_failed: bool| if is_failed { vec![format!("{keyword} {wanted}")] } else { Vec::new() };
        let any = || wanted.as_array().unwrap().iter().filter(|schema| self.is_valid(schema, value)).count();
        match keyword {
            "$ref" => self.check(self.target(wanted.as_str().unwrap()), value, place),
            "type" => failed(!types(wanted).iter().any(|name| is_of(name, value))),
            "const" => failed(wanted != value),
            "enum" => failed(!wanted.as_array().unwrap().contains(value)),
            "allOf" => wanted.as_array().unwrap().iter().flat_map(|schema| self.check(schema, value, place)).collect(),
            "anyOf" => failed(any() == 0),
            "oneOf" => failed(any() != 1),
            "not" => failed(self.is_valid(wanted, value)),
            "if" => match (self.is_valid(wanted, value), schema.get("then"), schema.get("else")) {
                (true, Some(schema), _) | (false, _, Some(schema)) => self.check(schema, value, place),
                _ => Vec::new(),
            },
            "then" | "else" => Vec::new(),
            "minimum" | "maximum" => {
                let (limit, Some(number)) = (wanted.as_f64().unwrap(), value.as_f64()) else { return Vec::new() };
                failed(if keyword == "minimum" { number < limit } else { number > limit })
            }
            "minLength" => failed(value.as_str().is_some_and(|text| text.chars().count() < size(wanted))),
            "pattern" => failed(value.as_str().is_some_and(|text| !self.matches(wanted.as_str().unwrap(), text))),
            "minItems" => failed(value.as_array().is_some_and(|items| items.len() < size(wanted))),
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                items.flat_map(|(at, item)| self.check(wanted, item, &format!("{place}/{at}"))).collect()
            }
            _ => self.of_objects(keyword, wanted, schema, value, place),
        }
    }

    fn of_objects(
        &self,
        keyword: &str,
        wanted: &Json,
        schema: &Map<String, Json>,
        value: &Json,
        place: &str,
    ) -> Vec<String> {
        let members = || value.as_object().into_iter().flatten();
        let of = |name: &str| schema.get(name).and_then(Json::as_object);
        let below = |key: &String| format!("{place}/{key}");
        let patterned = |key: &String| {
            let patterns = of("patternProperties").into_iter().flatten();
            patterns.filter(|(pattern, _)| self.matches(pattern, key)).map(|(_, schema)| schema).collect::<Vec<_>>()
        };
        match keyword {
            "required" => {
                let missing = wanted.as_array().unwrap().iter().map(|key| key.as_str().unwrap());
                let object = value.as_object();
                let missing = missing.filter(|key| object.is_some_and(|object| !object.contains_key(*key)));
                missing.map(|key| format!("{key} is required")).collect()
            }
            "properties" => {
                let known = members().filter_map(|(key, value)| Some((wanted.get(key)?, key, value)));
                known.flat_map(|(schema, key, value)| self.check(schema, value, &below(key))).collect()
            }
            "patternProperties" => members()
                .flat_map(|(key, value)| {
                    patterned(key).into_iter().flat_map(move |schema| self.check(schema, value, &below(key)))
                })
                .collect(),
            "additionalProperties" => {
                let known = |key: &String| of("properties").is_some_and(|known| known.contains_key(key));
                let others = members().filter(|(key, _)| !known(key) && patterned(key).is_empty());
                others.flat_map(|(key, value)| self.check(wanted, value, &below(key))).collect()
            }
            "propertyNames" => {
                members().flat_map(|(key, _)| self.check(wanted, &Json::from(key.as_str()), &below(key))).collect()
            }
            other => panic!("the keyword {other} is not known here"),
        }
    }

    fn target(&self, reference: &str) -> &Json {
        let pointer = reference.strip_prefix('#').unwrap().replace("%20", " ");
        self.root.pointer(&pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }

    fn matches(&self, pattern: &str, text: &str) -> bool {
        let mut patterns = self.patterns.borrow_mut();
        let regex = patterns.entry(pattern.to_owned()).or_insert_with(|| {
            let ascii = syntax::Config::new().unicode(false).utf8(false);
            Regex::builder().syntax(ascii).build(pattern).unwrap()
        });
        regex.is_match(text)
    }
}

fn size(wanted: &Json) -> usize {
    usize::try_from(wanted.as_u64().unwrap()).unwrap()
}

fn types(wanted: &Json) -> Vec<&str> {
    match wanted {
        Json::Array(names) => names.iter().map(|name| name.as_str().unwrap()).collect(),
        name => vec![name.as_str().unwrap()],
    }
}

fn is_of(name: &str, value: &Json) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type {other}"),
    }
}
