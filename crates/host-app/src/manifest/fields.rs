//! Typed fields out of mappings, with a problem for whatever does not fit.

use super::declarations::Reference;
use super::entry::Kind;
use super::id::EntryId;
use super::node::{Key, Node, Scalar, ScalarKind, Value};
use super::problem::{Problem, Sink, quoted, shortened};
use super::source::{Located, Origin, Span};
use super::suggest::did_you_mean;
use super::{examples, scalar};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use wippy_host_core::ErrorKind;

/// The entry that is being read.
pub(super) struct EntryContext<'a> {
    pub(super) sink: &'a Sink,
    /// `namespace:name`, as far as they are known.
    pub(super) label: Option<String>,
    /// None where the file has no valid one; bare names then resolve to nothing.
    pub(super) namespace: Option<&'a str>,
    /// Whether an error was reported.
    pub(super) failed: Cell<bool>,
    /// What the entry refers to, to be checked when all entries are known.
    pub(super) references: RefCell<Vec<Reference>>,
}

impl EntryContext<'_> {
    pub(super) fn report(&self, problem: Problem) {
        if problem.is_error() {
            self.failed.set(true);
        }
        self.sink.push(match &self.label {
            Some(label) => problem.for_entry(label),
            None => problem,
        });
    }
}

/// A mapping that is read field by field.
pub(super) struct Fields<'a> {
    pub(super) cx: &'a EntryContext<'a>,
    node: &'a Node,
    /// What stands before its keys in a message: nothing at the top of an entry, else for example `limits.`.
    prefix: &'static str,
}

impl<'a> Fields<'a> {
    /// The fields of the entry itself.
    pub(super) fn of_entry(cx: &'a EntryContext<'a>, node: &'a Node) -> Self {
        Self { cx, node, prefix: "" }
    }

    /// The fields of a mapping in it. None where it is absent or no mapping.
    pub(super) fn nested(&self, key: &str, prefix: &'static str) -> Option<Fields<'a>> {
        let node = self.mapping(key)?;
        Some(Fields { cx: self.cx, node, prefix })
    }

    pub(super) fn name(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    pub(super) fn span(&self) -> &Span {
        self.node.span()
    }

    pub(super) fn error(&self, span: &Span, message: impl AsRef<str>, remedy: impl AsRef<str>) {
        self.cx.report(Problem::at(ErrorKind::Invalid, span, message).with_remedy(remedy));
    }

    /// Reports the keys that are neither known nor known to be without effect here.
    pub(super) fn check_keys(&self, known: &[&str], without_effect: &[&str]) {
        for key in self.node.keys() {
            let name = &*key.value;
            if known.contains(&name) {
                continue;
            }
            if without_effect.contains(&name) {
                self.remark_without_effect(key);
                continue;
            }
            let message = format!("unknown key {}", quoted(&self.name(name)));
            let near = if self.cx.sink.is_full() { String::new() } else { did_you_mean(name, known.iter().copied()) };
            let remedy = if known.is_empty() {
                "remove it; there are no keys here".to_owned()
            } else {
                format!("{near}known keys: {}", known.join(", "))
            };
            self.error(&key.span, message, remedy);
        }
    }

    fn remark_without_effect(&self, key: &Key) {
        let below = self.node.get(&key.value).and_then(|value| value.keys().next());
        let name = match below {
            Some(first) if &*key.value == "host" => format!("host.{}", first.value),
            _ => self.name(&key.value),
        };
        let message = format!("{} has no effect: Wippy knows it, and this host does not act on it", quoted(&name));
        let problem = Problem::at(ErrorKind::Unavailable, &key.span, message);
        self.cx.report(problem.with_remedy("leave it for Wippy, or remove it").as_remark());
    }

    /// The value under a key. None where there is none, where it is `null`, and where its text could not be had.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        self.node.get(key).filter(|node| !node.is_null() && !node.failed)
    }

    /// Whether there is nothing under a key. A value whose text could not be had is there.
    pub(super) fn is_absent(&self, key: &str) -> bool {
        self.node.get(key).is_none_or(|node| node.is_null() && !node.failed)
    }

    /// The place of a key.
    pub(super) fn key_span(&self, key: &str) -> Option<&'a Span> {
        self.node.member(key).map(|(key, _)| &key.span)
    }

    /// Text under a key that must be there and not be empty: `<key> is required`.
    pub(super) fn required_text(&self, key: &str) -> Option<Located<Arc<str>>> {
        let empty = self.get(key).and_then(Node::as_text).is_some_and(|text| text.is_empty());
        if empty || self.is_absent(key) {
            let span = self.key_span(key).unwrap_or(self.node.span());
            let message = format!("{} is required", self.name(key));
            match examples::of(&self.name(key)) {
                Some(example) => self.error(span, message, format!("add {example}")),
                None => self.error(span, message, format!("add `{key}: …`")),
            }
            return None;
        }
        self.text(key)
    }

    /// Text under a key.
    pub(super) fn text(&self, key: &str) -> Option<Located<Arc<str>>> {
        self.text_of(self.get(key)?, &self.name(key), Some(key))
    }

