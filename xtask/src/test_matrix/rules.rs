//! What the dependency tree of a set must not hold.
//!
//! Most of it is derived: a crate that only import crates outside the set need has no business there. What cannot be
//! derived is a capability's crate that the facade itself came to need, since it then counts as the facade's own. For
//! that, a manifest may claim crates:
//!
//! ```toml
//! [package.metadata.test-matrix]
//! claims = ["hyper", "wasmtime-wasi*"]   # a trailing `*` matches any ending
//! ```
//!
//! A claimed crate may be only in builds of which an enabled import crate is the claiming package or depends on it
//! directly. Several packages may make the same claim; one of them is then enough.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

use super::capabilities::{Capability, FACADE, IMPORT_PREFIX, LayoutError, left_out_of_all};
use super::metadata::{Metadata, Package};
use super::sets::FeatureSet;
use super::tree::{Crate, Tree};

/// The members of the workspace that an import crate may depend on. Anything else ties capabilities to each other or to
/// a layer above them.
const IMPORT_MAY_NEED: [&str; 2] = ["wippy-host-core", "wippy-wasi-context"];

/// Crates that one problem names; a whole HTTP stack is a hundred.
const NAMED_CRATES: usize = 8;

/// Everything that the trees are judged by.
#[derive(Debug)]
pub(crate) struct Rules {
    capabilities: Vec<Capability>,
    /// The crates of the facade without any capability.
    own: Tree,
    /// The crates of each capability's import crate, by feature.
    closures: BTreeMap<String, Tree>,
    /// Pattern to the packages that claim it.
    claims: BTreeMap<String, BTreeSet<String>>,
    /// Workspace packages that each import crate declares, by package.
    declared: BTreeMap<String, BTreeSet<String>>,
    left_out_of_all: Vec<String>,
}

/// Why a set fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// An import crate is in the tree without its feature.
    ForeignImport(Crate),
    /// Crates of capabilities outside the set, with the features they belong to.
    Forbidden(BTreeMap<Crate, BTreeSet<String>>),
    /// A crate that other packages have claimed.
    Claimed { found: Crate, owners: BTreeSet<String> },
    /// An enabled import crate declares a workspace package that it may not have.
    ImportNeeds { import: String, needs: String },
    /// The feature `all` is not all.
    LeftOutOfAll(Vec<String>),
    /// The tree could not be read.
    NoTree(String),
    /// A Cargo command failed.
    Failed { command: &'static str, status: String },
    /// The registry test was not run.
    NoRegistryTest { name: &'static str, ignored: bool },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForeignImport(found) => write!(f, "{found} is in the dependency tree, but its feature is off"),
            Self::Forbidden(crates) => {
                write!(f, "in the dependency tree are crates of capabilities that are off: ")?;
                for (index, (found, features)) in crates.iter().take(NAMED_CRATES).enumerate() {
                    let features: Vec<&str> = features.iter().map(String::as_str).collect();
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{found} (of {})", features.join(" and "))?;
                }
                match crates.len().saturating_sub(NAMED_CRATES) {
                    0 => Ok(()),
                    more => write!(f, ", and {more} more"),
                }
            }
            Self::Claimed { found, owners } => {
                let owners: Vec<String> = owners.iter().map(|owner| format!("`{owner}`")).collect();
                let owners = owners.join(" and ");
                write!(
                    f,
                    "{found} is in the dependency tree, but {owners} claims it and \
                     no enabled import crate needs {owners}"
                )
            }
            Self::ImportNeeds { import, needs } => {
                let [first, second] = IMPORT_MAY_NEED;
                write!(
                    f,
                    "`{import}` depends on `{needs}`; of this workspace an import crate may need \
                     `{first}` and `{second}` alone"
                )
            }
            Self::LeftOutOfAll(features) => {
                let features: Vec<String> = features.iter().map(|feature| format!("`{feature}`")).collect();
                write!(f, "feature `all` of `{FACADE}` leaves out {}", features.join(", "))
            }
            Self::NoTree(error) => write!(f, "the dependency tree could not be read: {error}"),
            Self::Failed { command, status } => write!(f, "`cargo {command}` failed ({status})"),
            Self::NoRegistryTest { name, ignored: true } => write!(f, "the test `{name}` was ignored"),
            Self::NoRegistryTest { name, ignored: false } => write!(f, "no test named `{name}` ran"),
        }
    }
}

