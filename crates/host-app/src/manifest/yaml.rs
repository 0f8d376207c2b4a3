//! From the text of a file to a [`Node`] tree.
//!
//! The parser's own error is the last thing that is read from a file; everything else that is wrong with the syntax (a
//! key twice, a key that is no text, an unsupported tag) is collected and reading goes on.

use super::json_escapes::{self, Shifts};
use super::node::{Key, Node, NodeValue, Scalar, ScalarKind};
use super::options::LoadLimits;
use super::problem::{Problem, Sink, quoted};
use super::source::{Located, SourceFile, Span};
use super::{scalar, yaml_words};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use wippy_host_core::ErrorKind;

/// What was read from a file.
pub(super) struct Parsed {
    /// The top-level value; none for an empty file.
    pub(super) root: Option<Node>,
    /// False where the text could not be read to its end. The root then holds what came whole before that place: its
    /// finished keys, with an unfinished `entries` list among them.
    pub(super) complete: bool,
}

/// Reads YAML, or JSON as the subset of YAML that it is.
pub(super) fn read(file: &Arc<SourceFile>, limits: &LoadLimits, sink: &Sink) -> Parsed {
    let json = json_escapes::is_json(file.path());
    let language = if json { "JSON" } else { "YAML" };
    // The parser takes NUL for the end of its input and would drop the rest of the file without a word.
    if let Some(at) = file.text().find('\0') {
        let problem =
            Problem::at(ErrorKind::Invalid, &file.span_at(at), format!("malformed {language}: a NUL character"));
        sink.push(problem.with_remedy("remove it; the file must be text in UTF-8"));
        return Parsed { root: None, complete: false };
    }
    let (text, shifts) =
        if json { json_escapes::join_surrogates(file.text()) } else { (Cow::Borrowed(file.text()), Shifts::default()) };
    let mut builder = Builder {
        file,
        shifts,
        sink,
        stack: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        documents: 0,
        budget: limits.max_nodes,
        limits,
    };
    for event in Parser::new_from_str(&text) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let place = builder.place(error.marker());
                sink.push(yaml_words::malformed(language, error.info(), &place));
                return builder.salvage();
            }
        };
        match builder.event(event, &span.start) {
            Ok(true) => {}
            Ok(false) => break,
            Err(problem) => {
                sink.push(*problem);
                return builder.salvage();
            }
        }
    }
    Parsed { root: builder.root, complete: true }
}

/// A finished node with what it costs and how deep it is, so that aliases can be counted without walking them.
#[derive(Clone)]
struct Built {
    node: Node,
    weight: usize,
    height: usize,
}

enum Collection {
    List(Vec<Node>),
    Mapping { members: Vec<(Key, Node)>, lines: HashMap<Arc<str>, u32>, pending: Pending },
}

/// The key that the next value of a mapping belongs to.
enum Pending {
    None,
    Key(Key),
    /// The key was refused; its value is read and dropped.
    Refused,
}

struct Frame {
    collection: Collection,
    span: Span,
    anchor: usize,
    weight: usize,
    height: usize,
}

struct Builder<'a> {
    file: &'a Arc<SourceFile>,
    shifts: Shifts,
    sink: &'a Sink,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Built>,
    root: Option<Node>,
    documents: usize,
    budget: usize,
    limits: &'a LoadLimits,
}

type Step<T> = Result<T, Box<Problem>>;

