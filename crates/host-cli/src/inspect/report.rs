//! What is said of a component or module: as text, or as JSON.

use super::{entry, role};
use crate::output::{count, visible};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::Path;
use wippy_host::{CodeKind, Finding, Inspection, Preflight};
use wippy_host_app::EntryCode;
use wippy_host_app::manifest::EntryId;

/// Functions that a module exports for the component model itself, and not for callers.
const PLUMBING: &[&str] = &["cabi_realloc", "_initialize", "_start"];

pub(super) struct Report {
    name: String,
    bytes: usize,
    hash: String,
    inspection: Inspection,
    /// Of an entry against its grants, of a file against none.
    preflight: Option<Preflight>,
    /// The names for `imports` that grant everything.
    needed: Vec<String>,
    /// The entry to write; of an entry, its lines that depend on the code.
    entry: Option<String>,
    is_entry: bool,
}

impl Report {
    pub(super) fn new(
        path: &Path,
        bytes: &[u8],
        inspection: Inspection,
        preflight: Option<Preflight>,
        wit: Option<String>,
    ) -> Self {
        let hash = hash(bytes);
        let needed = needed(preflight.as_ref());
        let entry = entry::ready_made(path, &inspection, &hash, &needed, wit.as_deref());
        let entry = entry.map(|entry| entry + &entry::bindings(&unprovided(preflight.as_ref())));
        let name = path.display().to_string();
        Self { name, bytes: bytes.len(), hash, inspection, preflight, needed, entry, is_entry: false }
    }

    /// The report of an application's entry. `ungranted` is the preflight of its component without any grant.
    pub(super) fn of_entry(
        id: &EntryId,
        code: EntryCode,
        inspection: Inspection,
        ungranted: Option<&Preflight>,
    ) -> Self {
        let (hash, needed) = (hash(&code.bytes), needed(ungranted));
        let entry = Some(entry::refreshed(id, &code, &hash, &needed));
        let (name, bytes) = (id.to_string(), code.bytes.len());
        Self { name, bytes, hash, inspection, preflight: code.preflight, needed, entry, is_entry: true }
    }

