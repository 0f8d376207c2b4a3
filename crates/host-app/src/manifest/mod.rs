//! From a directory tree of YAML and JSON files to typed declarations in which every value knows its place.
//!
//! [`load`] never fails as a whole: it gives what is sound, and every [`Problem`] that it met. Nothing here knows
//! WebAssembly, an import or a running host; what an entry declares is compared with the world elsewhere.
//!
//! The way of a file: `tree` (which files) → `yaml` (text to [`Node`]) → `document` (head and entries) → `expand`
//! (`${env:…}`, `file://`) → `fields` (typed values, unknown keys) → `entry` and the module of each kind →
//! `declarations` (ids and references across files) → `across` (circles, and what two entries claim both).

mod across;
mod application_path;
mod bindings;
mod cycle;
mod declarations;
mod document;
mod duration;
mod entry;
mod environment;
mod examples;
mod expand;
mod fields;
mod function;
mod hash;
mod hosts;
mod http_path;
mod http_routes;
mod http_service;
mod id;
mod json_escapes;
mod lifecycle;
mod limits;
mod lua;
mod node;
mod options;
mod pool;
mod problem;
mod process;
mod scalar;
mod schema;
mod source;
mod suggest;
mod transport;
mod tree;
mod yaml;
mod yaml_words;

#[cfg(test)]
mod tests;

pub use bindings::FunctionBinding;
pub use declarations::{Declarations, Lookup};
pub use entry::{Declaration, Entry, Kind, Meta};
pub use environment::{EnvironmentFile, EnvironmentRouter, EnvironmentValues, EnvironmentVariable, FsDirectory};
pub use function::{FunctionCode, FunctionEntry};
pub use hash::ContentHash;
pub use hosts::ProcessHost;
pub use http_path::RouteSegment;
pub use http_routes::{HttpEndpoint, HttpMethod, HttpRouter, RoutePath};
pub use http_service::{HttpLimits, HttpService, HttpTimeouts, HttpTls, ListenAddress};
pub use id::{EntryId, InvalidId};
pub use limits::FunctionLimits;
pub use lua::{LUA_GLOBALS, LUA_MODULES, LuaFunctionEntry, LuaImport, LuaLibraryEntry};
pub(crate) use node::PathSegment;
pub use node::{Key, Node, NodeValue, Scalar, ScalarKind};
pub use options::{EnvironmentLookup, LoadLimits, LoadOptions, Progress};
pub use pool::Pool;
pub(crate) use problem::sort;
pub use problem::{Problem, Severity};
pub use process::{Command, Process};
pub(crate) use schema::{ImportSchemas, pointer, schema};
pub use source::{Located, Origin, SourceFile, Span};
pub use transport::Transport;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use wippy_host_core::ErrorKind;

/// What a load gives.
#[derive(Debug)]
#[non_exhaustive]
pub struct Loaded {
    /// The application's directory with symbolic links resolved; what was given, where it cannot be opened.
    pub root: PathBuf,
    /// The sound entries.
    pub declarations: Declarations,
    /// The files that `file://` brought in, as absolute paths.
    pub included: BTreeSet<PathBuf>,
    /// All problems, sorted by file, line and column; those about the whole application come first.
    pub problems: Vec<Problem>,
}

impl Loaded {
    /// Whether a problem is an error: then the application is not to be run.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }
}

/// Loads the application in a directory.
///
/// Every `.yaml`, `.yml` and `.json` file in the tree that has a `namespace` at its top belongs to it, and so does
/// every file that is named `_index.*`. A file that cannot be parsed belongs where a line of it starts with
/// `namespace:` (in JSON: with `"namespace":`). Hidden directories, `target` and `node_modules` are skipped, and
/// symbolic links are not followed out of the tree.
///
/// An entry with an error is not among the [`Declarations`], and nothing is said of entries that name it.
pub fn load(root: &Path, options: &LoadOptions) -> Loaded {
    let sink = problem::Sink::new(options.limits.max_problems);
    let Some(root) = tree::open_root(root, &sink) else {
        let (declarations, included) = Default::default();
        return Loaded { root: root.to_path_buf(), declarations, included, problems: sink.finish() };
    };
    let mut reader = document::Reader::new(&root, options, &sink);
    for candidate in tree::candidates(&root, &options.limits, &sink) {
        if let Some(file) = tree::read(&candidate, &options.limits, &sink) {
            reader.file(&file);
        }
    }
    if reader.files() == 0 && !sink.has_error() {
        let message = format!("no application in {}: no .yaml, .yml or .json file has a `namespace`", root.display());
        let problem = Problem::in_file(ErrorKind::NotFound, Path::new(""), message);
        sink.push(problem.with_remedy(
            "create `_index.yaml` there, with the lines `version: \"1.0\"`, `namespace: demo` and `entries: []`",
        ));
    }
    let included = reader.included().collect();
    let declarations = reader.finish();
    Loaded { root, declarations, included, problems: sink.finish() }
}
