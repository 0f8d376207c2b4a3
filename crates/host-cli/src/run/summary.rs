//! What an application is, when its services have started: in a few lines, or as one event of a JSON log.

use crate::log::Format;
use crate::output::Output;
use std::collections::BTreeMap;
use wippy_host::{Finding, Preflight};
use wippy_host_app::manifest::{Declaration, Entry, FunctionEntry, LuaFunctionEntry, Severity};
use wippy_host_app::{Opened, ServiceAddress};
use wippy_host_server::Router;

/// How many entries a line names; the rest is counted.
const NAMED: usize = 8;

/// The lines, without those that say nothing.
#[derive(Default)]
pub(super) struct Summary {
    entries: String,
    network: Vec<String>,
    writable: Vec<String>,
    funcs: Vec<String>,
    endpoints: Vec<String>,
    warnings: usize,
    remarks: usize,
}

impl Summary {
    pub(super) fn of(opened: &Opened, addresses: &[ServiceAddress]) -> Self {
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        let mut summary = Self::default();
        for entry in opened.declarations.iter() {
            *kinds.entry(entry.kind.value.as_str()).or_default() += 1;
            match &entry.declaration {
                Declaration::LuaFunction(function) => summary.lua(entry, function),
                Declaration::HttpEndpoint(_) => summary.endpoints.extend(endpoint(opened, entry, addresses)),
                _ => {
                    let function = entry.function().or_else(|| entry.process().map(|process| &process.function));
                    let id = entry.id.value.to_string();
                    let preflight = opened.preflights.iter().find(|preflight| preflight.entry == id);
                    if let Some((function, preflight)) = function.zip(preflight) {
                        summary.wasm(id, function, preflight);
                    }
                }
            }
        }
        let total: usize = kinds.values().sum();
        let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        summary.entries = format!("{total}: {}", kinds.join(", "));
        let count = |severity| opened.problems.iter().filter(|problem| problem.severity == severity).count();
        (summary.warnings, summary.remarks) = (count(Severity::Warning), count(Severity::Remark));
        summary
    }

    /// What its code uses and its entry grants.
    fn wasm(&mut self, id: String, function: &FunctionEntry, preflight: &Preflight) {
        let uses = |names: &[&str]| {
            preflight.findings.iter().any(|finding| match finding {
                Finding::Used { interface, .. } => names.iter().any(|name| interface.starts_with(name)),
                _ => false,
            })
        };
        let wasi = function.wasi.as_ref();
        if uses(&["wasi:sockets/", "wasi:http/outgoing-handler", "wasi:http/client"]) {
            let allow = wasi.and_then(|wasi| wasi.get("network")?.get("allow"));
            self.network.push(format!("{id} ({})", reached(allow.map(|allow| allow.to_json()))));
        }
        if uses(&["wasi:filesystem/", "wasi_snapshot_preview1"]) {
            let mounts = wasi.and_then(|wasi| wasi.get("mounts")).map(|mounts| mounts.to_json());
            let mounts = mounts.as_ref().and_then(|mounts| mounts.as_array()).into_iter().flatten();
            let writable = mounts.filter(|mount| mount.get("read_only").and_then(|only| only.as_bool()) != Some(true));
            let text =
                |mount: &serde_json::Value, key| mount.get(key).and_then(|v| v.as_str()).unwrap_or("?").to_owned();
            self.writable
                .extend(writable.map(|mount| format!("{id} ({} at {})", text(mount, "fs"), text(mount, "guest"))));
        }
        if uses(&["wippy:runtime/funcs"]) || !function.bindings.is_empty() {
            self.funcs.push(id);
        }
    }

    fn lua(&mut self, entry: &Entry, function: &LuaFunctionEntry) {
        let id = entry.id.value.to_string();
        let has = |name: &str| function.modules.iter().any(|module| module.value == name);
        if has("http_client") {
            let allow = function.network.as_ref().and_then(|network| network.get("allow"));
            self.network.push(format!("{id} ({})", reached(allow.map(|allow| allow.to_json()))));
        }
        if has("funcs") {
            self.funcs.push(id);
        }
    }

    /// Text to standard error; one event where the log is JSON, which text would not fit.
    pub(super) fn print(&self, output: &Output, format: Format) {
        let warnings = match (self.warnings, self.remarks) {
            (0, 0) => String::new(),
            (warnings, remarks) => format!("{warnings} warnings, {remarks} remarks: see wippy-host check"),
        };
        let (network, writable) = (listed(&self.network), listed(&self.writable));
        let (funcs, endpoints) = (listed(&self.funcs), listed(&self.endpoints));
        if format == Format::Json {
            tracing::info!(
                target: "wippy::start",
                entries = self.entries,
                network,
                writable,
                funcs,
                endpoints,
                warnings = self.warnings,
                remarks = self.remarks,
                "the application runs"
            );
            return;
        }
        let lines = [
            ("entries", &self.entries),
            ("network", &network),
            ("writable", &writable),
            ("calls", &funcs),
            ("endpoints", &endpoints),
            ("warnings", &warnings),
        ];
        for (name, line) in lines.into_iter().filter(|(_, line)| !line.is_empty()) {
            output.note(&format!("  {name:<9}  {line}"));
        }
    }
}

fn listed(all: &[String]) -> String {
    let named: Vec<&str> = all.iter().take(NAMED).map(String::as_str).collect();
    let named = named.join(", ");
    if all.len() > NAMED { format!("{named} and {} more", all.len() - NAMED) } else { named }
}

/// What an `allow` list lets through.
fn reached(allow: Option<serde_json::Value>) -> String {
    let Some(allow) = allow.as_ref().and_then(|allow| allow.as_array()) else {
        return "any public address".to_owned();
    };
    let items: Vec<String> = allow.iter().filter_map(|item| item.as_str()).map(str::to_owned).collect();
    if items.is_empty() { "nothing".to_owned() } else { listed(&items) }
}

/// `GET http://127.0.0.1:8080/api/orders shop:orders`, where its service listens.
fn endpoint(opened: &Opened, entry: &Entry, addresses: &[ServiceAddress]) -> Option<String> {
    let Declaration::HttpEndpoint(endpoint) = &entry.declaration else { return None };
    let router = opened.declarations.get(&endpoint.router.value)?;
    let Declaration::HttpRouter(router) = &router.declaration else { return None };
    let server = router.server.value.to_string();
    let service = addresses.iter().find(|address| address.id == server)?;
    let path = Router::join(router.prefix(), &endpoint.path.value.to_string());
    let (method, func) = (endpoint.method.value.as_str(), &endpoint.func.value);
    Some(format!("{method} {}{path} {func}", service.url().trim_end_matches('/')))
}
