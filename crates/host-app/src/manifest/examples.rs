//! A line to write for each field, for the remedies.

use super::entry::Kind;

/// The example for a field, between backquotes, by its name with the names before it. What it means may depend on the
/// kind of the entry.
pub(super) fn of(kind: Option<Kind>, name: &str) -> Option<&'static str> {
    let own = kind.and_then(|kind| OF_KINDS.iter().find(|(of, field, _)| *of == kind && *field == name));
    if let Some((_, _, example)) = own {
        return Some(example);
    }
    EXAMPLES.iter().find(|(field, _)| *field == name).map(|(_, example)| *example)
}

const OF_KINDS: &[(Kind, &str, &str)] = &[
    (Kind::FunctionLua, "source", "`source: file://main.lua`, or the text itself"),
    (Kind::FunctionLua, "method", "`method: run`, or another function of the table that the source returns"),
    (Kind::FunctionLua, "imports", "`imports: { helper: <id of a library.lua entry> }`"),
    (Kind::FunctionLua, "wasi", "`wasi: { network: { allow: [\"api.example.com:443\"] } }`"),
    (Kind::LibraryLua, "source", "`source: file://library.lua`, or the text itself"),
    (Kind::LibraryLua, "imports", "`imports: { helper: <id of a library.lua entry> }`"),
    (Kind::HttpEndpoint, "method", "`method: GET`"),
    (Kind::HttpEndpoint, "path", "`path: /users/{id}`"),
    (Kind::HttpService, "limits", "`limits: { max_body_bytes: 1048576 }`"),
    (Kind::ProcessWasm, "method", "`method: \"wasi:cli/run#run\"`, or another function that the module exports"),
];

const EXAMPLES: &[(&str, &str)] = &[
    ("namespace", "`namespace: demo`"),
    ("entries", "`entries:` and below it `  - name: …`"),
    ("meta", "`meta: { comment: \"…\" }`"),
    ("name", "`name: my_entry`"),
    ("kind", "`kind: function.wasm`"),
    ("directory", "`directory: ./data`, a path relative to the application"),
    ("mode", "`mode: \"0755\"`"),
    ("values", "`values: { NAME: \"value\" }`"),
    ("storage", "`storage: <id of an env.storage.* entry>`"),
    ("fs", "`fs: <id of an fs.directory entry>`"),
    ("path", "`path: /module.wasm`, a path inside the directory that `fs` names"),
    ("hash", "`hash: sha256:<64 hexadecimal digits>`, as `sha256sum` prints them for the file"),
    ("method", "`method: run`, or another function that the module exports"),
    ("source", "`source: file://module.wat`, or the text itself"),
    ("imports", "`imports: [\"wasi:cli\", \"wasi:io\"]`"),
    ("wasi", "`wasi: { args: [\"--verbose\"] }`"),
    ("config", "`config: { name: { … } }`"),
    ("wit", "`wit: file://module.wit`"),
    ("pool", "`pool: { type: inline }`"),
    ("pool.type", "`type: inline`"),
    ("pool.size", "`size: 4`"),
    ("pool.max_size", "`max_size: 16`"),
    ("pool.workers", "`workers: 4`"),
    ("pool.buffer", "`buffer: 64`"),
    ("pool.warm_start", "`warm_start: true`, or a number of instances"),
    ("pool.reuse", "`reuse: { max_calls: 1000 }`"),
    ("pool.reuse.max_calls", "`max_calls: 1000`"),
    ("limits", "`limits: { max_execution_ms: 30000 }`"),
    ("limits.max_execution_ms", "`max_execution_ms: 30000`, in milliseconds"),
    ("limits.max_memory_bytes", "`max_memory_bytes: 67108864`, in bytes"),
    ("limits.max_table_elements", "`max_table_elements: 100000`"),
    ("limits.max_instances", "`max_instances: 100`"),
    ("limits.max_host_bytes", "`max_host_bytes: 67108864`, in bytes"),
    ("limits.max_resources", "`max_resources: 1000`"),
    ("limits.max_call_depth", "`max_call_depth: 64`"),
    ("limits.max_log_bytes", "`max_log_bytes: 1048576`, in bytes a second"),
    ("transport", "`transport: payload` or `transport: wasi-http`"),
    ("addr", "`addr: \":8080\"`"),
    ("auto_create", "`auto_create: true`"),
    ("file_path", "`file_path: ./.env`, a path relative to the application"),
    ("func", "`func: <id of a function.* entry>`"),
    ("host", "`host: { max_processes: 100 }`"),
    ("host.max_processes", "`max_processes: 100`"),
    ("lifecycle", "`lifecycle: { auto_start: true }`"),
    ("limits.max_body_bytes", "`max_body_bytes: 1048576`, in bytes"),
    ("limits.max_connections", "`max_connections: 1000`"),
    ("limits.max_header_bytes", "`max_header_bytes: 65536`, in bytes"),
    ("meta.command", "`command: { name: report, short: \"…\" }`"),
    ("meta.command.name", "`name: report`"),
    ("modules", "`modules: [funcs, json]`"),
    ("prefix", "`prefix: /api`"),
    ("storages", "`storages: [<id of an env.storage.* entry>]`"),
    ("timeouts", "`timeouts: { read: 30s, write: 30s, idle: 60s }`"),
    ("tls", "`tls: { certificate: ./cert.pem, key: ./key.pem }`"),
    ("tls.certificate", "`certificate: ./cert.pem`, a path relative to the application"),
    ("tls.key", "`key: ./key.pem`, a path relative to the application"),
    ("wasi.network", "`network: { allow: [\"api.example.com:443\"] }`"),
    ("transport.type", "`type: payload` or `type: wasi-http`"),
];
