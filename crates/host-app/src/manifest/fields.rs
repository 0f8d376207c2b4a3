//! Typed fields out of mappings, with a problem for whatever does not fit.

use super::declarations::Reference;
use super::entry::{Kind, Meta};
use super::id::EntryId;
use super::node::{Key, Node, NodeValue, Scalar, ScalarKind};
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
    /// Its kind, once it is known.
    pub(super) kind: Cell<Option<Kind>>,
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

    /// The fields of a mapping that stands elsewhere, such as in the `meta` of the file. None where it is no mapping, or
    /// nothing.
    pub(super) fn below<'b>(&self, node: &'b Node, name: &str, prefix: &'static str) -> Option<Fields<'b>>
    where
        'a: 'b,
    {
        if node.failed || node.is_null() {
            return None;
        }
        if node.as_mapping().is_none() {
            self.mismatch(node, name, "a mapping", None);
            return None;
        }
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
        self.cx.report(problem.with_remedy("leave it for Wippy, or remove it").into_remark());
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
            self.required_error(key);
            return None;
        }
        self.text(key)
    }

    /// Says `<key> is required`.
    pub(super) fn required_error(&self, key: &str) {
        let span = self.key_span(key).unwrap_or(self.node.span());
        let message = format!("{} is required", self.name(key));
        match examples::of(self.cx.kind.get(), &self.name(key)) {
            Some(example) => self.error(span, message, format!("add {example}")),
            None => self.error(span, message, format!("add `{key}: …`")),
        }
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
                    NodeValue::Scalar(scalar) => {
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

    /// Whether there is a whole number under a key, where other types are allowed too.
    pub(super) fn is_integer(&self, key: &str) -> bool {
        self.get(key).is_some_and(|node| matches!(kind_of(node), Some(ScalarKind::Integer(_))))
    }

    /// A list under a key, as it is.
    pub(super) fn list(&self, key: &str) -> Option<&'a [Node]> {
        let node = self.get(key)?;
        if node.as_list().is_none() {
            let written = node.as_text().filter(|_| node.origin().is_none());
            let remedy = written.map(|text| format!("write `{key}: [\"{}\"]`", shortened(text)));
            self.mismatch(node, &self.name(key), "a list", remedy);
        }
        node.as_list()
    }

    /// A list of texts under a key.
    pub(super) fn text_list(&self, key: &str) -> Vec<Located<String>> {
        let items = self.list(key).unwrap_or_default();
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
        self.resolve(text, self.name(key), key, accepted)
    }

    /// The id of another entry that a value is. `name` is what a message calls it, `key` is for the line to write.
    pub(super) fn reference(
        &self,
        node: &Node,
        name: String,
        key: &str,
        accepted: &'static [Kind],
    ) -> Option<Located<EntryId>> {
        let text = self.text_of(node, &name, None)?;
        self.resolve(text, name, key, accepted)
    }

    /// The id of another entry under a key of the `meta`, the entry's or its file's, that must be there.
    pub(super) fn required_meta_reference(
        &self,
        meta: &Meta,
        key: &'static str,
        accepted: &'static [Kind],
    ) -> Option<Located<EntryId>> {
        let name = format!("meta.{key}");
        let node = meta.get(key).filter(|node| node.failed || !node.is_null());
        match node.filter(|node| node.as_text().is_none_or(|text| !text.is_empty())) {
            Some(node) => self.reference(node, name, key, accepted),
            None => {
                let span = node.map(Node::span).or(self.key_span("meta")).unwrap_or(self.node.span());
                let kind = accepted.first().map_or("", |kind| kind.as_str());
                let remedy = format!("add `meta: {{ {key}: <id of an {kind} entry> }}`");
                self.error(span, format!("{name} is required"), remedy);
                None
            }
        }
    }

    /// The id that a value is, of an entry or of something else that is called by ids: nothing is looked up.
    pub(super) fn id(&self, node: &Node, name: &str, key: &str) -> Option<Located<EntryId>> {
        self.resolved(self.text_of(node, name, None)?, name, key)
    }

    fn resolve(
        &self,
        text: Located<Arc<str>>,
        name: String,
        key: &str,
        accepted: &'static [Kind],
    ) -> Option<Located<EntryId>> {
        let target = self.resolved(text, &name, key)?;
        self.cx.references.borrow_mut().push(Reference { name, target: target.clone(), accepted });
        Some(target)
    }

    fn resolved(&self, text: Located<Arc<str>>, name: &str, key: &str) -> Option<Located<EntryId>> {
        let namespace = match self.cx.namespace {
            Some(namespace) => namespace,
            // A full id can be judged without the file's namespace, a bare name cannot.
            None if text.value.contains(':') => "",
            None => return None,
        };
        match EntryId::resolve(&text.value, namespace) {
            Ok(id) => Some(text.map(|_| id)),
            Err(error) => {
                let shown = if text.origin.is_some() { "its text" } else { &quoted(&text.value) };
                let message = format!("`{}` must be the id of an entry, and {shown} is none: {error}", shortened(name));
                self.error(&text.span, message, format!("write `{key}: namespace:name`, or a name of this namespace"));
                None
            }
        }
    }

    pub(super) fn mismatch(&self, node: &Node, name: &str, expected: &str, remedy: Option<String>) {
        let message = format!("{} must be {expected}, found {}", quoted(name), node.describe());
        let problem = Problem::at(ErrorKind::Invalid, node.span(), message);
        let remedy =
            remedy.or_else(|| examples::of(self.cx.kind.get(), name).map(|example| format!("write {example}")));
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
    let NodeValue::Scalar(Scalar { text, kind }) = node.value() else { return None };
    match (kind, node.origin().map(|origin| &**origin)) {
        (ScalarKind::Text, Some(Origin::Environment(_))) => Some(scalar::resolve(text.trim())),
        _ => Some(*kind),
    }
}

/// Whether a value is `true` or `false`, where other types are allowed too.
pub(super) fn is_boolean(node: &Node) -> bool {
    matches!(kind_of(node), Some(ScalarKind::Boolean(_)))
}
