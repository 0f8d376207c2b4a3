//! A line to write for each field, for the remedies.

/// The example for a field, between backquotes, by its name with the names before it.
pub(super) fn of(name: &str) -> Option<&'static str> {
    EXAMPLES.iter().find(|(field, _)| *field == name).map(|(_, example)| *example)
}

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
    ("transport.type", "`type: payload` or `type: wasi-http`"),
];
