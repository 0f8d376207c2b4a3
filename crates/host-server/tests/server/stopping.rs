//! A service that stops.

use crate::client::{get, http1, http2, request, text};
use crate::support::{calling, notes, options, serve, serving, until, within};
use futures::FutureExt;
use http::Method;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use wippy_host_core::{Error, FunctionRegistry, Value, function};
use wippy_host_server::{Endpoint, Router, Server, Target};

#[tokio::test]
async fn requests_that_were_accepted_are_answered_and_connections_end_behind_them() {
    let release = Arc::new(tokio::sync::Notify::new());
    let entered = Arc::new(AtomicBool::new(false));
    let (wait, here) = (release.clone(), entered.clone());
    let server = calling(function(move |_, _| {
        let (wait, here) = (wait.clone(), here.clone());
        async move {
            here.store(true, Ordering::SeqCst);
            wait.notified().await;
            Ok(Value::from("late"))
        }
    }))
    .await;
    let address = server.local_addr();
    let asked = tokio::spawn(async move { get(address, "/call").await });
    until("the request arrives", || entered.load(Ordering::SeqCst)).await;
    let stopped = tokio::spawn(server.stop(Duration::from_secs(50)));
    // Nobody is accepted any more.
    within(async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    release.notify_one();
    assert!(within(asked).await.unwrap().ends_with("late"));
    assert!(within(stopped).await.unwrap());
}

#[tokio::test]
async fn what_is_not_done_when_the_grace_is_over_is_cancelled() {
    let server = serving("t:grace").await;
    let address = server.local_addr();
    let mut client = http2(address).await;
    let streaming = within(client.send_request(request("GET", address, "/ticks?1", ""))).await.unwrap();
    let mut other = http1(address).await;
    let waiting = tokio::spawn(async move { other.send_request(request("GET", address, "/wait", "")).await });
    until("the guest streams", || notes("t:grace") > 2).await;
    assert!(!within(server.stop(Duration::from_millis(100))).await);
    assert!(text(streaming).await.is_err());
    // Cut off, or told that the service is going away.
    let answer = within(waiting).await.unwrap();
    assert!(answer.is_err() || answer.is_ok_and(|response| response.status() == 503));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_loses_no_request_that_was_accepted() {
    let server = serving("t:load").await;
    let address = server.local_addr();
    let mut clients = JoinSet::new();
    let answers = Arc::new(AtomicUsize::new(0));
    for _ in 0..20 {
        let answers = answers.clone();
        clients.spawn(async move {
            let mut lost = 0;
            // A connection for each request: whoever is connected and served is answered whole.
            while let Ok(stream) = TcpStream::connect(address).await {
                let (mut sender, connection) = hyper::client::conn::http1::handshake::<_, crate::client::Body>(
                    hyper_util::rt::TokioIo::new(stream),
                )
                .await
                .unwrap();
                tokio::spawn(connection);
                match sender.send_request(request("GET", address, "/declared?100000", "")).await {
                    Ok(response) => match text(response).await {
                        Ok(body) if body.len() == 100_000 => drop(answers.fetch_add(1, Ordering::SeqCst)),
                        _ => lost += 1,
                    },
                    // The system had queued the connection, and nobody has accepted it.
                    Err(_) => break,
                }
            }
            lost
        });
    }
    until("the load is on", || answers.load(Ordering::SeqCst) > 100).await;
    assert!(within(server.stop(Duration::from_secs(50))).await);
    let lost: usize = within(clients.join_all()).await.into_iter().sum();
    assert_eq!(lost, 0, "of {answers:?}");
}

#[tokio::test]
async fn a_stop_closes_idle_connections_at_once() {
    let server = serving("t:idle-stop").await;
    let address = server.local_addr();
    let (mut one, mut two) = (http1(address).await, http2(address).await);
    for response in [
        within(one.send_request(request("GET", address, "/", ""))).await.unwrap(),
        within(two.send_request(request("GET", address, "/", ""))).await.unwrap(),
    ] {
        assert_eq!(response.status(), 200);
        assert_eq!(text(response).await.unwrap(), "hello");
    }
    assert!(within(server.stop(Duration::from_secs(50))).await);
    assert!(one.send_request(request("GET", address, "/", "")).await.is_err());
}

#[tokio::test]
async fn a_server_whose_handing_over_is_dropped_half_way_keeps_its_address_and_goes_on() {
    let functions = FunctionRegistry::new();
    functions.register("app:it", function(|_, _| async { Ok(Value::from("still here")) })).unwrap();
    let mut server = serve(options(), one_route(), functions.clone()).await;
    let address = server.local_addr();
    {
        let handing = std::pin::pin!(server.hand_over(options()));
        assert!(handing.now_or_never().is_none(), "it waits for accepting to end");
    }
    assert!(server.is_listening());
    assert!(within(get(address, "/call")).await.ends_with("still here"));
    // It can still be given away, and is answered there then.
    let service = within(server.hand_over(options())).await.unwrap();
    assert!(!server.is_listening());
    let next = service.serve(one_route(), functions);
    assert_eq!(next.local_addr(), address);
    assert!(within(server.stop(Duration::from_secs(50))).await);
    assert!(within(get(address, "/call")).await.ends_with("still here"));
    let error = within(server_without_address(next)).await;
    assert_eq!(error.message(), "the server has no address any more");
}

fn one_route() -> Router {
    let target = Target::Function("app:it".into());
    Router::new([Endpoint::new("app:get", "/call", target).with_method(Method::GET)]).unwrap()
}

/// What a server says that has given its address away.
async fn server_without_address(mut server: Server) -> Error {
    drop(server.hand_over(options()).await.unwrap());
    server.hand_over(options()).await.err().unwrap()
}
