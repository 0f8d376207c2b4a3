//! Directories, and what makes up the environment.

use super::application_path;
use super::entry::Kind;
use super::fields::Fields;
use super::id::EntryId;
use super::node::{Node, NodeValue};
use super::source::Located;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// An `fs.directory`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FsDirectory {
    /// The path as written: relative to the application's root, not to the file.
    pub directory: Located<String>,
    /// Whether to create the directory where it is missing. Default: no.
    pub auto_init: Option<Located<bool>>,
    /// The permissions to create it with, from octal digits, at most 0o7777. None: the system's default.
    pub mode: Option<Located<u32>>,
}

/// The `values` of an `env.storage.static` or `env.storage.memory`, by name. Empty where there are none.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct EnvironmentValues {
    /// Each variable with its text.
    pub values: BTreeMap<String, Located<Arc<str>>>,
}

impl fmt::Debug for EnvironmentValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Their names alone: values do not belong in a log.
        f.debug_set().entries(self.values.keys()).finish()
    }
}

/// An `env.storage.file`: a file of lines `NAME=value`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EnvironmentFile {
    /// The path, relative to the application's root and below it.
    pub file_path: Located<PathBuf>,
    /// Whether to create the file where it is missing. Default: no.
    pub auto_create: Option<Located<bool>>,
}

/// An `env.storage.router`: several storages as one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EnvironmentRouter {
    /// Where a variable is looked for, in this order; at least one. No router leads back to itself.
    pub storages: Vec<Located<EntryId>>,
}

/// An `env.variable`.
#[derive(Clone)]
#[non_exhaustive]
pub struct EnvironmentVariable {
    /// The storage that holds it.
    pub storage: Located<EntryId>,
    /// Its name in the storage. None: the name of the entry.
    pub variable: Option<Located<String>>,
    /// Its value where the storage has none; may be empty.
    pub default: Option<Located<Arc<str>>>,
    /// Whether it may not be changed. Default: it may.
    pub readonly: Option<Located<bool>>,
}

impl fmt::Debug for EnvironmentVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the text of the default, which does not belong in a log.
        f.debug_struct("EnvironmentVariable")
            .field("storage", &self.storage)
            .field("variable", &self.variable)
            .field("has_default", &self.default.is_some())
            .field("readonly", &self.readonly)
            .finish()
    }
}

/// The first is the one to suggest where there is none.
pub(super) const STORAGES: &[Kind] =
    &[Kind::EnvStorageMemory, Kind::EnvStorageFile, Kind::EnvStorageOs, Kind::EnvStorageRouter, Kind::EnvStorageStatic];

pub(super) fn directory(fields: &Fields<'_>) -> Option<FsDirectory> {
    let directory = fields.required_text("directory");
    let auto_init = fields.boolean("auto_init");
    let mode = mode(fields);
    Some(FsDirectory { directory: directory?.map(|text| text.to_string()), auto_init, mode })
}

/// Octal with quotes or without: unquoted `0755` is the number 755 in YAML 1.2, and means what `chmod` means by it. So
/// the digits count, not the number.
fn mode(fields: &Fields<'_>) -> Option<Located<u32>> {
    let node = fields.get("mode")?;
    let NodeValue::Scalar(scalar) = node.value() else {
        fields.mismatch(node, "mode", "octal permissions", None);
        return None;
    };
    let digits = scalar.text.strip_prefix("0o").unwrap_or(&scalar.text);
    let octal = !digits.is_empty() && digits.bytes().all(|b| matches!(b, b'0'..=b'7'));
    match u32::from_str_radix(digits, 8) {
        Ok(mode) if octal && mode <= 0o7777 => Some(super::fields::located(node, mode)),
        _ => {
            fields.mismatch(node, "mode", "octal permissions from 0 to 7777", None);
            None
        }
    }
}

pub(super) fn values(fields: &Fields<'_>) -> EnvironmentValues {
    let members = fields.mapping("values").and_then(|node| node.as_mapping()).unwrap_or_default();
    let value = |(key, node): &(super::node::Key, super::node::Node)| {
        let text = fields.text_of(node, &format!("values.{}", key.value), Some(&key.value))?;
        Some((key.value.to_string(), text))
    };
    EnvironmentValues { values: members.iter().filter_map(value).collect() }
}

pub(super) fn file(fields: &Fields<'_>) -> Option<EnvironmentFile> {
    let file_path = application_path::required(fields, "file_path");
    let auto_create = fields.boolean("auto_create");
    Some(EnvironmentFile { file_path: file_path?, auto_create })
}

pub(super) fn router(fields: &Fields<'_>) -> Option<EnvironmentRouter> {
    let given = fields.get("storages");
    if fields.is_absent("storages") || given.and_then(Node::as_list).is_some_and(<[Node]>::is_empty) {
        fields.required_error("storages");
        return None;
    }
    let items = fields.list("storages")?.iter().enumerate();
    let storage = |(index, node)| fields.reference(node, format!("storages[{index}]"), "- id", STORAGES);
    Some(EnvironmentRouter { storages: items.filter_map(storage).collect() })
}

pub(super) fn variable(fields: &Fields<'_>) -> Option<EnvironmentVariable> {
    let storage = fields.required_reference("storage", STORAGES);
    let variable = fields.text("variable").filter(|text| !text.value.is_empty());
    let default = fields.text("default");
    let readonly = fields.boolean("readonly");
    Some(EnvironmentVariable {
        storage: storage?,
        variable: variable.map(|text| text.map(|text| text.to_string())),
        default,
        readonly,
    })
}
