//! An import's section of an entry: which keys it owns, and what is wrong with their values.

use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What is wrong with a configuration, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigProblem {
    /// The place: keys and indices from the top of the section, for example `["mounts", "0", "guest"]`.
    pub path: Vec<String>,
    /// What is wrong.
    pub message: String,
    /// What mends it.
    pub remedy: Option<String>,
}

impl ConfigProblem {
    /// A problem at `path`.
    pub fn new<P: ToString>(path: impl IntoIterator<Item = P>, message: impl Into<String>) -> Self {
        let path = path.into_iter().map(|segment| segment.to_string()).collect();
        Self { path, message: message.into(), remedy: None }
    }

    /// Says what mends it.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// Every key that `section` has and `schema` does not, at any depth. A schema that does not describe an object's keys
/// (a map of anything) has no unknown ones.
pub(crate) fn unknown_keys(schema: &Json, section: &Json) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    walk(schema, schema, section, &mut Vec::new(), &mut problems);
    problems
}

/// The keys that a schema names at its top.
pub(crate) fn known_keys(schema: &Json) -> Vec<String> {
    match properties(schema, schema) {
        Some(properties) => properties.keys().map(|key| (*key).to_owned()).collect(),
        None => Vec::new(),
    }
}

fn walk(root: &Json, schema: &Json, value: &Json, path: &mut Vec<String>, problems: &mut Vec<ConfigProblem>) {
    // The value comes from a file whose nesting the loader bounds; the bound here is for embedders.
    if path.len() > 64 {
        return;
    }
    match value {
        Json::Object(object) => {
            let Some(properties) = properties(root, schema) else { return };
            for (key, value) in object {
                path.push(key.clone());
                match properties.get(key.as_str()) {
                    Some(inner) => walk(root, inner, value, path, problems),
                    None => problems.push(unknown_key(path, key, properties.keys().copied())),
                }
                path.pop();
            }
        }
        Json::Array(items) => {
            let Some(inner) = alternatives(root, schema).into_iter().find_map(|schema| schema.get("items")) else {
                return;
            };
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                walk(root, inner, item, path, problems);
                path.pop();
            }
        }
        _ => {}
    }
}

fn unknown_key<'a>(path: &[String], key: &str, known: impl Iterator<Item = &'a str>) -> ConfigProblem {
    let known: Vec<&str> = known.collect();
    let problem = ConfigProblem::new(path, format!("unknown key: {key}"));
    match super::name::nearest(key, known.iter().copied()) {
        Some(near) => problem.with_remedy(format!("did you mean \"{near}\"? known keys: {}", known.join(", "))),
        None => problem.with_remedy(format!("known keys: {}", known.join(", "))),
    }
}

/// The properties of an object schema, those of its alternatives included; `None` where any key is accepted.
fn properties<'a>(root: &'a Json, schema: &'a Json) -> Option<BTreeMap<&'a str, &'a Json>> {
    let mut found: Option<BTreeMap<&str, &Json>> = None;
    for alternative in alternatives(root, schema) {
        if let Some(properties) = alternative.get("properties").and_then(Json::as_object) {
            found.get_or_insert_default().extend(properties.iter().map(|(key, value)| (key.as_str(), value)));
        } else if alternative.get("type").and_then(Json::as_str) == Some("object")
            && alternative.get("additionalProperties").is_none()
        {
            found.get_or_insert_default();
        }
    }
    found
}

/// The schema itself, or what its `$ref`, `anyOf`, `oneOf` and `allOf` lead to.
fn alternatives<'a>(root: &'a Json, schema: &'a Json) -> Vec<&'a Json> {
    let mut found = Vec::new();
    let mut open = vec![schema];
    // Bounded, since a schema may refer to itself.
    for _ in 0..64 {
        let Some(schema) = open.pop() else { break };
        if let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
            open.extend(reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer)));
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            open.extend(schema.get(key).and_then(Json::as_array).into_iter().flatten());
        }
        found.push(schema);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::JsonSchema;
    use serde_json::json;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Config {
        cwd: Option<String>,
        mounts: Option<Vec<Mount>>,
        free: std::collections::BTreeMap<String, String>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Mount {
        guest: String,
    }

    #[test]
    fn unknown_keys_are_found_at_any_depth_with_the_nearest_known_one() {
        let schema = schemars::schema_for!(Config).to_value();
        let section = json!({"cwd": "/", "mount": 1, "mounts": [{"guest": "/a"}, {"gest": "/b"}], "free": {"x": "y"}});
        let problems = unknown_keys(&schema, &section);
        let found: Vec<_> = problems.iter().map(|p| (p.path.join("."), p.message.as_str())).collect();
        assert_eq!(found, [("mount".into(), "unknown key: mount"), ("mounts.1.gest".into(), "unknown key: gest")]);
        assert_eq!(problems[0].remedy.as_deref(), Some("did you mean \"mounts\"? known keys: cwd, free, mounts"));
        assert_eq!(known_keys(&schema), ["cwd", "free", "mounts"]);
    }
}
