//! Components that export `wasi:http/incoming-handler`.

use crate::client::{body, exchange, get, http1, http2, post, request, status, text};
use crate::support::{component, handler, host, limited, notes, options, prepared, serve, serving, until, within};
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use std::time::Duration;
use wippy_host_core::{EntrySpec, Finding, FunctionRegistry, Limits};
use wippy_host_server::single;
use wippy_import_http::handler_method;

#[tokio::test]
async fn a_handler_answers_and_is_its_components_method() {
    let method = handler_method(component()).unwrap();
    assert_eq!("wasi:http/incoming-handler@0.2.12#handle", method);
    let server = serving("t:hello").await;
    let answer = get(server.local_addr(), "/").await;
    assert_eq!((status(&answer), body(&answer).contains("hello")), (200, true), "{answer}");
}

#[tokio::test]
async fn the_request_is_told_as_it_came_without_what_belongs_to_the_connection() {
    let server = serving("t:request").await;
    let asked = "PUT /request?a=b%20c HTTP/1.1\r\nhost: test.example:81\r\nconnection: close, x-hop\r\nx-hop: 1\r\n\
                 te: trailers\r\nx-kept: 2\r\ncontent-length: 0\r\n\r\n";
    let answer = exchange(server.local_addr(), asked).await;
    for line in ["method Put", "scheme http", "authority test.example:81", "path /request?a=b%20c", "x-kept: 2"] {
        assert!(answer.contains(line), "{line}: {answer}");
    }
    for name in ["x-hop", "\nte:", "\nhost:", "\nconnection:"] {
        assert!(!body(&answer).contains(name), "{name}: {answer}");
    }
}

#[tokio::test]
async fn a_requests_body_is_had_once() {
    let server = serving("t:twice").await;
    let answer = get(server.local_addr(), "/consume-twice").await;
    assert!(body(&answer).lines().any(|line| line == "consume again: err"), "{answer}");
}

#[tokio::test]
async fn the_authority_is_the_one_that_the_client_means() {
    let server = serving("t:authority").await;
    let address = server.local_addr();
    for (asked, authority) in [
        ("GET /request HTTP/1.1\r\nhost: one.example\r\nconnection: close\r\n\r\n", "one.example".to_owned()),
        (
            "GET http://two.example:8/request HTTP/1.1\r\nhost: one\r\nconnection: close\r\n\r\n",
            "two.example:8".to_owned(),
        ),
        (
            "GET https://three.example/request HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
            "three.example".to_owned(),
        ),
        ("GET /request HTTP/1.0\r\n\r\n", address.to_string()),
    ] {
        let answer = exchange(address, asked).await;
        assert!(answer.contains(&format!("authority {authority}\n")), "{asked}: {answer}");
        // Whatever the client says of it.
        assert!(answer.contains("scheme http\n"), "{asked}: {answer}");
    }
}

#[tokio::test]
async fn both_directions_stream_and_trailers_come_behind() {
    let server = serving("t:echo").await;
    for version2 in [false, true] {
        let (mut to_server, chunks) = futures::channel::mpsc::channel::<Frame<Bytes>>(1);
        let asked = request("POST", server.local_addr(), "/echo", "");
        let (mut head, _) = asked.into_parts();
        head.headers.insert("te", "trailers".parse().unwrap());
        head.headers.insert("trailer", "x-sum".parse().unwrap());
        let asked = http::Request::from_parts(
            head,
            StreamBody::new(chunks.map(Ok::<_, std::convert::Infallible>)).boxed_unsync(),
        );
        let stream = tokio::net::TcpStream::connect(server.local_addr()).await.unwrap();
        let io = hyper_util::rt::TokioIo::new(stream);
        let answered = if version2 {
            let executor = hyper_util::rt::TokioExecutor::new();
            let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
            tokio::spawn(connection);
            within(sender.send_request(asked)).await.unwrap()
        } else {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
            tokio::spawn(connection);
            within(sender.send_request(asked)).await.unwrap()
        };
        let mut answer = answered.into_body();
        // Each piece comes back before the next is sent.
        for piece in ["one", "two", "three"] {
            to_server.send(Frame::data(Bytes::from_static(piece.as_bytes()))).await.unwrap();
            let mut back = Vec::new();
            while back.len() < piece.len() {
                back.extend(within(answer.frame()).await.unwrap().unwrap().into_data().unwrap());
            }
            assert_eq!(back, piece.as_bytes());
        }
        let trailers = http::HeaderMap::from_iter([("x-sum".parse().unwrap(), "11".parse().unwrap())]);
        to_server.send(Frame::trailers(trailers)).await.unwrap();
        drop(to_server);
        let end = within(answer.frame()).await.unwrap().unwrap().into_trailers().unwrap();
        assert_eq!(end["x-sum"], "11", "HTTP/2: {version2}");
    }
}

