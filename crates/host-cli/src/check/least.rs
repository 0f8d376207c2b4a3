//! The table at the end of `check`: what each entry is granted, what of it its code imports, and what would be enough.

use super::columns::columns;
use crate::grants::{EntryGrants, Network, Open};
use crate::output::visible;
use serde_json::{Value as Json, json};
use std::collections::{BTreeSet, HashMap};
use wippy_host::{Finding, Grants, Preflight, Registry};
use wippy_host_app::Opened;
use wippy_host_app::manifest::{Entry, FunctionEntry};

/// How many network rules of an entry the table shows.
const RULES: usize = 24;

/// One entry with code.
pub(super) struct Row {
    entry: String,
    kind: &'static str,
    grants: EntryGrants,
    /// Functions that it is bound to.
    calls: BTreeSet<String>,
    /// None where nothing is known of its code: it has not compiled, or is Lua.
    code: Option<Code>,
}

/// What the code imports against what is granted.
struct Code {
    used: Vec<String>,
    unused: Vec<String>,
    /// Names for `imports` that would grant what is missing, and what no name would grant.
    missing: Vec<String>,
    /// Sections of which the code can use nothing.
    idle: Vec<&'static str>,
}

/// A row for each entry with code that could be read, by id.
pub(super) fn rows(opened: &Opened, registry: &Registry) -> Vec<Row> {
    let preflights = opened.preflights.iter().map(|preflight| (preflight.entry.as_str(), preflight));
    let preflights: HashMap<&str, &Preflight> = preflights.collect();
    let row = |entry: &Entry| {
        let grants = EntryGrants::of(entry, &opened.declarations, registry)?;
        let id = entry.id.value.to_string();
        let function = entry.function().or_else(|| entry.process().map(|process| &process.function));
        let bindings = function.map(|function: &FunctionEntry| function.bindings.as_slice()).unwrap_or_default();
        let calls = bindings.iter().map(|binding| binding.target.value.to_string()).collect();
        let preflight = preflights.get(id.as_str());
        let code = preflight.map(|preflight| Code::new(preflight, &grants, registry));
        Some(Row { entry: id, kind: entry.kind.value.as_str(), grants, calls, code })
    };
    opened.declarations.iter().filter_map(row).collect()
}

impl Code {
    fn new(preflight: &Preflight, grants: &EntryGrants, registry: &Registry) -> Self {
        let (mut by_name, mut unused, mut missing) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for finding in &preflight.findings {
            match finding {
                Finding::Used { by, .. } => drop(by_name.insert(by.as_str())),
                Finding::Unused { name, .. } => drop(unused.insert(name.as_str())),
                Finding::NotGranted { add, .. } => drop(missing.insert(add.clone())),
                Finding::NoSuchVersion { interface, .. }
                | Finding::FeatureOff { interface, .. }
                | Finding::Unbound { interface, .. }
                | Finding::Unprovided { interface } => drop(missing.insert(interface.clone())),
                _ => {}
            }
        }
        let named = |names: &BTreeSet<&str>| {
            let names = grants.names.iter().filter(|name| names.contains(name.as_str()));
            names.cloned().collect::<Vec<_>>()
        };
        let (resolved, _) = Grants::resolve(registry, &grants.names);
        let uses = |import: &str| {
            let mut requests = resolved.requests().iter();
            requests.any(|grant| by_name.contains(grant.text.as_str()) && grant.imports.contains(&import))
        };
        let mut idle = grants.idle.clone();
        if !grants.mounts.is_empty() && !uses("wasi:filesystem") {
            idle.push("wasi.mounts");
        }
        if !grants.variables.is_empty() && !uses("wasi:cli") {
            idle.push("wasi.env");
        }
        Self { used: named(&by_name), unused: named(&unused), missing: missing.into_iter().collect(), idle }
    }
}

