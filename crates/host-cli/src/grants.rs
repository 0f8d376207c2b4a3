//! What an entry with code is granted, by what its application's files say: nothing is compiled for it.

use std::collections::BTreeSet;
use wippy_host::{Grants, Registry};
use wippy_host_app::manifest::{
    Declaration, Declarations, Entry, EntryId, FunctionEntry, Located, LuaImport, Node, NodeValue, Origin, Scalar,
    ScalarKind,
};

/// The grants of one entry.
#[derive(Debug, Default)]
pub(crate) struct EntryGrants {
    /// The names under `imports`; of Lua, those under `modules`.
    pub(crate) names: Vec<String>,
    /// The directories that are mounted.
    pub(crate) mounts: Vec<Mount>,
    /// What may be reached.
    pub(crate) network: Network,
    /// The variables that its environment maps.
    pub(crate) variables: Vec<Variable>,
    /// What it may do with whatever it names while it runs, so that nothing in the files says with what.
    pub(crate) open: Vec<Open>,
    /// Sections that are written and that no import of the entry reads.
    pub(crate) idle: Vec<&'static str>,
}

/// One mount.
#[derive(Debug)]
pub(crate) struct Mount {
    /// The id of the `fs.directory`.
    pub(crate) directory: String,
    /// Where the guest sees it.
    pub(crate) guest: String,
    pub(crate) read_only: bool,
}

/// One variable of the environment.
#[derive(Debug)]
pub(crate) struct Variable {
    /// The id of the `env.variable`.
    pub(crate) id: String,
    /// The name under which the guest sees it.
    pub(crate) name: String,
}

/// What an entry may reach over the network.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Network {
    /// Nothing is granted that asks for it.
    #[default]
    None,
    /// Every public address: there is no `allow`.
    Public,
    /// What `allow` names; an empty list is nothing.
    Listed(Vec<String>),
}

/// A grant of which only the running code decides what it is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Open {
    /// `funcs`.
    Functions,
    /// `env` of Lua.
    Variables,
    /// `process` of Lua.
    Programs,
}

impl Open {
    /// For people.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Functions => "calls any function (funcs)",
            Self::Variables => "reads and sets any variable (env)",
            Self::Programs => "starts any program (process)",
        }
    }
}

impl EntryGrants {
    /// The grants of an entry; none where it has no code.
    pub(crate) fn of(entry: &Entry, declarations: &Declarations, registry: &Registry) -> Option<Self> {
        Some(match &entry.declaration {
            Declaration::Function(function) => Self::of_function(&entry.id.value, function, registry),
            Declaration::Process(process) => Self::of_function(&entry.id.value, &process.function, registry),
            Declaration::LuaFunction(lua) => {
                let modules = with_libraries(&lua.modules, &lua.imports, declarations);
                let mut open = Vec::new();
                let mut add = |module: &str, what| {
                    if modules.contains(module) {
                        open.push(what)
                    }
                };
                add("funcs", Open::Functions);
                add("env", Open::Variables);
                // It is there without being listed.
                let has_programs = declarations.iter().any(|entry| entry.process().is_some());
                if has_programs || modules.contains("process") {
                    open.push(Open::Programs);
                }
                let network = match modules.contains("http_client") {
                    true => network(lua.network.as_ref()),
                    false => Network::None,
                };
                Self { names: texts(&lua.modules), network, open, ..Self::default() }
            }
            // Its modules are those of the functions that load it.
            Declaration::LuaLibrary(library) => Self { names: texts(&library.modules), ..Self::default() },
            _ => return None,
        })
    }

