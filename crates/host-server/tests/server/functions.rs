//! Functions that know nothing of HTTP.

use crate::client::{body, exchange, get, http1, http2, post, request, status, text};
use crate::support::{calling, value_function, within};
use serde_json::json;
use wippy_host_core::{Error, ErrorKind, Reason, Value, function};

#[tokio::test]
async fn the_result_says_what_the_response_is() {
    let server = calling(function(|_, mut arguments: Vec<Value>| async move {
        let asked = arguments.pop().map(|body| String::from_utf8(body.as_bytes().unwrap().to_vec()).unwrap());
        Ok(match asked.as_deref() {
            None => Value::from("no argument"),
            Some("nothing") => Value::Null,
            Some("bytes") => Value::from(vec![1_u8, 2, 3]),
            Some("json") => Value::from_json(json!({"a": [1, null]})).unwrap(),
            Some(other) => Value::from(other),
        })
    }))
    .await;
    let address = server.local_addr();
    let answer = post(address, "/call", "nothing").await;
    assert_eq!((status(&answer), body(&answer)), (204, ""));
    for (asked, kind, expected) in [
        ("bytes", "application/octet-stream", "\u{1}\u{2}\u{3}"),
        ("json", "application/json", "{\"a\":[1,null]}"),
        ("héllo", "text/plain; charset=utf-8", "héllo"),
        ("", "text/plain; charset=utf-8", "no argument"),
    ] {
        let answer = post(address, "/call", asked).await;
        assert_eq!((status(&answer), body(&answer)), (200, expected), "{asked}");
        assert!(answer.contains(&format!("content-type: {kind}\r\n")), "{asked}: {answer}");
    }
}

#[tokio::test]
async fn a_failure_is_the_status_of_its_kind_and_says_nothing_internal() {
    for (kind, expected) in [
        (ErrorKind::NotFound, 404),
        (ErrorKind::Invalid, 400),
        (ErrorKind::PermissionDenied, 403),
        (ErrorKind::Conflict, 409),
        (ErrorKind::RateLimited, 429),
        (ErrorKind::Unavailable, 503),
        (ErrorKind::Timeout, 504),
        (ErrorKind::Internal, 500),
    ] {
        let server = calling(function(move |_, _| async move { Err(Error::new(kind, "the secret")) })).await;
        let answer = get(server.local_addr(), "/call").await;
        assert_eq!(status(&answer), expected, "{kind}");
        assert!(!answer.contains("secret"), "{answer}");
    }
}

#[tokio::test]
async fn what_the_operator_left_out_is_no_fault_of_the_client() {
    for (kind, reason) in [(ErrorKind::NotFound, Reason::Setup), (ErrorKind::PermissionDenied, Reason::NotGranted)] {
        let failing = move |_, _| async move { Err(Error::new(kind, "the secret").with_reason(reason)) };
        let server = calling(function(failing)).await;
        assert_eq!(status(&get(server.local_addr(), "/call").await), 500, "{kind}");
    }
}

#[tokio::test]
async fn a_function_finds_the_request_in_its_context() {
    let server = calling(function(|call, _| async move {
        let values: serde_json::Map<_, _> = call.values().map(|(name, value)| (name.clone(), value.clone())).collect();
        Ok(Value::from_json(values.into()).unwrap())
    }))
    .await;
    let asked = "GET /call/a%2Fb?x=1&y=2&x=%203 HTTP/1.1\r\nhost: a\r\nx-one: 1\r\nconnection: close\r\n\r\n";
    let answer = exchange(server.local_addr(), asked).await;
    let values: serde_json::Value = serde_json::from_str(body(&answer)).unwrap();
    assert_eq!(values["http.method"], "GET");
    assert_eq!(values["http.path"], "/call/a%2Fb");
    assert_eq!(values["http.params"], json!({"id": "a/b"}));
    assert_eq!(values["http.query"], json!({"x": ["1", " 3"], "y": "2"}));
    assert_eq!(values["http.headers"]["x-one"], "1");
}

#[tokio::test]
async fn paths_and_methods_that_lead_nowhere_say_so() {
    let server = calling(function(|_, _| async { Ok(Value::Null) })).await;
    assert_eq!(status(&get(server.local_addr(), "/nothing").await), 404);
    assert_eq!(status(&get(server.local_addr(), "/call/%ff").await), 400);
    let answer = exchange(server.local_addr(), "PUT /call HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert_eq!(status(&answer), 405);
    assert!(answer.contains("allow: GET, HEAD, POST\r\n"), "{answer}");
}

#[tokio::test]
async fn a_function_that_is_replaced_serves_the_next_request() {
    let functions = wippy_host_core::FunctionRegistry::new();
    let endpoint =
        wippy_host_server::Endpoint::new("app:end", "/", wippy_host_server::Target::Function("app:it".into()));
    let router = wippy_host_server::Router::new([endpoint]).unwrap();
    let server = crate::support::serve(crate::support::options(), router, functions.clone()).await;
    assert_eq!(status(&get(server.local_addr(), "/").await), 503);
    for text in ["first", "second"] {
        functions.replace("app:it", std::sync::Arc::new(function(move |_, _| async move { Ok(Value::from(text)) })));
        assert_eq!(body(&get(server.local_addr(), "/").await), text);
    }
    server.set_router(wippy_host_server::Router::default());
    assert_eq!(status(&get(server.local_addr(), "/").await), 404);
}

#[tokio::test]
async fn routes_are_exchanged_under_an_open_connection() {
    let server = calling(function(|_, _| async { Ok(Value::from("here")) })).await;
    let address = server.local_addr();
    let (mut one, mut two) = (http1(address).await, http2(address).await);
    for expected in [200, 404] {
        let asked = || request("GET", address, "/call", "");
        let response = within(one.send_request(asked())).await.unwrap();
        assert_eq!(response.status(), expected);
        text(response).await.unwrap();
        let response = within(two.send_request(asked())).await.unwrap();
        assert_eq!(response.status(), expected);
        server.set_router(wippy_host_server::Router::default());
    }
}

#[tokio::test]
async fn the_body_becomes_what_a_guests_parameters_take() {
    let user = r#"{"name":"Ada","age":36,"email":null,"tag-count":2}"#;
    for (method, asked, expected, answered) in [
        ("echo-string", "héllo", 200, "héllo"),
        ("echo-bytes", "abc", 200, "abc"),
        ("add", "[1, 2]", 200, "3"),
        ("add", "[1, 2", 400, ""),
        ("add", "[1, true]", 400, "argument 2 (b): expected s32, got true"),
        ("add", "", 400, "expected 2 arguments (a: s32, b: s32), got 0"),
        ("echo-record", user, 200, user),
        ("echo-option", "null", 204, ""),
        ("nothing", "", 204, ""),
        ("nothing", "x", 400, "this takes no body"),
        ("fail", "not-found", 404, "not-found"),
        ("fail", "odd", 500, "odd"),
        ("fail-with", user, 500, user),
    ] {
        let server = calling(value_function(method).await).await;
        let answer = post(server.local_addr(), "/call", asked).await;
        assert_eq!(status(&answer), expected, "{method} {asked}: {answer}");
        assert!(answered.is_empty() || body(&answer) == answered, "{method} {asked}: {answer}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_text_is_refused_where_text_is_taken() {
    let server = calling(value_function("echo-string").await).await;
    let head = "POST /call HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 1\r\n\r\n";
    let answer = exchange(server.local_addr(), [head.as_bytes(), &[0xff]].concat()).await;
    assert_eq!(status(&answer), 400);
    assert!(body(&answer).starts_with("the body is not UTF-8"), "{answer}");
}