impl Problem {
    /// A crate of which `cargo tree --invert` shows who needs it.
    pub(crate) fn unwanted(&self) -> Option<&Crate> {
        match self {
            Self::ForeignImport(found) | Self::Claimed { found, .. } => Some(found),
            Self::Forbidden(crates) => crates.keys().next(),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    claims: Vec<String>,
}

fn claims_of(package: &Package) -> Result<Vec<String>, LayoutError> {
    let Some(section) = package.metadata.get("test-matrix") else { return Ok(Vec::new()) };
    let claims: Claims = serde_json::from_value(section.clone())
        .map_err(|source| LayoutError::Claims { package: package.name.clone(), source })?;
    Ok(claims.claims)
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

impl Rules {
    /// `own` is the tree of the facade without features, `closures` the tree of each import crate by feature.
    pub(crate) fn new(
        metadata: &Metadata,
        capabilities: Vec<Capability>,
        own: Tree,
        closures: BTreeMap<String, Tree>,
    ) -> Result<Self, LayoutError> {
        let mut claims: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for package in &metadata.packages {
            for pattern in claims_of(package)? {
                claims.entry(pattern).or_default().insert(package.name.clone());
            }
        }
        let declares = |capability: &Capability| {
            let package = metadata.package(&capability.package);
            let all = package.into_iter().flat_map(|package| &package.dependencies);
            let shipped = all.filter(|dependency| dependency.kind.as_deref() != Some("dev"));
            let ours = shipped.filter(|dependency| metadata.package(&dependency.name).is_some());
            (capability.package.clone(), ours.map(|dependency| dependency.name.clone()).collect())
        };
        let declared = capabilities.iter().map(declares).collect();
        let left_out_of_all = left_out_of_all(metadata, &capabilities);
        Ok(Self { capabilities, own, closures, claims, declared, left_out_of_all })
    }

    pub(crate) fn has_claims(&self) -> bool {
        !self.claims.is_empty()
    }

    pub(crate) fn capabilities(&self) -> &[Capability] {
        &self.capabilities
    }

    /// Each capability's feature with the number of crates that its import crate needs.
    pub(crate) fn sizes(&self) -> Vec<(String, usize)> {
        let size = |feature: &String| self.closures.get(feature).map_or(0, Tree::len);
        self.capabilities.iter().map(|capability| (capability.feature.clone(), size(&capability.feature))).collect()
    }

    /// What no build of `enabled` may hold: the crates that an import crate outside it needs, but none in it, nor the
    /// facade. Each with the features that it belongs to.
    pub(crate) fn forbidden(&self, enabled: &BTreeSet<String>) -> BTreeMap<Crate, BTreeSet<String>> {
        let allowed = |found: &Crate| {
            self.own.contains(found)
                || enabled.iter().filter_map(|feature| self.closures.get(feature)).any(|tree| tree.contains(found))
        };
        let mut forbidden: BTreeMap<Crate, BTreeSet<String>> = BTreeMap::new();
        for (feature, closure) in self.closures.iter().filter(|(feature, _)| !enabled.contains(*feature)) {
            for found in closure.iter().filter(|found| !allowed(found)) {
                forbidden.entry(found.clone()).or_default().insert(feature.clone());
            }
        }
        forbidden
    }

    /// All that is wrong with the tree of a set.
    pub(crate) fn check(&self, set: &FeatureSet, tree: &Tree) -> Vec<Problem> {
        let enabled: Vec<&Capability> =
            self.capabilities.iter().filter(|capability| set.features.contains(&capability.feature)).collect();
        let packages: BTreeSet<&str> = enabled.iter().map(|capability| capability.package.as_str()).collect();
        let mut problems = Vec::new();

        let foreign = |found: &&Crate| found.name.starts_with(IMPORT_PREFIX) && !packages.contains(found.name.as_str());
        problems.extend(tree.iter().filter(foreign).cloned().map(Problem::ForeignImport));

        let forbidden = self.forbidden(&set.features).into_iter();
        // Import crates among them have been named already.
        let found: BTreeMap<_, _> =
            forbidden.filter(|(name, _)| tree.contains(name) && !name.name.starts_with(IMPORT_PREFIX)).collect();
        if !found.is_empty() {
            problems.push(Problem::Forbidden(found));
        }

        let mut owners_here = packages.clone();
        owners_here.extend(packages.iter().filter_map(|name| self.declared.get(*name)).flatten().map(String::as_str));
        for (pattern, owners) in &self.claims {
            if owners.iter().any(|owner| owners_here.contains(owner.as_str())) {
                continue;
            }
            let found = tree.iter().filter(|found| matches(pattern, &found.name));
            problems.extend(found.map(|found| Problem::Claimed { found: found.clone(), owners: owners.clone() }));
        }

        for import in packages {
            let declared = self.declared.get(import).into_iter().flatten();
            for needs in declared.filter(|name| !IMPORT_MAY_NEED.contains(&name.as_str())) {
                problems.push(Problem::ImportNeeds { import: import.to_owned(), needs: needs.clone() });
            }
        }
        if enabled.len() == self.capabilities.len() && !self.left_out_of_all.is_empty() {
            problems.push(Problem::LeftOutOfAll(self.left_out_of_all.clone()));
        }
        problems
    }
}

#[cfg(test)]
mod tests;