impl Row {
    /// The names that are enough, where some of those that are listed can go.
    fn enough(&self) -> Option<Vec<&String>> {
        let code = self.code.as_ref().filter(|code| !code.unused.is_empty())?;
        Some(self.grants.names.iter().filter(|name| !code.unused.contains(name)).collect())
    }

    fn idle(&self) -> &[&'static str] {
        self.code.as_ref().map_or(&self.grants.idle, |code| &code.idle)
    }

    fn json(&self) -> Json {
        let Self { grants, code, .. } = self;
        let mounts = grants
            .mounts
            .iter()
            .map(|mount| json!({"directory": mount.directory, "guest": mount.guest, "read_only": mount.read_only}));
        let variables = grants.variables.iter().map(|variable| json!({"id": variable.id, "name": variable.name}));
        let open = grants.open.iter().map(|open| match open {
            Open::Functions => "funcs",
            Open::Variables => "env",
            Open::Programs => "process",
        });
        json!({
            "entry": self.entry,
            "kind": self.kind,
            "granted": grants.names,
            "used": code.as_ref().map(|code| &code.used),
            "unused": code.as_ref().map(|code| &code.unused),
            "missing": code.as_ref().map(|code| &code.missing),
            "mounts": mounts.collect::<Vec<_>>(),
            "network": match &grants.network {
                Network::None => Json::Null,
                Network::Public => json!("public"),
                Network::Listed(rules) => json!(rules),
            },
            "variables": variables.collect::<Vec<_>>(),
            "open": open.collect::<Vec<_>>(),
            "calls": self.calls,
            "enough": {"imports": self.enough(), "remove": self.idle()},
        })
    }

    /// The cells of the table, each with its lines.
    fn cells(&self) -> [Vec<String>; 4] {
        [vec![self.entry.clone()], self.imports(), self.reaches(), self.less()]
    }

    fn imports(&self) -> Vec<String> {
        let mark = |name: &String| match &self.code {
            Some(code) if code.used.contains(name) => '+',
            Some(code) if code.unused.contains(name) => '-',
            _ => ' ',
        };
        let mut lines: Vec<String> = self.grants.names.iter().map(|name| format!("{} {name}", mark(name))).collect();
        let missing = self.code.iter().flat_map(|code| &code.missing);
        lines.extend(missing.map(|name| format!("! {name}")));
        lines
    }

    fn reaches(&self) -> Vec<String> {
        let Self { grants, calls, .. } = self;
        let mut lines: Vec<String> = grants.open.iter().map(|open| open.as_str().to_owned()).collect();
        lines.extend(calls.iter().map(|id| format!("calls {id}")));
        let rules = grants.network.rules();
        lines.extend(rules.iter().take(RULES).map(|rule| format!("network {rule}")));
        if rules.len() > RULES {
            lines.push(format!("network and {} more", rules.len() - RULES));
        }
        for mount in &grants.mounts {
            let access = if mount.read_only { "reads" } else { "writes" };
            lines.push(format!("{access} {} ({})", mount.guest, mount.directory));
        }
        lines.extend(grants.variables.iter().map(|variable| format!("variable {}", variable.name)));
        lines
    }

    fn less(&self) -> Vec<String> {
        let names = self.enough().map(|names| {
            let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
            format!("imports: [{}]", names.join(", "))
        });
        names.into_iter().chain(self.idle().iter().map(|section| format!("no {section}"))).collect()
    }
}

pub(super) fn json(rows: &[Row]) -> Json {
    rows.iter().map(Row::json).collect()
}

/// The table, with an empty line before and behind it; nothing where no entry has code.
pub(super) fn text(rows: &[Row]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let cells: Vec<[Vec<String>; 4]> = rows.iter().map(Row::cells).collect();
    let table = columns(["entry", "imports", "reaches", "enough"], &cells);
    visible(&format!("\nleast privilege (+ used, - not used, ! not granted)\n{table}\n"))
}
