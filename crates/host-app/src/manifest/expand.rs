//! Text that does not stand in the file: `${env:NAME}`, `${env:NAME|default}` and `file://`.
//!
//! Each is replaced once: what a variable or a file brings in is never looked at again, so that neither can reach for
//! more. Whether a value is a `file://` is decided by what is written, and `${env:…}` may stand in its path.

use super::node::{Node, NodeValue, Scalar, ScalarKind};
use super::options::{LoadOptions, bytes};
use super::problem::{Problem, quoted, shortened};
use super::source::{Origin, Span};
use super::tree::{io_kind, read_up_to};
use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use wippy_host_core::ErrorKind;

const VARIABLE: &str = "${env:";
const FILE: &str = "file://";

/// Replaces text in the trees of one application.
pub(super) struct Expander<'a> {
    root: &'a Path,
    options: &'a LoadOptions,
    /// Files are read once, however often they are named: an alias can name one a million times.
    files: HashMap<PathBuf, Arc<str>>,
    budget: usize,
}

impl<'a> Expander<'a> {
    pub(super) fn new(root: &'a Path, options: &'a LoadOptions) -> Self {
        Self { root, options, files: HashMap::new(), budget: options.limits.max_expanded_bytes }
    }

    /// The files that `file://` brought in, as absolute paths.
    pub(super) fn included(&self) -> impl Iterator<Item = PathBuf> {
        self.files.keys().cloned()
    }

    /// Replaces in every string value below a node. What was replaced before stays as it is.
    pub(super) fn expand(&mut self, node: &mut Node, report: &dyn Fn(Problem)) {
        if node.origin.is_some() || node.failed {
            return;
        }
        match &mut node.value {
            NodeValue::List(items) => items.iter_mut().for_each(|item| self.expand(item, report)),
            NodeValue::Mapping(members) => members.iter_mut().for_each(|(_, value)| self.expand(value, report)),
            NodeValue::Scalar(Scalar { text, kind: ScalarKind::Text }) => {
                let replaced = match text.strip_prefix(FILE) {
                    Some(path) => Some(self.include(path, &node.span)),
                    None if text.contains(VARIABLE) => Some(
                        self.variables(text, &node.span)
                            .map(|(text, names)| (Arc::from(text), Origin::Environment(names))),
                    ),
                    None => None,
                };
                match replaced {
                    Some(Ok((new, origin))) => {
                        *text = new;
                        node.origin = Some(Arc::new(origin));
                    }
                    Some(Err(problem)) => {
                        report(*problem);
                        node.failed = true;
                    }
                    None => {}
                }
            }
            NodeValue::Scalar(_) => {}
        }
    }

