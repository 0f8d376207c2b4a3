//! `--stats`: counts that a test knows, times and sizes that it knows bounds of.

use super::{N, calling, entry, named};
use crate::support::{App, Ran, repository, run};
use serde_json::{Value as Json, json};

/// Calls `demo:it` with `--json --stats`, and gives the document.
#[track_caller]
fn stats(app: &App, function: &str, arguments: &[&str]) -> Json {
    let mut all = vec![function, "--json", "--stats"];
    all.extend(arguments);
    let ran = app.run("call", &all);
    assert_eq!(ran.code, 0, "{ran:?}");
    document(&ran)
}

#[track_caller]
fn document(ran: &Ran) -> Json {
    // Behind the log, where there is any.
    let line = ran.stderr.lines().find(|line| line.starts_with('{')).unwrap_or_else(|| panic!("{ran:?}"));
    let document: Json = serde_json::from_str(line).unwrap();
    document["stats"]["entries"].clone()
}

/// The calls of each host function.
fn calls(entry: &Json) -> Json {
    let functions = entry["host_functions"].as_array().unwrap().iter();
    functions.map(|function| (function["function"].as_str().unwrap().to_owned(), function["calls"].clone())).collect()
}

fn function<'a>(entry: &'a Json, name: &str) -> &'a Json {
    let mut functions = entry["host_functions"].as_array().unwrap().iter();
    functions.find(|function| function["function"] == name).unwrap_or_else(|| panic!("{name}: {entry}"))
}

fn millis(time: &Json) -> u64 {
    time.as_u64().unwrap() / 1_000_000
}

#[test]
fn each_host_function_that_a_guest_called_is_counted_and_its_waiting_told_apart() {
    let app = App::guest("probe-clocks", "sleep-for", "    imports: [wasi:clocks, wasi:io]\n");
    let entries = stats(&app, "demo:it", &["60000000"]);
    let it = &entries[0];
    let expected = json!({
        "wasi:clocks/monotonic-clock#now": 2,
        "wasi:clocks/monotonic-clock#subscribe-duration": 1,
        "wasi:io/poll#[method]pollable.block": 1,
    });
    assert_eq!(calls(it), expected, "{it}");
    let block = function(it, "wasi:io/poll#[method]pollable.block");
    assert!((50..60_000).contains(&millis(&block["waiting_ns"])), "{block}");
    assert!(millis(&block["host_ns"]) < 50, "{block}");
    let now = function(it, "wasi:clocks/monotonic-clock#now");
    assert!(millis(&now["waiting_ns"]) < 50, "{now}");
    assert!(millis(&it["total_ns"]) >= 60 && millis(&it["waiting_ns"]) >= 50, "{it}");
    assert_eq!((&it["entry"], &it["calls"], &it["failed"]), (&json!("demo:it"), &json!(1), &json!(0)));
    assert_eq!((&it["to_guest_bytes"], &it["to_host_bytes"]), (&json!(8), &json!(8)), "one u64 each way");
    assert_eq!(it["compile"]["cached"], false);
    assert_eq!(it["instances"], 1);
}

#[test]
fn computing_is_the_guest_s_and_memory_the_largest_instance_s() {
    let entries = stats(&named("fib", ""), "demo:it", &[N]);
    let it = &entries[0];
    assert_eq!(it["host_functions"], json!([]));
    assert_eq!(it["peak_memory_bytes"], 3 * 65536);
    let (total, guest) = (it["total_ns"].as_u64().unwrap(), it["guest_ns"].as_u64().unwrap());
    assert!(guest <= total && guest > total / 2, "{it}");
}

