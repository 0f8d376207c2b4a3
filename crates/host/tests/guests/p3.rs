//! WASI 0.3: a guest with asynchronous functions, whose standard library is of the other track.

use crate::filesystem::hostile::Swapped;
use crate::support::{Folder, Guest, World, until, within};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use wippy_host::{CallContext, ErrorKind, Function, ManualClock, Reason, StandardStreams};

const ALL: [&str; 7] =
    ["wasi:cli", "wasi:io", "wasi:clocks", "wasi:filesystem", "wasi:random", "wasi:sockets", "wasi:http"];

fn guest() -> Guest {
    Guest::new("probe-p3").imports(ALL)
}

/// A guest that may reach the loopback, and nothing else.
fn local() -> Guest {
    guest().allow(&["localhost:*", "127.0.0.1:*"])
}

#[tokio::test]
async fn surroundings_and_exits_are_those_of_the_entry() {
    World::set_variable("test:p3-level", Some("debug"));
    let wasi = json!({"args": ["prog", "a"], "cwd": "/work", "env": [{"id": "test:p3-level", "name": "LEVEL"}]});
    let said = guest().wasi(wasi).call("environment", json!([])).await;
    assert_eq!(said, "prog a\nLEVEL=debug\n/work");
    for code in [1, 7] {
        let error = guest().fails("leave", json!([code])).await;
        assert_eq!(error.reason(), Reason::Exited(code), "{error}");
    }
    assert_eq!(guest().call("leave", json!([0])).await, json!(null));
    assert_eq!(guest().call("terminals", json!([])).await, json!([false, false, false]));
}

#[tokio::test]
async fn standard_streams_are_those_of_the_call() {
    let text = "line\n".repeat(100_000);
    let (streams, _, _) = StandardStreams::captured(text.clone());
    let context = CallContext::builder().streams(streams).build();
    assert_eq!(guest().context(context).ok("read-stdin", json!([])).await, text);
    let (streams, stdout, stderr) = StandardStreams::captured("");
    let context = CallContext::builder().streams(streams).build();
    guest().context(context).ok("write", json!([text])).await;
    assert!(stdout.bytes() == text.as_bytes() && stderr.bytes() == text.as_bytes());
    // Without streams of the call there is nothing to read, and what is written are lines for the log.
    assert_eq!(guest().ok("read-stdin", json!([])).await, "");
    guest().ok("write", json!(["a line\n"])).await;
}

#[tokio::test]
async fn clocks_and_waits_are_those_of_the_call() {
    let clock = ManualClock::new(Duration::from_millis(1_000_000_007));
    let context = CallContext::builder().clock(Arc::new(clock.clone())).build();
    let guest = guest().context(context.clone());
    assert_eq!(guest.call("now", json!([])).await, 1_000_000_007);
    let function = Arc::new(guest.function("wait").await);
    let waiting = tokio::spawn(async move { function.call(&context, vec![1_000_000_000_u64.into()]).await });
    for _ in 0..2 {
        until("the guest waits", || clock.sleepers() == 1).await;
        clock.advance(Duration::from_secs(1));
        until("the guest wakes", || clock.sleepers() == 0 || waiting.is_finished()).await;
    }
    assert_eq!(within(waiting).await.unwrap().unwrap().as_u64(), Some(2_000_000_000));
    assert_eq!(guest.call("zone", json!([])).await, "Some(\"UTC\") Some(0) UTC");
}

#[tokio::test]
async fn many_waits_of_one_guest_take_as_long_as_one() {
    let clock = ManualClock::default();
    let context = CallContext::builder().clock(Arc::new(clock.clone())).build();
    let function = Arc::new(guest().function("wait-together").await);
    let call = tokio::spawn(async move { function.call(&context, vec![1000.into(), 1_000_000_000_u64.into()]).await });
    until("all wait", || clock.sleepers() == 1000).await;
    clock.advance(Duration::from_secs(1));
    assert_eq!(within(call).await.unwrap().unwrap().as_u64(), Some(1_000_000_000));
}