    fn variables(&mut self, text: &str, span: &Span) -> Result<(String, Vec<String>), Box<Problem>> {
        let invalid =
            |message: &str, remedy: &str| Box::new(Problem::at(ErrorKind::Invalid, span, message).with_remedy(remedy));
        let mut replaced = String::new();
        let mut names = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(VARIABLE) {
            replaced.push_str(before);
            let Some((inside, behind)) = after.split_once('}') else {
                return Err(invalid("`${env:` is never closed", "write `${env:NAME}` or `${env:NAME|default}`"));
            };
            let (name, default) = match inside.split_once('|') {
                Some((name, default)) => (name, Some(default)),
                None => (inside, None),
            };
            if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '=') {
                let message = format!("{} is not the name of a variable", quoted(name));
                return Err(invalid(&message, "write `${env:NAME}` or `${env:NAME|default}`"));
            }
            if default.is_some_and(|default| default.contains("${")) {
                return Err(invalid(
                    "the default of a variable cannot hold another one",
                    "write a plain default: `${env:NAME|default}`",
                ));
            }
            let value = (self.options.environment)(name);
            let Some(value) = value.as_deref().or(default) else {
                let name = shortened(name);
                let problem =
                    Problem::at(ErrorKind::NotFound, span, format!("the environment variable {name} is not set"));
                return Err(Box::new(
                    problem.with_remedy(format!("set {name}, or write a default: `${{env:{name}|default}}`")),
                ));
            };
            self.charge(value.len(), span)?;
            replaced.push_str(value);
            names.push(name.to_owned());
            rest = behind;
        }
        replaced.push_str(rest);
        Ok((replaced, names))
    }

    fn include(&mut self, written: &str, span: &Span) -> Result<(Arc<str>, Origin), Box<Problem>> {
        let written = if written.contains(VARIABLE) { self.variables(written, span)?.0 } else { written.to_owned() };
        let shown = format!("{FILE}{}", shortened(&written));
        let fail = |kind, message: String, remedy: &str| {
            Err(Box::new(Problem::at(kind, span, format!("{shown}: {message}")).with_remedy(remedy)))
        };
        let base = span.file.path().parent().unwrap_or(Path::new(""));
        let Some(relative) = within(base, Path::new(&written)) else {
            return fail(
                ErrorKind::PermissionDenied,
                "the path leaves the application's directory".to_owned(),
                "put the file into the application's directory, and write its path relative to this file",
            );
        };
        if written.trim().is_empty() {
            return fail(ErrorKind::Invalid, "a path is missing".to_owned(), "write `file://` and a relative path");
        }
        let absolute = match self.root.join(&relative).canonicalize() {
            Ok(absolute) if absolute.starts_with(self.root) => absolute,
            Ok(_) => {
                return fail(
                    ErrorKind::PermissionDenied,
                    "a symbolic link leads out of the application's directory".to_owned(),
                    "put a copy of the file into the application's directory",
                );
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let remedy = format!("create {}, or mend the path: it is relative to this file", relative.display());
                return fail(ErrorKind::NotFound, "there is no such file".to_owned(), &remedy);
            }
            Err(error) => {
                return fail(io_kind(&error), error.to_string(), "mend the path: it is relative to this file");
            }
        };
        let origin = Origin::File(relative);
        if let Some(text) = self.files.get(&absolute) {
            return Ok((Arc::clone(text), origin));
        }
        let limit = self.options.limits.max_included_bytes;
        let content = match read_up_to(&absolute, limit) {
            Ok((content, true)) => content,
            Ok((_, false)) => {
                return fail(
                    ErrorKind::Invalid,
                    format!("the file is larger than {}", bytes(limit)),
                    "only text belongs here; a compiled module is named with `fs` and `path`",
                );
            }
            Err(error) => return fail(io_kind(&error), error.to_string(), "name a text file that this user can read"),
        };
        let Ok(text) = String::from_utf8(content) else {
            return fail(
                ErrorKind::Invalid,
                "the file is not UTF-8 text".to_owned(),
                "only text belongs here; a compiled module is named with `fs` and `path`",
            );
        };
        self.charge(text.len(), span)?;
        let text: Arc<str> = Arc::from(text.strip_prefix('\u{feff}').unwrap_or(&text));
        self.files.insert(absolute, Arc::clone(&text));
        Ok((text, origin))
    }

    fn charge(&mut self, length: usize, span: &Span) -> Result<(), Box<Problem>> {
        match self.budget.checked_sub(length) {
            Some(rest) => {
                self.budget = rest;
                Ok(())
            }
            None => {
                let limit = bytes(self.options.limits.max_expanded_bytes);
                let message = format!("`file://` and `${{env:…}}` bring in more than {limit} of text");
                let problem = Problem::at(ErrorKind::Invalid, span, message);
                Err(Box::new(problem.with_remedy("keep large data in files that a function reads when it runs")))
            }
        }
    }
}

/// A path relative to the root, cleaned. None where it leaves the root, which is told before the file system is asked:
/// the answer says nothing about what lies outside.
pub(super) fn within(base: &Path, path: &Path) -> Option<PathBuf> {
    let mut cleaned = PathBuf::new();
    for component in base.components().chain(path.components()) {
        match component {
            Component::Normal(part) => cleaned.push(part),
            Component::CurDir => {}
            Component::ParentDir => {
                if !cleaned.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(cleaned)
}