    fn of_function(id: &EntryId, function: &FunctionEntry, registry: &Registry) -> Self {
        let names = texts(&function.imports);
        let (grants, _) = Grants::resolve(registry, &names);
        let interfaces = || grants.requests().iter().flat_map(|grant| &grant.interfaces);
        let import = |name: &str| grants.requests().iter().any(|grant| grant.imports.contains(&name));
        let section = |key: &str| function.wasi.as_ref().and_then(|wasi| wasi.get(key));
        // An import of somebody else may ask for the network too: then what is written says so.
        let reaches = section("network").is_some() && import_of_others(&grants)
            || interfaces().any(|interface| {
                matches!(interface.name, "wasi:http/outgoing-handler" | "wasi:http/client")
                    || interface.name.starts_with("wasi:sockets/")
            });
        let listed = |key: &str| section(key).and_then(Node::as_list).unwrap_or_default();
        let mount = |mount: &Node| Mount {
            directory: mount.get("fs").map(|fs| resolved(fs, id)).unwrap_or_default(),
            guest: mount.get("guest").map(written).unwrap_or_default(),
            read_only: mount.get("read_only").is_some_and(is_true),
        };
        let variable = |variable: &Node| Variable {
            id: variable.get("id").map(|id_of| resolved(id_of, id)).unwrap_or_default(),
            name: variable.get("name").map(written).unwrap_or_default(),
        };
        let mut granted = Self { names, ..Self::default() };
        match import("wasi:filesystem") {
            true => granted.mounts = listed("mounts").iter().map(mount).collect(),
            false if !listed("mounts").is_empty() => granted.idle.push("wasi.mounts"),
            false => {}
        }
        match import("wasi:cli") {
            true => granted.variables = listed("env").iter().map(variable).collect(),
            false if !listed("env").is_empty() => granted.idle.push("wasi.env"),
            false => {}
        }
        match reaches {
            true => granted.network = network(section("network")),
            false if section("network").is_some() => granted.idle.push("wasi.network"),
            false => {}
        }
        if import("funcs") {
            granted.open.push(Open::Functions);
        }
        granted
    }

    /// The mounts that may be written to.
    pub(crate) fn writable(&self) -> impl Iterator<Item = &Mount> {
        self.mounts.iter().filter(|mount| !mount.read_only)
    }
}

impl Network {
    /// Whether any address may be reached.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::None => false,
            Self::Public => true,
            Self::Listed(rules) => !rules.is_empty(),
        }
    }

    /// For people: each rule, or what there is instead of rules.
    pub(crate) fn rules(&self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::Public => vec!["any public address".to_owned()],
            Self::Listed(rules) if rules.is_empty() => vec!["no address".to_owned()],
            Self::Listed(rules) => rules.clone(),
        }
    }
}

fn import_of_others(grants: &Grants) -> bool {
    let imports = || grants.requests().iter().flat_map(|grant| &grant.imports);
    imports().any(|import| *import != "funcs" && !import.starts_with("wasi:"))
}

fn network(section: Option<&Node>) -> Network {
    match section.and_then(|section| section.get("allow")).map(Node::as_list) {
        None => Network::Public,
        Some(rules) => Network::Listed(rules.unwrap_or_default().iter().map(written).collect()),
    }
}

/// The modules of a source, and of all libraries that it loads.
fn with_libraries<'a>(
    modules: &'a [Located<String>],
    imports: &'a [LuaImport],
    declarations: &'a Declarations,
) -> BTreeSet<&'a str> {
    let mut all: BTreeSet<&str> = modules.iter().map(|module| module.value.as_str()).collect();
    let mut open: Vec<&LuaImport> = imports.iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(import) = open.pop() {
        let id = &import.library.value;
        let Some(Declaration::LuaLibrary(library)) = declarations.get(id).map(|entry| &entry.declaration) else {
            continue;
        };
        if seen.insert(id) {
            all.extend(library.modules.iter().map(|module| module.value.as_str()));
            open.extend(&library.imports);
        }
    }
    all
}

fn texts(names: &[Located<String>]) -> Vec<String> {
    names.iter().map(|name| name.value.clone()).collect()
}

/// The id that a value names, in full.
fn resolved(node: &Node, entry: &EntryId) -> String {
    let text = node.as_text().map(|text| text.to_string()).unwrap_or_default();
    EntryId::resolve(&text, entry.namespace()).map_or(text, |id| id.to_string())
}

/// A text as the file has it: what a variable holds is not for every report.
fn written(node: &Node) -> String {
    match node.origin().map(|origin| &**origin) {
        Some(Origin::Environment(names)) => {
            names.iter().map(|name| format!("${{env:{name}}}")).collect::<Vec<_>>().join(" and ")
        }
        Some(Origin::File(path)) => format!("file://{}", path.display()),
        Some(_) => "text from elsewhere".to_owned(),
        None => node.as_text().map(|text| text.to_string()).unwrap_or_default(),
    }
}

fn is_true(node: &Node) -> bool {
    matches!(node.value(), NodeValue::Scalar(Scalar { kind: ScalarKind::Boolean(true), .. }))
}
