//! The preflight: what a component imports against what its entry grants, in one pass, as data.

use super::component_imports::{ComponentImports, ImportedInterface};
use crate::import::{Grants, Registry, track};
use serde::Serialize;

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
    pub(crate) fn of(registry: &Registry, entry: &str, grants: &Grants, imports: &ComponentImports) -> Self {
        let mut findings = Vec::new();
        for interface in imports.interfaces.iter().filter(|interface| interface.is_used()) {
            findings.push(finding(registry, grants, interface));
        }
        for function in &imports.functions {
            findings.push(Finding::Unprovided { interface: function.name.clone() });
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
        matches!(self, Self::Used { .. } | Self::Given { .. } | Self::Unused { .. })
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
                write!(f, "{interface}: no import of this host provides it; a call of it ends the guest's call")
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
