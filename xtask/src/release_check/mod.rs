//! `cargo xtask release-check`: whether the packages may be published as they are.
//!
//! It compiles nothing. `cargo publish --dry-run --workspace` does, and is the next step: see RELEASING.md.

mod licence;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use crate::cargo::{self, CargoError};
use crate::progress;

/// What each published package brings along.
const FILES: [&str; 3] = ["README.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// Check the licences of all dependencies, and what crates.io wants of each published package
#[derive(Args)]
pub(crate) struct ReleaseCheckArgs {
    /// Print every dependency with its licence
    #[arg(long)]
    list: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ReleaseCheckError {
    #[error("`cargo metadata` printed what is not understood")]
    Metadata(#[source] serde_json::Error),
    #[error("not fit to be published:\n{0}")]
    Problems(String),
    #[error(transparent)]
    Cargo(#[from] CargoError),
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// A package as `cargo metadata` describes it.
#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    /// None for a package of this workspace.
    source: Option<String>,
    license: Option<String>,
    description: Option<String>,
    keywords: Vec<String>,
    categories: Vec<String>,
    /// An empty list forbids it; none allows every registry.
    publish: Option<Vec<String>>,
    manifest_path: PathBuf,
}

impl Package {
    fn is_published(&self) -> bool {
        self.source.is_none() && self.publish.as_ref().is_none_or(|registries| !registries.is_empty())
    }
}

pub(crate) fn run(args: &ReleaseCheckArgs) -> Result<(), ReleaseCheckError> {
    let text = cargo::capture(cargo::command().args(["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: Metadata = serde_json::from_str(&text).map_err(ReleaseCheckError::Metadata)?;
    let (dependencies, ours): (Vec<_>, Vec<_>) = metadata.packages.iter().partition(|package| package.source.is_some());
    let mut problems = Vec::new();
    let mut licences: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for package in dependencies {
        let name = format!("{} {}", package.name, package.version);
        let licence = package.license.as_deref().unwrap_or("none");
        if let Err(why) = licence::check(licence) {
            problems.push(format!("{name}: licence {licence}: {why}"));
        }
        licences.entry(licence).or_default().push(name);
    }
    for (licence, packages) in &licences {
        progress(format_args!("{:5}  {licence}", packages.len()));
        for package in packages.iter().filter(|_| args.list) {
            progress(format_args!("           {package}"));
        }
    }
    let published: Vec<_> = ours.into_iter().filter(|package| package.is_published()).collect();
    problems.extend(published.iter().flat_map(|package| missing(package)));
    if !problems.is_empty() {
        return Err(ReleaseCheckError::Problems(problems.join("\n")));
    }
    progress(format_args!("{} packages may be published", published.len()));
    Ok(())
}

/// What a package has to say of itself and does not.
fn missing(package: &Package) -> Vec<String> {
    let folder = package.manifest_path.parent().unwrap_or(Path::new("."));
    let mut missing = Vec::new();
    for (field, is_there) in [
        ("description", package.description.is_some()),
        ("license", package.license.is_some()),
        ("keywords", !package.keywords.is_empty()),
        ("categories", !package.categories.is_empty()),
    ] {
        if !is_there {
            missing.push(format!("{}: no `{field}` in its Cargo.toml", package.name));
        }
    }
    for file in FILES {
        if let Err(error) = read(&folder.join(file)) {
            missing.push(format!("{}: {file}: {error}", package.name));
        }
    }
    missing
}

/// A file that says something: a link that leads nowhere, or was checked out as text, does not.
fn read(path: &Path) -> io::Result<()> {
    let text = std::fs::read_to_string(path)?;
    if text.lines().nth(1).is_none() { Err(io::Error::other("is empty, or no link")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::{Package, missing};

    fn package(publish: Option<Vec<String>>) -> Package {
        Package {
            name: "it".into(),
            version: "0.1.0".into(),
            source: None,
            license: None,
            description: Some("It".into()),
            keywords: Vec::new(),
            categories: vec!["wasm".into()],
            publish,
            manifest_path: "nowhere/Cargo.toml".into(),
        }
    }

    #[test]
    fn what_a_package_does_not_say_of_itself_is_named() {
        let missing = missing(&package(None));
        assert_eq!(missing.len(), 5, "{missing:?}");
        assert_eq!(missing.first().map(String::as_str), Some("it: no `license` in its Cargo.toml"));
    }

    #[test]
    fn what_is_never_published_is_told_apart() {
        assert!(package(None).is_published());
        assert!(!package(Some(Vec::new())).is_published());
    }
}
