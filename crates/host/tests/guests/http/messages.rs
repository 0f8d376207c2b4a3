//! What is sent and what comes back: fields, bodies and trailers both ways, connections.

use super::server::{Server, nothing, text};
use super::{guest, header, local, request, told};
use crate::support::within;
use hyper::{Response, StatusCode};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::task::JoinSet;
use wippy_host::{CallContext, Function};

#[tokio::test]
async fn fields_are_made_changed_and_checked() {
    assert_eq!(
        guest().call("fields", json!([])).await,
        json!([
            "new: 0 entries",
            "set: ok",
            "append: ok",
            "get: 1, 2, 3",
            "has: true false",
            "delete: ok",
            "entries: 0",
            "clone: x-one=1, x-one=2, x-one=3",
            "append invalid: invalid-syntax",
            "append invalid value: invalid-syntax",
            "append forbidden: forbidden",
            "set invalid: invalid-syntax",
            "set forbidden: forbidden",
            "delete invalid: invalid-syntax",
            "delete forbidden: forbidden",
            "from-list: accept=text/plain, accept=text/html",
            "from-list invalid: invalid-syntax",
            "from-list forbidden: forbidden",
        ])
    );
}

#[tokio::test]
async fn a_request_is_made_changed_and_checked() {
    let report = guest().call("outgoing-request", json!([])).await;
    let (finish, rest) = report.as_array().unwrap().split_last().unwrap();
    assert_eq!(
        rest,
        [
            "method: Method::Get",
            "set-method: ok",
            "method: Method::Put",
            "set-method other: ok",
            "method: Method::Other(\"PURGE\")",
            "set-method invalid: err",
            "path-with-query: None",
            "set-path-with-query: ok",
            "path-with-query: Some(\"/a?b=c\")",
            "set-path-with-query invalid: err",
            "scheme: None",
            "set-scheme: ok",
            "scheme: Some(Scheme::Https)",
            "set-scheme invalid: err",
            "authority: None",
            "set-authority: ok",
            "authority: Some(\"example.com:8080\")",
            "set-authority invalid: err",
            "headers: x-probe=1",
            "headers append: immutable",
            "headers set: immutable",
            "headers delete: immutable",
            "body: ok",
            "body again: err",
            "write: ok",
            "write again: err",
        ]
    );
    assert!(finish.as_str().unwrap().starts_with("finish: "), "{finish}");
}

#[tokio::test]
async fn a_response_is_made_changed_and_checked() {
    let report = guest().call("outgoing-response", json!([])).await;
    let (finish, rest) = report.as_array().unwrap().split_last().unwrap();
    assert_eq!(
        rest,
        [
            "status-code: 200",
            "set-status-code: ok",
            "status-code: 418",
            "set-status-code invalid: err",
            "headers: x-probe=1",
            "write too much: HttpResponseBodySize(Some(3))",
            "finish too early: HttpResponseBodySize(Some(0))",
            "body: ok",
            "body again: err",
            "write: ok",
            "write again: err",
        ]
    );
    assert!(finish.as_str().unwrap().starts_with("finish: "), "{finish}");
}

#[tokio::test]
async fn timeouts_are_set_and_read() {
    assert_eq!(
        guest().call("request-options", json!([])).await,
        json!([
            "connect-timeout: None",
            "set-connect-timeout: ok",
            "connect-timeout: Some(10)",
            "first-byte-timeout: None",
            "set-first-byte-timeout: ok",
            "first-byte-timeout: Some(20)",
            "between-bytes-timeout: None",
            "set-between-bytes-timeout: ok",
            "between-bytes-timeout: Some(30)",
            "set-connect-timeout none: ok",
            "connect-timeout: None",
        ])
    );
}

#[tokio::test]
async fn a_guest_gets_status_headers_and_body() {
    let server = Server::http(|request| async move {
        let status: u16 = request.uri().path().trim_start_matches('/').parse().unwrap();
        let mut response = Response::new(if status == 204 { nothing() } else { text("día") });
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response.headers_mut().append("x-many", "1".parse().unwrap());
        response.headers_mut().append("x-many", "2".parse().unwrap());
        response.headers_mut().append("location", "/elsewhere".parse().unwrap());
        response
    })
    .await;
    for (status, body) in [(200, "día"), (204, ""), (302, "día"), (404, "día"), (500, "día"), (599, "día")] {
        let response = local().ok("get", json!([server.url(&format!("/{status}"))])).await;
        assert_eq!(response["status"], status);
        assert_eq!(response["body"], body);
        assert_eq!(response["trailers"], json!(null));
        let many: Vec<_> = response["headers"].as_array().unwrap().iter().filter(|pair| pair[0] == "x-many").collect();
        assert_eq!(many, [&json!(["x-many", "1"]), &json!(["x-many", "2"])]);
    }
}

#[tokio::test]
async fn a_body_and_its_stream_are_had_once() {
    let server = Server::telling().await;
    let report = local().ok("consume-twice", json!([server.url("/")])).await;
    assert_eq!(report, json!(["consume again: err", "stream again: err"]));
}

#[tokio::test]
async fn the_server_sees_what_the_guest_sends() {
    let server = Server::telling().await;
    let seen = told(request(
        "PUT",
        &server.url("/a/b?c=d&e=%20"),
        json!([["x-one", "1"], ["content-type", "text/plain"]]),
        json!(["first, ", "second"]),
        json!([]),
    ))
    .await;
    assert_eq!(seen["method"], "PUT");
    assert_eq!(seen["uri"], "/a/b?c=d&e=%20");
    assert_eq!(seen["body"], "first, second");
    assert_eq!(header(&seen["headers"], "x-one"), Some("1"));
    assert_eq!(header(&seen["headers"], "content-type"), Some("text/plain"));
    assert_eq!(header(&seen["headers"], "host"), Some(server.address.to_string().as_str()));
    for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE", "PATCH", "PURGE"] {
        let response = local().ok("send", request(method, &server.url("/"), json!([]), json!([]), json!([]))).await;
        assert_eq!(response["status"], 200, "{method}");
        if method != "HEAD" {
            let seen: Json = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
            assert_eq!(seen["method"], method);
        }
    }
}

