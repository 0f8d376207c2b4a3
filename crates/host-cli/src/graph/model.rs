//! An application as nodes and edges, in an order that its files alone decide.

use crate::grants::{EntryGrants, Network};
use std::collections::{BTreeMap, BTreeSet};
use wippy_host::Registry;
use wippy_host_app::manifest::{Declaration, Declarations, Entry, FunctionCode, FunctionEntry, ListenAddress, Problem};

/// How many characters of a text are drawn.
const SHOWN: usize = 60;

/// How many names or rules of one list are drawn.
const LISTED: usize = 24;

/// What is drawn.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
}

/// An entry, or something that entries name and that is none.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: String,
    /// The kind of the entry, or what it is instead.
    pub(super) kind: String,
    pub(super) look: Look,
    /// What there is to say of it.
    pub(super) facts: Vec<Fact>,
}

/// What is said below an id.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) text: String,
    /// What follows the text, where it begins a list.
    pub(super) items: Vec<String>,
    /// Whether it is a grant that deserves a second look.
    pub(super) is_wide: bool,
}

/// What a node looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Compiled code.
    Code,
    /// Lua.
    Lua,
    /// Services, routers and endpoints.
    Http,
    /// Directories.
    Directory,
    /// Variables and storages.
    Environment,
    /// Where processes run.
    Host,
    /// An entry with a problem.
    Broken,
    /// No entry of the application.
    Outside,
}

/// Who uses what.
#[derive(Debug)]
pub(super) struct Edge {
    /// Indices of nodes.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kind: EdgeKind,
    pub(super) label: String,
}

/// How something is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EdgeKind {
    /// Is called, or started.
    Calls,
    /// Leads to: a service to its routers, a variable to its storage.
    Leads,
    /// Is loaded: a library, or the file of the code.
    Loads,
    /// Can be read.
    Reads,
    /// Can be written to.
    Writes,
}

impl EdgeKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Leads => "leads",
            Self::Loads => "loads",
            Self::Reads => "reads",
            Self::Writes => "writes",
        }
    }
}

impl Edge {
    /// What stands at it, as it may be drawn; nothing, where there is nothing to say.
    pub(super) fn text(&self) -> String {
        let label = drawn(&self.label);
        if self.kind == EdgeKind::Writes { format!("writes {label}") } else { label }
    }
}

impl Node {
    /// Whether one of its grants deserves a second look.
    pub(super) fn is_wide(&self) -> bool {
        self.facts.iter().any(|fact| fact.is_wide)
    }

    /// The lines of its label, each with whether it deserves a second look, as they may be drawn.
    pub(super) fn lines(&self) -> Vec<(String, bool)> {
        let mut lines = vec![(drawn(&self.id), false), (drawn(&self.kind), false)];
        for fact in &self.facts {
            let mark = if fact.is_wide { "⚠ " } else { "" };
            lines.extend(fact.lines(mark).into_iter().map(|line| (line, fact.is_wide)));
        }
        lines
    }
}

impl Fact {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), items: Vec::new(), is_wide: false }
    }

    fn list(text: &str, items: &[String]) -> Option<Self> {
        (!items.is_empty()).then(|| Self { text: text.to_owned(), items: items.to_vec(), is_wide: false })
    }

    fn wide(mut self, is_wide: bool) -> Self {
        self.is_wide = is_wide;
        self
    }

    /// All of it.
    pub(super) fn whole(&self) -> String {
        self.text.clone() + &self.items.join(", ")
    }

    /// A list goes on in further lines instead of being cut: of what is granted nothing is hidden, but for the end of a very
    /// long list, which is counted.
    fn lines(&self, mark: &str) -> Vec<String> {
        let mut line = format!("{mark}{}", drawn(&self.text));
        let mut lines = Vec::new();
        for (index, item) in self.items.iter().take(LISTED).enumerate() {
            let comma = if index + 1 == self.items.len() { "" } else { ", " };
            let item = drawn(item) + comma;
            if index > 0 && line.chars().count() + item.chars().count() > SHOWN {
                lines.push(line.trim_end().to_owned());
                line.clear();
            }
            line.push_str(&item);
        }
        if self.items.len() > LISTED {
            line.push_str(&format!("and {} more", self.items.len() - LISTED));
        }
        lines.push(line);
        lines
    }
}

