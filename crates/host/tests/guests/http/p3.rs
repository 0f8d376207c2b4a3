//! WASI 0.3: the parts of messages, and what a client reads of an answer.

use super::server::Server;
use crate::support::Guest;
use serde_json::json;

fn guest() -> Guest {
    Guest::new("probe-p3-http").imports(["wasi:http"])
}

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
            "get-and-delete: 1, 2, 3",
            "copy-all: 0 entries",
            "delete: ok",
            "clone: x-one=1, x-one=2, x-one=3",
            "append invalid: InvalidSyntax",
            "append invalid value: InvalidSyntax",
            "append forbidden: Forbidden",
            "set invalid: InvalidSyntax",
            "set forbidden: Forbidden",
            "delete invalid: InvalidSyntax",
            "get-and-delete invalid: InvalidSyntax",
            "from-list: accept=text/plain, accept=text/html",
            "from-list invalid: InvalidSyntax",
            "from-list forbidden: Forbidden",
        ])
    );
}

#[tokio::test]
async fn timeouts_are_set_and_read() {
    assert_eq!(
        guest().call("request-options", json!([])).await,
        json!([
            "get-connect-timeout: None",
            "set-connect-timeout: ok",
            "get-connect-timeout: Some(10)",
            "set-first-byte-timeout: ok",
            "get-first-byte-timeout: Some(20)",
            "set-between-bytes-timeout: ok",
            "get-between-bytes-timeout: Some(30)",
            "set-connect-timeout none: ok",
            "get-connect-timeout: None",
            "clone: Some(10)",
        ])
    );
}

#[tokio::test]
async fn a_request_is_made_changed_and_read() {
    assert_eq!(
        guest().call("request", json!([])).await,
        json!([
            "get-method: Get",
            "set-method: ok",
            "get-method: Put",
            "set-method invalid: ()",
            "get-path-with-query: None",
            "set-path-with-query: ok",
            "get-path-with-query: Some(\"/a?b=c\")",
            "set-path-with-query invalid: ()",
            "set-scheme: ok",
            "get-scheme: Https",
            "set-scheme invalid: ()",
            "set-authority: ok",
            "get-authority: Some(\"example.com:8080\")",
            "set-authority invalid: ()",
            "get-options: Some(10)",
            "set-connect-timeout: Immutable",
            "set-first-byte-timeout: Immutable",
            "set-between-bytes-timeout: Immutable",
            "get-headers: x-probe=1",
            "append: Immutable",
            "set: Immutable",
            "delete: Immutable",
            "get-and-delete: Immutable",
            "consume-body: text",
        ])
    );
}

#[tokio::test]
async fn a_response_is_made_changed_and_read() {
    assert_eq!(
        guest().call("response", json!([])).await,
        json!([
            "get-status-code: 200",
            "set-status-code: ok",
            "get-status-code: 418",
            "set-status-code invalid: ()",
            "get-headers: x-probe=1",
            "append: Immutable",
            "set: Immutable",
            "delete: Immutable",
            "get-and-delete: Immutable",
            "consume-body: text",
        ])
    );
}

#[tokio::test]
async fn trailers_go_out_and_come_back() {
    let server = Server::echo().await;
    let authority = server.address.to_string();
    let report = guest().allow(&["localhost:*"]).ok("post", json!([authority, "día"])).await;
    assert_eq!(report, json!(["get-status-code: 200", "get-headers: ", "consume-body: d\u{ed}a, x-sum=42"]));
    assert_eq!(guest().err("post", json!([authority, "x"])).await, json!("HttpRequestDenied"));
}
