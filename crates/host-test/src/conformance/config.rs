//! Whether an import refuses the keys that its configuration does not have.

use super::Conformance;
use serde_json::{Map, Value as Json, json};
use wippy_host_core::{EntryProblem, Place, Registration, Section};

/// The keys at the top of the schema.
pub(super) fn keys(import: Registration) -> Vec<String> {
    let schema = import.schema();
    let properties = schema.get("properties").and_then(Json::as_object);
    properties.map_or_else(Vec::new, |properties| properties.keys().cloned().collect())
}

pub(super) fn problems(conformance: &Conformance) -> Vec<String> {
    let meta = conformance.meta();
    let path: Vec<String> = match meta.section {
        Section::None => vec!["config".to_owned()],
        Section::Own(name) => vec!["config".to_owned(), name.to_owned()],
        Section::Shared(name) => vec![name.to_owned()],
    };
    let own = match check(conformance, None) {
        Ok(problems) => problems,
        Err(error) => return vec![error],
    };
    if !own.is_empty() {
        return own.iter().map(|problem| format!("the harness's own configuration: {}", said(problem))).collect();
    }
    let keys = keys(conformance.import());
    let mut found = Vec::new();
    // Near no key; of an import without configuration, a section of its name.
    let stray = if meta.section == Section::None { meta.name } else { "no-key-of-conformance" };
    let misspelt = keys.iter().map(|key| (misspell(key, &keys), Some(key))).chain([(stray.to_owned(), None)]);
    for (wrong, right) in misspelt {
        let problems = match check(conformance, Some((&path, &wrong))) {
            Ok(problems) => problems,
            Err(error) => return vec![error],
        };
        let place = Place::Config([&path[..], std::slice::from_ref(&wrong)].concat());
        let unknown = |problem: &&EntryProblem| problem.place == place && problem.message.starts_with("unknown key");
        match (problems.iter().find(unknown), right) {
            (None, _) => found.push(format!("the unknown key {} is not refused", at(&path, &wrong))),
            (Some(problem), Some(right)) if !suggests(problem, right, &keys) => found.push(format!(
                "the unknown key {} is refused without the nearest known one, \"{right}\": {}",
                at(&path, &wrong),
                said(problem)
            )),
            _ => {}
        }
    }
    found
}

/// The problems of the harness's entry, with one key more.
fn check(conformance: &Conformance, more: Option<(&[String], &str)>) -> Result<Vec<EntryProblem>, String> {
    let harness = conformance.fresh().entry(|mut spec| {
        if let Some((path, key)) = more {
            put(&mut spec.sections, path, key);
        }
        spec
    });
    let host = harness.host().map_err(|error| error.to_string())?;
    Ok(host.check(harness.spec()))
}

fn put(sections: &mut Map<String, Json>, path: &[String], key: &str) {
    let mut object = sections;
    for name in path {
        match object.entry(name.clone()).or_insert_with(|| json!({})) {
            Json::Object(inner) => object = inner,
            _ => return,
        }
    }
    object.insert(key.to_owned(), json!({}));
}

/// One letter more than a key, which no key has.
fn misspell(key: &str, keys: &[String]) -> String {
    let mut wrong = format!("{key}s");
    while keys.contains(&wrong) {
        wrong.push('s');
    }
    wrong
}

/// Another key may be as near.
fn suggests(problem: &EntryProblem, right: &str, keys: &[String]) -> bool {
    let remedy = problem.remedy.as_deref().unwrap_or_default();
    let near = keys.iter().filter(|key| *key == right || key.starts_with(right) || right.starts_with(key.as_str()));
    near.into_iter().any(|key| remedy.contains(&format!("\"{key}\"")))
}

fn at(path: &[String], key: &str) -> String {
    format!("{}.{key}", path.join("."))
}

fn said(problem: &EntryProblem) -> String {
    match &problem.remedy {
        Some(remedy) => format!("{}; {remedy}", problem.message),
        None => problem.message.clone(),
    }
}
