//! Connections are reused, shared and given up as promised.

use std::sync::Arc;

use bytes::Bytes;
use futures::SinkExt;
use futures::future::BoxFuture;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::Incoming;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use super::identity::Identity;
use super::support::*;
use crate::client::{Client, ClientError, ClientOptions, Timeouts};

const URI: &str = "http://service.test/";

#[tokio::test]
async fn a_hundred_requests_one_after_the_other_use_one_connection() {
    let identity = Identity::new();
    let plain = http_server(Speaks::Http1, echo).await;
    let tls1 = http_server(identity.speaks(&["http/1.1"]), echo).await;
    let tls2 = http_server(identity.speaks(&["h2"]), echo).await;
    for (server, client, uri) in [
        (&plain, client(&plain), URI),
        (&tls1, client_with(&tls1, identity.trusted()), "https://service.test/"),
        (&tls2, client_with(&tls2, identity.trusted()), "https://service.test/"),
    ] {
        for _ in 0..100 {
            assert_eq!(fetch(&client, post(uri, "hello")).await.unwrap(), "hello");
            // HTTP/1 hands the connection back in a task of its own.
            tokio::task::yield_now().await;
        }
        assert_eq!(server.seen.accepted(), 1, "{uri}");
    }
}

#[tokio::test]
async fn the_same_address_written_differently_is_the_same_connection() {
    let server = http_server(Speaks::Http1, echo).await;
    let client = client(&server);
    for uri in ["http://service.test/a", "http://service.test:80/b", "http://SERVICE.test"] {
        fetch(&client, get(uri)).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(server.seen.accepted(), 1);
}

#[tokio::test]
async fn requests_at_once_share_an_http2_connection() {
    let identity = Identity::new();
    let server = http_server(identity.speaks(&["h2"]), echo).await;
    let client = client_with(&server, identity.trusted());
    fetch(&client, get("https://service.test/")).await.unwrap();
    let requests = (0..100).map(|_| fetch(&client, post("https://service.test/", "hello")));
    for result in futures::future::join_all(requests).await {
        assert_eq!(result.unwrap(), "hello");
    }
    assert_eq!(server.seen.accepted(), 1);
}

#[tokio::test]
async fn clients_share_no_connection() {
    let server = http_server(Speaks::Http1, echo).await;
    for _ in 0..3 {
        fetch(&client(&server), get(URI)).await.unwrap();
    }
    assert_eq!(server.seen.accepted(), 3);
}

#[tokio::test]
async fn a_client_that_is_dropped_closes_its_idle_connections() {
    let identity = Identity::new();
    let http1 = http_server(Speaks::Http1, echo).await;
    let http2 = http_server(identity.speaks(&["h2"]), echo).await;
    for (server, client, uri) in
        [(&http1, client(&http1), URI), (&http2, client_with(&http2, identity.trusted()), "https://service.test/")]
    {
        let response = send(&client, post(uri, "hello")).await.unwrap();
        server.seen.open_is(1).await;
        drop(client);
        // What is being read can be read to its end.
        assert_eq!(read(response.into_body()).await.unwrap(), "hello");
        server.seen.open_is(0).await;
    }
}

/// A server that answers the first request of each connection, and closes the connection on the second unanswered. The
/// methods that it got come out of the receiver.
async fn forgetful() -> (Server, mpsc::UnboundedReceiver<String>) {
    let (sender, received) = mpsc::unbounded_channel();
    let server = raw_server(move |_, mut stream| {
        let sender = sender.clone();
        async move {
            for answer in [&b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"[..], b""] {
                let head = read_head(&mut stream).await;
                let _ = sender.send(head.split(' ').next().unwrap_or_default().to_owned());
                stream.write_all(answer).await.unwrap();
            }
        }
    })
    .await;
    (server, received)
}

#[tokio::test]
async fn a_safe_request_that_met_a_closing_connection_is_sent_again() {
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE] {
        let (server, _) = forgetful().await;
        let client = client(&server);
        fetch(&client, get(URI)).await.unwrap();
        tokio::task::yield_now().await;
        let request = Request::builder().method(method).uri(URI).body(Empty::<Bytes>::new()).unwrap();
        send(&client, request).await.unwrap();
        assert_eq!(server.seen.accepted(), 2);
    }
}

#[tokio::test]
async fn a_request_that_may_have_been_acted_on_is_never_sent_again() {
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let (server, mut received) = forgetful().await;
        let client = client(&server);
        fetch(&client, get(URI)).await.unwrap();
        tokio::task::yield_now().await;
        let request = Request::builder().method(method.clone()).uri(URI).body(Empty::<Bytes>::new()).unwrap();
        let error = send(&client, request).await.unwrap_err();
        assert!(matches!(error, ClientError::Terminated { .. }), "{error:?}");
        assert_eq!(server.seen.accepted(), 1);
        assert_eq!(received.recv().await.unwrap(), "GET");
        assert_eq!(received.recv().await.unwrap(), method.as_str());
    }
}