impl Builder<'_> {
    fn place(&self, marker: &Marker) -> Span {
        // The end of a file without a last line break is counted as a line of its own.
        if !self.file.has_line(marker.line()) {
            return self.file.span_at(self.file.text().len());
        }
        let column = self.shifts.original_column(marker.line(), marker.col());
        Span::new(self.file, marker.line(), column + 1)
    }

    /// Takes one event. False: the rest of the file does not matter.
    fn event(&mut self, event: Event<'_>, at: &Marker) -> Step<bool> {
        let span = self.place(at);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let problem = Problem::at(ErrorKind::Invalid, &span, "a second document begins here")
                        .with_remedy("remove the `---`, or move what follows into a file of its own");
                    self.sink.push(problem);
                    return Ok(false);
                }
            }
            Event::Alias(anchor) => self.alias(anchor, span)?,
            Event::Scalar(text, style, anchor, tag) => {
                self.charge(1, &span)?;
                let kind = self.scalar_kind(&text, style, tag.as_deref(), &span);
                let merge = &*text == "<<" && style == ScalarStyle::Plain;
                let node = Node::new(NodeValue::Scalar(Scalar { text: Arc::from(&*text), kind }), span);
                self.finish(Built { node, weight: 1, height: 0 }, anchor, merge)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "seq", &span);
                self.open(Collection::List(Vec::new()), span, anchor)?;
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "map", &span);
                let (members, lines) = (Vec::new(), HashMap::new());
                self.open(Collection::Mapping { members, lines, pending: Pending::None }, span, anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(frame) = self.stack.pop() {
                    let value = match frame.collection {
                        Collection::List(items) => NodeValue::List(items),
                        Collection::Mapping { members, .. } => NodeValue::Mapping(members),
                    };
                    let node = Node::new(value, frame.span).ending_at(&span);
                    self.finish(Built { node, weight: frame.weight, height: frame.height + 1 }, frame.anchor, false)?;
                }
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(true)
    }

    fn open(&mut self, collection: Collection, span: Span, anchor: usize) -> Step<()> {
        self.charge(1, &span)?;
        self.check_depth(1, &span)?;
        self.stack.push(Frame { collection, span, anchor, weight: 1, height: 0 });
        Ok(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Step<()> {
        let Some(built) = self.anchors.get(&anchor) else {
            let name = yaml_words::name_at(&span, '*');
            let message = format!("the alias {} stands inside the value that it repeats", quoted(&name));
            let problem = Problem::at(ErrorKind::Invalid, &span, message);
            return Err(Box::new(problem.with_remedy("write the value out instead of the alias")));
        };
        let (weight, height) = (built.weight, built.height);
        // Before the copy is made: copying first is how a file of a kilobyte fills the memory.
        self.charge(weight, &span)?;
        self.check_depth(height, &span)?;
        if let Some(mut built) = self.anchors.get(&anchor).cloned() {
            built.node.span = span;
            self.finish(built, 0, false)?;
        }
        Ok(())
    }

    /// Puts a finished node where it belongs.
    fn finish(&mut self, built: Built, anchor: usize, merge: bool) -> Step<()> {
        if anchor > 0 {
            // The copy that aliases are made from counts too: anchors nest.
            self.charge(built.weight, &built.node.span)?;
            self.anchors.insert(anchor, built.clone());
        }
        let Built { node, weight, height } = built;
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.weight = frame.weight.saturating_add(weight);
        frame.height = frame.height.max(height);
        match &mut frame.collection {
            Collection::List(items) => items.push(node),
            Collection::Mapping { members, lines, pending } => match std::mem::replace(pending, Pending::None) {
                Pending::Key(key) => members.push((key, node)),
                Pending::Refused => {}
                Pending::None => *pending = admit_key(node, merge, lines, self.sink),
            },
        }
        Ok(())
    }

    fn charge(&mut self, weight: usize, span: &Span) -> Step<()> {
        match self.budget.checked_sub(weight) {
            Some(rest) => {
                self.budget = rest;
                Ok(())
            }
            None => {
                let message = format!("more than {} values, with what aliases repeat", self.limits.max_nodes);
                let problem = Problem::at(ErrorKind::Invalid, span, message);
                Err(Box::new(problem.with_remedy("use fewer aliases, or split the file")))
            }
        }
    }

    fn check_depth(&self, added: usize, span: &Span) -> Step<()> {
        let deepest = self.limits.depth();
        if self.stack.len() + added <= deepest {
            return Ok(());
        }
        let problem = Problem::at(ErrorKind::Invalid, span, format!("nested more than {deepest} levels deep"));
        Err(Box::new(problem.with_remedy("flatten the lists and mappings around this place")))
    }

    fn scalar_kind(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> ScalarKind {
        let plain = || if style == ScalarStyle::Plain { scalar::resolve(text) } else { ScalarKind::Text };
        let Some(tag) = tag else { return plain() };
        if !tag.is_yaml_core_schema() {
            if tag.handle.is_empty() && tag.suffix == "!" {
                return ScalarKind::Text;
            }
            self.check_tag(Some(tag), "str", span);
            return plain();
        }
        let resolved = scalar::resolve(text);
        match (tag.suffix.as_str(), resolved) {
            ("str", _) => ScalarKind::Text,
            ("null", ScalarKind::Null)
            | ("bool", ScalarKind::Boolean(_))
            | ("int", ScalarKind::Integer(_))
            | ("float", ScalarKind::Float(_)) => resolved,
            ("float", ScalarKind::Integer(value)) => ScalarKind::Float(value as f64),
            _ => {
                self.report_tag(tag, span);
                plain()
            }
        }
    }

    fn check_tag(&self, tag: Option<&Tag>, expected: &str, span: &Span) {
        if let Some(tag) = tag
            && !(tag.is_yaml_core_schema() && tag.suffix == expected)
            && !(tag.handle.is_empty() && tag.suffix == "!")
        {
            self.report_tag(tag, span);
        }
    }

    fn report_tag(&self, tag: &Tag, span: &Span) {
        let shown = if tag.is_yaml_core_schema() { format!("!!{}", tag.suffix) } else { tag.to_string() };
        let message = format!("the tag {} does not fit the value, or is not known here", quoted(&shown));
        let problem = Problem::at(ErrorKind::Invalid, span, message);
        self.sink.push(problem.with_remedy("remove the tag; put quotes around the value where it is text"));
    }

    /// What can be judged of a file that could not be read to its end. What was finished last goes: where the
    /// indentation is wrong, it ended too early, and would be blamed for what it lost.
    fn salvage(self) -> Parsed {
        let mut frames = self.stack.into_iter();
        let Some(Frame { collection: Collection::Mapping { mut members, pending, .. }, span, .. }) = frames.next()
        else {
            return Parsed { root: self.root, complete: false };
        };
        match (pending, frames.next()) {
            (Pending::Key(key), Some(Frame { collection: Collection::List(mut items), span, .. }))
                if &*key.value == "entries" =>
            {
                if frames.next().is_none() {
                    items.pop();
                }
                members.push((key, Node::new(NodeValue::List(items), span)));
            }
            (Pending::None, _) => match members.last_mut() {
                Some((key, Node { value: NodeValue::List(items), .. })) if &*key.value == "entries" => {
                    items.pop();
                }
                Some((key, _)) if &*key.value == "namespace" => {}
                _ => {
                    members.pop();
                }
            },
            _ => {}
        }
        Parsed { root: Some(Node::new(NodeValue::Mapping(members), span)), complete: false }
    }
}

fn admit_key(node: Node, merge: bool, lines: &mut HashMap<Arc<str>, u32>, sink: &Sink) -> Pending {
    let span = node.span;
    let refuse = |problem: Problem| {
        sink.push(problem);
        Pending::Refused
    };
    let NodeValue::Scalar(scalar) = node.value else {
        return refuse(
            Problem::at(ErrorKind::Invalid, &span, "a key must be text, not a list or a mapping")
                .with_remedy("write `key: value`; text that begins with `[`, `{` or `? ` needs quotes"),
        );
    };
    if merge {
        return refuse(
            Problem::at(ErrorKind::Invalid, &span, "the merge key `<<` is not part of YAML 1.2")
                .with_remedy("write the keys out, or repeat single values with `*name`"),
        );
    }
    if scalar.kind != ScalarKind::Text {
        let problem = if scalar.text.is_empty() {
            Problem::at(ErrorKind::Invalid, &span, "a key is missing before the `:`")
                .with_remedy("write `key: value`; text that holds `: ` needs quotes")
        } else {
            Problem::at(ErrorKind::Invalid, &span, format!("the key {} is not text", quoted(&scalar.text)))
                .with_remedy(format!("put it in quotes: `\"{}\":`", super::problem::shortened(&scalar.text)))
        };
        return refuse(problem);
    }
    if let Some(line) = lines.get(&scalar.text) {
        let message = format!("the key {} is here twice: it is first on line {line}", quoted(&scalar.text));
        return refuse(Problem::at(ErrorKind::AlreadyExists, &span, message).with_remedy("keep one of the two"));
    }
    lines.insert(Arc::clone(&scalar.text), span.line);
    Pending::Key(Located::new(scalar.text, span))
}
