//! The service as its users find it, without a socket.

use crate::{host, routes};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::{Value as Json, json};
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};
use tower::ServiceExt;

const ADD: &str = r#"(component
    (core module $m (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $i "add"))))"#;

const SPIN: &str = r#"(component
    (core module $m (func (export "spin") (loop br 0)))
    (core instance $i (instantiate $m))
    (func (export "spin") (canon lift (core func $i "spin"))))"#;

/// `relay(target, text) -> result<string, string>`: calls another function.
const RELAY: &str = include_str!("relay.wat");

async fn send(service: &Router, method: &str, path: &str, body: impl Into<Body>) -> (StatusCode, Json) {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let response = service.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_function_is_uploaded_and_called() {
    let service = routes::router(host().unwrap());
    assert_eq!(send(&service, "PUT", "/users/ann/functions/add", ADD).await.0, StatusCode::CREATED);
    let (status, answer) = send(&service, "POST", "/users/ann/functions/add/call", "[3, 5]").await;
    assert_eq!((status, answer), (StatusCode::OK, json!({"value": 8})));
    let (status, answer) = send(&service, "POST", "/users/ann/functions/add/call", "[3]").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(answer["error"], "ann:add: expected 2 arguments (a: s32, b: s32), got 1");
}

#[tokio::test]
async fn a_removed_function_is_found_no_more_and_its_name_is_free() {
    let service = routes::router(host().unwrap());
    let (function, call) = ("/users/ann/functions/add", "/users/ann/functions/add/call");
    send(&service, "PUT", function, ADD).await;
    let (status, answer) = send(&service, "DELETE", function, "").await;
    assert_eq!((status, answer), (StatusCode::OK, json!({"function": "removed"})));
    for (method, path, body) in [("POST", call, "[1, 2]"), ("DELETE", function, "")] {
        let (status, answer) = send(&service, method, path, body).await;
        assert_eq!((status, &answer["error"]), (StatusCode::NOT_FOUND, &json!("no function add")), "{method}");
    }
    assert_eq!(send(&service, "DELETE", "/users/service/functions/upper", "").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(send(&service, "PUT", function, ADD).await.0, StatusCode::CREATED);
    assert_eq!(send(&service, "POST", call, "[1, 2]").await.1, json!({"value": 3}));
}

#[tokio::test]
async fn what_runs_on_a_removed_function_ends_as_it_would() {
    let service = routes::router(host().unwrap());
    send(&service, "PUT", "/users/ann/functions/spin", SPIN).await;
    let mut spinning = std::pin::pin!(send(&service, "POST", "/users/ann/functions/spin/call", "[]"));
    assert!(poll_once(spinning.as_mut()).await.is_none());
    assert_eq!(send(&service, "DELETE", "/users/ann/functions/spin", "").await.0, StatusCode::OK);
    assert_eq!(spinning.await.1["error"], "ann:spin: no result within 2000 ms");
}

/// The result of a future that has one at once.
async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

#[tokio::test]
async fn a_function_without_end_is_ended_and_the_service_goes_on() {
    let service = routes::router(host().unwrap());
    send(&service, "PUT", "/users/ann/functions/spin", SPIN).await;
    send(&service, "PUT", "/users/ann/functions/add", ADD).await;
    let spinning = send(&service, "POST", "/users/ann/functions/spin/call", "[]");
    let adding = send(&service, "POST", "/users/ann/functions/add/call", "[1, 2]");
    let ((status, answer), (beside, _)) = tokio::join!(spinning, adding);
    assert_eq!((status, beside), (StatusCode::UNPROCESSABLE_ENTITY, StatusCode::OK));
    assert_eq!(answer["error"], "ann:spin: no result within 2000 ms");
}

#[tokio::test]
async fn a_user_calls_the_service_and_no_other_user() {
    let service = routes::router(host().unwrap());
    assert_eq!(send(&service, "PUT", "/users/ann/functions/relay", RELAY).await.0, StatusCode::CREATED);
    send(&service, "PUT", "/users/ben/functions/add", ADD).await;
    let call = "/users/ann/functions/relay/call";
    for (arguments, value) in [
        (json!(["service:upper", "hello"]), json!({"ok": "HELLO"})),
        (json!(["service:count", ""]), json!({"ok": "1"})),
        (json!(["service:count", ""]), json!({"ok": "2"})),
        (json!(["ben:add", "[1, 2]"]), json!({"err": "not allowed: ben:add"})),
    ] {
        let (status, answer) = send(&service, "POST", call, arguments.to_string()).await;
        assert_eq!((status, answer), (StatusCode::OK, json!({"value": value})));
    }
}

#[tokio::test]
async fn nobody_takes_the_place_of_the_service() {
    let service = routes::router(host().unwrap());
    for path in ["/users/service/functions/upper", "/users/service:x/functions/add", "/users/ann/functions/a:b"] {
        assert_eq!(send(&service, "PUT", path, ADD).await.0, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn a_service_that_stops_refuses_new_calls() {
    let host = host().unwrap();
    let service = routes::router(host.clone());
    send(&service, "PUT", "/users/ann/functions/add", ADD).await;
    assert_eq!(host.drain(Instant::now() + Duration::from_secs(1)).await, 0);
    let (status, answer) = send(&service, "POST", "/users/ann/functions/add/call", "[3, 5]").await;
    assert_eq!((status, &answer["error"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("the application is stopping")));
}
