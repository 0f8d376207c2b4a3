//! What the host finds wrong with an entry, at its place in the file and in the file's words.

use crate::manifest::{
    Declarations, Entry, EntryId, FunctionCode, FunctionEntry, Kind, Located, Lookup, Node, NodeValue, Origin,
    PathSegment, Problem, Scalar, Span,
};
use std::sync::Arc;
use wippy_host_core::{EntryProblem, ErrorKind, Place};

/// A problem that the host found; `None` where it follows from one that is reported at another entry.
pub(crate) fn located(
    declarations: &Declarations,
    entry: &Entry,
    function: &FunctionEntry,
    problem: &EntryProblem,
) -> Option<Problem> {
    let located = match &problem.place {
        Place::Config(path) => configuration(declarations, entry, function, problem, path)?,
        place => with_words_of(problem, &problem.message, span(entry, function, place)),
    };
    Some(located.for_entry(&entry.id.value))
}

fn with_words_of(problem: &EntryProblem, message: &str, span: &Span) -> Problem {
    let located = Problem::at(problem.kind, span, message);
    match &problem.remedy {
        Some(remedy) => located.with_remedy(remedy),
        None => located,
    }
}

fn span<'a>(entry: &'a Entry, function: &'a FunctionEntry, place: &Place) -> &'a Span {
    match place {
        Place::Import(index) => function.imports.get(*index).map(|import| &import.span),
        Place::Binding(index) => function.bindings.get(*index).map(|binding| &binding.function.span),
        Place::Method => Some(&function.method.span),
        Place::Component => Some(code_span(&function.code)),
        _ => None,
    }
    .unwrap_or(&entry.id.span)
}

/// The place of what names the code.
pub(crate) fn code_span(code: &FunctionCode) -> &Span {
    match code {
        FunctionCode::Wasm { path, .. } => &path.span,
        FunctionCode::Wat { source } => &source.span,
    }
}

/// A place in a text that an entry has in its YAML or names as a file.
pub(crate) struct TextPlace<'a> {
    pub(crate) line: u32,
    pub(crate) column: u32,
    /// What the text is called where neither has a line for it.
    pub(crate) what: &'a str,
    pub(crate) message: &'a str,
}

impl TextPlace<'_> {
    /// What is wrong there: at its own place where the text stands in the YAML, else at the key that names its file.
    pub(crate) fn problem(&self, kind: ErrorKind, text: &Located<Arc<str>>) -> Problem {
        let name = match text.origin.as_deref() {
            Some(Origin::File(path)) => path.display().to_string(),
            _ => match self.span(text) {
                Some(span) => return Problem::at(kind, &span, self.message),
                None => self.what.to_owned(),
            },
        };
        let message = format!("{}, at line {}, column {} of {name}", self.message, self.line, self.column);
        Problem::at(kind, &text.span, message)
    }

    /// Where a line of an inline text stands in its file: in a block each on a line of its own, else all on one. Only where
    /// the file's line holds the text's line as it is, which escapes and folding change.
    fn span(&self, text: &Located<Arc<str>>) -> Option<Span> {
        let index = usize::try_from(self.line).ok()?.checked_sub(1)?;
        let line = text.value.lines().nth(index)?;
        let from = text.span.line;
        let lines = [from.checked_add(self.line)?, from.checked_add(self.line - 1)?];
        lines.into_iter().find_map(|number| {
            let written = text.span.file.line(number)?;
            let (before, _) = written.split_once(line).filter(|_| !line.trim().is_empty())?;
            let before = u32::try_from(before.chars().count()).ok()?;
            Some(text.span.moved(number, before.checked_add(self.column)?))
        })
    }
}

