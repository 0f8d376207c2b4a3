//! The mappings inside entries.

use super::super::http_service::{LIMIT_KEYS, TIMEOUT_KEYS, TLS_KEYS};
use super::super::limits::KEYS as LIMITS;
use super::super::lua::{LUA_GLOBALS, LUA_MODULES};
use super::super::pool::KEYS as POOL;
use super::super::{hosts, lifecycle};
use super::ImportSchemas;
use super::fields::{count, duration, limit};
use super::parts::{
    boolean, closed, described, elsewhere, id, integer, keys, list, one_of, pattern, some_text, text, variable,
    with_required,
};
use serde_json::{Map, Value as Json, json};
use std::time::Duration;
use wippy_host_core::Limits;
use wippy_host_core::pool::PoolKind;
use wippy_host_process::HostOptions;
use wippy_host_server::{ServiceLimits, Timeouts};

/// All sections that fields refer to, by name.
pub(super) fn all(imports: &ImportSchemas) -> Vec<(&'static str, Json)> {
    vec![
        ("bindings", bindings()),
        ("config", closed(imports.config.clone(), "What single imports are told.")),
        ("host", host()),
        ("imports", list(import_names(imports), "What the code may use.")),
        ("libraries", libraries()),
        ("lifecycle", lifecycle()),
        ("limits", limits()),
        ("limits-of-a-service", service_limits()),
        ("meta-of-a-program", program_meta()),
        ("meta-of-a-router", meta("server", "The id of the `http.service` that it belongs to.")),
        ("meta-of-an-endpoint", meta("router", "The id of the `http.router` that it belongs to.")),
        ("modules", modules()),
        ("network", network()),
        ("pool", pool()),
        ("timeouts", timeouts()),
        ("tls", tls()),
        ("wasi", wasi(imports)),
        ("wasi-of-lua", wasi(&ImportSchemas::default())),
    ]
}

/// Names are matched without regard to case, and a version may follow: those are left to the loader.
fn import_names(imports: &ImportSchemas) -> Json {
    let name = |(name, about): &(String, String)| json!({"const": name, "description": about});
    let mut choices: Vec<Json> = imports.names.iter().map(name).collect();
    choices.push(json!({"type": "string", "pattern": r"[A-Z@\s]"}));
    described(elsewhere(choices), "The name of an import, of one of its interfaces, or an alias.")
}

fn bindings() -> Json {
    let target = || id("The id of the function that is called.");
    let functions = json!({
        "type": "object", "additionalProperties": target(), "description": "Each function of the interface.",
    });
    json!({
        "type": "object",
        "patternProperties": {"/": {"anyOf": [functions, target()]}, "^[^/]*$": target()},
        "description": "Functions that the code imports, each with the id of the function that is called in its place.",
    })
}

fn libraries() -> Json {
    let library = id("The id of a `library.lua`.");
    json!({"type": "object", "propertyNames": {"minLength": 1}, "additionalProperties": library})
}

fn modules() -> Json {
    let known = LUA_MODULES.iter().map(|name| (*name, ""));
    let global = LUA_GLOBALS.iter().map(|name| (*name, "It is there without being listed."));
    list(one_of(known.chain(global), "A module of the host."), "What `require` may load of the host.")
}

fn meta(key: &str, about: &str) -> Json {
    json!({"type": "object", "properties": {key: id(about)}})
}

fn program_meta() -> Json {
    let mut name = pattern(r"[^-\s]\S*", "What is typed behind `run <app>`: one word, never `list`.");
    if let Some(members) = name.as_object_mut() {
        members.insert("not".to_owned(), json!({"const": "list"}));
    }
    let members = [("name".to_owned(), name), ("short".to_owned(), text("A line for the list of commands."))];
    let command = closed(members.into_iter().collect(), "What makes the program a command of the command line.");
    json!({"type": "object", "properties": {"command": with_required(command, &["name"])}})
}

fn wasi(imports: &ImportSchemas) -> Json {
    let network = json!({"$ref": "#/$defs/network"});
    let mut keys: Map<String, Json> = imports.wasi.clone();
    keys.insert("network".to_owned(), network);
    closed(keys, "What the environment of the code is made of.")
}

fn network() -> Json {
    let rule = some_text("`host`, `host:port`, `*.domain`, an address or a network; `*` or no port is every port.");
    let allow = list(rule, "What may be reached, and nothing else; an empty list is nothing.");
    let about = "What may be reached: without `allow` any public address, and no other.";
    closed([("allow".to_owned(), allow)].into_iter().collect(), about)
}

fn lifecycle() -> Json {
    let key = |_: &str| boolean("Whether it starts with the application.", true);
    closed(keys(&["auto_start"], lifecycle::WITHOUT_EFFECT, key), "Whether it starts with the application.")
}