impl Graph {
    pub(super) fn of(declarations: &Declarations, problems: &[Problem], registry: &Registry) -> Self {
        let mut drawing = Drawing::default();
        for entry in declarations.iter() {
            drawing.entry(entry, declarations, registry);
        }
        for problem in problems.iter().filter(|problem| problem.is_error()) {
            if let Some(id) = &problem.entry {
                drawing.broken(id);
            }
        }
        drawing.finish()
    }
}

/// A graph of which not all ends of edges are known.
#[derive(Default)]
struct Drawing {
    nodes: BTreeMap<String, Node>,
    edges: BTreeMap<(String, String, EdgeKind), BTreeSet<String>>,
    terminal: Option<String>,
}

impl Drawing {
    fn entry(&mut self, entry: &Entry, declarations: &Declarations, registry: &Registry) {
        let id = entry.id.value.to_string();
        let mut facts = Vec::new();
        let mut say = |text: String| facts.push(Fact::new(text));
        let look = match &entry.declaration {
            Declaration::Function(function) => {
                self.function(&id, function);
                Look::Code
            }
            Declaration::Process(process) => {
                self.function(&id, &process.function);
                if let Some(command) = &process.command {
                    say(format!("command {}", command.name.value));
                    self.command(&id, &command.name.value, declarations);
                }
                Look::Code
            }
            Declaration::LuaFunction(lua) => {
                for import in &lua.imports {
                    self.edge(&id, import.library.value.to_string(), EdgeKind::Loads, &import.alias.value);
                }
                Look::Lua
            }
            Declaration::LuaLibrary(library) => {
                for import in &library.imports {
                    self.edge(&id, import.library.value.to_string(), EdgeKind::Loads, &import.alias.value);
                }
                Look::Lua
            }
            Declaration::HttpService(service) => {
                say(format!("listens on {}", address(&service.addr.value)));
                Look::Http
            }
            Declaration::HttpRouter(router) => {
                if !router.prefix().is_empty() {
                    say(router.prefix().to_owned());
                }
                self.edge(&router.server.value.to_string(), id.clone(), EdgeKind::Leads, "");
                Look::Http
            }
            Declaration::HttpEndpoint(endpoint) => {
                say(format!("{} {}", endpoint.method.value.as_str(), endpoint.path.value));
                self.edge(&endpoint.router.value.to_string(), id.clone(), EdgeKind::Leads, "");
                self.edge(&id, endpoint.func.value.to_string(), EdgeKind::Calls, "");
                Look::Http
            }
            Declaration::FsDirectory(directory) => {
                say(directory.directory.value.clone());
                Look::Directory
            }
            Declaration::EnvVariable(variable) => {
                let name = variable.variable.as_ref().map(|name| name.value.as_str());
                self.edge(&id, variable.storage.value.to_string(), EdgeKind::Leads, name.unwrap_or_default());
                Look::Environment
            }
            Declaration::EnvStorageRouter(router) => {
                for storage in &router.storages {
                    self.edge(&id, storage.value.to_string(), EdgeKind::Leads, "");
                }
                Look::Environment
            }
            Declaration::EnvStorageFile(file) => {
                say(file.file_path.value.display().to_string());
                Look::Environment
            }
            Declaration::EnvStorageOs | Declaration::EnvStorageStatic(_) | Declaration::EnvStorageMemory(_) => {
                Look::Environment
            }
            Declaration::ProcessHost(_) | Declaration::TerminalHost(_) => Look::Host,
            // A kind that this drawing does not know stands there with its id.
            _ => Look::Environment,
        };
        if let Some(grants) = EntryGrants::of(entry, declarations, registry) {
            self.grants(&id, look, &grants, &mut facts);
        }
        self.nodes.insert(id.clone(), Node { id, kind: entry.kind.value.to_string(), look, facts });
    }

    /// What is known of code from its own entry: where it is, and whom it calls.
    fn function(&mut self, id: &str, function: &FunctionEntry) {
        if let FunctionCode::Wasm { fs, path, .. } = &function.code {
            self.edge(id, fs.value.to_string(), EdgeKind::Loads, &path.value);
        }
        for binding in &function.bindings {
            let name = match &binding.interface {
                Some(interface) => format!("{}#{}", interface.value, binding.function.value),
                None => binding.function.value.to_string(),
            };
            self.edge(id, binding.target.value.to_string(), EdgeKind::Calls, &name);
        }
    }

