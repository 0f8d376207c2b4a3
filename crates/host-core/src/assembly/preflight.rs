//! The preflight: what a component imports against what its entry grants, in one pass, as data.

use super::bindings::Bindings;
use super::component_imports::{ComponentImports, ImportedInterface};
use crate::import::{Grants, Registry, track};
use serde::Serialize;
use std::collections::BTreeMap;

/// The report on one entry.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Preflight {
    /// The entry.
    pub entry: String,
    /// What was found, in the order of the component's imports, then of the entry's list.
    pub findings: Vec<Finding>,
}

/// One line of the report.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
#[serde(tag = "finding", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Finding {
    /// Granted, and the component imports functions of it.
    Used {
        /// The interface as the component names it.
        interface: String,
        /// The name in the entry's list that grants it.
        by: String,
    },
    /// Given by the entry's transport, and the component imports functions of it.
    Given {
        /// The interface as the component names it.
        interface: String,
    },
    /// Bound to functions of the registry.
    Bound {
        /// The interface as the component names it; for a function outside any interface, the function.
        interface: String,
        /// The functions that are bound, each with the id of the function that is called.
        functions: BTreeMap<String, String>,
    },
    /// Of an interface with other functions that are bound: each call of these functions ends the call.
    Unbound {
        /// The interface as the component names it.
        interface: String,
        /// The functions that the component imports and the entry does not bind.
        functions: Vec<String>,
    },
    /// Imported but not granted: each call of these functions ends the call.
    NotGranted {
        /// The interface as the component names it.
        interface: String,
        /// The functions that the component imports.
        functions: Vec<String>,
        /// The name to add to the entry's list.
        add: String,
    },
    /// Imported in a version that this build does not have.
    NoSuchVersion {
        /// The interface as the component names it.
        interface: String,
        /// The tracks that this build has.
        available: Vec<String>,
    },
    /// Imported, and the Cargo feature that would provide it is off.
    FeatureOff {
        /// The interface as the component names it.
        interface: String,
        /// The feature to build with.
        feature: String,
    },
    /// Imported, and no import provides it.
    Unprovided {
        /// The interface or function as the component names it.
        interface: String,
    },
    /// Granted, and the component imports nothing of it.
    Unused {
        /// The name in the entry's list that can go.
        name: String,
        /// Its index there.
        index: usize,
    },
}

impl Preflight {
    pub(crate) fn of(
        registry: &Registry,
        entry: &str,
        grants: &Grants,
        bindings: &Bindings<'_>,
        imports: &ComponentImports,
    ) -> Self {
        let mut findings = Vec::new();
        for interface in imports.interfaces.iter().filter(|interface| interface.is_used()) {
            let found = finding(registry, grants, interface);
            match found {
                Finding::Unprovided { .. } | Finding::NoSuchVersion { .. } | Finding::FeatureOff { .. } => {
                    findings.extend(bound(bindings, interface, found))
                }
                found => findings.push(found),
            }
        }
        for function in &imports.functions {
            let interface = function.name.clone();
            findings.push(match bindings.target(None, &function.name) {
                Some(target) => {
                    let functions = [(function.name.clone(), target.to_owned())].into();
                    Finding::Bound { interface, functions }
                }
                None => Finding::Unprovided { interface },
            });
        }
        for (index, request) in grants.requests().iter().enumerate() {
            let used = request.interfaces.iter().any(|granted| {
                imports.interfaces.iter().any(|i| i.name == granted.name && track(&i.version) == granted.track())
            });
            if !used {
                findings.push(Finding::Unused { name: request.text.clone(), index });
            }
        }
        Self { entry: entry.to_owned(), findings }
    }

    /// What stops the load under `strict_imports`: everything imported that a call would not reach.
    pub fn missing(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.is_fine())
    }
}

impl Finding {
    /// Whether it is no import that a call would not reach.
    fn is_fine(&self) -> bool {
        matches!(self, Self::Used { .. } | Self::Given { .. } | Self::Bound { .. } | Self::Unused { .. })
    }
}

/// What an entry binds of an interface that no import provides, and what it leaves out.
fn bound(bindings: &Bindings<'_>, import: &ImportedInterface, unprovided: Finding) -> Vec<Finding> {
    let interface = || import.full_name.clone();
    let mut functions = BTreeMap::new();
    let mut left = Vec::new();
    for function in &import.functions {
        let name = function.name.clone();
        match bindings.target(Some(import), &name) {
            Some(target) => drop(functions.insert(name, target.to_owned())),
            None => left.push(name),
        }
    }
    match (functions.is_empty(), left.is_empty()) {
        (true, _) => vec![unprovided],
        (false, true) => vec![Finding::Bound { interface: interface(), functions }],
        (false, false) => vec![
            Finding::Bound { interface: interface(), functions },
            Finding::Unbound { interface: interface(), functions: left },
        ],
    }
}

fn finding(registry: &Registry, grants: &Grants, import: &ImportedInterface) -> Finding {
    let interface = import.full_name.clone();
    if let Some((provider, provided)) = registry.provider(&import.name, track(&import.version)) {
        if !grants.allows(provided.name, provided.version) {
            let functions = import.functions.iter().map(|function| function.name.clone()).collect();
            return Finding::NotGranted { interface, functions, add: provider.meta().name.to_owned() };
        }
        let by = grants.requests().iter().find(|request| request.interfaces.contains(provided));
        return match by {
            Some(request) => Finding::Used { interface, by: request.text.clone() },
            None => Finding::Given { interface },
        };
    }
    let available = registry.tracks(&import.name);
    if !available.is_empty() {
        return Finding::NoSuchVersion { interface, available: available.into_iter().map(str::to_owned).collect() };
    }
    let package = import.name.split('/').next().unwrap_or(&import.name);
    match registry.feature_of(package) {
        Some(feature) => Finding::FeatureOff { interface, feature: feature.to_owned() },
        None => Finding::Unprovided { interface },
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Used { interface, by } => write!(f, "{interface}: granted by \"{by}\""),
            Self::Given { interface } => write!(f, "{interface}: given by the transport"),
            Self::Bound { interface, functions } => {
                let bound: Vec<_> =
                    functions.iter().map(|(function, target)| format!("{function}: {target}")).collect();
                write!(f, "{interface}: bound ({})", listed(&bound, 12))
            }
            Self::Unbound { interface, functions } => {
                let missing = listed(functions, 12);
                write!(f, "{interface}: not bound ({missing}); add them to bindings.\"{interface}\"")
            }
            Self::NotGranted { interface, functions, add } => {
                write!(f, "{interface}: imported but not granted ({}); add \"{add}\" to imports", listed(functions, 12))
            }
            Self::NoSuchVersion { interface, available } => {
                write!(f, "{interface}: this build has version {} of it", available.join(", "))
            }
            Self::FeatureOff { interface, feature } => {
                write!(
                    f,
                    "{interface}: this build has the Cargo feature \"{feature}\" off; build with --features {feature}"
                )
            }
            Self::Unprovided { interface } => {
                write!(
                    f,
                    "{interface}: no import of this host provides it; a call of it ends the guest's call, unless `bindings` \
                     bind it to functions"
                )
            }
            Self::Unused { name, .. } => {
                write!(f, "\"{name}\" is granted, but the component imports nothing of it; remove it from imports")
            }
        }
    }
}

/// The first of a long list, at most `shown`.
pub(super) fn listed(names: &[String], shown: usize) -> String {
    let first = names.get(..shown.min(names.len())).unwrap_or_default().join(", ");
    match names.len().checked_sub(shown) {
        Some(more) if more > 0 => format!("{first} and {more} more"),
        _ => first,
    }
}
