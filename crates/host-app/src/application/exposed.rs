//! Files of the application that its own guests can write: who writes them grants.

use super::generation::Generation;
use crate::directories::ApplicationDirectories;
use crate::manifest::{Declaration, Entry, EntryId, FunctionEntry, Node, NodeValue, Problem, Scalar, ScalarKind};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use wippy_host_core::{Directories, ErrorKind};

/// A warning for each mount that lets a guest change, or add to, what the application declares. An entry with problems of
/// its own is not run, and not warned of.
pub(super) fn warnings(root: &Path, generation: &Generation) -> Vec<Problem> {
    let Generation { declarations, directories, made, .. } = generation;
    let files: BTreeSet<PathBuf> = declarations.iter().map(|entry| root.join(entry.span.file.path())).collect();
    let mut warnings = Vec::new();
    for entry in declarations.iter().filter(|entry| made.contains_key(&entry.id.value)) {
        for mount in mounts(entry).filter(|mount| !is_read_only(mount)) {
            let Some(directory) = directory(entry, mount, directories) else { continue };
            let Some(file) = files.iter().find(|file| file.starts_with(&directory)) else { continue };
            let file = file.strip_prefix(root).unwrap_or(file).display();
            let message = format!("the guest can write {file}, and so declare entries with other grants");
            let warning = Problem::at(ErrorKind::PermissionDenied, mount.span(), message).into_warning();
            let remedy = "write `read_only: true`, or keep files that declare entries out of the directory";
            warnings.push(warning.for_entry(&entry.id.value).with_remedy(remedy));
        }
    }
    warnings
}

fn mounts(entry: &Entry) -> impl Iterator<Item = &Node> {
    let function: Option<&FunctionEntry> = match &entry.declaration {
        Declaration::Function(function) => Some(function),
        Declaration::Process(process) => Some(&process.function),
        _ => None,
    };
    let mounts = function.and_then(|function| function.wasi.as_ref()?.get("mounts")?.as_list());
    mounts.unwrap_or_default().iter()
}

fn is_read_only(mount: &Node) -> bool {
    let value = mount.get("read_only").map(Node::value);
    matches!(value, Some(NodeValue::Scalar(Scalar { kind: ScalarKind::Boolean(true), .. })))
}

fn directory(entry: &Entry, mount: &Node, directories: &ApplicationDirectories) -> Option<PathBuf> {
    let id = EntryId::resolve(mount.get("fs")?.as_text()?, entry.id.value.namespace()).ok()?;
    directories.get(&id.to_string()).ok().flatten()
}
