//! The tests that are expected to fail, each with its reason.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use super::ConformanceError;
use super::test::Test;

pub(super) struct Expected(HashMap<String, String>);

/// One reason and the tests that it holds for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    reason: String,
    tests: Vec<String>,
}

impl Expected {
    pub(super) fn read(path: &Path) -> Result<Self, ConformanceError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConformanceError::Read { path: path.to_path_buf(), source })?;
        let groups: Vec<Group> = serde_json::from_str(&text)
            .map_err(|source| ConformanceError::Syntax { path: path.to_path_buf(), source })?;
        let reasons = groups
            .into_iter()
            .flat_map(|Group { reason, tests }| tests.into_iter().map(move |test| (test, reason.clone())));
        Ok(Self(reasons.collect()))
    }

    pub(super) fn reason(&self, test: &str) -> Option<&str> {
        self.0.get(test).map(String::as_str)
    }

    /// A test that is no longer there is expected of nobody.
    pub(super) fn check(&self, tests: &[Test]) -> Result<(), ConformanceError> {
        // A part of the suite is no reason to doubt the list.
        let folders: Vec<&str> = tests.iter().filter_map(|test| test.name.split_once('/')).map(|(f, _)| f).collect();
        let gone = self.0.keys().find(|name| {
            let here = name.split_once('/').is_some_and(|(folder, _)| folders.contains(&folder));
            here && !tests.iter().any(|test| test.name == **name)
        });
        gone.map_or(Ok(()), |name| Err(ConformanceError::NoSuchTest(name.clone())))
    }
}
