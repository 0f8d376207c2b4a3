//! Each way to fail has its code, each time limit ends its own wait, and a call that is dropped leaves nothing behind.

use super::server::Server;
use super::{guest, local, request, told};
use crate::support::{DropFlag, LONG, World, until, within};
use http_body_util::{BodyExt, StreamBody};
use hyper::Response;
use hyper::body::{Bytes, Frame};
use serde_json::{Value as Json, json};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::AsyncReadExt;
use tokio::net::TcpSocket;

#[tokio::test]
async fn one_failed_request_leaves_the_others_alone() {
    let server = Server::telling().await;
    let urls = json!([server.url("/"), "http://192.0.2.1/", server.url("/")]);
    assert_eq!(
        local().call("get-together", json!([urls])).await,
        json!([{"ok": 200}, {"err": "HttpRequestDenied"}, {"ok": 200}])
    );
}

#[tokio::test]
async fn each_failure_of_the_network_has_its_code() {
    // Bound, so that nobody else gets the port, and not listening.
    let silent = TcpSocket::new_v4().unwrap();
    silent.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let refusing = silent.local_addr().unwrap();
    let closing = Server::raw(|stream| async move { drop(stream) }).await;
    let plain = Server::telling().await;
    World::add_name("rebound.test", &[Ipv4Addr::LOCALHOST.into()]);
    let named = guest().allow(&["rebound.test:*", "missing.test:*"]);
    for (guest, url, code) in [
        (local(), format!("http://{refusing}/"), "ConnectionRefused"),
        (local(), closing.url("/"), "ConnectionTerminated"),
        (local(), format!("https://{}/", plain.address), "TlsProtocolError"),
        (guest(), plain.url("/"), "HttpRequestDenied"),
        (guest().allow(&["0.0.0.0/0"]), plain.url("/"), "HttpRequestDenied"),
        (local(), "http://elsewhere.test/".to_owned(), "HttpRequestDenied"),
        (named.clone(), format!("http://rebound.test:{}/", plain.address.port()), "HttpRequestDenied"),
        (named, "http://missing.test/".to_owned(), "DnsError"),
        (local(), "ftp://127.0.0.1/".to_owned(), "HttpProtocolError"),
    ] {
        let error = guest.err("get", json!([url])).await;
        let error = error.as_str().unwrap();
        assert_eq!(error.split(['(', ' ']).next(), Some(code), "{url}: {error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_http_has_its_code() {
    for (answer, code) in [
        ("SSH-2.0-OpenSSH_9.9\r\n", "HttpProtocolError"),
        ("HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n", "HttpProtocolError"),
        ("", "ConnectionTerminated"),
    ] {
        let server = Server::sending(answer).await;
        assert_eq!(local().err("get", json!([server.url("/")])).await, json!(code), "{answer}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_has_its_code_within_the_stream() {
    for (answer, code) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello", "HttpResponseIncomplete"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", "HttpResponseIncomplete"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno size\r\n", "HttpResponseTransferCoding"),
    ] {
        let server = Server::sending(answer).await;
        let error = local().ok("http-error-code", json!([server.url("/")])).await;
        assert_eq!(error.as_str().unwrap().split(['(', ' ']).next(), Some(code), "{error}");
    }
}

#[tokio::test]
async fn a_head_beyond_the_limit_is_refused() {
    let large: &'static str = format!("HTTP/1.1 200 OK\r\nx-large: {}\r\n\r\n", "x".repeat(200_000)).leak();
    let server = Server::sending(large).await;
    let error = local().err("get", json!([server.url("/")])).await;
    assert!(error.as_str().unwrap().starts_with("HttpResponseHeaderSectionSize"), "{error}");
}

#[tokio::test]
async fn header_fields_of_a_guest_are_checked() {
    let server = Server::telling().await;
    for (headers, message) in [
        (json!([["connection", "close"]]), "forbidden"),
        (json!([["transfer-encoding", "chunked"]]), "forbidden"),
        (json!([["host", "elsewhere"]]), "forbidden"),
        (json!([["bad name", "x"]]), "invalid-syntax"),
        (json!([["x-one", "a\r\nx-two: b"]]), "invalid-syntax"),
    ] {
        let arguments = request("GET", &server.url("/"), headers.clone(), json!([]), json!([]));
        assert_eq!(local().err("send", arguments).await, json!(message), "{headers}");
    }
}

/// A request without a body, with one of its three time limits.
fn limited(url: &str, limit: &str) -> Json {
    let mut arguments = request("GET", url, json!([]), json!([]), json!([]));
    arguments[0][limit] = json!(50);
    arguments
}

#[tokio::test]
async fn each_time_limit_of_a_request_ends_it_with_its_own_code() {
    let silent = Server::raw(|mut stream| async move {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let stalling = Server::http(|_| async {
        let first = Frame::data(Bytes::from_static(b"hello"));
        let frames = futures::stream::StreamExt::chain(
            futures::stream::iter([Ok(first)]),
            futures::stream::pending::<Result<Frame<Bytes>, hyper::Error>>(),
        );
        Response::new(StreamBody::new(frames).boxed_unsync())
    })
    .await;
    let secure = format!("https://{}/", silent.address);
    assert_eq!(local().err("send", limited(&secure, "connect-timeout")).await, json!("ConnectionTimeout"));
    assert_eq!(
        local().err("send", limited(&silent.url("/"), "first-byte-timeout")).await,
        json!("HttpResponseTimeout")
    );
    assert_eq!(
        local().err("send", limited(&stalling.url("/"), "between-bytes-timeout")).await,
        json!("read: ConnectionReadTimeout")
    );
}

#[tokio::test]
async fn a_request_with_time_limits_that_are_kept_succeeds() {
    let server = Server::telling().await;
    let mut arguments = request("GET", &server.url("/"), json!([]), json!([]), json!([]));
    for limit in ["connect-timeout", "first-byte-timeout", "between-bytes-timeout"] {
        arguments[0][limit] = json!(LONG.as_millis() as u64);
    }
    assert_eq!(told(arguments).await["method"], "GET");
}

#[tokio::test]
async fn dropping_a_call_closes_its_connection() {
    let (reached, gone) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let server = Server::raw({
        let (reached, gone) = (reached.clone(), gone.clone());
        move |mut stream| {
            reached.fetch_add(1, Ordering::SeqCst);
            let flag = DropFlag(gone.clone());
            async move {
                let _ = stream.read_to_end(&mut Vec::new()).await;
                drop(flag);
            }
        }
    })
    .await;
    let url = server.url("/");
    let call = tokio::spawn(async move { local().call("get", json!([url])).await });
    until("the server is reached", || reached.load(Ordering::SeqCst) == 1).await;
    assert_eq!(gone.load(Ordering::SeqCst), 0);
    call.abort();
    assert!(within(call).await.unwrap_err().is_cancelled());
    until("the connection is closed", || gone.load(Ordering::SeqCst) == 1).await;
}
