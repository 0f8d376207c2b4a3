//! One file: its head, and its entries or the single entry that it is.

use super::across::{self, Finding};
use super::declarations::{Declarations, Reference, Standing};
use super::entry::{self, Entry, Kind, Meta};
use super::expand::Expander;
use super::fields::{EntryContext, Fields};
use super::id::{EntryId, check_namespace};
use super::node::{Node, NodeValue, members_mut};
use super::options::LoadOptions;
use super::problem::{Problem, Sink, one_line, quoted};
use super::source::{Located, SourceFile};
use super::{tree, yaml};
use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wippy_host_core::ErrorKind;

pub(super) const FILE_KEYS: &[&str] = &["entries", "meta", "namespace", "version"];

/// An id that an entry names, with the entry.
struct Pending {
    /// The entry, where it is declared under its id.
    owner: Option<EntryId>,
    label: Option<String>,
    reference: Reference,
}

/// Reads the files of one application, one after the other.
pub(super) struct Reader<'a> {
    options: &'a LoadOptions,
    sink: &'a Sink,
    expander: Expander<'a>,
    declarations: Declarations,
    pending: Vec<Pending>,
    files: usize,
}

/// What a file says for all of its entries.
struct Head {
    namespace: Option<String>,
    meta: Option<Arc<Node>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(root: &'a Path, options: &'a LoadOptions, sink: &'a Sink) -> Self {
        let expander = Expander::new(root, options);
        Self { options, sink, expander, declarations: Declarations::default(), pending: Vec::new(), files: 0 }
    }

    /// How many files belong to the application so far.
    /// The files that `file://` brought in, as absolute paths.
    pub(super) fn included(&self) -> impl Iterator<Item = PathBuf> {
        self.expander.included()
    }

    pub(super) fn files(&self) -> usize {
        self.files
    }

    /// Reads a file, if it belongs to the application.
    pub(super) fn file(&mut self, file: &Arc<SourceFile>) {
        let path = file.path();
        let syntax = Sink::new(self.options.limits.max_problems);
        let parsed = yaml::read(file, &self.options.limits, &syntax);
        let namespace = parsed.root.as_ref().and_then(|root| root.get("namespace"));
        let belongs = tree::is_index(path)
            || namespace.is_some()
            || (!parsed.complete && tree::looks_like_application(path, file.text()));
        if !belongs {
            return;
        }
        self.files += 1;
        if !parsed.complete {
            let written = namespace.and_then(Node::as_text).map(|text| text.to_string());
            if let Some(namespace) = written.or_else(|| tree::namespace_line(path, file.text())) {
                self.declarations.mark_incomplete(&namespace);
            }
        }
        match parsed.root {
            Some(root) if root.as_mapping().is_some() => self.document(root, parsed.complete, &syntax),
            Some(root) if parsed.complete && !root.is_null() => {
                let message = format!("the file must be a mapping, found {}", root.describe());
                let problem = Problem::at(ErrorKind::Invalid, root.span(), message);
                syntax.push(problem.with_remedy("begin it with `namespace: demo`"));
            }
            _ if parsed.complete => {
                let problem = Problem::at(ErrorKind::Invalid, &file.span_at(0), "namespace is required");
                syntax.push(problem.with_remedy("add `namespace: demo`"));
            }
            _ => {}
        }
        self.sink.absorb(syntax);
    }

    /// Checks what the entries name, now that all are known.
    pub(super) fn finish(mut self) -> Declarations {
        let pending = std::mem::take(&mut self.pending);
        for Pending { owner, label, reference } in pending {
            let Reference { name, target, accepted } = &reference;
            let problem = if self.sink.is_full() {
                self.declarations.wrong_reference(name, target, accepted)
            } else {
                self.declarations.check_reference(name, target, accepted)
            };
            if let Some(problem) = problem {
                self.sink.push(match label {
                    Some(label) => problem.for_entry(label),
                    None => problem,
                });
                if let Some(owner) = owner {
                    self.declarations.mark_broken(&owner);
                }
            }
        }
        for Finding { entries, problem } in across::check(&self.declarations) {
            self.sink.push(match entries.first() {
                Some(entry) => problem.for_entry(entry),
                None => problem,
            });
            entries.iter().for_each(|entry| self.declarations.mark_broken(entry));
        }
        self.declarations
    }

