//! The tests of the facade with one set of features.

use std::path::Path;

use super::capabilities::FACADE;
use super::log::{self, LogError, RegistryTest, Seen};
use super::rules::Problem;
use super::sets::FeatureSet;
use crate::cargo;

/// The facade's test that compares its registry with [`EXPECTED`]. A set in which it does not run proves nothing.
pub(crate) const REGISTRY_TEST: &str = "the_registry_holds_exactly_the_enabled_groups";
/// The variable that tells that test the enabled features, joined by commas.
const EXPECTED: &str = "WIPPY_EXPECTED_IMPORTS";

/// The line that runs the same tests.
pub(crate) fn command_line(set: &FeatureSet) -> String {
    format!("{EXPECTED}={} cargo test {}", set.list(), set.cargo_arguments(FACADE).join(" "))
}

/// Runs the tests, and says what is wrong.
pub(crate) fn run(set: &FeatureSet, log: &Path) -> Result<(Vec<Problem>, Seen), LogError> {
    let mut command = cargo::chosen_features();
    command.arg("test").args(set.cargo_arguments(FACADE)).env(EXPECTED, set.list());
    let (status, seen) = log::logged(&mut command, &command_line(set), log)?;
    let mut problems = Vec::new();
    if !status.success() {
        problems.push(Problem::Failed { command: "test", status: status.to_string() });
    }
    if seen.registry_test != RegistryTest::Ran {
        let ignored = seen.registry_test == RegistryTest::Ignored;
        problems.push(Problem::NoRegistryTest { name: REGISTRY_TEST, ignored });
    }
    Ok((problems, seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_to_repeat_carries_the_variable() {
        let set = FeatureSet {
            name: "clocks+io".into(),
            features: ["clocks".to_owned(), "io".to_owned()].into(),
            ..FeatureSet::default()
        };
        assert_eq!(
            command_line(&set),
            "WIPPY_EXPECTED_IMPORTS=clocks,io cargo test -p wippy-host --no-default-features --features clocks,io"
        );
        let none = FeatureSet { name: "none".into(), ..FeatureSet::default() };
        assert_eq!(command_line(&none), "WIPPY_EXPECTED_IMPORTS= cargo test -p wippy-host --no-default-features");
    }
}
