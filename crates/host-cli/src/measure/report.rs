//! What `--stats` says: two tables for people, or one JSON document.

use super::stats::{Copied, Entries, EntryStats, FunctionStats};
use super::units::{bytes, time};
use crate::output::Output;
use serde_json::{Value as Json, json};
use std::time::Duration;

const ENTRY: [&str; 12] = [
    "entry",
    "calls",
    "total",
    "guest",
    "host",
    "waiting",
    "instances",
    "instantiate",
    "compile",
    "peak memory",
    "to guest",
    "to host",
];
const FUNCTION: [&str; 6] = ["host function", "calls", "host", "waiting", "to guest", "to host"];

/// Prints it to standard error.
pub(super) fn print(output: &Output, entries: &Entries) {
    if output.json {
        return output.stats(&json(entries));
    }
    if entries.is_empty() {
        return output.note("stats: nothing was called");
    }
    let rows: Vec<_> = entries.iter().map(entry_row).collect();
    output.table(&ENTRY, &rows);
    let mut rows = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.functions.is_empty()) {
        if entries.len() > 1 {
            rows.push(vec![entry.entry.to_string()]);
        }
        let indent = if entries.len() > 1 { "  " } else { "" };
        rows.extend(entry.functions.iter().map(|(name, function)| function_row(&format!("{indent}{name}"), function)));
    }
    if !rows.is_empty() {
        output.note("");
        output.table(&FUNCTION, &rows);
    }
}

fn entry_row(entry: &EntryStats) -> Vec<String> {
    let compiled = match entry.compiled {
        None => "-".to_owned(),
        Some(compiled) if compiled.cached => format!("{}, cached", time(compiled.time)),
        Some(compiled) => time(compiled.time),
    };
    vec![
        entry.entry.to_string(),
        times(entry.calls.times, entry.calls.failed),
        time(entry.calls.whole),
        time(entry.guest()),
        time(entry.host()),
        time(entry.waiting()),
        entry.instances.times.to_string(),
        time(entry.instances.whole),
        compiled,
        bytes(entry.memory),
        bytes(entry.copied.to_guest),
        bytes(entry.copied.to_host),
    ]
}

fn function_row(name: &str, function: &FunctionStats) -> Vec<String> {
    let copied = |side: fn(Copied) -> u64| function.copied.map_or("-".to_owned(), |copied| bytes(side(copied)));
    vec![
        name.to_owned(),
        times(function.calls.times, function.calls.failed),
        time(function.calls.busy),
        time(function.calls.waiting()),
        copied(|copied| copied.to_guest),
        copied(|copied| copied.to_host),
    ]
}

/// `3`, `3 (1 failed)`.
fn times(times: u64, failed: u64) -> String {
    if failed == 0 { times.to_string() } else { format!("{times} ({failed} failed)") }
}

/// The same for programs: times in nanoseconds.
pub(crate) fn json(entries: &Entries) -> Json {
    let entries = entries.iter().map(|entry| {
        let functions = entry.functions.iter().map(|(name, function)| {
            json!({
                "function": **name,
                "calls": function.calls.times,
                "failed": function.calls.failed,
                "host_ns": nanos(function.calls.busy),
                "waiting_ns": nanos(function.calls.waiting()),
                "to_guest_bytes": function.copied.map(|copied| copied.to_guest),
                "to_host_bytes": function.copied.map(|copied| copied.to_host),
            })
        });
        let compiled = entry.compiled.map(|it| json!({"ns": nanos(it.time), "cached": it.cached}));
        json!({
            "entry": *entry.entry,
            "calls": entry.calls.times,
            "failed": entry.calls.failed,
            "total_ns": nanos(entry.calls.whole),
            "guest_ns": nanos(entry.guest()),
            "host_ns": nanos(entry.host()),
            "waiting_ns": nanos(entry.waiting()),
            "instances": entry.instances.times,
            "instantiate_ns": nanos(entry.instances.whole),
            "compile": compiled,
            "peak_memory_bytes": entry.memory,
            "to_guest_bytes": entry.copied.to_guest,
            "to_host_bytes": entry.copied.to_host,
            "host_functions": functions.collect::<Json>(),
        })
    });
    json!({"entries": entries.collect::<Json>()})
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
