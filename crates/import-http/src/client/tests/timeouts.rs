//! Each wait runs out on its own clock, and only there.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::SinkExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::identity::Identity;
use super::support::*;
use crate::client::{Client, ClientError, Timeouts};

const URI: &str = "http://service.test/";

/// Only the wait under test is short: one of another clock takes longer than a test may.
const NEVER: Timeouts =
    Timeouts { connect: Some(Duration::MAX), first_byte: Some(Duration::MAX), between_bytes: Some(Duration::MAX) };
const CONNECT: Timeouts = Timeouts { connect: Some(SHORT), ..NEVER };
const FIRST_BYTE: Timeouts = Timeouts { first_byte: Some(SHORT), ..NEVER };
const BETWEEN_BYTES: Timeouts = Timeouts { between_bytes: Some(SHORT), ..NEVER };

/// Answers requests for `/` and is silent to all others.
fn silent(request: Request<Incoming>) -> BoxFuture<'static, Response<ServerBody>> {
    Box::pin(async move { if request.uri().path() == "/" { text("hello") } else { pending().await } })
}

#[tokio::test]
async fn a_dialer_that_does_not_come_back_is_a_connect_timeout() {
    let client = Client::new(Arc::new(Dials(pending)), Default::default());
    let error = within(client.send(get(URI), CONNECT)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "http://service.test gave no connection within 50ms; check that it is up, or raise connect-timeout"
    );
}

#[tokio::test]
async fn tls_that_does_not_come_about_is_a_connect_timeout() {
    let server = raw_server(|_, stream| drain(stream)).await;
    let error = within(client(&server).send(get("https://service.test/"), CONNECT)).await.unwrap_err();
    assert!(matches!(error, ClientError::ConnectTimeout { .. }), "{error:?}");
    server.seen.open_is(0).await;
}

#[tokio::test]
async fn silence_is_a_first_byte_timeout_on_new_and_pooled_connections_of_both_protocols() {
    let identity = Identity::new();
    let http1 = http_server(Speaks::Http1, silent).await;
    let http2 = http_server(identity.speaks(&["h2"]), silent).await;
    for (server, client, origin) in [
        (&http1, client(&http1), "http://service.test"),
        (&http2, client_with(&http2, identity.trusted()), "https://service.test"),
    ] {
        let message = format!("{origin} sent no response within 50ms; raise first-byte-timeout");
        let error = within(client.send(get(&format!("{origin}/silent")), FIRST_BYTE)).await.unwrap_err();
        assert_eq!(error.to_string(), message);
        // That connection is not used again.
        assert_eq!(fetch(&client, get(&format!("{origin}/"))).await.unwrap(), "hello");
        assert_eq!(server.seen.accepted(), 2);
        let error = within(client.send(get(&format!("{origin}/silent")), FIRST_BYTE)).await.unwrap_err();
        assert_eq!(error.to_string(), message);
        // And this one was taken from the pool.
        assert_eq!(server.seen.accepted(), 2);
    }
}

#[tokio::test]
async fn the_first_byte_is_not_waited_for_before_there_is_a_connection() {
    let server = http_server(Speaks::Http1, silent).await;
    let gate = Arc::new(Semaphore::new(0));
    let port = server.port;
    let dialer = {
        let gate = Arc::clone(&gate);
        Dials(move || {
            let gate = Arc::clone(&gate);
            async move {
                gate.acquire().await.unwrap().forget();
                Ok(TcpStream::connect(("127.0.0.1", port)).await.unwrap())
            }
        })
    };
    let client = Client::new(Arc::new(dialer), Default::default());
    let mut sending = tokio::spawn(async move { client.send(get("http://service.test/silent"), FIRST_BYTE).await });
    tokio::time::timeout(4 * SHORT, &mut sending).await.expect_err("nothing may end before there is a connection");
    gate.add_permits(1);
    let error = within(sending).await.unwrap().unwrap_err();
    assert!(matches!(error, ClientError::ReadTimeout { .. }), "{error:?}");
}

