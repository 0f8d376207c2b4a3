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
use wippy_host::ResolveError;

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
    World::fail_name("slow.dns.test", || ResolveError::TimedOut(LONG));
    World::fail_name("broken.dns.test", || ResolveError::Failed(std::io::Error::other("SERVFAIL")));
    let named = guest().allow(&["rebound.test:*", "*.dns.test", "missing.test:*"]);
    for (guest, url, code) in [
        (local(), format!("http://{refusing}/"), "ConnectionRefused"),
        (local(), closing.url("/"), "ConnectionTerminated"),
        (local(), format!("https://{}/", plain.address), "TlsProtocolError"),
        (guest(), plain.url("/"), "HttpRequestDenied"),
        (guest().allow(&["0.0.0.0/0"]), plain.url("/"), "HttpRequestDenied"),
        (local(), "http://elsewhere.test/".to_owned(), "HttpRequestDenied"),
        (named.clone(), format!("http://rebound.test:{}/", plain.address.port()), "HttpRequestDenied"),
        (named.clone(), "http://missing.test/".to_owned(), "DnsError"),
        (named.clone(), "http://broken.dns.test/".to_owned(), "DnsError"),
        (named, "http://slow.dns.test/".to_owned(), "DnsTimeout"),
        // The broadcast address of the loopback: no connection leads there.
        (guest().allow(&["127.255.255.255"]), "http://127.255.255.255/".to_owned(), "DestinationIpUnroutable"),
        // Without the name of an interface the operating system cannot tell what is meant.
        (guest().allow(&["[fe80::1]"]), "http://[fe80::1]/".to_owned(), "InternalError"),
    ] {
        let error = guest.err("get", json!([url])).await;
        let error = error.as_str().unwrap();
        assert_eq!(error.split(['(', ' ']).next(), Some(code), "{url}: {error}");
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_sent_has_its_code() {
    for (method, url, code) in [
        ("CONNECT", "http://127.0.0.1/", "HttpRequestMethodInvalid"),
        ("GET", "https://a..test/", "HttpRequestUriInvalid"),
        ("GET", "http://me@127.0.0.1/", "HttpRequestUriInvalid"),
        ("GET", "http://127.0.0.1:0/", "HttpRequestUriInvalid"),
        ("GET", "ftp://127.0.0.1/", "HttpProtocolError"),
    ] {
        let arguments = request(method, url, json!([]), json!([]), json!([]));
        assert_eq!(local().err("send", arguments).await, json!(code), "{method} {url}");
    }
}

#[tokio::test]
async fn a_path_beyond_the_limit_makes_no_request() {
    let server = Server::telling().await;
    let path = |length: usize| server.url(&format!("/{}", "x".repeat(length - 1)));
    assert_eq!(local().ok("get", json!([path(60_000)])).await["status"], 200);
    assert_eq!(local().err("get", json!([path(66_000)])).await, json!("set-path-with-query: err"));
    assert_eq!(server.accepted.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_answer_that_is_no_http_has_its_code() {
    for (answer, code) in [
        ("SSH-2.0-OpenSSH_9.9\r\n", "HttpProtocolError"),
        ("HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n", "HttpProtocolError"),
        ("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n", "HttpUpgradeFailed"),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "HttpResponseTransferCoding(Some(\"gzip\"))",
        ),
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
async fn heads_and_trailers_beyond_the_limit_are_refused() {
    let large = format!("x-large: {}\r\n\r\n", "x".repeat(200_000));
    let server = Server::sending(format!("HTTP/1.1 200 OK\r\n{large}")).await;
    let error = local().err("get", json!([server.url("/")])).await;
    assert_eq!(error, json!("HttpResponseHeaderSectionSize(Some(65536))"));

    let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n";
    let server = Server::sending(format!("{chunks}{large}")).await;
    let error = local().err("get", json!([server.url("/")])).await;
    assert_eq!(error, json!("read: HttpResponseTrailerSectionSize(Some(16384))"));
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