#[test]
fn every_entry_that_was_called_has_a_row_the_outermost_first() {
    let entries = stats(&calling(), "demo:many", &["demo:echo", r#"["a", "bb", "ccc"]"#]);
    let rows: Vec<_> =
        entries.as_array().unwrap().iter().map(|it| (it["entry"].clone(), it["calls"].clone())).collect();
    assert_eq!(rows, [(json!("demo:many"), json!(1)), (json!("demo:echo"), json!(3))]);
    assert_eq!(entries[1]["compile"], Json::Null, "Lua is not compiled");
    let call = function(&entries[0], "wippy:runtime/funcs#call-string");
    assert_eq!(call["calls"], 3);
    // Three times the target, and each text there and back.
    assert_eq!((&call["to_host_bytes"], &call["to_guest_bytes"]), (&json!(3 * 9 + 6), &json!(6)));
    // While a nested call runs, the caller's host function waits.
    let (waiting, inside) = (call["waiting_ns"].as_u64().unwrap(), entries[1]["total_ns"].as_u64().unwrap());
    assert!(waiting > inside / 2, "{entries}");
}

#[test]
fn a_fresh_instance_is_counted_for_each_nested_call() {
    let (many, bytes) = entry("it", "probe-funcs", "call-many");
    let app = App::new(&format!(
        "  - {{ name: code, kind: fs.directory, directory: ./code }}\n{many}, imports: [funcs] }}
  - {{ name: twice, kind: function.wat, source: file://double-text.wat, method: double }}\n"
    ))
    .with("code/probe-funcs.wasm", bytes)
    .with("double-text.wat", include_str!("../../../../../guests/wat/double-text.wat"));
    let entries = stats(&app, "demo:it", &["demo:twice", r#"["x", "y"]"#]);
    assert_eq!((&entries[1]["entry"], &entries[1]["instances"]), (&json!("demo:twice"), &json!(2)), "{entries}");
}

#[test]
fn functions_that_are_linked_by_hand_say_what_they_copied() {
    let app = App::guest("probe-random", "bytes", "    imports: [wasi:random]\n");
    let entries = stats(&app, "demo:it", &["1000"]);
    let bytes = function(&entries[0], "wasi:random/random#get-random-bytes");
    assert_eq!((&bytes["calls"], &bytes["to_guest_bytes"]), (&json!(1), &json!(1000)), "{bytes}");
    assert_eq!(entries[0]["to_host_bytes"], 1008, "a list is its bytes, its pointer and its length");
}

#[test]
fn a_bound_function_is_a_host_function_of_its_caller() {
    let app = App::guest(
        "bound",
        "add",
        "    bindings: { \"demo:bound/ops\": { add: add } }\n  - { name: add, kind: function.wat, source: file://add.wat, method: add }\n",
    );
    let entries = stats(&app, "demo:it", &["40", "2"]);
    let add = function(&entries[0], "demo:bound/ops#add");
    assert_eq!((&add["calls"], &add["to_host_bytes"], &add["to_guest_bytes"]), (&json!(1), &json!(8), &json!(4)));
    assert_eq!(entries[1]["entry"], "demo:add");
}

#[test]
fn a_call_of_what_is_not_granted_is_one_that_failed() {
    let ran = App::guest("probe-cli", "write-stdout", "").call(&["hello", "--json", "--stats"]);
    let it = &document(&ran)[0];
    assert_eq!((&it["failed"], &it["host_functions"][0]["failed"]), (&json!(1), &json!(1)), "{ran:?}");
    assert_eq!(it["host_functions"][0]["function"], "wasi:cli/stdout#get-stdout");
    // One document says both.
    let document: Json = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!((&document["error"]["kind"], ran.code), (&json!("PermissionDenied"), 1));
}

#[test]
fn functions_of_wasi_0_3_and_their_waiting_are_counted() {
    let pool = "    imports: [wasi:clocks]\n    pool: { type: static, size: 1, reuse: { max_calls: 9 } }\n";
    for rest in ["    imports: [wasi:clocks]\n", pool] {
        let entries = stats(&App::guest("shared-p3", "counted", rest), "demo:it", &["wait"]);
        let wait = function(&entries[0], "wasi:clocks/monotonic-clock#wait-for");
        assert_eq!(wait["calls"], 1, "{entries}");
        assert!(millis(&wait["waiting_ns"]) >= 900, "{entries}");
        // The argument's four letters with pointer and length, and two u32.
        assert_eq!((&entries[0]["to_guest_bytes"], &entries[0]["to_host_bytes"]), (&json!(12), &json!(8)));
        assert!(entries[0]["guest_ns"].as_u64().unwrap() > 0 && entries[0]["instances"] == 1, "{entries}");
    }
}

#[test]
fn instances_that_were_prepared_ahead_have_their_memory_counted() {
    let pool = "    imports: [wasi:clocks, wasi:io]\n    pool: { type: static, size: 1, warm_start: true }\n";
    let entries = stats(&App::guest("probe-clocks", "sleep-for", pool), "demo:it", &["1000"]);
    assert!(entries[0]["peak_memory_bytes"].as_u64().unwrap() >= 65536, "{entries}");
}

#[test]
fn a_module_of_preview_1_is_measured_too() {
    let file = repository().join("guests/built/preview1.wasm");
    let file = file.to_str().unwrap();
    let ran = run(&["exec", "--json", "--stats", "--import=all", file, "sleep", "60"]);
    let entries = document(&ran);
    assert_eq!(entries[0]["entry"], "preview1.wasm");
    let poll = function(&entries[0], "wasi_snapshot_preview1#poll_oneoff");
    assert_eq!(poll["calls"], 1, "{entries}");
    assert!(millis(&poll["waiting_ns"]) >= 50, "{entries}");
    assert_eq!(function(&entries[0], "wasi_snapshot_preview1#fd_write")["calls"], 1);
    assert_eq!(entries[0]["compile"]["cached"], false, "{entries}");
}

#[test]
fn streams_of_wasi_0_2_say_what_they_copied() {
    let file = repository().join("guests/built/command.wasm");
    let ran = run(&["exec", "--json", "--stats", "--import=all", file.to_str().unwrap(), "unknown"]);
    // What the guest wrote to its own standard error stands before the document.
    let (written, _) = ran.stderr.split_once('{').unwrap();
    let stats = ran.stderr.get(written.len()..).unwrap();
    let stats: Json = serde_json::from_str(stats).unwrap();
    let write = "wasi:io/streams#[method]output-stream.blocking-write-and-flush";
    let written_out = function(&stats["stats"]["entries"][0], write)["to_host_bytes"].as_u64().unwrap();
    assert_eq!(written_out as usize, written.len(), "{ran:?}");
}

#[test]
fn reads_of_files_of_wasi_0_2_say_what_they_copied() {
    let rest = "    imports: [wasi:filesystem, wasi:io]\n    wasi: { mounts: [{ fs: data, guest: /data }] }\n  \
                - { name: data, kind: fs.directory, directory: ./data }\n";
    let app = App::guest("probe-filesystem", "read", rest).with("data/a.txt", "x".repeat(1000));
    let entries = stats(&app, "demo:it", &["/data", "a.txt"]);
    let read = function(&entries[0], "wasi:filesystem/types#[method]descriptor.read");
    assert_eq!((&read["to_guest_bytes"], &read["to_host_bytes"]), (&json!(1000), &json!(0)), "{read}");
}

#[test]
fn code_from_the_cache_is_said_to_be() {
    let (app, cache) = (named("fib", ""), App::empty());
    let cache = cache.path();
    let with = ["1", "--cache-dir", cache.to_str().unwrap()];
    assert_eq!(stats(&app, "demo:it", &with)[0]["compile"]["cached"], false);
    assert_eq!(stats(&app, "demo:it", &with)[0]["compile"]["cached"], true);
    let ran = app.call(&["1", "--stats", "--cache-dir", cache.to_str().unwrap()]);
    assert!(ran.stderr.contains(", cached"), "{ran:?}");
}

#[test]
fn people_get_two_tables_on_standard_error() {
    let app = App::guest("probe-clocks", "sleep-for", "    imports: [wasi:clocks, wasi:io]\n");
    let ran = app.call(&["1000", "--stats"]);
    assert!(ran.stdout.trim_end().parse::<u64>().is_ok() && ran.code == 0, "{ran:?}");
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let columns =
        |line: &str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect();
    let head: Vec<String> = columns(lines[0]);
    let row: Vec<String> = columns(lines[1]);
    assert_eq!(head[..6], ["entry", "calls", "total", "guest", "host", "waiting"], "{ran:?}");
    assert_eq!(head[6..], ["instances", "instantiate", "compile", "peak memory", "to guest", "to host"]);
    assert_eq!((row[0].as_str(), row[1].as_str(), row[10].as_str(), row.len()), ("demo:it", "1", "8 B", 12), "{row:?}");
    assert_eq!(lines[2], "");
    let head: Vec<String> = columns(lines[3]);
    assert_eq!(head, ["host function", "calls", "host", "waiting", "to guest", "to host"]);
    assert!(lines[4].starts_with("wasi:clocks/monotonic-clock#now "), "{ran:?}");
    assert_eq!(lines.len(), 7, "{ran:?}");
    let width = |line: &str| line.chars().count();
    assert!(lines[4..].iter().all(|line| width(line) == width(lines[3])), "{ran:?}");
}

#[test]
fn a_call_that_never_began_has_nothing_to_say() {
    let ran = named("fib", "").call(&["not-a-number", "--stats"]);
    assert!(ran.stderr.ends_with("stats: nothing was called\n") && ran.code == 1, "{ran:?}");
    let ran = named("fib", "").call(&["not-a-number", "--stats", "--json"]);
    assert_eq!(document(&ran), json!([]), "{ran:?}");
}

#[test]
fn without_the_flag_nothing_is_said() {
    named("fib", "").call(&["10"]).gives("55\n");
}

#[test]
fn a_call_that_repeats_is_measured_too() {
    let app = App::guest("probe-clocks", "sleep-for", "    imports: [wasi:clocks, wasi:io]\n");
    let entries = stats(&app, "demo:it", &["3600000000000", "--deterministic", "1"]);
    assert_eq!(function(&entries[0], "wasi:io/poll#[method]pollable.block")["calls"], 1, "{entries}");
}
