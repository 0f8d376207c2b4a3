//! Each group granted alone, in a build with it alone as in one with all: what needs no other group works, and what does
//! is told which.

#[cfg(feature = "filesystem")]
use crate::support::Folder;
use crate::support::Guest;
use serde_json::json;

#[cfg(feature = "cli")]
#[tokio::test]
async fn cli_tells_arguments_and_exits() {
    let guest = Guest::new("probe-cli").imports(["wasi:cli"]).wasi(json!({"args": ["a"], "cwd": "/x"}));
    assert_eq!(guest.call("arguments", json!([])).await, json!(["a"]));
    assert_eq!(guest.call("cwd", json!([])).await, json!("/x"));
    assert_eq!(guest.call("terminals", json!([])).await["stdout"], json!(false));
    assert_eq!(guest.fails("exit-with-code", json!([9])).await.message(), "test:probe-cli: exited with code 9");
    let error = guest.fails("write-stdout", json!(["x"])).await;
    assert!(error.message().starts_with("guest called wasi:io/streams"), "{error}");
}

#[cfg(feature = "clocks")]
#[tokio::test]
async fn clocks_tell_the_time() {
    let guest = Guest::new("probe-clocks").imports(["wasi:clocks"]);
    assert!(guest.call("wall-now", json!([])).await["seconds"].as_u64().unwrap() > 1_700_000_000);
    assert_eq!(guest.call("timezone-offset", json!([0])).await, json!(0));
    let error = guest.fails("sleep-for", json!([1])).await;
    assert!(error.message().starts_with("guest called wasi:io/poll#[method]pollable.block, but "), "{error}");
}

#[cfg(feature = "filesystem")]
#[tokio::test]
async fn filesystem_reads_and_writes() {
    let folder = Folder::new();
    let guest = Guest::new("probe-filesystem").imports(["wasi:filesystem"]);
    let guest = guest.wasi(json!({"mounts": [folder.mount("/data", false)]}));
    assert_eq!(guest.call("preopens", json!([])).await, json!(["/data"]));
    guest.ok("write", json!(["/data", "a.txt", "text"])).await;
    assert_eq!(guest.ok("read", json!(["/data", "a.txt"])).await, json!("text"));
    assert_eq!(guest.ok("read-directory", json!(["/data", "."])).await, json!(["a.txt regular-file"]));
    let error = guest.fails("read-via-stream", json!(["/data", "a.txt", 0])).await;
    assert!(error.message().starts_with("guest called wasi:io/streams#"), "{error}");
}

#[cfg(feature = "http")]
#[tokio::test]
async fn http_makes_the_parts_of_a_message() {
    let guest = Guest::new("probe-http").imports(["wasi:http"]);
    assert_eq!(guest.call("fields", json!([])).await[0], json!("new: 0 entries"));
    assert_eq!(guest.call("request-options", json!([])).await[0], json!("connect-timeout: None"));
    let error = guest.fails("get", json!(["http://127.0.0.1/"])).await;
    assert!(error.message().starts_with("guest called wasi:io/"), "{error}");
}

// The guest imports these groups too, and their interfaces name streams: without them it does not load.
#[cfg(all(feature = "cli", feature = "clocks", feature = "filesystem", feature = "io"))]
#[tokio::test]
async fn io_polls_what_it_is_given() {
    let guest = Guest::new("probe-io").imports(["wasi:io"]);
    let error = guest.fails("poll-timers", json!([[]])).await;
    assert!(error.message().contains("empty poll list"), "{error}");
    let error = guest.fails("poll-timers", json!([[1]])).await;
    assert!(error.message().starts_with("guest called wasi:clocks/monotonic-clock"), "{error}");
}

// The guest sleeps while it waits, and the clock names pollables: as above.
#[cfg(all(feature = "clocks", feature = "sockets"))]
#[tokio::test]
async fn sockets_are_made_and_set() {
    let guest = Guest::new("probe-sockets").imports(["wasi:sockets"]);
    assert_eq!(guest.call("tcp-options", json!([false])).await[0], json!("create-tcp-socket: ok"));
    assert_eq!(guest.call("udp-options", json!([false])).await[0], json!("create-udp-socket: ok"));
    let error = guest.fails("tcp-connect", json!(["127.0.0.1:1"])).await;
    assert!(error.message().starts_with("guest called wasi:"), "{error}");
}
