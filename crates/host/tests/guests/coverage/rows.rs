//! The lists beside the guests.

use super::wit::Name;
use crate::support::root;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;

/// Which export of which guest calls a function, or why none can.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) interface: String,
    pub(super) function: String,
    pub(super) guest: Option<String>,
    pub(super) export: Option<String>,
    pub(super) why: Option<String>,
}

impl Row {
    pub(super) fn name(&self) -> Name {
        (self.interface.clone(), self.function.clone())
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.interface, self.function)
    }
}

/// The test that provokes an error, or why nothing can.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Outcome {
    Test(String),
    Never { why: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Errors {
    /// By interface, function and error.
    functions: BTreeMap<String, BTreeMap<String, BTreeMap<String, Outcome>>>,
    /// Errors that no function ever returns here, by type and case, with the reason.
    pub(super) never: BTreeMap<String, BTreeMap<String, String>>,
}

impl Errors {
    pub(super) fn all(&self) -> impl Iterator<Item = (Name, &str, &Outcome)> {
        self.functions.iter().flat_map(|(interface, functions)| {
            functions.iter().flat_map(move |(function, errors)| {
                let name = (interface.clone(), function.clone());
                errors.iter().map(move |(error, outcome)| (name.clone(), error.as_str(), outcome))
            })
        })
    }

    pub(super) fn of(&self, (interface, function): &Name) -> Vec<(&str, &Outcome)> {
        let errors = self.functions.get(interface).and_then(|functions| functions.get(function));
        errors.into_iter().flatten().map(|(error, outcome)| (error.as_str(), outcome)).collect()
    }

    pub(super) fn has(&self, interface: &str, function: &str, error: &str) -> bool {
        let errors = self.functions.get(interface).and_then(|functions| functions.get(function));
        errors.is_some_and(|errors| errors.contains_key(error))
    }

    pub(super) fn reason(&self, of: &str, case: &str) -> Option<&str> {
        self.never.get(of).and_then(|cases| cases.get(case)).map(String::as_str)
    }
}

pub(super) fn functions() -> Vec<Row> {
    read("coverage.json")
}

pub(super) fn errors() -> Errors {
    read("errors.json")
}

fn read<T: DeserializeOwned>(name: &str) -> T {
    let text = fs::read_to_string(root().join("guests").join(name)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}
