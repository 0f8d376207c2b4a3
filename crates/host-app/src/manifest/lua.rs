//! `function.lua` and `library.lua`.

use super::entry::Kind;
use super::fields::Fields;
use super::id::EntryId;
use super::limits::{self, FunctionLimits};
use super::node::Node;
use super::pool::{self, Pool};
use super::problem::quoted;
use super::source::Located;
use super::suggest::did_you_mean;
use std::sync::Arc;

/// A `function.lua`. Nothing of its source was compiled.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LuaFunctionEntry {
    /// The text. [`Located::origin`] names the file that it came from, if it came from one.
    pub source: Located<Arc<str>>,
    /// The function in the table that the source returns.
    pub method: Located<String>,
    /// What `require` may load of the host: names of [`LUA_MODULES`] and [`LUA_GLOBALS`].
    pub modules: Vec<Located<String>>,
    /// What `require` may load of the application.
    pub imports: Vec<LuaImport>,
    /// How interpreters are kept.
    pub pool: Pool,
    /// What a call may use up.
    pub limits: FunctionLimits,
    /// `wasi.network`, unchecked: what `http_client` may reach.
    pub network: Option<Node>,
}

/// A `library.lua`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LuaLibraryEntry {
    /// The text. [`Located::origin`] names the file that it came from, if it came from one.
    pub source: Located<Arc<str>>,
    /// What `require` may load of the host.
    pub modules: Vec<Located<String>>,
    /// What `require` may load of the application. No library imports itself, by whatever way.
    pub imports: Vec<LuaImport>,
}

/// A library under the name by which one source knows it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LuaImport {
    /// What is given to `require`.
    pub alias: Located<Arc<str>>,
    /// The `library.lua`.
    pub library: Located<EntryId>,
}

/// The modules of the host that `require` finds where an entry lists them.
pub const LUA_MODULES: &[&str] = &[
    "base64",
    "channel",
    "env",
    "errors",
    "funcs",
    "hash",
    "http_client",
    "json",
    "logger",
    "process",
    "time",
    "uuid",
];

/// Names that are there without `require`; to list them is harmless.
pub const LUA_GLOBALS: &[&str] = &["coroutine", "math", "os", "print", "string", "table", "utf8"];

pub(super) const FUNCTION_KEYS: &[&str] =
    &["imports", "kind", "limits", "meta", "method", "modules", "name", "pool", "source", "wasi"];

pub(super) const LIBRARY_KEYS: &[&str] = &["imports", "kind", "meta", "modules", "name", "source"];

/// Reads all before it gives up, so that every problem is found.
pub(super) fn function(fields: &Fields<'_>) -> Option<LuaFunctionEntry> {
    let source = fields.required_text("source");
    let method = fields.required_text("method");
    let modules = modules(fields);
    let imports = imports(fields);
    let pool = pool::read(fields);
    let limits = limits::read(fields);
    let network = fields.nested("wasi", "wasi.").and_then(|wasi| {
        wasi.check_keys(&["network"], &[]);
        wasi.mapping("network").cloned()
    });
    let method = method?.map(|text| text.to_string());
    Some(LuaFunctionEntry { source: source?, method, modules, imports, pool, limits, network })
}

pub(super) fn library(fields: &Fields<'_>) -> Option<LuaLibraryEntry> {
    let source = fields.required_text("source");
    let modules = modules(fields);
    let imports = imports(fields);
    Some(LuaLibraryEntry { source: source?, modules, imports })
}

fn modules(fields: &Fields<'_>) -> Vec<Located<String>> {
    let known = || LUA_MODULES.iter().chain(LUA_GLOBALS).copied();
    let mut modules = fields.text_list("modules");
    modules.retain(|module| {
        let is_known = known().any(|name| name == module.value);
        if !is_known {
            let near = did_you_mean(&module.value, known());
            let message = format!("unknown Lua module: {}", quoted(&module.value));
            fields.error(&module.span, message, format!("{near}known modules: {}", LUA_MODULES.join(", ")));
        }
        is_known
    });
    modules
}

fn imports(fields: &Fields<'_>) -> Vec<LuaImport> {
    let members = fields.mapping("imports").and_then(Node::as_mapping).unwrap_or_default();
    let import = |(alias, node): &(super::node::Key, Node)| {
        let name = format!("imports.{}", alias.value);
        if alias.value.is_empty() {
            fields.error(&alias.span, "an alias in `imports` is empty", "write `imports: { helper: namespace:name }`");
            return None;
        }
        let library = fields.reference(node, name, &alias.value, &[Kind::LibraryLua])?;
        Some(LuaImport { alias: alias.clone(), library })
    };
    members.iter().filter_map(import).collect()
}