fn host() -> Json {
    let most = u64::try_from(HostOptions::default().max_processes).unwrap_or(u64::MAX);
    let key = |_: &str| limit(1, "How many processes run in it at once.", most);
    closed(keys(&["max_processes"], hosts::WITHOUT_EFFECT, key), "How much runs in it.")
}

fn tls() -> Json {
    let key = |key: &str| match key {
        "certificate" => some_text("The chain of certificates, as PEM: a file relative to the application."),
        _ => some_text("The private key, as PEM: a file relative to the application."),
    };
    with_required(closed(keys(TLS_KEYS, &[], key), "The certificate that it shows."), TLS_KEYS)
}

fn timeouts() -> Json {
    let defaults = Timeouts::default();
    let key = |key: &str| {
        let (about, default): (&str, Duration) = match key {
            "header" => ("For the header of a request.", defaults.header),
            "idle" => ("For the next request on a connection.", defaults.idle),
            "read" => ("For the next piece of a request.", defaults.read),
            _ => ("Until the client takes the next piece of a response.", defaults.write),
        };
        duration(about, default)
    };
    closed(keys(TIMEOUT_KEYS, &[], key), "How long it waits; 0 for no limit.")
}

fn service_limits() -> Json {
    let defaults = ServiceLimits::default();
    let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let key = |key: &str| match key {
        "max_body_bytes" => limit(1, "The body of a request, in bytes.", defaults.max_body_bytes),
        "max_connections" => limit(1, "Connections at once.", number(defaults.max_connections)),
        _ => limit(1, "Request line and header fields, in bytes.", number(defaults.max_header_bytes)),
    };
    closed(keys(LIMIT_KEYS, &[], key), "What a client may use up.")
}

fn limits() -> Json {
    let defaults = Limits::default();
    let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let key = |key: &str| match key {
        "max_call_depth" => limit(1, "Open calls from function to function.", number(defaults.max_call_depth)),
        "max_execution_ms" => integer(
            0,
            "Time from the call to its result, in milliseconds, computing and waiting alike; 0 for no limit. Default 30000 for \
             functions, none for programs.",
        ),
        "max_host_bytes" => {
            let about = "What the guest may make the host allocate in one host call, in bytes.";
            limit(1, about, number(defaults.max_host_bytes))
        }
        "max_instances" => limit(1, "Core instances that one instance is made of.", number(defaults.max_instances)),
        "max_log_bytes" => limit(1, "Output that is written to the log, in bytes a second.", defaults.max_log_bytes),
        "max_memory_bytes" => limit(1, "Linear memory, in bytes.", number(defaults.max_memory_bytes)),
        "max_resources" => limit(1, "Handles that are open at one time.", number(defaults.max_resources)),
        _ => limit(1, "Elements of one table.", number(defaults.max_table_elements)),
    };
    closed(keys(LIMITS, &[], key), "What one call may use up.")
}

fn pool() -> Json {
    let key = |key: &str| match key {
        "type" => {
            let about = "How instances are kept. Default: `static` where `workers` is given, `inline` where only `size` is, else `lazy`.";
            one_of(PoolKind::ALL.iter().map(|kind| (kind.as_str(), kind_of_pool(*kind))), about)
        }
        "size" => count("Instances of a `static` pool that gives no `workers`."),
        "max_size" => {
            count("Instances at once of a `lazy` or `adaptive` pool. Default 16; 100 where no `type` is given.")
        }
        "workers" => count("Instances of a `static` pool. Default: `size`, else the number of processors."),
        "buffer" => count("Callers that may wait in all; 0: none waits. Default 64 for each worker or slot."),
        "warm_start" => {
            let numbers = json!({"type": ["boolean", "integer"], "minimum": 0, "maximum": u32::MAX});
            described(variable(numbers), "Instances that are prepared ahead: `true` for all of the pool, or how many.")
        }
        _ => {
            let calls = json!({"type": "integer", "minimum": 1, "maximum": u32::MAX});
            let calls = described(variable(calls), "How many calls an instance is kept for.");
            let about = "Keeps instances for more than one call. Default: every call gets a fresh one.";
            with_required(closed([("max_calls".to_owned(), calls)].into_iter().collect(), about), &["max_calls"])
        }
    };
    closed(keys(POOL, &["worker_class"], key), "How instances are kept.")
}

fn kind_of_pool(kind: PoolKind) -> &'static str {
    match kind {
        PoolKind::Inline => "A new instance for each call, in the caller's task, no queue.",
        PoolKind::Lazy => "None idle, up to `max_size` at once.",
        PoolKind::Static => "A fixed number of workers.",
        PoolKind::Adaptive => "Between 1 and `max_size`, scaled by demand.",
        // Without a sentence, an editor shows the name alone.
        _ => "",
    }
}