#[tokio::test]
async fn a_guest_that_asks_for_too_many_random_bytes_gets_fewer() {
    let guest = guest().limits(|limits| limits.max_host_bytes = 1 << 20);
    assert_eq!(guest.call("random", json!([1000])).await, json!([1000, 1000, true]));
    assert_eq!(guest.call("random", json!([0])).await, json!([0, 0, true]));
    assert_eq!(guest.call("random", json!([u64::MAX])).await, json!([1 << 20, 1 << 20, true]));
}

#[tokio::test]
async fn both_tracks_see_the_same_files() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("a.txt"), "text").unwrap();
    let mount = |read_only: bool| json!({"mounts": [{"fs": folder.id, "guest": "/data", "read_only": read_only}]});
    let guest = guest().wasi(mount(false));
    assert_eq!(guest.ok("read-file", json!(["a.txt"])).await, "text");
    assert_eq!(guest.ok("read-file-of-std", json!(["/data/a.txt"])).await, "text");
    guest.ok("write-file", json!(["b.txt", "more"])).await;
    assert_eq!(guest.ok("list-directory", json!([])).await, json!(["a.txt", "b.txt"]));
    assert_eq!(std::fs::read_to_string(folder.path().join("b.txt")).unwrap(), "more");
    let guest = guest.wasi(mount(true));
    assert_eq!(guest.err("write-file", json!(["b.txt", "x"])).await, "ErrorCode::NotPermitted");
    for path in ["../a.txt", "/data/a.txt", "/etc/passwd", "x/../../a.txt"] {
        guest.err("read-file", json!([path])).await;
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("b.txt")).unwrap(), "more");
}

#[tokio::test]
async fn no_race_with_a_rename_from_outside_leads_out_of_a_mount() {
    let swapped = Swapped::new();
    let function = guest().wasi(swapped.mounts()).function("read-file").await;
    let (mut attempts, mut opened, mut found) = (0, false, false);
    while swapped.goes_on(attempts) || !opened || !found {
        opened |= swapped.is_open();
        for path in ["door/file", "leaf", "inner/../door/file"] {
            let answer =
                within(function.call(&CallContext::new(), vec![path.into()])).await.unwrap().into_json().unwrap();
            found |= answer.get("ok").is_some();
            assert!(!answer.to_string().contains("secret"), "{path}: {answer}");
            attempts += 1;
        }
    }
}

#[tokio::test]
async fn a_quota_of_a_mount_holds_on_both_tracks() {
    let folder = Folder::new();
    let mounts = json!({"mounts": [{"fs": folder.id, "guest": "/data", "max_bytes": 1000, "max_files": 2}]});
    let guest = guest().wasi(mounts);
    let writes = guest.function("write-file").await;
    for (path, bytes, expected) in [
        ("a.txt", 600, json!({"ok": null})),
        ("b.txt", 401, json!({"err": "ErrorCode::Quota"})),
        ("b.txt", 400, json!({"ok": null})),
        ("a.txt", 601, json!({"err": "ErrorCode::Quota"})),
        // Cut to nothing before it was refused.
        ("b.txt", 1000, json!({"ok": null})),
        ("c.txt", 0, json!({"err": "ErrorCode::Quota"})),
        ("../d.txt", 0, json!({"err": "ErrorCode::NotPermitted"})),
    ] {
        let arguments = vec![path.into(), "x".repeat(bytes).as_str().into()];
        let answer = within(writes.call(&CallContext::new(), arguments)).await.unwrap().into_json().unwrap();
        assert_eq!(answer, expected, "{path} {bytes}");
    }
    assert_eq!(guest.ok("list-directory", json!([])).await, json!(["a.txt", "b.txt"]));
    assert_eq!(guest.ok("read-file", json!(["b.txt"])).await, "x".repeat(1000));
    // A piece of a long stream that does not fit ends it.
    let folder = Folder::new();
    let mounts = json!({"mounts": [{"fs": folder.id, "guest": "/data", "max_bytes": 100_000}]});
    assert_eq!(guest.wasi(mounts).err("write-file", json!(["a.txt", "x".repeat(300_000)])).await, "ErrorCode::Quota");
    assert!(std::fs::metadata(folder.path().join("a.txt")).unwrap().len() <= 100_000);
}

