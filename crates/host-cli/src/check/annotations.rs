//! `check --annotate`: the preflight under the lines of the YAML that it is about. No other line is shown: a file may hold
//! values that do not belong in the log of a CI.

use crate::output::visible;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use wippy_host::{Finding, Preflight};
use wippy_host_app::Opened;
use wippy_host_app::manifest::{FunctionEntry, Span};

/// A place and what is to be said of it.
type Note = (Span, String);

/// All sound functions and programs whose code imports something or is granted something.
pub(super) fn annotated(opened: &Opened) -> String {
    let mut text = String::new();
    for entry in opened.declarations.iter() {
        let function = entry.function().or_else(|| entry.process().map(|process| &process.function));
        let id = entry.id.value.to_string();
        let preflight = opened.preflights.iter().find(|preflight| preflight.entry == id);
        let Some((function, preflight)) = function.zip(preflight) else { continue };
        let notes = notes(function, preflight);
        if let Some((first, _)) = notes.first() {
            let _ = writeln!(text, "{id} in {}", first.file.path().display());
            under_their_lines(&mut text, notes);
        }
    }
    visible(&text)
}

fn under_their_lines(text: &mut String, mut notes: Vec<Note>) {
    notes.sort_by_key(|(span, _)| (span.line, span.column));
    let mut shown = 0;
    for (span, note) in notes {
        if span.line != shown {
            shown = span.line;
            let _ = writeln!(text, "{:>6} | {}", span.line, span.source_line().unwrap_or_default().trim_end());
        }
        let column = usize::try_from(span.column).unwrap_or(1).saturating_sub(1);
        let _ = writeln!(text, "       | {}^ {note}", " ".repeat(column));
    }
}

fn notes(function: &FunctionEntry, preflight: &Preflight) -> Vec<Note> {
    let mut notes = Vec::new();
    for import in &function.imports {
        let used = preflight.findings.iter().filter_map(|finding| match finding {
            Finding::Used { interface, by } if *by == import.value => Some(interface.as_str()),
            _ => None,
        });
        let used: Vec<_> = used.collect();
        notes.push((
            import.span.clone(),
            match &*used {
                [] => "grants nothing that the code imports: remove it".to_owned(),
                used => format!("grants {}", used.join(", ")),
            },
        ));
    }
    for binding in &function.bindings {
        notes.push((binding.function.span.clone(), format!("calls {}", binding.target.value)));
    }
    let mut missing: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for finding in &preflight.findings {
        match finding {
            Finding::Used { .. } | Finding::Bound { .. } | Finding::Unused { .. } => {}
            Finding::NotGranted { interface, functions, add } => {
                missing.entry(add).or_default().push(format!("{interface} ({})", functions.join(", ")));
            }
            other => notes.push((function.method.span.clone(), other.to_string())),
        }
    }
    let imports = function.imports_key.as_ref().unwrap_or(&function.method.span);
    for (add, interfaces) in missing {
        let what = interfaces.join(", ");
        notes.push((imports.clone(), format!("add \"{add}\" if the guest needs {what}")));
    }
    notes
}
