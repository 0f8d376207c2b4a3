//! The interface with asynchronous functions.

use crate::support::{guest, kv, ok};
use serde_json::{Value as Json, json};
use wippy_host_core::Reason;
use wippy_host_test::Harness;

fn kv_p3(more: Json) -> Harness {
    kv(more).guest(guest("kv-p3"))
}

#[tokio::test]
async fn every_function_works_asynchronously_and_on_the_same_data() {
    let kv = kv_p3(json!({}));
    assert_eq!(ok(&kv, "round", json!(["a", "key"])).await, json!([["key"], true, true, []]));
    ok(&kv, "set", json!(["a", "key", "value"])).await;
    assert_eq!(ok(&kv, "get", json!(["a", "key"])).await, "value");
    let plain = kv.guest(guest("kv"));
    assert_eq!(ok(&plain, "get", json!(["a", "key"])).await, "value");
}

#[tokio::test]
async fn many_calls_of_one_guest_at_a_time_are_all_counted() {
    assert_eq!(ok(&kv_p3(json!({})), "many", json!(["n", "total", 50])).await, 50);
}

#[tokio::test]
async fn what_runs_beside_a_guest_has_a_limit_together() {
    let kv = kv_p3(json!({})).limits(|limits| limits.max_host_bytes = 1 << 20);
    ok(&kv, "flood", json!(["a", 10, 50_000])).await;
    let error = kv.call("flood", json!(["a", 1000, 50_000])).await.unwrap_err();
    assert_eq!(error.reason(), Reason::HostBytes, "{error}");
}

#[tokio::test]
async fn each_track_is_granted_alone() {
    let kv = kv_p3(json!({})).imports(["acme:kv@0.1"]);
    let error = kv.call("get", json!(["a", "key"])).await.unwrap_err();
    assert_eq!(error.reason(), Reason::NotGranted);
    ok(&kv.imports(["acme:kv@0.2"]), "many", json!(["n", "total", 1])).await;
}
