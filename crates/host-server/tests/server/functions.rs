//! Functions that know nothing of HTTP.

use crate::client::{body, exchange, get, post, status};
use crate::support::calling;
use serde_json::json;
use wippy_host_core::{Error, ErrorKind, Value, function};

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
    let endpoint = wippy_host_server::Endpoint {
        id: "app:end".into(),
        method: None,
        path: "/".into(),
        target: wippy_host_server::Target::Function("app:it".into()),
    };
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