#[tokio::test]
async fn a_safe_request_on_a_new_connection_is_not_sent_again() {
    let server = answering("").await;
    send(&client(&server), get(URI)).await.unwrap_err();
    assert_eq!(server.seen.accepted(), 1);
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_frees_its_slot_and_its_connection() {
    let identity = Identity::new();
    let silent = |_| -> BoxFuture<'static, Response<ServerBody>> { Box::pin(std::future::pending()) };
    let http1 = http_server(Speaks::Http1, silent).await;
    let http2 = http_server(identity.speaks(&["h2"]), silent).await;
    for (server, options, uri) in
        [(&http1, ClientOptions::default(), URI), (&http2, identity.trusted(), "https://service.test/")]
    {
        let client = client_with(server, ClientOptions { max_in_flight: 1, ..options });
        for round in 1..=3 {
            let sending = client.send(get(uri), Timeouts::default());
            assert!(tokio::time::timeout(SHORT, sending).await.is_err());
            assert_eq!(client.free_slots(), 1, "round {round}");
        }
        drop(client);
        server.seen.open_is(0).await;
    }
}

#[tokio::test]
async fn a_response_that_nobody_reads_on_frees_its_slot_and_its_connection() {
    let identity = Identity::new();
    let endless = |_| -> BoxFuture<'static, Response<ServerBody>> {
        Box::pin(async { Response::new(zeros(usize::MAX).0.boxed_unsync()) })
    };
    let http1 = http_server(Speaks::Http1, endless).await;
    let http2 = http_server(identity.speaks(&["h2"]), endless).await;
    for (server, options, uri) in
        [(&http1, ClientOptions::default(), URI), (&http2, identity.trusted(), "https://service.test/")]
    {
        let client = client_with(server, ClientOptions { max_in_flight: 1, ..options });
        for round in 1..=3 {
            let mut body = send(&client, get(uri)).await.unwrap().into_body();
            within(body.frame()).await.unwrap().unwrap();
            assert_eq!(client.free_slots(), 0);
            drop(body);
            assert_eq!(client.free_slots(), 1, "round {round}");
        }
        drop(client);
        server.seen.open_is(0).await;
    }
}

#[tokio::test]
async fn dropping_the_response_ends_the_sending_of_the_request() {
    // Takes all that comes, and has begun a response to which nothing will be added.
    let greedy = |request: Request<Incoming>| -> BoxFuture<'static, Response<ServerBody>> {
        Box::pin(async move {
            tokio::spawn(request.into_body().collect());
            Response::new(StreamBody::new(futures::stream::pending()).boxed_unsync())
        })
    };
    let identity = Identity::new();
    let http1 = http_server(Speaks::Http1, greedy).await;
    let http2 = http_server(identity.speaks(&["h2"]), greedy).await;
    for (client, uri) in [(client(&http1), URI), (client_with(&http2, identity.trusted()), "https://service.test/")] {
        let (mut frames, body) = channel();
        let response = send(&client, Request::post(uri).body(body).unwrap()).await.unwrap();
        within(frames.send(data("hello"))).await.unwrap();
        drop(response);
        // The body is dropped, and its other end notices.
        within(async { while frames.send(data("hello")).await.is_ok() {} }).await;
        assert_eq!(client.free_slots(), 256);
    }
}

#[tokio::test]
async fn a_response_read_to_its_end_frees_the_slot_before_it_is_dropped() {
    let server = http_server(Speaks::Http1, |_| Box::pin(async { text("hello") })).await;
    let client = client_with(&server, ClientOptions { max_in_flight: 1, ..ClientOptions::default() });
    let mut kept = Vec::new();
    for _ in 0..3 {
        let mut body = send(&client, post(URI, "hello")).await.unwrap().into_body();
        within(body.frame()).await.unwrap().unwrap();
        kept.push(body);
    }
}

#[tokio::test]
async fn an_exchange_holds_its_slot_until_the_request_is_sent_too() {
    let server = raw_server(|_, mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        drain(stream).await;
    })
    .await;
    let client = client_with(&server, ClientOptions { max_in_flight: 1, ..ClientOptions::default() });
    let (frames, body) = channel();
    assert_eq!(fetch(&client, Request::post(URI).body(body).unwrap()).await.unwrap(), "ok");
    assert_eq!(client.free_slots(), 0);
    drop(frames);
    within(async {
        while client.free_slots() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn no_idle_connection_is_kept_where_none_may_be() {
    let server = http_server(Speaks::Http1, echo).await;
    let client = client_with(&server, ClientOptions { max_idle_per_host: 0, ..ClientOptions::default() });
    for _ in 0..3 {
        fetch(&client, get(URI)).await.unwrap();
    }
    assert_eq!(server.seen.accepted(), 3);
    server.seen.open_is(0).await;
}

#[tokio::test]
async fn no_more_idle_connections_are_kept_than_may_be() {
    let server = http_server(Speaks::Http1, echo).await;
    let client = client_with(&server, ClientOptions { max_idle_per_host: 2, ..ClientOptions::default() });
    let mut kept = Vec::new();
    for _ in 0..5 {
        kept.push(send(&client, post(URI, "hello")).await.unwrap().into_body());
    }
    server.seen.open_is(5).await;
    for body in kept {
        assert_eq!(read(body).await.unwrap(), "hello");
    }
    server.seen.open_is(2).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_time() {
    let identity = Identity::new();
    let http1 = http_server(Speaks::Http1, echo).await;
    let http2 = http_server(identity.speaks(&["h2"]), echo).await;
    for (server, options, uri) in
        [(&http1, ClientOptions::default(), URI), (&http2, identity.trusted(), "https://service.test/")]
    {
        let client = client_with(server, ClientOptions { idle_timeout: SHORT, ..options });
        fetch(&client, post(uri, "hello")).await.unwrap();
        server.seen.open_is(0).await;
        assert_eq!(fetch(&client, post(uri, "hello")).await.unwrap(), "hello");
        assert_eq!(server.seen.accepted(), 2);
    }
}

#[tokio::test]
async fn the_client_costs_nothing_before_the_first_request() {
    let client = Client::new(Arc::new(Dials(|| async { panic!("nobody asked") })), ClientOptions::default());
    assert!(!client.is_built());
    drop(client);
}
