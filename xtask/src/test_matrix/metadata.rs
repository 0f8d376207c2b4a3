//! The part of `cargo metadata` that the matrix reads: the workspace's packages as their manifests declare them.
//!
//! Its resolved graph is not read: it unites the features that all members of the workspace ask for, so a crate that
//! the command line needs would look as if the facade needed it. `cargo tree` answers that question per package.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// What `cargo metadata --no-deps` prints.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) workspace_root: PathBuf,
    pub(crate) target_directory: PathBuf,
}

/// A member of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    pub(crate) dependencies: Vec<Dependency>,
    /// `[package.metadata]`, any JSON.
    #[serde(default)]
    pub(crate) metadata: serde_json::Value,
}

/// One declared dependency.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) rename: Option<String>,
    /// `None` for a normal one, else `dev` or `build`.
    pub(crate) kind: Option<String>,
    pub(crate) optional: bool,
    pub(crate) uses_default_features: bool,
    pub(crate) features: Vec<String>,
    /// What versions are allowed.
    #[serde(default = "any")]
    pub(crate) req: semver::VersionReq,
    /// The registry or repository that it comes from; `None` for a folder.
    #[serde(default)]
    pub(crate) source: Option<String>,
}

fn any() -> semver::VersionReq {
    semver::VersionReq::STAR
}

impl Dependency {
    /// The name by which features of the manifest call it.
    pub(crate) fn key(&self) -> &str {
        self.rename.as_deref().unwrap_or(&self.name)
    }

    pub(crate) fn is_normal(&self) -> bool {
        self.kind.is_none()
    }
}

impl Metadata {
    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }
}