    fn document(&mut self, mut root: Node, complete: bool, syntax: &Sink) {
        let single = root.get("entries").is_none() && (root.get("kind").is_some() || root.get("name").is_some());
        let sink = self.sink;
        for (key, value) in members_mut(&mut root) {
            let of_head = matches!(&*key.value, "namespace" | "version") || (&*key.value == "meta" && !single);
            if of_head {
                self.expander.expand(value, &|problem| sink.push(problem));
            }
        }
        let head = self.head(&root, single, complete);
        if single {
            // A file that ends in the middle is a file without its last keys: there is no telling what is missing.
            if complete {
                self.entry(root, &head, true, syntax);
            }
            return;
        }
        let entries = members_mut(&mut root).iter_mut().find(|(key, _)| &*key.value == "entries");
        if let Some((_, Node { value: NodeValue::List(items), .. })) = entries {
            for item in std::mem::take(items) {
                self.entry(item, &head, false, syntax);
            }
        }
    }

    fn head(&self, root: &Node, single: bool, complete: bool) -> Head {
        let cx = self.context(None, None);
        let fields = Fields::of_entry(&cx, root);
        let mut head = Head { namespace: None, meta: None };
        if complete || root.get("namespace").is_some() {
            let namespace = fields.required_text("namespace");
            head.namespace = namespace.and_then(|text| match check_namespace(&text.value) {
                Ok(()) => Some(text.value.to_string()),
                Err(error) => {
                    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
                    report_invalid(&fields, "namespace", &text, &error.to_string(), allowed);
                    None
                }
            });
        }
        if let Some(version) = fields.get("version")
            && !matches!(version.value(), NodeValue::Scalar(_))
        {
            fields.mismatch(version, "version", "text", Some("write `version: \"1.0\"`".to_owned()));
        }
        if single {
            return head;
        }
        head.meta = fields.mapping("meta").cloned().map(Arc::new);
        fields.check_keys(FILE_KEYS, &[]);
        match fields.get("entries") {
            Some(entries) if entries.as_list().is_none() => fields.mismatch(entries, "entries", "a list", None),
            None if complete && !cx.failed.get() => {
                let problem = Problem::at(ErrorKind::Invalid, root.span(), "the file declares no entries");
                cx.report(problem.with_remedy("add `entries:` and below it `  - name: …`").into_warning());
            }
            _ => {}
        }
        head
    }

