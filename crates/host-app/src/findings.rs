//! The preflight of an entry as remarks, or under `strict_imports` as errors, at their places in its file.

use crate::located::code_span;
use crate::manifest::{Entry, FunctionEntry, Problem};
use std::collections::BTreeMap;
use wippy_host_core::ErrorKind;
use wippy_host_core::{Finding, Preflight};

/// What a person may want to act on: imported but not granted, and granted but not imported. Neither stops the
/// application, but for the first under `strict_imports: true`.
pub(crate) fn of(entry: &Entry, function: &FunctionEntry, preflight: &Preflight) -> Vec<Problem> {
    let strict = function.strict_imports.as_ref().filter(|strict| strict.value);
    let code = code_span(&function.code);
    let imports = function.imports_key.as_ref().or(strict.map(|strict| &strict.span)).unwrap_or(code);
    let of_one = |it: &str, kind, span, what: String, remedy: String| {
        let problem = match strict {
            Some(_) => Problem::at(kind, span, format!("strict_imports: {what}")),
            None => Problem::at(kind, span, format!("{what}: a call of {it} ends the guest's call")).into_remark(),
        };
        problem.with_remedy(remedy)
    };
    let missing = |kind, span, what, remedy| of_one("it", kind, span, what, remedy);
    let mut found = Vec::new();
    for finding in &preflight.findings {
        found.push(match finding {
            Finding::Unused { name, .. } => {
                let written = function.imports.iter().find(|import| import.value == *name);
                let message = format!("\"{name}\" is granted, and the component imports nothing of it");
                Problem::at(ErrorKind::Invalid, written.map_or(imports, |import| &import.span), message)
                    .with_remedy(format!("remove \"{name}\" from imports"))
                    .into_remark()
            }
            Finding::Unprovided { interface } => missing(
                ErrorKind::NotFound,
                code,
                format!("the component imports {interface}, which no import of this build provides"),
                format!(
                    "bind it to functions (`bindings: {{ \"{interface}\": … }}`), or build the guest without it, or a host \
                     with an import crate that provides it"
                ),
            ),
            Finding::Unbound { interface, functions } => missing(
                ErrorKind::NotFound,
                code,
                format!("the component imports {interface} ({}), which is not bound", functions.join(", ")),
                format!("add them to `bindings.\"{interface}\"`"),
            ),
            Finding::NoSuchVersion { interface, available } => {
                let has = available.join(" and ");
                missing(
                    ErrorKind::NotFound,
                    code,
                    format!("the component imports {interface}, of which this build has version {has}"),
                    format!("build the guest for version {}", available.join(" or ")),
                )
            }
            Finding::FeatureOff { interface, feature } => missing(
                ErrorKind::NotFound,
                code,
                format!("the component imports {interface}, and this build has its Cargo feature off"),
                format!("build the host with --features {feature}"),
            ),
            _ => continue,
        });
    }
    let groups = not_granted(preflight);
    if strict.is_none() && groups.len() > 1 {
        // A runtime that is compiled in imports all that any program may use: no more than one remark says so.
        let line: Vec<_> = function.imports.iter().map(|import| &*import.value).chain(groups.keys().copied()).collect();
        let interfaces: Vec<_> = groups.into_values().collect();
        let what = format!("the component imports {}, which are not granted", and(&interfaces));
        let remedy =
            format!("if the guest needs them all, write imports: [{}]; else those that it calls", line.join(", "));
        found.push(of_one("one of them", ErrorKind::PermissionDenied, imports, what, remedy));
    } else {
        for (group, interfaces) in groups {
            let what = format!("the component imports {interfaces}, which is not granted");
            let remedy = match strict {
                Some(_) => format!("add \"{group}\" to imports"),
                None => format!("if the guest needs it, add \"{group}\" to imports"),
            };
            found.push(missing(ErrorKind::PermissionDenied, imports, what, remedy));
        }
    }
    found.into_iter().map(|problem| problem.for_entry(&entry.id.value)).collect()
}

/// Each group that is imported and not granted, with what is imported of it: `wasi:cli (environment, exit)`.
fn not_granted(preflight: &Preflight) -> BTreeMap<&str, String> {
    let mut groups: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for finding in &preflight.findings {
        let Finding::NotGranted { interface, functions, add } = finding else { continue };
        let unversioned = interface.split('@').next().unwrap_or(interface);
        let group = groups.entry(add).or_default();
        match unversioned.split_once('/') {
            Some((package, name)) => group.entry(package).or_default().push(name),
            // The functions of preview 1 stand in one module, whatever group they belong to.
            None => group.entry(unversioned).or_default().extend(functions.iter().map(String::as_str)),
        }
    }
    let listed = |(package, names): (&str, Vec<&str>)| format!("{package} ({})", names.join(", "));
    let described = |packages: BTreeMap<_, _>| packages.into_iter().map(listed).collect::<Vec<_>>().join(" and ");
    groups.into_iter().map(|(group, packages)| (group, described(packages))).collect()
}

/// `a, b and c`.
fn and(texts: &[String]) -> String {
    match texts {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => texts.concat(),
    }
}
