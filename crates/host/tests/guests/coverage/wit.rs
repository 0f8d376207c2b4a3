//! The functions of the WIT texts, and the errors that they name.

use crate::support::root;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use wit_parser::{InterfaceId, Resolve, Type, TypeDefKind, TypeOwner};

/// An interface with its track, as `wasi:cli/exit@0.2`, and a function of it.
pub(super) type Name = (String, String);

pub(super) struct Function {
    docs: String,
    pub(super) error: Option<ErrorType>,
}

/// The error of a `result`.
pub(super) struct ErrorType {
    /// As `wasi:filesystem/types@0.2#error-code`; nothing where a result has no error type.
    pub(super) of: String,
    pub(super) cases: Vec<String>,
}

impl ErrorType {
    /// Whether each function can be asked for all of them. Of the others, each is wanted once, and of each function those
    /// that its text names.
    pub(super) fn is_small(&self) -> bool {
        self.cases.len() <= 3
    }
}

impl Function {
    /// Whether the text has it in its list of errors, or says that the function fails with it.
    pub(super) fn documents(&self, error: &str) -> bool {
        self.docs.contains(&format!("- `{error}`")) || self.docs.contains(&format!("error-code::{error}`"))
    }
}

/// The functions that share the text of this one: its second half, and what sets the option that it tells.
pub(super) fn family(function: &str) -> Vec<String> {
    let (resource, method) = function.rsplit_once('.').unwrap_or(("", function));
    let of = |method: String| if resource.is_empty() { method } else { format!("{resource}.{method}") };
    let set = method.strip_prefix("set-").unwrap_or(method);
    vec![function.to_owned(), of(method.replace("start-", "finish-")), of(format!("set-{set}"))]
}

/// Every function of every interface of both tracks, unstable ones included.
pub(super) fn functions() -> BTreeMap<Name, Function> {
    let resolve = parsed();
    let mut functions = BTreeMap::new();
    for (id, interface) in resolve.interfaces.iter() {
        let of = tracked(&resolve.id_of(id).unwrap());
        for (name, function) in &interface.functions {
            let docs = function.docs.contents.clone().unwrap_or_default();
            let error = function.result.and_then(|result| error_of(&resolve, result));
            functions.insert((of.clone(), name.clone()), Function { docs, error });
        }
    }
    functions
}

/// The error types of WASI 0.2 of which each case is wanted once, and their cases.
pub(super) fn large_errors(functions: &BTreeMap<Name, Function>) -> BTreeMap<String, BTreeSet<String>> {
    let errors = functions.values().filter_map(|function| function.error.as_ref());
    let large = errors.filter(|error| error.of.contains("@0.2#") && !error.is_small() && error.of != super::ELSEWHERE);
    large.map(|error| (error.of.clone(), error.cases.iter().cloned().collect())).collect()
}

/// `wasi:cli/exit@0.2.12` as `wasi:cli/exit@0.2`; one without a version as it is.
pub(super) fn tracked(interface: &str) -> String {
    let Some((name, version)) = interface.split_once('@') else { return interface.to_owned() };
    let track: Vec<&str> = version.split('.').take(2).collect();
    format!("{name}@{}", track.join("."))
}

fn parsed() -> Resolve {
    let mut resolve = Resolve { all_features: true, ..Resolve::default() };
    // A dependency before what uses it.
    for (folder, names) in [
        ("wasi-0.2", &["io", "clocks", "random", "filesystem", "sockets", "cli", "http"][..]),
        ("wasi-0.3", &["clocks", "random", "filesystem", "sockets", "cli", "http"]),
        ("wippy-runtime-0.1", &["funcs"]),
        ("wippy-runtime-0.2", &["funcs"]),
    ] {
        let folder = root().join("wit").join(folder);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), names.len(), "a file of {} is not read", folder.display());
        for name in names {
            let path = folder.join(name).with_extension("wit").display().to_string();
            let text = fs::read_to_string(&path).unwrap();
            resolve.push_source(&path, &text).unwrap_or_else(|error| panic!("{path}: {error:#}"));
        }
    }
    resolve
}

fn error_of(resolve: &Resolve, result: Type) -> Option<ErrorType> {
    let Type::Id(id) = result else { return None };
    let TypeDefKind::Result(result) = &resolve.types[id].kind else { return None };
    let Some(Type::Id(mut id)) = result.err else {
        return result.err.is_none().then(|| ErrorType { of: String::new(), cases: vec!["err".to_owned()] });
    };
    // What an interface uses of another is an alias of it.
    while let TypeDefKind::Type(Type::Id(used)) = resolve.types[id].kind {
        id = used;
    }
    let found = &resolve.types[id];
    let cases = match &found.kind {
        TypeDefKind::Enum(of) => of.cases.iter().map(|case| case.name.clone()).collect(),
        TypeDefKind::Variant(of) => of.cases.iter().map(|case| case.name.clone()).collect(),
        _ => return None,
    };
    let TypeOwner::Interface(owner) = found.owner else { return None };
    Some(ErrorType { of: type_name(resolve, owner, found.name.as_deref().unwrap()), cases })
}

fn type_name(resolve: &Resolve, owner: InterfaceId, name: &str) -> String {
    format!("{}#{name}", tracked(&resolve.id_of(owner).unwrap()))
}