#[tokio::test]
async fn heads_without_bodies_and_bodies_of_announced_length() {
    let server = serving("t:heads").await;
    let answer = get(server.local_addr(), "/status?404").await;
    assert_eq!((status(&answer), body(&answer)), (404, ""), "{answer}");
    let answer = get(server.local_addr(), "/declared?5000").await;
    assert!(answer.contains("content-length: 5000") && body(&answer).len() == 5000);
    let head = "HEAD /declared?5000 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let answer = exchange(server.local_addr(), head).await;
    assert!(answer.contains("content-length: 5000") && body(&answer).is_empty(), "{answer}");
    let answer = get(server.local_addr(), "/status?103").await;
    assert_eq!(status(&answer), 500, "{answer}");
}

#[tokio::test]
async fn an_informational_response_is_refused_with_the_wits_own_error() {
    let server = serving("t:informational").await;
    let answer = get(server.local_addr(), "/informational").await;
    assert!(answer.contains("internal-error ErrorCode::HttpProtocolError"), "{answer}");
}

#[tokio::test]
async fn a_client_that_expects_it_is_told_to_continue_once_the_guest_reads() {
    let server = serving("t:expect").await;
    let head = |path: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\nabc"
        )
    };
    let answer = exchange(server.local_addr(), head("/upload")).await;
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n") && answer.contains("3 closed"), "{answer}");
    let answer = exchange(server.local_addr(), head("/hello")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[tokio::test]
async fn what_a_guest_does_before_its_head_is_a_status_that_tells_nothing_of_the_host() {
    let server = serving("t:before").await;
    for (path, expected) in [
        ("/trap-before", 500),
        ("/no-response", 500),
        ("/outgoing", 500),
        ("/error-code?0", 500),
        ("/error-code?1", 403),
        ("/error-code?2", 504),
        ("/error-code?3", 502),
        ("/error-code?4", 413),
    ] {
        let answer = get(server.local_addr(), path).await;
        assert_eq!(status(&answer), expected, "{path}: {answer}");
        for secret in ["wasm", "trap", "t:before", "secret", "guest"] {
            assert!(!body(&answer).contains(secret), "{path}: {answer}");
        }
    }
    // The host and the handler are none the worse.
    assert_eq!(status(&get(server.local_addr(), "/").await), 200);
}

#[tokio::test]
async fn the_time_of_an_entry_ends_computing_and_waiting_guests() {
    let mut limits = Limits::default();
    limits.max_execution = Some(Duration::from_millis(300));
    let router = single(limited("t:deadline", limits).await).unwrap();
    let server = serve(options(), router, FunctionRegistry::new()).await;
    for path in ["/spin", "/wait"] {
        assert_eq!(status(&get(server.local_addr(), path).await), 504, "{path}");
    }
    let mut client = http2(server.local_addr()).await;
    let response = within(client.send_request(request("GET", server.local_addr(), "/wait-after", ""))).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(text(response).await.is_err(), "a response that was cut short looks whole");
}

#[tokio::test]
async fn a_response_that_the_guest_did_not_finish_never_looks_whole() {
    let server = serving("t:cut").await;
    let address = server.local_addr();
    for path in ["/trap-after", "/dropped-body", "/leaked-body", "/short"] {
        let answer = get(address, path).await;
        // The head and what was sent until then do arrive.
        assert_eq!(status(&answer), 200, "{path}");
        assert!(!answer.ends_with("0\r\n\r\n") && !answer.contains("content-length: 7"), "{path}: {answer}");
        assert!(path != "/short" || body(&answer) == "12345", "{path}: {answer}");
        let mut client = http1(address).await;
        if let Ok(response) = within(client.send_request(request("GET", address, path, ""))).await {
            assert!(text(response).await.is_err(), "{path} over HTTP/1.1");
        }
        let mut client = http2(address).await;
        if let Ok(response) = within(client.send_request(request("GET", address, path, ""))).await {
            assert!(text(response).await.is_err(), "{path} over HTTP/2");
        }
    }
    assert!(get(address, "/trap-after").await.contains("partial"));
    // A guest that fails behind its whole response has given a whole response.
    for _ in 0..20 {
        let answer = get(address, "/trap-finished").await;
        assert!(answer.ends_with("0\r\n\r\n") && answer.contains("whole"), "{answer}");
    }
}

#[tokio::test]
async fn a_guest_may_work_on_behind_its_response() {
    let server = serving("t:after").await;
    let answer = get(server.local_addr(), "/work-after?50").await;
    assert!(answer.contains("done"), "{answer}");
    until("the guest works on", || notes("t:after") == 1).await;
}

#[tokio::test]
async fn a_client_that_goes_away_ends_the_guest() {
    let server = serving("t:gone").await;
    let address = server.local_addr();
    for version2 in [false, true] {
        let mut client1 = http1(address).await;
        let mut client2 = http2(address).await;
        let before = notes("t:gone");
        let asked = request("GET", address, "/ticks?1", "");
        let response = if version2 {
            within(client2.send_request(asked)).await.unwrap()
        } else {
            within(client1.send_request(asked)).await.unwrap()
        };
        until("the guest streams", || notes("t:gone") > before + 3).await;
        drop((response, client1, client2));
    }
    // A guest that has not answered yet ends as well.
    let mut client = http1(address).await;
    let waiting =
        tokio::time::timeout(Duration::from_millis(50), client.send_request(request("GET", address, "/wait", "")));
    assert!(waiting.await.is_err());
    drop(client);
    // Nothing of theirs runs any more, or this would take the whole grace.
    assert!(within(server.stop(Duration::from_secs(50))).await);
}

#[tokio::test]
async fn a_guest_that_nobody_reads_stands_still() {
    let server = serving("t:unread").await;
    let address = server.local_addr();
    for version2 in [false, true] {
        let before = notes("t:unread");
        let asked = request("GET", address, "/big?1073741824", "");
        let (mut client1, mut client2) = (http1(address).await, http2(address).await);
        let response = if version2 {
            within(client2.send_request(asked)).await.unwrap()
        } else {
            within(client1.send_request(asked)).await.unwrap()
        };
        // A note for each mebibyte of a gibibyte: the sockets' buffers take a few of them.
        let mut last = usize::MAX;
        while last != notes("t:unread") {
            last = notes("t:unread");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        assert!(last - before < 32, "{} MiB were produced for a client that reads nothing", last - before);
        drop(response);
    }
}

#[tokio::test]
async fn the_transport_grants_the_types_and_no_requests() {
    let spec = EntrySpec::new("t:grants", "handle").with_imports(["wasi:io", "wasi:clocks", "funcs"]);
    let function = prepared(spec.clone()).await;
    let interface = |name: &str| format!("wasi:http/{name}@0.2.12");
    let findings = &function.preflight().findings;
    assert!(findings.contains(&Finding::Given { interface: interface("types") }), "{findings:?}");
    let denied = |finding: &Finding| matches!(finding, Finding::NotGranted { interface: i, .. } if *i == interface("outgoing-handler"));
    assert!(findings.iter().any(denied), "{findings:?}");
    // Without the transport there are no types either.
    let mut plain = spec;
    plain.method = handler_method(component()).unwrap();
    let function = host().prepare(plain, component()).await.unwrap();
    assert_eq!(function.preflight().missing().count(), 2);
    let router = single(std::sync::Arc::new(function)).unwrap();
    let server = serve(options(), router, FunctionRegistry::new()).await;
    assert_eq!(status(&get(server.local_addr(), "/").await), 500);
}

#[tokio::test]
async fn a_body_larger_than_the_limit_is_refused_or_ends_in_an_error() {
    let mut small = options();
    small.limits.max_stream_bytes = 1000;
    let server = serve(small, single(handler("t:large").await).unwrap(), FunctionRegistry::new()).await;
    let long = "x".repeat(1001);
    assert_eq!(status(&post(server.local_addr(), "/upload", &long).await), 413);
    let chunked = format!(
        "POST /upload HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n{long}\r\n0\r\n\r\n"
    );
    let answer = exchange(server.local_addr(), chunked).await;
    assert!(answer.contains("HttpRequestBodySize"), "{answer}");
}
