//! The preflight of an entry as remarks at their places in its file.

use crate::manifest::{Entry, Function, Problem, ProblemKind};
use crate::spec::code_span;
use wippy_host_core::{Finding, Preflight};

/// A remark for each finding that a person may want to act on: what is imported but not granted, and what is granted but
/// not imported. Neither stops the application.
pub(crate) fn remarks(entry: &Entry, function: &Function, preflight: &Preflight) -> Vec<Problem> {
    let imports = function.imports_key.as_ref().unwrap_or_else(|| code_span(function));
    let mut remarks = Vec::new();
    let mut missing: Vec<(&str, Vec<&str>)> = Vec::new();
    for finding in &preflight.findings {
        let (span, kind) = match finding {
            Finding::NotGranted { interface, add, .. } => {
                match missing.iter_mut().find(|(name, _)| name == add) {
                    Some((_, interfaces)) => interfaces.push(interface),
                    None => missing.push((add, vec![interface])),
                }
                continue;
            }
            Finding::Unused { index, .. } => {
                (function.imports.get(*index).map_or(imports, |import| &import.span), ProblemKind::Invalid)
            }
            Finding::Unprovided { .. } | Finding::NoSuchVersion { .. } | Finding::FeatureOff { .. } => {
                (code_span(function), ProblemKind::NotFound)
            }
            _ => continue,
        };
        let text = finding.to_string();
        let (message, remedy) = text.split_once("; ").map_or((text.as_str(), None), |(m, r)| (m, Some(r)));
        let remark = Problem::at(kind, span, message);
        remarks.push(match remedy {
            Some(remedy) => remark.with_remedy(remedy),
            None => remark,
        });
    }
    for (name, interfaces) in missing {
        let message = format!(
            "the component imports {}, which is not granted: a call of it ends the guest's call",
            interfaces.join(", ")
        );
        remarks.push(
            Problem::at(ProblemKind::PermissionDenied, imports, message)
                .with_remedy(format!("if the guest needs it, add \"{name}\" to imports")),
        );
    }
    remarks.into_iter().map(|remark| remark.as_remark().for_entry(&entry.id.value)).collect()
}
