//! Who does not take what is sent to it stops who sends, and what an entry may have in flight is bounded.

use super::server::{Server, read_head, text};
use super::{local, request};
use crate::support::{until, within};
use hyper::Response;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use wippy_host::{CallContext, Function, Value};

/// More than the buffers of the operating system between two sockets, and of the host, ever hold.
const BUFFERS: usize = 64 << 20;

/// A server that takes each request's head, and nothing after it.
async fn deaf() -> Server {
    Server::raw(|mut stream| async move {
        read_head(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await
}

#[tokio::test]
async fn a_server_that_does_not_read_stops_the_guest_until_its_wait_runs_out() {
    let server = deaf().await;
    // The buffers between fill in this time, or the code is another one.
    let poured = local().call("pour", json!([server.url("/"), 3000])).await;
    assert_eq!(poured[1], json!({"err": "ConnectionWriteTimeout"}));
    assert!(poured[0].as_u64().unwrap() < BUFFERS as u64, "{poured}");
}

#[tokio::test]
async fn a_guest_that_does_not_read_stops_the_server() {
    let sent = Arc::new(AtomicUsize::new(0));
    let pouring = Server::raw({
        let sent = sent.clone();
        move |mut stream| {
            let sent = sent.clone();
            async move {
                read_head(&mut stream).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                while stream.write_all(&[b'x'; 4096]).await.is_ok() {
                    sent.fetch_add(4096, Ordering::SeqCst);
                }
            }
        }
    })
    .await;
    let gate = Arc::new(Semaphore::new(0));
    let waiting = Server::http({
        let gate = gate.clone();
        move |_| {
            let gate = gate.clone();
            async move {
                let _ = gate.acquire().await;
                Response::new(text("hello"))
            }
        }
    })
    .await;
    // The guest holds the first response, and waits for the second before it reads either.
    let urls = json!([[pouring.url("/"), waiting.url("/")]]);
    let call = tokio::spawn(async move { local().call("get-together", urls).await });
    until("the guest is sent something", || sent.load(Ordering::SeqCst) > 0).await;
    // A machine too busy to send stands still early, which makes the count lower, never higher.
    let mut before = 0;
    while before < sent.load(Ordering::SeqCst) {
        before = sent.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(before < BUFFERS, "{before} bytes were taken");
    gate.add_permits(1);
    assert_eq!(within(call).await.unwrap(), json!([{"ok": 200}, {"ok": 200}]));
}

#[tokio::test]
async fn a_request_beyond_those_that_may_be_in_flight_waits_for_its_turn_and_is_told_when_none_comes() {
    const IN_FLIGHT: usize = 256;
    let gate = Arc::new(Semaphore::new(0));
    let server = Server::http({
        let gate = gate.clone();
        move |_| {
            let gate = gate.clone();
            async move {
                let _ = gate.acquire().await;
                Response::new(text("hello"))
            }
        }
    })
    .await;
    let function = Arc::new(local().function("send").await);
    let send = |patience: Option<u64>| {
        let mut arguments = request("GET", &server.url("/"), json!([]), json!([]), json!([]));
        arguments[0]["connect-timeout"] = json!(patience);
        let (function, argument) = (function.clone(), Value::from_json(arguments[0].take()).unwrap());
        async move { function.call(&CallContext::new(), vec![argument]).await.unwrap().into_json().unwrap() }
    };
    let mut calls = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        calls.spawn(send(None));
    }
    until("all are in flight", || server.accepted.load(Ordering::SeqCst) == IN_FLIGHT).await;
    assert_eq!(within(send(Some(50))).await, json!({"err": "ConnectionLimitReached"}));
    calls.spawn(send(None));
    gate.close();
    let answers: Vec<Json> = within(calls.join_all()).await;
    assert_eq!(answers.len(), IN_FLIGHT + 1);
    assert!(answers.iter().all(|answer| answer["ok"]["body"] == "hello"), "{answers:?}");
}