#[tokio::test]
async fn sockets_and_names_are_under_the_network_policy() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        bytes.make_ascii_uppercase();
        stream.write_all(&bytes).await.unwrap();
    });
    assert_eq!(guest().err("tcp", json!([address, "hello"])).await, "ErrorCode::AccessDenied");
    assert_eq!(local().ok("tcp", json!([address, "hello"])).await, "HELLO");
    within(server).await.unwrap();

    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let server = tokio::spawn(async move {
        for _ in 0..2 {
            let mut bytes = [0; 64];
            let (count, from) = socket.recv_from(&mut bytes).await.unwrap();
            socket.send_to(&bytes[..count], from).await.unwrap();
        }
    });
    for connected in [true, false] {
        let denied = guest().err("udp", json!([address, "hello", connected])).await;
        assert_eq!(denied, "ErrorCode::AccessDenied");
        assert_eq!(local().ok("udp", json!([address, "hello", connected])).await, "hello");
    }
    within(server).await.unwrap();

    World::add_name("p3.example", &["192.0.2.7".parse().unwrap()]);
    assert_eq!(guest().ok("look-up", json!(["p3.example"])).await, json!(["192.0.2.7"]));
    assert_eq!(guest().err("look-up", json!(["nobody.example"])).await, "ErrorCode::NameUnresolvable");
    assert_eq!(guest().err("look-up", json!(["not a name"])).await, "ErrorCode::InvalidArgument");
    let narrow = guest().allow(&["other.example"]);
    assert_eq!(narrow.err("look-up", json!(["p3.example"])).await, "ErrorCode::AccessDenied");
}

#[tokio::test]
async fn requests_are_under_the_network_policy() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let answer = hyper::service::service_fn(|request: hyper::Request<hyper::body::Incoming>| async move {
            let body = Full::new(Bytes::from(request.uri().path().to_owned()));
            Ok::<_, std::convert::Infallible>(hyper::Response::builder().status(418).body(body).unwrap())
        });
        // The guest's end closes the connection.
        let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
    });
    assert_eq!(guest().err("fetch", json!([authority, "/tea"])).await, "ErrorCode::HttpRequestDenied");
    assert_eq!(local().ok("fetch", json!([authority, "/tea"])).await, json!([418, "/tea"]));
    server.abort();
}

#[tokio::test]
async fn a_track_that_is_not_granted_is_denied() {
    let error = Guest::new("probe-p3")
        .imports(["wasi:cli@0.2", "wasi:io", "wasi:filesystem"])
        .fails("environment", json!([]))
        .await;
    assert_eq!((error.kind(), error.reason()), (ErrorKind::PermissionDenied, Reason::NotGranted));
    assert!(error.message().starts_with("guest called wasi:cli/environment#get-environment, but"), "{error}");
    let error =
        Guest::new("probe-p3").imports(["wasi:cli", "wasi:io", "wasi:filesystem"]).fails("wait", json!([1])).await;
    assert!(error.message().starts_with("guest called wasi:clocks/monotonic-clock#get-resolution, but"), "{error}");
    let one = guest().imports(["wasi:clocks@0.3", "wasi:cli", "wasi:io", "wasi:filesystem"]);
    assert!(one.call("wait", json!([1])).await.as_u64() > Some(0));
}

#[tokio::test]
async fn deadlines_end_a_guest_that_waits() {
    let limited = guest().limits(|limits| limits.max_execution = Some(Duration::from_millis(100)));
    let error = limited.fails("wait", json!([u64::MAX])).await;
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    let error = limited.fails("wait-together", json!([1000, u64::MAX])).await;
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
}
