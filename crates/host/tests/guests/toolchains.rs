//! What ordinary toolchains make of an ordinary program: the standard libraries of Rust and of C.

use crate::support::{Folder, Guest, World, until};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use wippy_host::{CallContext, CapturedOutput, ManualClock, Reason};

const GROUPS: [&str; 5] = ["wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:io", "wasi:random"];

fn rust() -> Guest {
    Guest::new("std-calls").imports(GROUPS)
}

fn c() -> Guest {
    Guest::new("c-wordcount").imports(GROUPS)
}

#[tokio::test]
async fn rust_reads_and_writes_files_and_directories() {
    let folder = Folder::new();
    let guest = rust().wasi(json!({"mounts": [folder.mount("/data", false)]}));
    guest.ok("write-file", json!(["/data/a.txt", "one"])).await;
    guest.ok("append-file", json!(["/data/a.txt", "two"])).await;
    assert_eq!(guest.ok("read-file", json!(["/data/a.txt"])).await, json!("onetwo"));
    assert_eq!(folder.read("a.txt"), "onetwo");
    guest.ok("create-dir", json!(["/data/sub"])).await;
    assert_eq!(guest.ok("list-dir", json!(["/data"])).await, json!(["a.txt", "sub/"]));
    guest.ok("remove-file", json!(["/data/a.txt"])).await;
    assert!(!folder.has("a.txt"));
    for (export, arguments, message) in [
        ("read-file", json!(["/data/a.txt"]), "No such file or directory (os error 44)"),
        ("remove-file", json!(["/data/a.txt"]), "No such file or directory (os error 44)"),
        ("create-dir", json!(["/data/sub"]), "File exists (os error 20)"),
        ("list-dir", json!(["/data/none"]), "No such file or directory (os error 44)"),
        ("write-file", json!(["/data/sub", "x"]), "Is a directory (os error 31)"),
        ("append-file", json!(["/data/none/a.txt", "x"]), "No such file or directory (os error 44)"),
    ] {
        assert_eq!(guest.err(export, arguments).await, json!(message), "{export}");
    }
}

#[tokio::test]
async fn rust_finds_no_file_outside_of_its_mounts() {
    let folder = Folder::new();
    let guest = rust().wasi(json!({"mounts": [folder.mount("/data", false)]}));
    for (path, message) in [
        ("/etc/passwd", "Capabilities insufficient (os error 76)"),
        ("/data/../etc/passwd", "Operation not permitted (os error 63)"),
        ("etc/passwd", "Capabilities insufficient (os error 76)"),
    ] {
        assert_eq!(guest.err("read-file", json!([path])).await, json!(message), "{path}");
    }
}

#[tokio::test]
async fn rust_opens_relative_paths_from_the_working_directory() {
    let folder = Folder::new();
    folder.write("a.txt", "text");
    let guest = rust().wasi(json!({"cwd": "/data", "mounts": [folder.mount("/data", true)]}));
    assert_eq!(guest.ok("read-file", json!(["/data/a.txt"])).await, json!("text"));
    assert_eq!(
        guest.err("write-file", json!(["/data/a.txt", "x"])).await,
        json!("Operation not permitted (os error 63)")
    );
}

#[tokio::test]
async fn rust_sees_its_arguments_and_its_variables() {
    World::set_variable("rust:key", Some("día"));
    let guest = rust().wasi(json!({"args": ["tool", "-v"], "env": [{"id": "rust:key", "name": "KEY"}]}));
    assert_eq!(guest.call("args", json!([])).await, json!(["tool", "-v"]));
    assert_eq!(guest.call("env", json!(["KEY"])).await, json!("día"));
    assert_eq!(guest.call("env", json!(["PATH"])).await, json!(null));
    assert_eq!(guest.call("all-env", json!([])).await, json!([["KEY", "día"]]));
}

