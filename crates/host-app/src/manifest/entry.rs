//! The entries that this host knows, typed, and the reading of any one of them.

use super::environment::{EnvironmentFile, EnvironmentRouter, EnvironmentValues, EnvironmentVariable, FsDirectory};
use super::fields::Fields;
use super::function::FunctionEntry;
use super::hosts::ProcessHost;
use super::http_routes::{HttpEndpoint, HttpRouter};
use super::http_service::HttpService;
use super::id::EntryId;
use super::lua::{LuaFunctionEntry, LuaLibraryEntry};
use super::node::Node;
use super::problem::{Problem, shortened};
use super::process::{Command, Process};
use super::source::{Located, Span};
use super::suggest::did_you_mean;
use super::{environment, function, hosts, http_routes, http_service, lua, process};
use std::fmt;
use std::sync::Arc;
use wippy_host_core::ErrorKind;

/// Keys that Wippy knows on an entry and this host does not act on.
const WITHOUT_EFFECT: &[&str] = &["middleware", "worker_class", "depends_on", "lifecycle", "security", "host"];

/// A kind of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `env.storage.file`: variables in a file of lines `NAME=value`.
    EnvStorageFile,
    /// `env.storage.memory`: variables that may change while the application runs.
    EnvStorageMemory,
    /// `env.storage.os`: the variables of the host's process.
    EnvStorageOs,
    /// `env.storage.router`: several storages as one.
    EnvStorageRouter,
    /// `env.storage.static`: variables that stay as they are written.
    EnvStorageStatic,
    /// `env.variable`: one variable of a storage.
    EnvVariable,
    /// `fs.directory`: a directory that others may name.
    FsDirectory,
    /// `function.lua`: a function in Lua.
    FunctionLua,
    /// `function.wasm`: a function from a compiled module.
    FunctionWasm,
    /// `function.wat`: a function from WebAssembly text.
    FunctionWat,
    /// `http.endpoint`: a function that answers requests.
    HttpEndpoint,
    /// `http.router`: endpoints below one prefix.
    HttpRouter,
    /// `http.service`: an address that is listened on.
    HttpService,
    /// `library.lua`: Lua that other Lua may load.
    LibraryLua,
    /// `process.host`: where processes run.
    ProcessHost,
    /// `process.wasm`: a process from a compiled module.
    ProcessWasm,
    /// `terminal.host`: where commands run.
    TerminalHost,
}

impl Kind {
    /// All kinds, in the order of their names.
    pub const ALL: &'static [Kind] = &[
        Kind::EnvStorageFile,
        Kind::EnvStorageMemory,
        Kind::EnvStorageOs,
        Kind::EnvStorageRouter,
        Kind::EnvStorageStatic,
        Kind::EnvVariable,
        Kind::FsDirectory,
        Kind::FunctionLua,
        Kind::FunctionWasm,
        Kind::FunctionWat,
        Kind::HttpEndpoint,
        Kind::HttpRouter,
        Kind::HttpService,
        Kind::LibraryLua,
        Kind::ProcessHost,
        Kind::ProcessWasm,
        Kind::TerminalHost,
    ];

    /// The name that entries give as their `kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::EnvStorageFile => "env.storage.file",
            Kind::EnvStorageMemory => "env.storage.memory",
            Kind::EnvStorageOs => "env.storage.os",
            Kind::EnvStorageRouter => "env.storage.router",
            Kind::EnvStorageStatic => "env.storage.static",
            Kind::EnvVariable => "env.variable",
            Kind::FsDirectory => "fs.directory",
            Kind::FunctionLua => "function.lua",
            Kind::FunctionWasm => "function.wasm",
            Kind::FunctionWat => "function.wat",
            Kind::HttpEndpoint => "http.endpoint",
            Kind::HttpRouter => "http.router",
            Kind::HttpService => "http.service",
            Kind::LibraryLua => "library.lua",
            Kind::ProcessHost => "process.host",
            Kind::ProcessWasm => "process.wasm",
            Kind::TerminalHost => "terminal.host",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Kind> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }

    /// The keys of an entry of this kind, in the order of their names.
    pub(super) fn keys(self) -> &'static [&'static str] {
        match self {
            Kind::EnvStorageFile => &["auto_create", "file_path", "kind", "meta", "name"],
            Kind::EnvStorageRouter => &["kind", "meta", "name", "storages"],
            Kind::EnvStorageOs => &["kind", "meta", "name"],
            Kind::EnvStorageStatic | Kind::EnvStorageMemory => &["kind", "meta", "name", "values"],
            Kind::EnvVariable => &["default", "kind", "meta", "name", "readonly", "storage", "variable"],
            Kind::FsDirectory => &["auto_init", "directory", "kind", "meta", "mode", "name"],
            Kind::FunctionLua => lua::FUNCTION_KEYS,
            Kind::FunctionWasm | Kind::ProcessWasm => function::WASM_KEYS,
            Kind::FunctionWat => function::WAT_KEYS,
            Kind::HttpEndpoint => http_routes::ENDPOINT_KEYS,
            Kind::HttpRouter => http_routes::ROUTER_KEYS,
            Kind::HttpService => http_service::KEYS,
            Kind::LibraryLua => lua::LIBRARY_KEYS,
            Kind::ProcessHost | Kind::TerminalHost => hosts::KEYS,
        }
    }

    /// Keys that Wippy knows on an entry of this kind and this host does not act on.
    pub(super) fn without_effect(self) -> Vec<&'static str> {
        let own: &[&str] = match self {
            Kind::EnvStorageFile => &["dir_mode", "file_mode"],
            Kind::HttpEndpoint | Kind::HttpRouter => http_routes::WITHOUT_EFFECT,
            Kind::TerminalHost => &["hide_logs"],
            _ => &[],
        };
        [WITHOUT_EFFECT, own].concat()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An entry in which nothing is wrong as far as the files alone can tell.
