//! `function.wasm` and `function.wat`.

use super::bindings::{self, FunctionBinding};
use super::entry::Kind;
use super::fields::Fields;
use super::hash::{self, ContentHash};
use super::id::EntryId;
use super::limits::{self, FunctionLimits};
use super::node::Node;
use super::pool::{self, Pool};
use super::source::{Located, Span};
use super::transport::{self, Transport};
use std::sync::Arc;

/// A function as its entry declares it. Nothing of it was compared with the module.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FunctionEntry {
    /// Where its code is.
    pub code: FunctionCode,
    /// The exported function, or `iface#func`.
    pub method: Located<String>,
    /// The import groups that the module may use, as written; empty without the key.
    pub imports: Vec<Located<String>>,
    /// The place of the key `imports`, where it is written.
    pub imports_key: Option<Span>,
    /// What of the registry stands for functions that the module imports; empty without the key.
    pub bindings: Vec<FunctionBinding>,
    /// The `wasi` section, a mapping, unchecked: each key belongs to an import crate.
    pub wasi: Option<Node>,
    /// The `config` section, a mapping, unchecked: each key is an import crate's section.
    pub config: Option<Node>,
    /// How instances are kept.
    pub pool: Pool,
    /// What a call may use up.
    pub limits: FunctionLimits,
    /// How arguments and results travel. None: payload.
    pub transport: Option<Located<Transport>>,
    /// The WIT text that makes a component of a plain core module.
    pub wit: Option<Located<Arc<str>>>,
    /// Whether a missing grant is an error when the application loads. Default: no.
    pub strict_imports: Option<Located<bool>>,
}

/// Where the code of a function is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum FunctionCode {
    /// A file, compiled.
    Wasm {
        /// The `fs.directory` that it is in.
        fs: Located<EntryId>,
        /// The path in that directory, as written.
        path: Located<String>,
        /// What its content must be.
        hash: Located<ContentHash>,
    },
    /// WebAssembly text. [`Located::origin`] names the file that it came from, if it came from one.
    Wat {
        /// The text.
        source: Located<Arc<str>>,
    },
}

/// The kinds that can be called.
pub(super) const FUNCTIONS: &[Kind] = &[Kind::FunctionWasm, Kind::FunctionWat, Kind::FunctionLua];

pub(super) const WASM_KEYS: &[&str] = &[
    "bindings",
    "config",
    "fs",
    "hash",
    "imports",
    "kind",
    "limits",
    "meta",
    "method",
    "name",
    "path",
    "pool",
    "strict_imports",
    "transport",
    "wasi",
    "wit",
];

pub(super) const WAT_KEYS: &[&str] = &[
    "bindings",
    "config",
    "imports",
    "kind",
    "limits",
    "meta",
    "method",
    "name",
    "pool",
    "source",
    "strict_imports",
    "transport",
    "wasi",
    "wit",
];

pub(super) fn wasm(fields: &Fields<'_>) -> Option<FunctionEntry> {
    let fs = fields.required_reference("fs", &[Kind::FsDirectory]);
    let path = fields.required_text("path");
    let hash = hash::read(fields);
    let code = || Some(FunctionCode::Wasm { fs: fs?, path: path?.map(|text| text.to_string()), hash: hash? });
    common(fields, code())
}

pub(super) fn wat(fields: &Fields<'_>) -> Option<FunctionEntry> {
    let source = fields.required_text("source");
    common(fields, source.map(|source| FunctionCode::Wat { source }))
}

/// Reads all the rest before it gives up, so that every problem is found.
fn common(fields: &Fields<'_>, code: Option<FunctionCode>) -> Option<FunctionEntry> {
    let method = fields.required_text("method");
    let imports = fields.text_list("imports");
    let bindings = bindings::read(fields);
    let wasi = fields.mapping("wasi").cloned();
    let config = fields.mapping("config").cloned();
    let pool = pool::read(fields);
    let limits = limits::read(fields);
    let transport = transport::read(fields);
    let wit = fields.text("wit");
    let strict_imports = fields.boolean("strict_imports");
    Some(FunctionEntry {
        code: code?,
        method: method?.map(|text| text.to_string()),
        imports,
        bindings,
        imports_key: fields.key_span("imports").cloned(),
        wasi,
        config,
        pool,
        limits,
        transport,
        wit,
        strict_imports,
    })
}