    fn context<'c>(&self, label: Option<String>, namespace: Option<&'c str>) -> EntryContext<'c>
    where
        'a: 'c,
    {
        EntryContext {
            sink: self.sink,
            label,
            namespace,
            failed: Cell::new(false),
            kind: Cell::new(None),
            references: RefCell::default(),
        }
    }

    fn entry(&mut self, mut node: Node, head: &Head, single: bool, syntax: &Sink) {
        if node.as_mapping().is_none() {
            let message = format!("an entry must be a mapping, found {}", node.describe());
            let problem = Problem::at(ErrorKind::Invalid, node.span(), message);
            self.sink.push(problem.with_remedy("write `- name: my_entry` and below it `  kind: function.wasm`"));
            return;
        }
        let early = Cell::new(false);
        let sink = self.sink;
        self.expand_keys(&mut node, |key| key == "name", &|problem| {
            early.set(true);
            sink.push(problem);
        });
        let name = node.get("name").filter(|name| !name.failed).and_then(Node::as_text);
        let label = name.map(|name| match &head.namespace {
            Some(namespace) => format!("{namespace}:{name}"),
            None => name.to_string(),
        });
        let cx = self.context(label, head.namespace.as_deref());
        cx.failed.set(early.get());
        claim_syntax_problems(syntax, &node, &cx);
        self.expand_keys(&mut node, |key| key == "kind", &|problem| cx.report(problem));
        let (id, kind) = self.identity(&Fields::of_entry(&cx, &node));
        let Some(kind) = kind else {
            // Nothing can be said about the keys of a kind that is not known, and its text need not be had.
            return self.without_kind(id, &node, &cx);
        };
        self.expand_keys(&mut node, |_| true, &|problem| cx.report(problem));
        cx.kind.set(Some(kind.value));
        let fields = Fields::of_entry(&cx, &node);
        if single {
            let mut known = kind.value.keys().to_vec();
            known.extend(["namespace", "version"]);
            known.sort_unstable();
            fields.check_keys(&known, &kind.value.without_effect());
        } else {
            fields.check_keys(kind.value.keys(), &kind.value.without_effect());
        }
        let meta = Meta { own: fields.mapping("meta").cloned(), file: head.meta.clone() };
        let declaration = entry::read(kind.value, &fields, &meta);
        let (failed, references, label) = (cx.failed.get(), cx.references.take(), cx.label.clone());
        let mut owner = None;
        if let Some(id) = id {
            let standing = match declaration {
                Some(declaration) => {
                    let (id, span) = (id.clone(), node.span().clone());
                    let entry = Box::new(Entry { id, kind, meta, declaration, span });
                    if failed { Standing::Unsound(entry) } else { Standing::Declared(entry) }
                }
                None => Standing::Broken(Some(kind.value)),
            };
            if self.declare(&id, standing, &cx) {
                owner = Some(id.value);
            }
        }
        let pending = references.into_iter();
        self.pending.extend(pending.map(|reference| Pending { owner: owner.clone(), label: label.clone(), reference }));
    }

    fn expand_keys(&mut self, node: &mut Node, which: impl Fn(&str) -> bool, report: &dyn Fn(Problem)) {
        for (key, value) in members_mut(node) {
            if which(&key.value) {
                self.expander.expand(value, report);
            }
        }
    }

    /// The id and the kind of an entry, each as far as it is valid.
    fn identity(&self, fields: &Fields<'_>) -> (Option<Located<EntryId>>, Option<Located<Kind>>) {
        let name = fields.required_text("name");
        let id = name.and_then(|text| {
            // Without a namespace the name can still be judged.
            match EntryId::new(fields.cx.namespace.unwrap_or("-"), &text.value) {
                Ok(id) => fields.cx.namespace.map(|_| text.map(|_| id)),
                Err(error) => {
                    let allowed = |c: char| !(c == ':' || c.is_whitespace() || c.is_control());
                    report_invalid(fields, "name", &text, &error.to_string(), allowed);
                    None
                }
            }
        });
        let kind = fields.required_text("kind").and_then(|text| match Kind::from_name(&text.value) {
            Some(kind) => Some(text.map(|_| kind)),
            None => {
                let skip = self.options.skip_unknown_kinds;
                fields.cx.report(entry::unknown_kind(&text.value, &text.span, skip));
                None
            }
        });
        (id, kind)
    }

    fn without_kind(&mut self, id: Option<Located<EntryId>>, node: &Node, cx: &EntryContext<'_>) {
        let Some(id) = id else { return };
        let kind = node.get("kind").and_then(Node::as_text);
        let standing = match kind {
            Some(kind) if !cx.failed.get() => Standing::Skipped(kind.to_string()),
            _ => Standing::Broken(None),
        };
        self.declare(&id, standing, cx);
    }

    fn declare(&mut self, id: &Located<EntryId>, standing: Standing, cx: &EntryContext<'_>) -> bool {
        match self.declarations.declare(id, standing) {
            Ok(()) => true,
            Err(first) => {
                let message = format!("{} already exists: it is declared at {first}", id.value);
                let problem = Problem::at(ErrorKind::AlreadyExists, &id.span, message);
                cx.report(problem.with_remedy("give one of the two another name, or remove it"));
                false
            }
        }
    }
}

/// Problems of syntax are found before there are entries; they are said of the entry that they lie in, and spoil it.
fn claim_syntax_problems(syntax: &Sink, node: &Node, cx: &EntryContext<'_>) {
    if syntax.is_empty() {
        return;
    }
    syntax.revise(|problem| {
        if problem.entry.is_none() && problem.line > 0 && node.contains(problem.line, problem.column) {
            problem.entry = cx.label.as_deref().map(one_line);
            cx.failed.set(cx.failed.get() || problem.is_error());
        }
    });
}

fn report_invalid(
    fields: &Fields<'_>,
    key: &str,
    text: &Located<Arc<str>>,
    error: &str,
    allowed: impl Fn(char) -> bool,
) {
    let mended: String = text.value.chars().take(80).map(|c| if allowed(c) { c } else { '_' }).collect();
    let remedy =
        if mended == *text.value { "write a shorter one".to_owned() } else { format!("write `{key}: {mended}`") };
    fields.error(&text.span, format!("invalid {key} {}: {error}", quoted(&text.value)), remedy);
}
