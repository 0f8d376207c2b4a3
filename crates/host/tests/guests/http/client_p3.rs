//! The same client through WASI 0.3: what a server does wrong, trailers, and limits of time.

use super::authority::Authority;
use super::server::{Server, echo, read_head};
use crate::support::Guest;
use serde_json::{Value as Json, json};
use std::net::Ipv4Addr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

fn local() -> Guest {
    let imports = ["wasi:cli", "wasi:io", "wasi:clocks", "wasi:filesystem", "wasi:random", "wasi:sockets", "wasi:http"];
    Guest::new("probe-p3").imports(imports).allow(&["localhost:*"])
}

#[tokio::test]
async fn each_failure_of_a_server_has_its_code() {
    let silent = TcpSocket::new_v4().unwrap();
    silent.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let refusing = silent.local_addr().unwrap().to_string();
    assert_eq!(local().err("fetch", json!([refusing, "/"])).await, "ErrorCode::ConnectionRefused");
    assert_eq!(local().err("fetch", json!(["192.0.2.1", "/"])).await, "ErrorCode::HttpRequestDenied");
    let large = "x".repeat(200_000);
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
    for (answer, code) in [
        (String::new(), "ConnectionTerminated"),
        ("SSH-2.0-OpenSSH_9.9\r\n".to_owned(), "HttpProtocolError"),
        (format!("HTTP/1.1 200 OK\r\nx-large: {large}\r\n\r\n"), "HttpResponseHeaderSectionSize"),
        ("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n\r\n".to_owned(), "HttpUpgradeFailed"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello".to_owned(), "HttpResponseIncomplete"),
        (chunked.to_owned(), "HttpResponseIncomplete"),
        (format!("{chunked}no size\r\n"), "HttpResponseTransferCoding"),
        (format!("{chunked}0\r\nx-large: {large}\r\n\r\n"), "HttpResponseTrailerSectionSize"),
    ] {
        let server = Server::sending(answer.clone()).await;
        let error = local().err("fetch", json!([server.address.to_string(), "/"])).await;
        let (shown, error) = (&answer[..answer.len().min(70)], error.as_str().unwrap().to_owned());
        assert_eq!(error.split('(').next().unwrap().strip_prefix("ErrorCode::"), Some(code), "{shown}: {error}");
    }
}

#[tokio::test]
async fn bodies_and_trailers_go_both_ways_over_both_protocols() {
    let authority = Authority::new();
    let guest = local().config("wasi:http", json!({"roots": authority.root}));
    let trailers = json!([["x-sum", "42"], ["x-end", "yes"]]);
    let body = "0123456789".repeat(100_000);
    let plain = Server::telling().await;
    let told = guest.ok("post", json!([plain.url("/"), body, trailers, null])).await;
    let told: Json = serde_json::from_str(told[1].as_str().unwrap()).unwrap();
    assert!(told["body"] == body && told["trailers"] == trailers, "{}", told["trailers"]);
    let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 42\r\n\r\n";
    let plain = Server::sending(chunks).await;
    let answer = guest.ok("post", json!([plain.url("/"), "", [], null])).await;
    assert_eq!(answer, json!([200, "hello", [["x-sum", "42"]]]));

    let secure = Server::secure(authority.server(&["h2"]), echo).await;
    let answer = guest.ok("post", json!([secure.secure_url("/"), body, trailers, null])).await;
    assert!(answer == json!([200, body, trailers]), "{}", answer[2]);
    let error = local().err("post", json!([secure.secure_url("/"), "", [], null])).await;
    assert_eq!(error, "ErrorCode::TlsCertificateError");
}

#[tokio::test]
async fn each_wait_ends_a_request_with_its_own_code() {
    let silent = Server::raw(|mut stream| async move {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let stalling = Server::raw(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello").await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    for (url, patience, code) in [
        (silent.secure_url("/"), 50, "ErrorCode::ConnectionTimeout"),
        (silent.url("/"), 50, "ErrorCode::HttpResponseTimeout"),
        // Long enough for the head, on any machine.
        (stalling.url("/"), 3000, "ErrorCode::ConnectionReadTimeout"),
    ] {
        assert_eq!(local().err("post", json!([url, "", [], patience])).await, code, "{url}");
    }
}