#[tokio::test]
async fn rust_prints_lines_for_the_log() {
    let captured = CapturedOutput::default();
    let guest = rust().context(CallContext::builder().output(Arc::new(captured.clone())).build());
    guest.call("print", json!(["to stdout\nin two"])).await;
    guest.call("eprint", json!(["to stderr"])).await;
    guest.call("print-part", json!(["without an end"])).await;
    let lines: Vec<_> = captured.lines().into_iter().map(|line| (line.stream.as_str(), line.text)).collect();
    assert_eq!(
        lines,
        [
            ("stdout", "to stdout".to_owned()),
            ("stdout", "in two".to_owned()),
            ("stderr", "to stderr".to_owned()),
            ("stdout", "without an end".to_owned()),
        ]
    );
    assert!(captured.lines().iter().all(|line| line.entry == "test:std-calls"));
}

#[tokio::test]
async fn rust_reads_an_empty_standard_input() {
    assert_eq!(rust().ok("read-input", json!([])).await, json!(""));
}

#[tokio::test]
async fn rust_tells_the_time_and_sleeps_by_the_calls_clock() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let seen = u128::from(rust().call("now-millis", json!([])).await.as_u64().unwrap());
    assert!(seen >= now, "{seen} {now}");
    let clock = ManualClock::new(Duration::from_secs(1_000_000_000));
    let guest = rust().context(CallContext::builder().clock(Arc::new(clock.clone())).build());
    assert_eq!(guest.call("now-millis", json!([])).await, json!(1_000_000_000_000_u64));
    let mut sleep = Box::pin(guest.call("sleep-ms", json!([90_000])));
    tokio::select! {
        slept = &mut sleep => panic!("returned {slept} before its time"),
        () = until("the guest sleeps", || clock.sleepers() == 1) => {}
    }
    clock.advance(Duration::from_secs(90));
    assert_eq!(sleep.await, json!(90_000));
}

#[tokio::test]
async fn rusts_hash_keys_differ_from_call_to_call() {
    let first: Json = rust().call("random-keys", json!([])).await;
    assert_ne!(first, rust().call("random-keys", json!([])).await);
}

#[tokio::test]
async fn rust_exits_with_success_or_failure() {
    // Preview 1 knows more codes; the adapter of the standard library knows these two.
    for (code, message, reason) in [
        (0, "test:std-calls: exited before returning a result", Reason::Exited(0)),
        (1, "test:std-calls: exited with code 1", Reason::Exited(1)),
    ] {
        let error = rust().fails("exit-process", json!([code])).await;
        assert_eq!((error.message(), error.reason()), (message, reason));
    }
}

#[tokio::test]
async fn c_counts_words_of_text_and_of_a_file() {
    let text = "one two\n\tthree día\nlast";
    let counts = json!({"words": 5, "lines": 2, "bytes": text.len()});
    assert_eq!(c().call("word-count", json!([text])).await, counts);
    assert_eq!(c().call("word-count", json!([""])).await, json!({"words": 0, "lines": 0, "bytes": 0}));
    let folder = Folder::new();
    folder.write("a.txt", text);
    folder.write("large.txt", &"word \n".repeat(100_000));
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    let guest = c().wasi(json!({"mounts": [folder.mount("/data", true)]}));
    assert_eq!(guest.ok("count-file", json!(["/data/a.txt"])).await, counts);
    assert_eq!(
        guest.ok("count-file", json!(["/data/large.txt"])).await,
        json!({"words": 100_000, "lines": 100_000, "bytes": 600_000})
    );
    assert_eq!(guest.err("count-file", json!(["/data/none.txt"])).await, json!("No such file or directory"));
    assert_eq!(guest.err("count-file", json!(["/etc/passwd"])).await, json!("No such file or directory"));
    assert_eq!(guest.err("count-file", json!(["/data/sub"])).await, json!("Bad file descriptor"));
    assert_eq!(guest.err("count-file", json!(["x".repeat(5000)])).await, json!("Filename too long"));
}
