//! The entries that this host knows, typed, and the reading of any one of them.

use super::environment::{EnvironmentValues, EnvironmentVariable, FsDirectory};
use super::fields::Fields;
use super::function::Function;
use super::id::EntryId;
use super::node::Node;
use super::problem::{Problem, quoted, shortened};
use super::source::{Located, Span};
use super::suggest::did_you_mean;
use super::{environment, function};
use std::fmt;
use std::sync::Arc;
use wippy_host_core::ErrorKind;

/// Keys that Wippy knows on an entry and this host does not act on.
pub(super) const WITHOUT_EFFECT: &[&str] =
    &["middleware", "worker_class", "depends_on", "lifecycle", "security", "host"];

/// Kinds of Wippy that this host is to have, and has not yet: nothing near is meant by them.
const PLANNED: &[&str] = &[
    "function.lua",
    "library.lua",
    "process.wasm",
    "env.storage.file",
    "env.storage.router",
    "http.service",
    "http.router",
    "http.endpoint",
    "process.host",
    "terminal.host",
];

/// A kind of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `env.storage.memory`: variables that may change while the application runs.
    EnvStorageMemory,
    /// `env.storage.os`: the variables of the host's process.
    EnvStorageOs,
    /// `env.storage.static`: variables that stay as they are written.
    EnvStorageStatic,
    /// `env.variable`: one variable of a storage.
    EnvVariable,
    /// `fs.directory`: a directory that others may name.
    FsDirectory,
    /// `function.wasm`: a function from a compiled module.
    FunctionWasm,
    /// `function.wat`: a function from WebAssembly text.
    FunctionWat,
}

impl Kind {
    /// All kinds, in the order of their names.
    pub const ALL: [Kind; 7] = [
        Kind::EnvStorageMemory,
        Kind::EnvStorageOs,
        Kind::EnvStorageStatic,
        Kind::EnvVariable,
        Kind::FsDirectory,
        Kind::FunctionWasm,
        Kind::FunctionWat,
    ];

    /// The name that entries give as their `kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::EnvStorageMemory => "env.storage.memory",
            Kind::EnvStorageOs => "env.storage.os",
            Kind::EnvStorageStatic => "env.storage.static",
            Kind::EnvVariable => "env.variable",
            Kind::FsDirectory => "fs.directory",
            Kind::FunctionWasm => "function.wasm",
            Kind::FunctionWat => "function.wat",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Kind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The keys of an entry of this kind, in the order of their names.
    pub(super) fn keys(self) -> &'static [&'static str] {
        match self {
            Kind::EnvStorageOs => &["kind", "meta", "name"],
            Kind::EnvStorageStatic | Kind::EnvStorageMemory => &["kind", "meta", "name", "values"],
            Kind::EnvVariable => &["default", "kind", "meta", "name", "readonly", "storage", "variable"],
            Kind::FsDirectory => &["auto_init", "directory", "kind", "meta", "mode", "name"],
            Kind::FunctionWasm => function::WASM_KEYS,
            Kind::FunctionWat => function::WAT_KEYS,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An entry in which nothing is wrong as far as the files alone can tell.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its id; the place is that of its `name`.
    pub id: Located<EntryId>,
    /// Its kind; the place is that of the value of `kind`.
    pub kind: Located<Kind>,
    /// Its free-form `meta`.
    pub meta: Meta,
    /// What its kind says of it.
    pub declaration: Declaration,
    /// Where it begins.
    pub span: Span,
}

/// The `meta` of an entry: its own keys over those of its file.
#[derive(Debug, Clone, Default)]
pub struct Meta {
    pub(super) own: Option<Node>,
    /// Shared, not copied: a file may have very many entries.
    pub(super) file: Option<Arc<Node>>,
}

impl Meta {
    /// The value under a key: the entry's own, else the file's.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.own.as_ref().and_then(|node| node.get(key)).or_else(|| self.file.as_ref()?.get(key))
    }

    /// All of it as a JSON object, the file's keys first.
    pub fn to_json(&self) -> serde_json::Value {
        let nodes = self.file.as_deref().into_iter().chain(&self.own);
        let members = nodes.flat_map(|node| node.as_mapping().unwrap_or_default());
        members.map(|(key, node)| (key.value.to_string(), node.to_json())).collect()
    }
}

impl Entry {
    /// The function that it declares, if it declares one.
    pub fn function(&self) -> Option<&Function> {
        match &self.declaration {
            Declaration::Function(function) => Some(function),
            _ => None,
        }
    }
}

/// What an entry declares.
#[derive(Debug, Clone)]
pub enum Declaration {
    /// `fs.directory`
    FsDirectory(FsDirectory),
    /// `env.storage.os`
    EnvStorageOs,
    /// `env.storage.static`
    EnvStorageStatic(EnvironmentValues),
    /// `env.storage.memory`; the values it starts with.
    EnvStorageMemory(EnvironmentValues),
    /// `env.variable`
    EnvVariable(EnvironmentVariable),
    /// `function.wasm` and `function.wat`
    Function(Box<Function>),
}

/// Reads the fields of a kind. None only after a problem was reported.
pub(super) fn read(kind: Kind, fields: &Fields<'_>) -> Option<Declaration> {
    Some(match kind {
        Kind::FsDirectory => Declaration::FsDirectory(environment::directory(fields)?),
        Kind::EnvStorageOs => Declaration::EnvStorageOs,
        Kind::EnvStorageStatic => Declaration::EnvStorageStatic(environment::values(fields)),
        Kind::EnvStorageMemory => Declaration::EnvStorageMemory(environment::values(fields)),
        Kind::EnvVariable => Declaration::EnvVariable(environment::variable(fields)?),
        Kind::FunctionWasm => Declaration::Function(Box::new(function::wasm(fields)?)),
        Kind::FunctionWat => Declaration::Function(Box::new(function::wat(fields)?)),
    })
}

/// The problem with a kind that this host does not have.
pub(super) fn unknown_kind(kind: &str, span: &Span, skip: bool) -> Problem {
    let known = Kind::ALL.map(Kind::as_str);
    let list = known.join(", ");
    let remedy = if PLANNED.contains(&kind) {
        format!("this host does not have {} yet; it has: {list}", quoted(kind))
    } else {
        format!("{}this host has: {list}", did_you_mean(kind, known))
    };
    let message = format!("unknown kind: {}", shortened(kind));
    let problem = Problem::at(ErrorKind::NotFound, span, message).with_remedy(remedy);
    if skip { problem.as_warning() } else { problem }
}