#[tokio::test]
async fn a_body_has_the_length_that_its_header_says() {
    let server = Server::telling().await;
    let sized = |length: &str| {
        request("POST", &server.url("/"), json!([["content-length", length]]), json!(["hel", "lo"]), json!([]))
    };
    let seen = told(sized("5")).await;
    assert_eq!(header(&seen["headers"], "content-length"), Some("5"));
    assert_eq!(header(&seen["headers"], "transfer-encoding"), None);
    let error = local().err("send", sized("4")).await;
    assert!(error.as_str().unwrap().contains("HttpRequestBodySize(Some(5))"), "{error}");
    // The guest has said the end of a body that has none: what was sent of the request cannot be completed.
    assert_eq!(local().err("send", sized("6")).await, json!("HttpProtocolError"));
}

#[tokio::test]
async fn megabytes_go_out_and_come_back() {
    let server = Server::echo().await;
    let chunk = "0123456789".repeat(10_000);
    let chunks = vec![chunk.as_str(); 30];
    let response = local().ok("send", request("POST", &server.url("/"), json!([]), json!(chunks), json!([]))).await;
    assert_eq!(response["body"].as_str().unwrap(), chunks.concat());
}

#[tokio::test]
async fn trailers_go_out_and_come_back() {
    let server = Server::telling().await;
    let trailing = |url: &str| {
        let headers = json!([["trailer", "x-sum, x-end"], ["te", "trailers"]]);
        request("POST", url, headers, json!(["body"]), json!([["x-sum", "42"], ["x-end", "yes"]]))
    };
    let seen = told(trailing(&server.url("/"))).await;
    assert_eq!(seen["trailers"], json!([["x-sum", "42"], ["x-end", "yes"]]));
    let server = Server::echo().await;
    let response = local().ok("send", trailing(&server.url("/"))).await;
    assert_eq!(response["body"], "body");
    assert_eq!(response["trailers"], json!([["x-sum", "42"], ["x-end", "yes"]]));
}

#[tokio::test]
async fn bodies_stream_both_ways_at_once() {
    let server = Server::echo().await;
    // Each chunk is sent when the one before has come back: a host that waited for the end of either would hang.
    let chunks = json!(["one", "two and more", "x".repeat(50_000), "last"]);
    assert_eq!(local().ok("converse", json!([server.url("/"), chunks])).await, chunks);
}

#[tokio::test]
async fn requests_of_one_guest_run_side_by_side() {
    let barrier = Arc::new(tokio::sync::Barrier::new(5));
    let server = Server::http(move |request| {
        let barrier = barrier.clone();
        async move {
            // Nobody is answered before all are there.
            barrier.wait().await;
            let mut response = Response::new(nothing());
            *response.status_mut() = StatusCode::from_u16(request.uri().path()[1..].parse().unwrap()).unwrap();
            response
        }
    })
    .await;
    let urls: Vec<_> = (0..5).map(|number| server.url(&format!("/{}", 200 + number))).collect();
    assert_eq!(
        local().call("get-together", json!([urls])).await,
        json!([{"ok": 200}, {"ok": 201}, {"ok": 202}, {"ok": 203}, {"ok": 204}])
    );
}

#[tokio::test]
async fn localhost_is_reached_by_its_name() {
    let server = Server::telling().await;
    let port = server.address.port();
    let response = local().ok("get", json!([format!("http://localhost:{port}/x")])).await;
    let seen: Json = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
    assert_eq!(header(&seen["headers"], "host"), Some(format!("localhost:{port}").as_str()));
}

#[tokio::test]
async fn connections_are_kept_across_the_calls_of_an_entry_and_not_shared_with_another() {
    let server = Server::telling().await;
    let calls = async |function: &wippy_host::WasmFunction| {
        for _ in 0..3 {
            let url = server.url("/").into();
            let response = within(function.call(&CallContext::new(), vec![url])).await.unwrap();
            assert_eq!(response.get("ok").and_then(|ok| ok.get("status")).and_then(|s| s.as_u64()), Some(200));
        }
    };
    calls(&local().function("get").await).await;
    assert_eq!(server.accepted.load(Ordering::SeqCst), 1);
    calls(&local().id("test:another").function("get").await).await;
    assert_eq!(server.accepted.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn many_guests_send_at_once_on_one_thread() {
    const GUESTS: usize = 50;
    let server = Server::echo().await;
    let function = Arc::new(local().function("send").await);
    let mut calls = JoinSet::new();
    for number in 0..GUESTS {
        let (function, url) = (function.clone(), server.url("/"));
        calls.spawn(async move {
            let body = format!("number {number}");
            let Json::Array(mut arguments) = request("POST", &url, json!([]), json!([body]), json!([])) else {
                panic!("no array")
            };
            let argument = wippy_host::Value::from_json(arguments.remove(0)).unwrap();
            let response = function.call(&CallContext::new(), vec![argument]).await.unwrap().into_json().unwrap();
            assert_eq!(response["ok"]["body"], body);
        });
    }
    assert_eq!(within(calls.join_all()).await.len(), GUESTS);
}
