//! Clients that mean no good.

use crate::client::{exchange, get, http1, http2, post, read_all, request, status, text};
use crate::support::{LONG, PANICS, calling, notes, options, serving, serving_with, until, within};
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use wippy_host_core::{FunctionRegistry, Value, function};
use wippy_host_server::{Endpoint, Router, ServiceOptions, Target};

const SHORT: Duration = Duration::from_millis(200);

fn impatient() -> ServiceOptions {
    let mut options = options();
    options.timeouts.header = SHORT;
    options.timeouts.read = SHORT;
    options.timeouts.write = SHORT;
    options.timeouts.idle = SHORT;
    options
}

#[tokio::test]
async fn a_head_that_never_ends_closes_the_connection() {
    let server = serving_with("t:slowloris", impatient()).await;
    for start in ["", "GET / HTTP/1.1\r\nhost: a\r\n", "PRI * HTTP/2.0\r\n\r\nSM"] {
        let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let (mut reader, mut writer) = stream.into_split();
        let drip = tokio::spawn(async move {
            // One byte at a time keeps a wait for bytes going, not one for the head.
            while writer.write_all(b"x").await.is_ok() {
                tokio::time::sleep(SHORT / 4).await;
            }
        });
        let mut rest = Vec::new();
        let _ = within(reader.read_to_end(&mut rest)).await;
        drip.abort();
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    let server = serving_with("t:idle", impatient()).await;
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    stream.write_all(b"GET /work-after?0 HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let answer = read_all(&mut stream).await;
    assert_eq!(status(&answer), 200);
    // A guest that takes longer than a connection may be idle, and writes all the while.
    let mut client = http2(server.local_addr()).await;
    let mut response = within(client.send_request(request("GET", server.local_addr(), "/ticks?20", ""))).await.unwrap();
    let started = Instant::now();
    while started.elapsed() < 4 * SHORT {
        within(response.body_mut().frame()).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_a_408_for_a_function_and_an_error_for_a_guest() {
    let head = "POST /call HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc";
    let functions = FunctionRegistry::new();
    functions.register("app:it", function(|_, _| async { Ok(Value::Null) })).unwrap();
    let endpoint = Endpoint::new("app:e", "/call", Target::Function("app:it".into()));
    let server = crate::support::serve(impatient(), Router::new([endpoint]).unwrap(), functions).await;
    assert_eq!(status(&exchange(server.local_addr(), head).await), 408);
    let server = serving_with("t:slow-body", impatient()).await;
    let answer = exchange(server.local_addr(), head.replace("/call", "/upload")).await;
    assert!(answer.contains("3 ErrorCode::ConnectionReadTimeout"), "{answer}");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped_and_its_guest_with_it() {
    let server = serving_with("t:slow-reader", impatient()).await;
    let address = server.local_addr();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /big?1073741824 HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut client = http2(address).await;
    let response = within(client.send_request(request("GET", address, "/big?1073741824", ""))).await.unwrap();
    let started = Instant::now();
    assert!(within(server.stop(LONG)).await, "after {:?}", started.elapsed());
    drop((stream, response));
}

#[tokio::test]
async fn heads_are_held_to_a_limit_below_the_protocols_least() {
    let mut options = options();
    options.limits.max_header_bytes = 300;
    let server = serving_with("t:small-heads", options).await;
    let address = server.local_addr();
    let head =
        |bytes: usize| format!("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx: {}\r\n\r\n", "x".repeat(bytes));
    assert_eq!(status(&exchange(address, head(200)).await), 200);
    assert_eq!(status(&exchange(address, head(300)).await), 431);
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let server = serving("t:headers").await;
    let address = server.local_addr();
    let long = format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "x".repeat(80_000));
    assert_eq!(status(&exchange(address, long).await), 431);
    let many: String = (0..200).map(|n| format!("x-{n}: 1\r\n")).collect();
    assert_eq!(status(&exchange(address, format!("GET / HTTP/1.1\r\nhost: a\r\n{many}\r\n")).await), 431);
    for wrong in ["GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", "nonsense\r\n\r\n"] {
        assert_eq!(
            status(&exchange(address, wrong.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n")).await),
            400,
            "{wrong}"
        );
    }
    assert_eq!(status(&get(address, "/").await), 200);
}

#[tokio::test]
async fn a_body_that_is_too_large_for_a_function_is_a_413() {
    let server = calling(function(|_, _| async { Ok(Value::Null) })).await;
    let address = server.local_addr();
    let head = format!("POST /call HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", 17 << 20);
    assert_eq!(status(&exchange(address, head).await), 413);
    assert_eq!(status(&post(address, "/call", "small").await), 204);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let server = serving("t:pipeline").await;
    let asked: String = (0..20).map(|n| format!("GET /declared?{n} HTTP/1.1\r\nhost: a\r\n\r\n")).collect();
    let last = "GET /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let answer = exchange(server.local_addr(), asked + last).await;
    let lengths: Vec<_> = answer.lines().filter_map(|line| line.strip_prefix("content-length: ")).collect();
    let expected: Vec<_> = (0..20).map(|n: i32| n.to_string()).collect();
    assert_eq!(lengths, expected);
    assert!(answer.contains("hello"), "{answer}");
}

#[tokio::test]
async fn a_thousand_requests_at_one_time_are_all_answered() {
    let server = serving("t:thousand").await;
    let address = server.local_addr();
    let mut clients = JoinSet::new();
    for _ in 0..1000 {
        clients.spawn(async move { status(&get(address, "/").await) });
    }
    let answers = within(clients.join_all()).await;
    assert!(answers.iter().all(|status| *status == 200));
}

#[tokio::test]
async fn streams_that_are_reset_at_once_leave_nothing_running() {
    let server = serving("t:reset").await;
    let address = server.local_addr();
    for _ in 0..20 {
        let mut client = http2(address).await;
        let mut requests = JoinSet::new();
        for _ in 0..50 {
            if client.ready().await.is_err() {
                break;
            }
            let response = client.send_request(request("GET", address, "/ticks?1", ""));
            requests.spawn(async move { drop(tokio::time::timeout(Duration::from_millis(1), response).await) });
        }
        within(requests.join_all()).await;
    }
    assert_eq!(status(&get(address, "/").await), 200);
    assert!(within(server.stop(LONG)).await);
}

#[tokio::test]
async fn clients_that_break_off_while_the_guest_streams_leave_nothing_running() {
    let server = serving("t:abort").await;
    let address = server.local_addr();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /ticks?1 HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let mut first = [0; 32];
        within(stream.read_exact(&mut first)).await.unwrap();
    }
    until("the guests stream", || notes("t:abort") >= 50).await;
    assert!(within(server.stop(LONG)).await);
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_their_turn() {
    let mut one = options();
    one.limits.max_connections = 1;
    let server = serving_with("t:one", one).await;
    let address = server.local_addr();
    let mut first = TcpStream::connect(address).await.unwrap();
    first.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut byte = [0];
    within(first.read_exact(&mut byte)).await.unwrap();
    let second = tokio::spawn(async move { get(address, "/").await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!second.is_finished());
    drop(first);
    assert_eq!(status(&within(second).await.unwrap()), 200);
}

/// A function in Rust that panics where it is asked to, at once or after it has waited, or waits until it is let go.
async fn panicking(go: Arc<Notify>) -> wippy_host_server::Server {
    calling(function(move |_, mut arguments: Vec<Value>| {
        let go = go.clone();
        async move {
            let asked = arguments.pop().unwrap_or_default();
            match asked.as_bytes().map(|asked| asked.as_ref().to_vec()).as_deref() {
                Some(b"panic") => panic!("the secret"),
                Some(b"panic late") => {
                    tokio::task::yield_now().await;
                    panic!("the secret")
                }
                Some(b"wait") => go.notified().await,
                _ => {}
            }
            Ok(Value::from("fine"))
        }
    }))
    .await
}

#[tokio::test]
async fn a_function_that_panics_is_a_500_and_takes_nobody_along() {
    let go = Arc::new(Notify::new());
    let server = panicking(go.clone()).await;
    let address = server.local_addr();
    let (mut one, mut two) = (http1(address).await, http2(address).await);
    let waits = tokio::spawn(two.send_request(request("POST", address, "/call", "wait")));
    for asked in ["panic", "panic late", "other", "panic", "other"] {
        let expected = if asked == "other" { (200, "fine") } else { (500, "Internal Server Error") };
        within(one.ready()).await.unwrap();
        let response = within(one.send_request(request("POST", address, "/call", asked))).await.unwrap();
        assert_eq!(response.status(), expected.0, "{asked}");
        assert_eq!(text(response).await.unwrap(), expected.1, "{asked}");
        within(two.ready()).await.unwrap();
        let response = within(two.send_request(request("POST", address, "/call", asked))).await.unwrap();
        assert_eq!(response.status(), expected.0, "{asked}");
        assert_eq!(text(response).await.unwrap(), expected.1, "{asked}");
    }
    go.notify_one();
    let response = within(waits).await.unwrap().unwrap();
    assert_eq!(text(response).await.unwrap(), "fine");
    // No request is still counted as open.
    within(server.stop(LONG)).await;
}

#[tokio::test]
async fn a_panic_behind_a_guest_ends_its_request_and_no_other() {
    let (broken, sound) = (serving(PANICS).await, serving("t:beside-a-panic").await);
    for _ in 0..3 {
        let answer = get(broken.local_addr(), "/ticks?3").await;
        let whole = answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n0\r\n\r\n");
        assert!(!whole, "{answer}");
        assert!(!answer.contains("as asked"), "{answer}");
        for server in [&broken, &sound] {
            assert_eq!(status(&get(server.local_addr(), "/").await), 200);
        }
    }
    within(broken.stop(LONG)).await;
}
