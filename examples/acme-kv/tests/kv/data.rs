//! What is kept, and what is refused because it is no bucket, key or number.

use crate::support::{err, kv, ok};
use serde_json::{Value as Json, json};
use wippy_host_core::{CallContext, Function};

#[tokio::test]
async fn what_is_set_stays_from_call_to_call_and_from_start_to_start() {
    let one = kv(json!({}));
    assert_eq!(ok(&one, "set", json!(["a", "key", "value"])).await, Json::Null);
    assert_eq!(ok(&one, "get", json!(["a", "key"])).await, "value");
    assert_eq!(ok(&one, "get", json!(["b", "key"])).await, Json::Null, "another bucket");
    // A setter makes a new host, on the same directory.
    let two = one.limits(|limits| limits.max_resources = 5);
    assert_eq!(ok(&two, "exists", json!(["a", "key"])).await, true);
    assert_eq!(ok(&two, "delete", json!(["a", "key"])).await, true);
    assert_eq!(ok(&two, "delete", json!(["a", "key"])).await, false);
    assert_eq!(ok(&two, "exists", json!(["a", "key"])).await, false);
}

#[tokio::test]
async fn numbers_are_added_and_what_is_none_is_refused() {
    let kv = kv(json!({}));
    assert_eq!(ok(&kv, "increment", json!(["n", "one", 5])).await, 5);
    assert_eq!(ok(&kv, "increment", json!(["n", "one", -7])).await, -2);
    assert_eq!(ok(&kv, "get", json!(["n", "one"])).await, "-2");
    ok(&kv, "set", json!(["n", "text", "seven"])).await;
    assert_eq!(err(&kv, "increment", json!(["n", "text", 1])).await.0, "not-a-number");
    ok(&kv, "set", json!(["n", "most", i64::MAX.to_string()])).await;
    assert_eq!(err(&kv, "increment", json!(["n", "most", 1])).await.0, "not-a-number");
    assert_eq!(ok(&kv, "get", json!(["n", "most"])).await, i64::MAX.to_string());
}

#[tokio::test]
async fn keys_are_listed_page_by_page_and_of_one_bucket_alone() {
    let kv = kv(json!({}));
    assert_eq!(kv.call("fill", json!(["m", 250, 1])).await.unwrap(), json!([250, null]));
    ok(&kv, "set", json!(["l", "before", ""])).await;
    ok(&kv, "set", json!(["n", "behind", ""])).await;
    let listed = ok(&kv, "keys", json!(["m"])).await;
    let (keys, pages) = (listed[0].as_array().unwrap(), &listed[1]);
    assert_eq!((keys.len(), pages), (250, &json!(3)));
    assert_eq!((&keys[0], &keys[249]), (&json!("key-00000"), &json!("key-00249")));
    assert_eq!(ok(&kv, "keys", json!(["none"])).await, json!([[], 1]));
    // Exactly a page has no second one.
    kv.call("fill", json!(["page", 100, 1])).await.unwrap();
    assert_eq!(ok(&kv, "keys", json!(["page"])).await[1], 1);
}

#[tokio::test]
async fn what_is_no_bucket_or_key_is_refused() {
    let kv = kv(json!({}));
    for bucket in ["", "a/b", "../x", "a b", "ä", &"x".repeat(65)] {
        assert_eq!(err(&kv, "get", json!([bucket, "key"])).await.0, "invalid", "{bucket}");
    }
    for key in ["", &"x".repeat(513)] {
        for method in ["get", "delete", "exists"] {
            assert_eq!(err(&kv, method, json!(["a", key])).await.0, "invalid", "{method}");
        }
    }
    assert_eq!(err(&kv, "set", json!(["a", "x".repeat(1 << 20), ""])).await.0, "invalid", "a huge key");
    ok(&kv, "set", json!([&"b".repeat(64), &"k".repeat(512), ""])).await;
}

/// Its `wit` text names the interface and does not write it out.
#[tokio::test]
async fn a_core_module_may_use_its_wit_by_name() {
    let kv = kv(json!({}));
    let module = r#"(module
        (import "acme:kv/store@0.1.0" "open" (func $open (param i32 i32 i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "notes")
        (func (export "open") (result i32)
            (call $open (i32.const 0) (i32.const 5) (i32.const 64))
            (i32.load8_u (i32.const 64)))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))"#;
    let wit = "package demo:m; world m { import acme:kv/store@0.1.0; export open: func() -> u32; }";
    let host = kv.host().unwrap();
    let component = host.compile_module(module, wit).unwrap();
    let mut spec = kv.spec().clone();
    spec.method = "open".into();
    let open = host.prepare(spec, &component).await.unwrap();
    let opened = open.call(&CallContext::new(), Vec::new()).await.unwrap();
    assert_eq!(opened.as_u64(), Some(0), "the first case of a result");
}