/// A problem of the `wasi` or `config` section, as an import found it.
fn configuration(
    declarations: &Declarations,
    entry: &Entry,
    function: &FunctionEntry,
    problem: &EntryProblem,
    path: &[String],
) -> Option<Problem> {
    let (section, rest) = path.split_first()?;
    let section_node = match section.as_str() {
        "wasi" => function.wasi.as_ref(),
        _ => function.config.as_ref(),
    };
    let Some(section_node) = section_node else {
        return Some(with_words_of(problem, &problem.message, &entry.id.span));
    };
    let steps: Vec<PathSegment> = rest
        .iter()
        .map(|segment| index(segment).map_or_else(|| PathSegment::Key(segment.clone()), PathSegment::Index))
        .collect();
    let (node, _) = section_node.nearest_at_path(&steps);
    let name = dotted(path);
    if let Some(kinds) = referred(path)
        && let Some(text) = node.as_text()
    {
        return reference(declarations, entry, &name, node, text, kinds, problem);
    }
    // The key where the last step is one: what is wrong may be the key itself.
    let span = section_node.key_at_path(&steps).map_or(node.span(), |key| &key.span);
    if problem.message.starts_with("unknown key") {
        let unknown = with_words_of(problem, &format!("unknown key: {name}"), span);
        // The list of known keys is empty where no import has a section of its own.
        return Some(match problem.remedy.as_deref().map(|remedy| remedy.trim_end().ends_with("known keys:")) {
            Some(true) => unknown.with_remedy(format!("remove it: no import of this build reads `{section}`")),
            _ => unknown,
        });
    }
    if let Some((_, expected)) =
        problem.message.strip_prefix("invalid type: ").and_then(|m| m.split_once(", expected "))
    {
        return Some(wrong_type(&name, node, expected));
    }
    Some(with_words_of(problem, &problem.message, span))
}

/// The kinds of entry that a value of the section may name, if it names one.
fn referred(path: &[String]) -> Option<&'static [Kind]> {
    match path {
        [wasi, mounts, _, fs] if wasi == "wasi" && mounts == "mounts" && fs == "fs" => Some(&[Kind::FsDirectory]),
        [wasi, env, _, id] if wasi == "wasi" && env == "env" && id == "id" => Some(&[Kind::EnvVariable]),
        _ => None,
    }
}

/// An import knows ids alone. The declarations know what is nearly meant, what is of another kind, and what has a
/// problem of its own.
fn reference(
    declarations: &Declarations,
    entry: &Entry,
    name: &str,
    node: &Node,
    text: &str,
    kinds: &[Kind],
    problem: &EntryProblem,
) -> Option<Problem> {
    let id = match EntryId::resolve(text, entry.id.value.namespace()) {
        Ok(id) => id,
        Err(error) => {
            let message = format!("`{name}` must be the id of an entry, and `{text}` is none: {error}");
            let wrong = Problem::at(ErrorKind::Invalid, node.span(), message);
            return Some(wrong.with_remedy("write `namespace:name`, or a name of this namespace"));
        }
    };
    let target = Located::new(id, node.span().clone());
    if let Some(wrong) = declarations.check_reference(name, &target, kinds) {
        return Some(wrong);
    }
    match declarations.lookup(&target.value) {
        // A directory that is declared and cannot be used is reported at its entry.
        Lookup::Found(found) if found.kind.value == Kind::FsDirectory => None,
        Lookup::Broken => None,
        _ => Some(with_words_of(problem, &problem.message, node.span())),
    }
}

/// A value of another type than the import reads, in the words that the rest of the file gets.
fn wrong_type(name: &str, node: &Node, expected: &str) -> Problem {
    let scalar = match node.value() {
        NodeValue::Scalar(Scalar { text, .. }) if node.origin().is_none() => Some(text),
        _ => None,
    };
    let (expected, remedy) = match (expected, scalar) {
        ("a sequence", Some(text)) => ("a list", format!("write a list: `[\"{text}\"]`")),
        ("a sequence", None) => ("a list", "write a list: `[…]`, or a line with `- …` for each item".to_owned()),
        ("a string", Some(text)) => ("text", format!("write `\"{text}\"`")),
        ("a string", None) => ("text", "write text, in quotes".to_owned()),
        ("u64" | "i64", _) => ("a whole number", "write a whole number".to_owned()),
        ("a boolean", _) => ("true or false", "write `true` or `false`".to_owned()),
        (other, _) if other.starts_with("struct ") || other.starts_with("a map") => {
            ("a mapping", "write a mapping: `{ key: value }`".to_owned())
        }
        (other, _) => (other, format!("write {other}")),
    };
    let message = format!("`{name}` must be {expected}, found {}", node.describe());
    Problem::at(ErrorKind::Invalid, node.span(), message).with_remedy(remedy)
}

/// `wasi.mounts[0].guest`.
fn dotted(path: &[String]) -> String {
    let mut name = String::new();
    for segment in path {
        match index(segment) {
            Some(index) => name.push_str(&format!("[{index}]")),
            None if name.is_empty() => name.push_str(segment),
            None => name.extend([".", segment]),
        }
    }
    name
}

/// A place in a list, which an import writes as `0`, and the path of a value that could not be read as `[0]`.
fn index(segment: &str) -> Option<usize> {
    segment.trim_start_matches('[').trim_end_matches(']').parse().ok()
}
