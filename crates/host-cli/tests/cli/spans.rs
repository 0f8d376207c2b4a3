//! Spans of every group of host functions: entry, function, duration and outcome, and nothing of what was said.

#![cfg(unix)]

use crate::collector::{Collected, Collector, text};
use crate::support::{App, Ran};
use crate::trace::upstream;

const SECRET: &str = "s3cr3t-that-nobody-may-read";

/// Calls `demo:it`, and gives what a collector hears of it.
fn told(app: &App, arguments: &[&str]) -> (Ran, Collected) {
    let collector = Collector::start();
    let ran = app.run("call", &[&["--otlp", &collector.url, "demo:it"], arguments].concat());
    (ran, collector.collected())
}

/// The outcomes of the host functions whose names begin with `prefix`, each of which is a span of the call's, for its time.
#[track_caller]
fn outcomes(collected: &Collected, prefix: &str) -> Vec<Option<String>> {
    let call = collected.span("demo:it");
    let mut outcomes = Vec::new();
    for span in &collected.spans {
        let Some(function) = text(&span.attributes, "wippy.function") else { continue };
        assert_eq!((&span.name, &span.trace_id, &span.parent_span_id), (&function, &call.trace_id, &call.span_id));
        assert_eq!(text(&span.attributes, "wippy.entry").as_deref(), Some("demo:it"), "{function}");
        let (began, ended) = (span.start_time_unix_nano, span.end_time_unix_nano);
        assert!(call.start_time_unix_nano <= began && began <= ended, "{function}");
        assert!(ended <= call.end_time_unix_nano, "{function}");
        if function.starts_with(prefix) {
            outcomes.push(text(&span.attributes, "wippy.outcome"));
        }
    }
    assert!(!outcomes.is_empty(), "nothing of {prefix} in {:?}", collected.spans);
    outcomes
}

#[test]
fn a_guest_of_each_group_has_spans_of_its_host_calls_and_no_payload_in_them() {
    let (port, _asked) = upstream();
    let url = format!("http://127.0.0.1:{port}/{SECRET}");
    let local = "wasi: { network: { allow: [\"127.0.0.1:*\"] } }";
    let mounts =
        "wasi: { mounts: [{ fs: data, guest: /data }] }\n  - { name: data, kind: fs.directory, directory: ./data }";
    let arguments = format!("wasi: {{ args: [{SECRET}] }}");
    let echo = "meta: {}\n  - { name: echo, kind: function.lua, source: file://echo.lua, method: main }";
    for (group, guest, method, imports, rest, arguments) in [
        ("wippy:runtime/funcs#", "probe-funcs", "call-string", "funcs", echo, vec!["demo:echo", SECRET]),
        ("wasi:cli/stdout#", "probe-cli", "write-stdout", "wasi:cli, wasi:io", "meta: {}", vec![SECRET]),
        ("wasi:cli/environment#", "probe-cli", "arguments", "wasi:cli, wasi:io", &*arguments, vec![]),
        ("wasi:clocks/monotonic-clock#", "probe-clocks", "sleep-for", "wasi:clocks, wasi:io", "meta: {}", vec!["1000"]),
        (
            "wasi:filesystem/types#",
            "probe-filesystem",
            "write",
            "wasi:filesystem",
            mounts,
            vec!["/data", SECRET, SECRET],
        ),
        ("wasi:http/outgoing-handler#", "probe-http", "get", "wasi:http, wasi:io", local, vec![&*url]),
        ("wasi:io/streams#", "probe-cli", "write-stdout", "wasi:cli, wasi:io", "meta: {}", vec![SECRET]),
        ("wasi:random/random#", "probe-random", "bytes", "wasi:random", "meta: {}", vec!["16"]),
        (
            "wasi:sockets/udp#",
            "probe-sockets",
            "udp-self",
            "wasi:sockets, wasi:io, wasi:clocks",
            local,
            vec!["127.0.0.1:0", SECRET],
        ),
        (
            "wasi:http/client#",
            "download-p3",
            "count",
            "wasi:http",
            local,
            vec![&url[7..url.len() - SECRET.len() - 1], &url[url.len() - SECRET.len() - 1..], "64"],
        ),
    ] {
        let app = App::guest(guest, method, &format!("    imports: [{imports}]\n    {rest}\n"))
            .with("data/kept", "")
            .with("echo.lua", "return { main = function(text) return text end }");
        let (ran, collected) = told(&app, &arguments);
        assert_eq!(ran.code, 0, "{group}: {ran:?}");
        let call = collected.span("demo:it");
        assert_eq!(text(&call.attributes, "wippy.outcome").as_deref(), Some("ok"), "{group}");
        // The bindings that Wasmtime generates hide a result that holds lists.
        let outcomes = outcomes(&collected, group);
        let well = |outcome: &Option<String>| matches!(outcome.as_deref(), Some("ok" | "returned"));
        assert!(outcomes.iter().all(well), "{group}: {outcomes:?}");
        assert!(!collected.holds(SECRET), "{group}");
    }
}

#[test]
fn a_host_call_that_ends_the_guests_call_is_a_span_that_says_so() {
    let app = App::guest("probe-random", "bytes", "");
    let (ran, collected) = told(&app, &["16"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(outcomes(&collected, "wasi:random/random#get-random-bytes"), [Some("error".to_owned())]);
    let call = collected.span("demo:it");
    assert_eq!(text(&call.attributes, "wippy.outcome").as_deref(), Some("PermissionDenied"));
}

#[test]
fn an_error_that_wasi_tells_the_guest_is_the_outcome_of_its_host_call() {
    let mounts =
        "wasi: { mounts: [{ fs: data, guest: /data }] }\n  - { name: data, kind: fs.directory, directory: ./data }";
    let app = App::guest("probe-filesystem", "stat-at", &format!("    imports: [wasi:filesystem]\n    {mounts}\n"))
        .with("data/kept", "");
    let (_, collected) = told(&app, &["/data", SECRET, "true"]);
    assert_eq!(outcomes(&collected, "wasi:filesystem/types#[method]descriptor.stat-at"), [Some("error".to_owned())]);
    assert!(!collected.holds(SECRET));
}
