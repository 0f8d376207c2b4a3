//! What `cargo tree` prints, as a set of crates.

use std::collections::BTreeSet;
use std::fmt;
use std::process::Command;

use super::capabilities::{Capability, FACADE};
use super::sets::FeatureSet;
use crate::cargo::{self, CargoError};

/// A crate in one version. Two versions are two crates: an allowed `getrandom` does not excuse another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) version: String,
}

impl fmt::Display for Crate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// The crates of a build, its root among them.
pub(crate) type Tree = BTreeSet<Crate>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum TreeError {
    #[error(transparent)]
    Cargo(#[from] CargoError),
    #[error("`{command}` printed the line {line:?}, which does not start with a crate and a version")]
    Line { command: String, line: String },
}

/// `cargo tree` over the facade with the features of `set`.
pub(crate) fn of_set(set: &FeatureSet) -> Command {
    let mut command = cargo::chosen_features();
    command.arg("tree").args(set.cargo_arguments(FACADE));
    listing(command)
}

/// `cargo tree` over one import crate alone, with the features that the facade asks of it.
pub(crate) fn of_import(capability: &Capability) -> Command {
    let mut command = cargo::chosen_features();
    command.args(["tree", "-p", &capability.package]);
    if !capability.package_defaults {
        command.arg("--no-default-features");
    }
    if !capability.package_features.is_empty() {
        let features: Vec<&str> = capability.package_features.iter().map(String::as_str).collect();
        command.arg("--features").arg(features.join(","));
    }
    listing(command)
}

fn listing(mut command: Command) -> Command {
    command.args(["-e", "normal", "--prefix", "none", "--format", "{p}"]);
    command
}

/// Runs one of the commands above.
pub(crate) fn read(mut command: Command) -> Result<Tree, TreeError> {
    let output = cargo::capture(&mut command)?;
    parse(&output).map_err(|line| TreeError::Line { command: cargo::display(&command), line })
}

/// The crates of lines such as `wippy-host v0.1.0 (/folder)` and `serde_derive v1.0.0 (proc-macro) (*)`, or the first
/// line that is none.
pub(crate) fn parse(output: &str) -> Result<Tree, String> {
    let mut tree = Tree::new();
    for line in output.lines().filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let (Some(name), Some(version)) = (words.next(), words.next().and_then(|word| word.strip_prefix('v'))) else {
            return Err(line.to_owned());
        };
        tree.insert(Crate { name: name.to_owned(), version: version.to_owned() });
    }
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_listing_becomes_its_distinct_crates() {
        let tree = parse(
            "wippy-host v0.1.0 (/some where/host)\nserde v1.0.1\n\
             serde_derive v1.0.1 (proc-macro)\n\nserde v1.0.1 (*)\n",
        )
        .unwrap();
        let shown: Vec<String> = tree.iter().map(Crate::to_string).collect();
        assert_eq!(shown, ["serde 1.0.1", "serde_derive 1.0.1", "wippy-host 0.1.0"]);
    }

    #[test]
    fn a_line_that_names_no_crate_is_an_error_and_not_an_empty_tree() {
        assert_eq!(parse("wippy-host v0.1.0\n[dependencies]\n").unwrap_err(), "[dependencies]");
        assert_eq!(parse("wippy-host 0.1.0").unwrap_err(), "wippy-host 0.1.0");
    }

    #[test]
    fn an_import_crate_is_listed_with_the_features_that_the_facade_asks() {
        let mut capability = Capability {
            feature: "http".into(),
            package: "wippy-import-http".into(),
            package_features: BTreeSet::from(["http2".into(), "tls".into()]),
            package_defaults: false,
        };
        assert_eq!(
            cargo::display(&of_import(&capability)),
            "cargo tree -p wippy-import-http --no-default-features --features http2,tls \
             -e normal --prefix none --format '{p}'"
        );
        capability.package_features.clear();
        capability.package_defaults = true;
        assert_eq!(
            cargo::display(&of_import(&capability)),
            "cargo tree -p wippy-import-http -e normal --prefix none --format '{p}'"
        );
    }
}