    fn grants(&mut self, id: &str, look: Look, grants: &EntryGrants, facts: &mut Vec<Fact>) {
        let names = if look == Look::Lua { "modules: " } else { "imports: " };
        facts.extend(Fact::list(names, &grants.names));
        facts.extend(grants.open.iter().map(|open| Fact::new(open.as_str()).wide(true)));
        if grants.network != Network::None {
            let rules = Fact::list("network: ", &grants.network.rules());
            facts.extend(rules.map(|rules| rules.wide(grants.network.is_open())));
        }
        let writable: Vec<String> = grants.writable().map(|mount| mount.guest.clone()).collect();
        facts.extend(Fact::list("writes ", &writable).map(|writes| writes.wide(true)));
        for mount in &grants.mounts {
            let kind = if mount.read_only { EdgeKind::Reads } else { EdgeKind::Writes };
            self.edge(id, mount.directory.clone(), kind, &mount.guest);
        }
        for variable in &grants.variables {
            self.edge(id, variable.id.clone(), EdgeKind::Reads, &variable.name);
        }
    }

    /// Commands run in the first terminal host.
    fn command(&mut self, id: &str, name: &str, declarations: &Declarations) {
        if self.terminal.is_none() {
            let hosts = declarations.iter().filter(|entry| matches!(entry.declaration, Declaration::TerminalHost(_)));
            self.terminal = Some(hosts.map(|entry| entry.id.value.to_string()).next().unwrap_or_default());
        }
        if let Some(host) = self.terminal.clone().filter(|host| !host.is_empty()) {
            self.edge(&host, id.to_owned(), EdgeKind::Calls, name);
        }
    }

    fn edge(&mut self, from: &str, to: String, kind: EdgeKind, label: &str) {
        let labels = self.edges.entry((from.to_owned(), to, kind)).or_default();
        if !label.is_empty() {
            labels.insert(label.to_owned());
        }
    }

    fn broken(&mut self, id: &str) {
        if !self.nodes.contains_key(id) {
            let (id, kind) = (id.to_owned(), "has a problem: see `wippy-host check`".to_owned());
            self.nodes.insert(id.clone(), Node { id, kind, look: Look::Broken, facts: Vec::new() });
        }
    }

    /// Draws what is named and is no entry, too: functions of an embedder may be.
    fn finish(mut self) -> Graph {
        let named: Vec<String> = self.edges.keys().flat_map(|(from, to, _)| [from.clone(), to.clone()]).collect();
        for id in named {
            let kind = "no entry of the application".to_owned();
            let node = || Node { id: id.clone(), kind, look: Look::Outside, facts: Vec::new() };
            self.nodes.entry(id.clone()).or_insert_with(node);
        }
        let indices: BTreeMap<&str, usize> = self.nodes.keys().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
        let edges = self.edges.iter().filter_map(|((from, to, kind), labels)| {
            let label = labels.iter().cloned().collect::<Vec<_>>().join(", ");
            let (from, to) = (*indices.get(from.as_str())?, *indices.get(to.as_str())?);
            Some(Edge { from, to, kind: *kind, label })
        });
        let edges = edges.collect();
        Graph { nodes: self.nodes.into_values().collect(), edges }
    }
}

fn address(address: &ListenAddress) -> String {
    match &address.host {
        None => format!(":{}", address.port),
        Some(host) if host.contains(':') => format!("[{host}]:{}", address.port),
        Some(host) => format!("{host}:{}", address.port),
    }
}

/// A text from an application as it may be drawn: on one line, cut where it is long, and without what no format can hold or
/// would turn the order of what is read.
fn drawn(text: &str) -> String {
    let mut drawn = String::new();
    for c in text.chars().take(SHOWN) {
        if is_unseen(c) { drawn.extend(c.escape_unicode()) } else { drawn.push(c) }
    }
    if text.chars().nth(SHOWN).is_some() {
        drawn.push('…');
    }
    drawn
}

/// Control characters, marks of direction and of width, and what XML has no place for.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{fff0}'..='\u{ffff}' | '\u{61c}')
}
