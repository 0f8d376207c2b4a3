//! The tree that a file is read into: plain data in which every part knows its place.

use super::source::{Located, Origin, Span};
use std::fmt;
use std::sync::Arc;

/// A value of a file.
#[derive(Debug, Clone)]
pub struct Node {
    pub(super) value: NodeValue,
    pub(super) span: Span,
    pub(super) origin: Option<Arc<Origin>>,
    /// Its text could not be had (an unset variable, a missing file). That is reported already, and nothing more is to
    /// be said about the value.
    pub(super) failed: bool,
    /// Line and column at which a list or mapping ends.
    end: (u32, u32),
}

/// What a [`Node`] holds: what YAML has.
#[derive(Debug, Clone)]
pub enum NodeValue {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file, no key twice.
    Mapping(Vec<(Key, Node)>),
}

/// A key of a mapping with its place.
pub type Key = Located<Arc<str>>;

/// A single value and the text that it was written as.
#[derive(Clone)]
#[non_exhaustive]
pub struct Scalar {
    /// The text as written, without quotes; after `${env:…}` and `file://` the text that replaced it.
    pub text: Arc<str>,
    /// What the text means.
    pub kind: ScalarKind,
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The text may have come from a variable or a key file, which do not belong in a log.
        f.debug_struct("Scalar").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What a [`Scalar`] means, by the core schema of YAML 1.2. Quoted text is always text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ScalarKind {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number between the smallest `i64` and the largest `u64`; a larger one is a float.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// Text.
    Text,
}

/// One step of a path into a [`Node`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathSegment {
    /// A key of a mapping.
    Key(String),
    /// A place in a list, from 0.
    Index(usize),
}

impl From<&str> for PathSegment {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for PathSegment {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl Node {
    pub(super) fn new(value: NodeValue, span: Span) -> Self {
        let end = (span.line, span.column);
        Self { value, span, origin: None, failed: false, end }
    }

    pub(super) fn ending_at(mut self, end: &Span) -> Self {
        self.end = (end.line, end.column);
        self
    }

    /// Whether a place of the same file lies in it.
    pub(super) fn contains(&self, line: u32, column: u32) -> bool {
        (self.span.line, self.span.column) <= (line, column) && (line, column) < self.end
    }

    /// What it holds.
    pub fn value(&self) -> &NodeValue {
        &self.value
    }

    /// Where it begins.
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Where its text came from, if not from the file itself.
    pub fn origin(&self) -> Option<&Arc<Origin>> {
        self.origin.as_ref()
    }

    /// Whether it is `null`, `~` or nothing.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, NodeValue::Scalar(Scalar { kind: ScalarKind::Null, .. }))
    }

    /// Its text, if it is text. A number is none.
    pub fn as_text(&self) -> Option<&Arc<str>> {
        match &self.value {
            NodeValue::Scalar(Scalar { text, kind: ScalarKind::Text }) => Some(text),
            _ => None,
        }
    }

    /// Its items, if it is a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            NodeValue::List(items) => Some(items),
            _ => None,
        }
    }

    /// Its keys and values, if it is a mapping.
    pub fn as_mapping(&self) -> Option<&[(Key, Node)]> {
        match &self.value {
            NodeValue::Mapping(members) => Some(members),
            _ => None,
        }
    }

    /// The keys of a mapping in the order of the file, with their places; of anything else, none.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.as_mapping().unwrap_or_default().iter().map(|(key, _)| key)
    }

    /// The value under a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.member(key).map(|(_, node)| node)
    }

    /// A key of a mapping with its value.
    pub fn member(&self, key: &str) -> Option<&(Key, Node)> {
        self.as_mapping()?.iter().find(|(name, _)| &*name.value == key)
    }

    /// The node at the end of a path, where all of the path exists.
    pub(crate) fn at_path(&self, path: &[PathSegment]) -> Option<&Node> {
        let (node, steps) = self.nearest_at_path(path);
        (steps == path.len()).then_some(node)
    }

    /// The node at the end of the longest part of a path that exists, and how many segments that part has. A problem
    /// that is known by its path (a missing key, say) is shown there.
    pub(crate) fn nearest_at_path(&self, path: &[PathSegment]) -> (&Node, usize) {
        let mut node = self;
        for (steps, segment) in path.iter().enumerate() {
            let next = match segment {
                PathSegment::Key(key) => node.get(key),
                PathSegment::Index(index) => node.as_list().and_then(|items| items.get(*index)),
            };
            match next {
                Some(next) => node = next,
                None => return (node, steps),
            }
        }
        (node, path.len())
    }

    /// The place of the key at the end of a path, for a problem with the key itself.
    pub(crate) fn key_at_path(&self, path: &[PathSegment]) -> Option<&Key> {
        let (last, parent) = path.split_last()?;
        match last {
            PathSegment::Key(key) => self.at_path(parent)?.member(key).map(|(key, _)| key),
            PathSegment::Index(_) => None,
        }
    }

    /// The same as JSON. A float that JSON cannot hold (`.inf`, `.nan`) becomes the text that it was written as.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            NodeValue::List(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            NodeValue::Mapping(members) => {
                Json::Object(members.iter().map(|(key, node)| (key.value.to_string(), node.to_json())).collect())
            }
            NodeValue::Scalar(scalar) => {
                let text = || Json::String(scalar.text.to_string());
                match scalar.kind {
                    ScalarKind::Null => Json::Null,
                    ScalarKind::Boolean(value) => Json::Bool(value),
                    ScalarKind::Integer(value) => serde_json::Number::from_i128(value).map_or_else(text, Json::Number),
                    ScalarKind::Float(value) => serde_json::Number::from_f64(value).map_or_else(text, Json::Number),
                    ScalarKind::Text => text(),
                }
            }
        }
    }

    /// What it is, in the words of a message: `a list`, `the number 8080`.
    pub fn describe(&self) -> String {
        match &self.value {
            NodeValue::List(_) => "a list".to_owned(),
            NodeValue::Mapping(_) => "a mapping".to_owned(),
            NodeValue::Scalar(scalar) => {
                let shown = super::problem::quoted(&scalar.text);
                match scalar.kind {
                    ScalarKind::Null => "nothing".to_owned(),
                    ScalarKind::Boolean(value) => format!("`{value}`"),
                    ScalarKind::Integer(_) | ScalarKind::Float(_) => format!("the number {shown}"),
                    // Text from a variable or a file may be a secret, and is not what stands at the place shown.
                    ScalarKind::Text if self.origin.is_some() => "other text".to_owned(),
                    ScalarKind::Text => format!("the text {shown}"),
                }
            }
        }
    }
}

/// The members of a mapping, to be changed; of anything else, none.
pub(super) fn members_mut(node: &mut Node) -> &mut [(Key, Node)] {
    match &mut node.value {
        NodeValue::Mapping(members) => members,
        _ => &mut [],
    }
}