    /// The text that a value is, or the problem that it is none. `key` is for the line to write.
    pub(super) fn text_of(&self, node: &Node, name: &str, key: Option<&str>) -> Option<Located<Arc<str>>> {
        if node.failed {
            return None;
        }
        match node.as_text() {
            Some(text) => Some(located(node, Arc::clone(text))),
            None => {
                let remedy = match node.value() {
                    Value::Scalar(scalar) => {
                        let text = shortened(&scalar.text);
                        Some(key.map_or_else(
                            || format!("write `\"{text}\"`"),
                            |key| format!("write `{}: \"{text}\"`", shortened(key)),
                        ))
                    }
                    _ => None,
                };
                self.mismatch(node, name, "text", remedy);
                None
            }
        }
    }

    /// `true` or `false` under a key.
    pub(super) fn boolean(&self, key: &str) -> Option<Located<bool>> {
        let node = self.get(key)?;
        match kind_of(node) {
            Some(ScalarKind::Boolean(value)) => Some(located(node, value)),
            _ => {
                let meant = node.as_text().and_then(|text| match &*text.to_lowercase() {
                    "yes" | "on" | "true" => Some(true),
                    "no" | "off" | "false" => Some(false),
                    _ => None,
                });
                let remedy = match meant {
                    Some(value) => format!("write `{key}: {value}`"),
                    None => format!("write `{key}: true` or `{key}: false`"),
                };
                self.mismatch(node, &self.name(key), "true or false", Some(remedy));
                None
            }
        }
    }

    /// A whole number under a key.
    pub(super) fn integer(&self, key: &str) -> Option<Located<i128>> {
        let node = self.get(key)?;
        match kind_of(node) {
            Some(ScalarKind::Integer(value)) => Some(located(node, value)),
            _ => {
                self.mismatch(node, &self.name(key), "a whole number", None);
                None
            }
        }
    }

    /// A list of texts under a key.
    pub(super) fn text_list(&self, key: &str) -> Vec<Located<String>> {
        let Some(node) = self.get(key) else { return Vec::new() };
        let Some(items) = node.as_list() else {
            let written = node.as_text().filter(|_| node.origin().is_none());
            let remedy = written.map(|text| format!("write `{key}: [\"{}\"]`", shortened(text)));
            self.mismatch(node, &self.name(key), "a list", remedy);
            return Vec::new();
        };
        let text = |(index, item)| {
            let text = self.text_of(item, &format!("{}[{index}]", self.name(key)), None)?;
            Some(text.map(|text| text.to_string()))
        };
        items.iter().enumerate().filter_map(text).collect()
    }

    /// A mapping under a key, as it is.
    pub(super) fn mapping(&self, key: &str) -> Option<&'a Node> {
        let node = self.get(key)?;
        if node.as_mapping().is_none() {
            self.mismatch(node, &self.name(key), "a mapping", None);
            return None;
        }
        Some(node)
    }

    /// The id of another entry under a key that must be there.
    pub(super) fn required_reference(&self, key: &'static str, accepted: &'static [Kind]) -> Option<Located<EntryId>> {
        let text = self.required_text(key)?;
        let namespace = match self.cx.namespace {
            Some(namespace) => namespace,
            // A full id can be judged without the file's namespace, a bare name cannot.
            None if text.value.contains(':') => "",
            None => return None,
        };
        match EntryId::resolve(&text.value, namespace) {
            Ok(id) => {
                let target = text.map(|_| id);
                self.cx.references.borrow_mut().push(Reference {
                    name: self.name(key),
                    target: target.clone(),
                    accepted,
                });
                Some(target)
            }
            Err(error) => {
                let shown = if text.origin.is_some() { "its text" } else { &quoted(&text.value) };
                let message = format!("`{}` must be the id of an entry, and {shown} is none: {error}", self.name(key));
                self.error(&text.span, message, format!("write `{key}: namespace:name`, or a name of this namespace"));
                None
            }
        }
    }

    pub(super) fn mismatch(&self, node: &Node, name: &str, expected: &str, remedy: Option<String>) {
        let message = format!("{} must be {expected}, found {}", quoted(name), node.describe());
        let problem = Problem::at(ErrorKind::Invalid, node.span(), message);
        let remedy = remedy.or_else(|| examples::of(name).map(|example| format!("write {example}")));
        self.cx.report(match remedy {
            Some(remedy) => problem.with_remedy(remedy),
            None => problem,
        });
    }
}

/// A value with the place and origin of its node.
pub(super) fn located<T>(node: &Node, value: T) -> Located<T> {
    Located { value, span: node.span.clone(), origin: node.origin.clone() }
}

/// What a scalar means. Text that a variable gave is read once more: `max_size: ${env:SIZE|4}` is meant as a number.
fn kind_of(node: &Node) -> Option<ScalarKind> {
    let Value::Scalar(Scalar { text, kind }) = node.value() else { return None };
    match (kind, node.origin().map(|origin| &**origin)) {
        (ScalarKind::Text, Some(Origin::Environment(_))) => Some(scalar::resolve(text.trim())),
        _ => Some(*kind),
    }
}

/// Whether a value is `true` or `false`, where other types are allowed too.
pub(super) fn is_boolean(node: &Node) -> bool {
    matches!(kind_of(node), Some(ScalarKind::Boolean(_)))
}