    fn kind(&self) -> &'static str {
        match self.inspection.kind {
            CodeKind::Component if role::http_handler(&self.inspection).is_some() => {
                "component that handles HTTP requests"
            }
            CodeKind::Component if role::command(&self.inspection).is_some() => "component that is a command",
            CodeKind::Component => "component",
            CodeKind::Preview1 if role::command(&self.inspection).is_some() => "preview 1 module that is a command",
            CodeKind::Preview1 => "preview 1 module",
            _ => "core module",
        }
    }

    pub(super) fn json(&self) -> Json {
        let exports = self.exports().map(|(method, signature)| json!({"method": method, "signature": signature}));
        json!({
            "name": self.name,
            "kind": match self.inspection.kind {
                CodeKind::Component => "component",
                CodeKind::Preview1 => "preview1",
                _ => "module",
            },
            "text": self.inspection.is_text,
            "bytes": self.bytes,
            "hash": self.hash,
            "exports": exports.collect::<Vec<_>>(),
            "imports": self.inspection.imports,
            "needs": self.needed,
            "findings": self.preflight.as_ref().map(|preflight| &preflight.findings),
            "http_handler": role::http_handler(&self.inspection),
            "command": role::command(&self.inspection),
            "wit": self.inspection.wit,
            "entry": self.entry,
        })
    }

    pub(super) fn text(&self) -> String {
        let form = if self.inspection.is_text { ", as text" } else { "" };
        let mut text = format!("{}: {}{form}, {}\n{}\n", self.name, self.kind(), count(self.bytes, "byte"), self.hash);
        text.push_str("\nexports\n");
        let exports: Vec<_> = self.exports().collect();
        for (method, signature) in &exports {
            let name = method.rsplit('#').next().unwrap_or(method);
            // `async` belongs to the function, and stands before its name.
            let (prefix, signature) = match signature.strip_prefix("async ") {
                Some(signature) => ("async ", signature),
                None => ("", *signature),
            };
            text.push_str(&format!("  {prefix}{name}{signature}\n    method: {method}\n"));
        }
        if exports.is_empty() {
            text.push_str("  no function\n");
        }
        text.push_str("\nimports\n");
        match &self.preflight {
            Some(preflight) if !self.is_entry => text.push_str(&needs(preflight)),
            Some(preflight) => {
                preflight.findings.iter().for_each(|finding| text.push_str(&format!("  {finding}\n")));
            }
            None => self.inspection.imports.iter().for_each(|import| text.push_str(&format!("  {import}\n"))),
        }
        if self.inspection.imports.is_empty() {
            text.push_str("  nothing\n");
        }
        if let Some(wit) = &self.inspection.wit {
            text.push_str("\nworld\n");
            for line in wit.lines() {
                text.push_str(format!("  {line}").trim_end());
                text.push('\n');
            }
        }
        text.push_str(&self.entry_text());
        visible(&text)
    }

    fn entry_text(&self) -> String {
        match (&self.entry, self.inspection.kind) {
            (Some(entry), _) if self.is_entry => {
                format!("\nits entry, with the hash and the imports that its code has now; other keys stay\n{entry}")
            }
            (Some(entry), _) => format!("\nan _index.yaml beside the file\n{entry}"),
            (None, CodeKind::Preview1) => {
                "\na preview 1 module without _start cannot be called: build it as a component (for Rust: --target \
                 wasm32-wasip2)\n"
                    .to_owned()
            }
            (None, CodeKind::CoreModule) if !self.is_entry => {
                "\nits signatures cannot be told from the module: give them with --wit\n".to_owned()
            }
            _ => String::new(),
        }
    }

    /// Method and signature of what callers may call.
    fn exports(&self) -> impl Iterator<Item = (&str, &str)> {
        let exports = self.inspection.exports.iter();
        let exports = exports.filter(|export| {
            self.inspection.kind != CodeKind::CoreModule || !PLUMBING.contains(&export.method.as_str())
        });
        exports.map(|export| (export.method.as_str(), export.signature.as_str()))
    }
}

/// The names for `imports` that grant everything, in order.
fn needed(preflight: Option<&Preflight>) -> Vec<String> {
    let findings = preflight.into_iter().flat_map(|preflight| &preflight.findings);
    let names: BTreeSet<&String> = findings
        .filter_map(|finding| match finding {
            Finding::NotGranted { add, .. } => Some(add),
            _ => None,
        })
        .collect();
    names.into_iter().cloned().collect()
}

/// What is imported and no import provides: interfaces, and functions outside any interface.
fn unprovided(preflight: Option<&Preflight>) -> Vec<&str> {
    let findings = preflight.into_iter().flat_map(|preflight| &preflight.findings);
    findings
        .filter_map(|finding| match finding {
            Finding::Unprovided { interface } => Some(interface.as_str()),
            _ => None,
        })
        .collect()
}

/// What is imported, and the line that grants it.
fn needs(preflight: &Preflight) -> String {
    let mut text = String::new();
    for finding in &preflight.findings {
        match finding {
            // The functions of preview 1 stand in one module, whatever group they belong to.
            Finding::NotGranted { interface, functions, add } if !interface.contains('/') => {
                text.push_str(&format!("  {interface} ({}): \"{add}\"\n", functions.join(", ")));
            }
            Finding::NotGranted { interface, add, .. } => text.push_str(&format!("  {interface}: \"{add}\"\n")),
            other => text.push_str(&format!("  {other}\n")),
        }
    }
    let names = needed(Some(preflight));
    if !names.is_empty() {
        text.push_str(&format!("  for all of them: imports: [{}]\n", names.join(", ")));
    }
    text
}

fn hash(bytes: &[u8]) -> String {
    let digits: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}