#[derive(Debug, Clone)]
#[non_exhaustive]
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
    pub fn function(&self) -> Option<&FunctionEntry> {
        match &self.declaration {
            Declaration::Function(function) => Some(function),
            _ => None,
        }
    }

    /// The process that it declares, if it declares one.
    pub fn process(&self) -> Option<&Process> {
        match &self.declaration {
            Declaration::Process(process) => Some(process),
            _ => None,
        }
    }

    /// The command of the command line that it is, if it is one.
    pub fn command(&self) -> Option<&Command> {
        self.process()?.command.as_ref()
    }
}

/// What an entry declares.
#[derive(Debug, Clone)]
#[non_exhaustive]
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
    /// `env.storage.file`
    EnvStorageFile(EnvironmentFile),
    /// `env.storage.router`
    EnvStorageRouter(EnvironmentRouter),
    /// `function.wasm` and `function.wat`
    Function(Box<FunctionEntry>),
    /// `function.lua`
    LuaFunction(Box<LuaFunctionEntry>),
    /// `library.lua`
    LuaLibrary(Box<LuaLibraryEntry>),
    /// `process.wasm`
    Process(Box<Process>),
    /// `http.service`
    HttpService(Box<HttpService>),
    /// `http.router`
    HttpRouter(HttpRouter),
    /// `http.endpoint`
    HttpEndpoint(Box<HttpEndpoint>),
    /// `process.host`
    ProcessHost(ProcessHost),
    /// `terminal.host`
    TerminalHost(ProcessHost),
}

/// Reads the fields of a kind. None only after a problem was reported.
pub(super) fn read(kind: Kind, fields: &Fields<'_>, meta: &Meta) -> Option<Declaration> {
    Some(match kind {
        Kind::FsDirectory => Declaration::FsDirectory(environment::directory(fields)?),
        Kind::EnvStorageOs => Declaration::EnvStorageOs,
        Kind::EnvStorageStatic => Declaration::EnvStorageStatic(environment::values(fields)),
        Kind::EnvStorageMemory => Declaration::EnvStorageMemory(environment::values(fields)),
        Kind::EnvVariable => Declaration::EnvVariable(environment::variable(fields)?),
        Kind::FunctionWasm => Declaration::Function(Box::new(function::wasm(fields)?)),
        Kind::FunctionWat => Declaration::Function(Box::new(function::wat(fields)?)),
        Kind::EnvStorageFile => Declaration::EnvStorageFile(environment::file(fields)?),
        Kind::EnvStorageRouter => Declaration::EnvStorageRouter(environment::router(fields)?),
        Kind::FunctionLua => Declaration::LuaFunction(Box::new(lua::function(fields)?)),
        Kind::LibraryLua => Declaration::LuaLibrary(Box::new(lua::library(fields)?)),
        Kind::ProcessWasm => Declaration::Process(Box::new(process::read(fields, meta)?)),
        Kind::HttpService => Declaration::HttpService(Box::new(http_service::read(fields)?)),
        Kind::HttpRouter => Declaration::HttpRouter(http_routes::router(fields, meta)?),
        Kind::HttpEndpoint => Declaration::HttpEndpoint(Box::new(http_routes::endpoint(fields, meta)?)),
        Kind::ProcessHost => Declaration::ProcessHost(hosts::read(fields)),
        Kind::TerminalHost => Declaration::TerminalHost(hosts::read(fields)),
    })
}

/// The problem with a kind that this host does not have.
pub(super) fn unknown_kind(kind: &str, span: &Span, skip: bool) -> Problem {
    let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    let list = known.join(", ");
    let remedy = format!("{}this host has: {list}", did_you_mean(kind, known));
    let message = format!("unknown kind: {}", shortened(kind));
    let problem = Problem::at(ErrorKind::NotFound, span, message).with_remedy(remedy);
    if skip { problem.into_warning() } else { problem }
}