#[tokio::test]
async fn a_stall_in_the_body_is_a_between_bytes_timeout() {
    let server = raw_server(|_, mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello").await.unwrap();
        drain(stream).await;
    })
    .await;
    let client = client(&server);
    let mut body = within(client.send(get(URI), BETWEEN_BYTES)).await.unwrap().into_body();
    assert_eq!(within(body.frame()).await.unwrap().unwrap().into_data().unwrap(), "hello");
    let error = within(body.frame()).await.unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "http://service.test sent no more of the response body within 50ms; raise between-bytes-timeout"
    );
    // The body has ended, and the connection with it, although nobody dropped anything.
    assert!(within(body.frame()).await.is_none());
    server.seen.open_is(0).await;
}

#[tokio::test]
async fn a_slow_reader_is_not_the_servers_fault() {
    let server = answering("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhellohello").await;
    let mut body = within(client(&server).send(get(URI), BETWEEN_BYTES)).await.unwrap().into_body();
    let mut received = Vec::new();
    loop {
        // Longer than the timeout, with the next bytes there all the time.
        tokio::time::sleep(2 * SHORT).await;
        match within(body.frame()).await {
            Some(frame) => received.extend(frame.unwrap().into_data().unwrap()),
            None => break,
        }
    }
    assert_eq!(received, b"hellohello");
}

#[tokio::test]
async fn the_wait_for_more_of_the_body_starts_anew_with_each_part() {
    let gap = Duration::from_millis(1_600);
    let server = raw_server(move |_, mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n").await.unwrap();
        for _ in 0..3 {
            tokio::time::sleep(gap).await;
            stream.write_all(b"x").await.unwrap();
        }
        drain(stream).await;
    })
    .await;
    // Less than the gaps together, and so much more than one that a busy machine can be late.
    let waits = Timeouts { between_bytes: Some(gap * 5 / 2), ..NEVER };
    let response = within(client(&server).send(get(URI), waits)).await.unwrap();
    assert_eq!(read(response.into_body()).await.unwrap(), "xxx");
}

#[tokio::test]
async fn a_server_that_stops_reading_is_a_write_timeout() {
    let identity = Identity::new();
    let http1 = http_server(Speaks::Http1, silent).await;
    let http2 = http_server(identity.speaks(&["h2"]), silent).await;
    for (client, uri) in [
        (client(&http1), "http://service.test/silent"),
        (client_with(&http2, identity.trusted()), "https://service.test/silent"),
    ] {
        let (body, mut made) = zeros::<std::convert::Infallible>(usize::MAX);
        // The buffers between fill in this time, or the message is another one.
        let first_byte = Some(Duration::from_secs(2));
        let waits = Timeouts { first_byte, ..NEVER };
        let error = within(client.send(Request::post(uri).body(body).unwrap(), waits)).await.unwrap_err();
        assert!(matches!(error, ClientError::WriteTimeout { .. }), "{error:?}");
        // Whoever writes the body learns of it at once, and the connection goes, although the server takes nothing more.
        within(async { while made.changed().await.is_ok() {} }).await;
        within(async {
            while client.sockets() > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_guest_that_does_not_write_is_not_the_servers_fault_either() {
    let server = http_server(Speaks::Http1, silent).await;
    let (mut frames, body) = channel();
    let request = Request::post("http://service.test/silent").body(body).unwrap();
    let sending = async { frames.send(Ok(Frame::data(Bytes::from("hello")))).await.unwrap() };
    let client = client(&server);
    let (result, ()) = within(futures::future::join(client.send(request, FIRST_BYTE), sending)).await;
    assert!(matches!(result.unwrap_err(), ClientError::ReadTimeout { .. }));
}

#[tokio::test]
async fn waits_of_any_length_can_be_asked_for() {
    let server = http_server(Speaks::Http1, silent).await;
    let client = client(&server);
    assert_eq!(read(within(client.send(get(URI), NEVER)).await.unwrap().into_body()).await.unwrap(), "hello");
    let none = Some(Duration::ZERO);
    let waits = Timeouts { first_byte: none, between_bytes: none, ..NEVER };
    let error = within(client.send(get("http://service.test/silent"), waits)).await.unwrap_err();
    assert!(matches!(error, ClientError::ReadTimeout { .. }), "{error:?}");
}
