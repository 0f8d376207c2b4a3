//! The least versions of dependencies that the manifests allow: whether they can be had, and whether the facade and the
//! command line compile with them.
//!
//! Cargo finds least versions by itself with an unstable option alone. Here each direct dependency is lowered in the lock
//! file of a copy of the workspace, one `cargo update --precise` at a time, and what depends on them stays as it was:
//! a crate of somebody else that asks for too little is not our matter.

mod lower;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;
use semver::Version;

use super::capabilities::FACADE;
use super::log::{self, LogError, Seen};
use super::metadata::Metadata;
use super::sources;
use crate::cargo::{self, CargoError};

use self::lower::{Answer, Declared, Lowered, Why};

/// What people depend on, and what they install: with it come the crates beside the facade.
const CHECKED: [&str; 2] = [FACADE, "wippy-host-cli"];

/// How far a look at the least versions goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Depth {
    /// Find the versions.
    Resolve,
    /// Compile with them, too.
    Check,
}

impl Depth {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Check => "check",
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum MinimalError {
    #[error("the copy of the workspace in {path} could not be written or read")]
    Copy { path: String, source: std::io::Error },
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Cargo(#[from] CargoError),
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) note: String,
    pub(crate) problems: Vec<String>,
    /// Of the compilation, where there was one.
    pub(crate) seen: Option<Seen>,
}

/// Lowers the dependencies in a copy under `folder`, says in `log` what became of each, and compiles with them.
pub(crate) fn run(metadata: &Metadata, folder: &Path, check: bool, log: &Path) -> Result<Outcome, MinimalError> {
    let copy = folder.join("workspace");
    let failed = |source| MinimalError::Copy { path: copy.display().to_string(), source };
    sources::copy(&metadata.workspace_root, &copy).map_err(failed)?;

    let checked: Vec<&str> = CHECKED.into_iter().filter(|name| metadata.package(name).is_some()).collect();
    let declared = declared(metadata, &checked);
    let cargo = |arguments: &[&str]| {
        let mut command = cargo::chosen_features();
        command.current_dir(&copy).env("CARGO_TARGET_DIR", folder.join("target")).args(arguments);
        command
    };
    let lock = copy.join("Cargo.lock");
    let versions = || std::fs::read_to_string(&lock).map(|text| lower::locked(&text)).map_err(failed);
    let update = |name: &str, from: &Version, to: &Version| {
        Ok(update(cargo(&["update", "-p", &format!("{name}@{from}"), "--precise", &to.to_string()]), name)?)
    };
    let lowered = lower::all(declared, versions, update)?;

    let table = table(&lowered);
    let mut problems: Vec<String> = lowered.iter().filter_map(Lowered::problem).collect();
    let at_least = lowered.iter().filter(|one| one.why == Why::Least).count();
    let note = format!("{at_least} of {} dependencies at the least version", lowered.len());
    if !check {
        std::fs::write(log, table).map_err(|source| LogError::File { path: log.display().to_string(), source })?;
        return Ok(Outcome { note, problems, seen: None });
    }
    let mut command = cargo(&["check", "--all-features"]);
    for package in checked {
        command.args(["-p", package]);
    }
    let line = format!("{table}\nin {}:\n{}", copy.display(), cargo::display(&command));
    let (status, seen) = log::logged(&mut command, &line, log)?;
    if !status.success() {
        problems.push(format!(
            "with the least versions `{}` failed ({status}); raise the minimum of the dependency that it names",
            cargo::display(&command)
        ));
    }
    Ok(Outcome { note, problems, seen: Some(seen) })
}

/// The dependencies from a registry that the packages and the members they need declare, in the order of their names.
fn declared(metadata: &Metadata, packages: &[&str]) -> Vec<Declared> {
    let mut open: Vec<&str> = packages.to_vec();
    let mut visited: BTreeSet<&str> = open.iter().copied().collect();
    let mut found: Vec<Declared> = Vec::new();
    while let Some(package) = open.pop().and_then(|name| metadata.package(name)) {
        for dependency in package.dependencies.iter().filter(|d| d.kind.as_deref() != Some("dev")) {
            if let Some(member) = metadata.package(&dependency.name).filter(|_| dependency.source.is_none()) {
                if visited.insert(&member.name) {
                    open.push(&member.name);
                }
            } else if dependency.source.as_deref().is_some_and(|source| source.starts_with("registry+")) {
                let same = |one: &&mut Declared| one.name == dependency.name && one.requirement == dependency.req;
                if let Some(one) = found.iter_mut().find(same) {
                    one.by.insert(package.name.clone());
                } else {
                    let (name, requirement) = (dependency.name.clone(), dependency.req.clone());
                    found.push(Declared { name, requirement, by: [package.name.clone()].into() });
                }
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn update(mut command: Command, name: &str) -> Result<Answer, CargoError> {
    match cargo::capture(&mut command) {
        Ok(_) => Ok(Answer::Done),
        Err(CargoError::Failed { stderr, .. }) => Ok(lower::answer(name, &stderr)),
        Err(other) => Err(other),
    }
}

fn table(lowered: &[Lowered]) -> String {
    let mut text = String::from("What each direct dependency allows, and what it was lowered to:\n\n");
    for one in lowered {
        let (name, requirement) = (&one.declared.name, &one.declared.requirement);
        let _ = writeln!(text, "{name} = \"{requirement}\"  {}  {}", one.version, one.why);
    }
    text
}

/// Where the copy and its build output are.
pub(crate) fn folder(logs: &Path) -> PathBuf {
    logs.join("minimal")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_matrix::fixtures::metadata;

    #[test]
    fn what_is_declared_is_of_the_packages_and_the_members_that_they_need() {
        let mut metadata = metadata();
        let with_source = |name: &str, req: &str| {
            serde_json::from_value(serde_json::json!({
                "name": name, "rename": null, "kind": null, "optional": false, "uses_default_features": true,
                "features": [], "req": req, "source": "registry+https://example.org"
            }))
            .unwrap()
        };
        for package in &mut metadata.packages {
            match package.name.as_str() {
                "wippy-host" => package.dependencies.push(with_source("serde", "^1")),
                "wippy-host-core" => package.dependencies.push(with_source("serde", "^1")),
                "wippy-import-http" => package.dependencies.push(with_source("hyper", "^1.9")),
                "wippy-host-test" => package.dependencies.push(with_source("plotters", "^0.3")),
                _ => {}
            }
        }
        let found = declared(&metadata, &[FACADE]);
        let names: Vec<String> = found.iter().map(|one| format!("{} {}", one.name, one.requirement)).collect();
        assert_eq!(names, ["hyper ^1.9", "serde ^1"]);
        assert_eq!(found[1].by.iter().collect::<Vec<_>>(), ["wippy-host", "wippy-host-core"]);
    }
}
