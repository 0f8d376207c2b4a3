//! Guests that want more than they may have.

use crate::support::{data, err, fail, kv, ok};
use serde_json::json;
use wippy_host_core::Reason;
use wippy_host_core::pool::{PoolFields, PoolSpec};

#[tokio::test]
async fn a_value_may_have_as_many_bytes_as_it_says_and_not_one_more() {
    let kv = kv(json!({"max_value_bytes": 100}));
    ok(&kv, "big", json!(["a", 100])).await;
    let refused = err(&kv, "big", json!(["a", 101])).await;
    assert_eq!(refused, ("quota".into(), "max_value_bytes is 100, and the value has 101".into()));
    assert_eq!(err(&kv, "big", json!(["a", 32 << 20])).await.0, "quota");
    // A value that is too large for a host call is refused before it is copied.
    let kv = kv.limits(|limits| limits.max_host_bytes = 1 << 20);
    let error = kv.call("big", json!(["a", 8 << 20])).await.unwrap_err();
    assert_eq!(error.reason(), Reason::HostBytes, "{error}");
    assert_eq!(ok(&kv, "exists", json!(["a", "big"])).await, true, "the next call works");
}

#[tokio::test]
async fn the_quota_of_keys_is_exact_and_what_is_deleted_makes_room() {
    let kv = kv(json!({"max_keys": 3}));
    let filled = kv.call("fill", json!(["a", 1000, 1])).await.unwrap();
    assert_eq!(filled[0], 3);
    assert_eq!(fail(&filled[1]), ("quota".into(), "max_keys is 3, and this would need 4".into()));
    ok(&kv, "set", json!(["a", "key-00000", "new"])).await;
    assert_eq!(err(&kv, "increment", json!(["b", "n", 1])).await.0, "quota", "of all buckets together");
    ok(&kv, "delete", json!(["a", "key-00000"])).await;
    ok(&kv, "increment", json!(["b", "n", 1])).await;
    assert_eq!(err(&kv, "set", json!(["a", "more", ""])).await.0, "quota");
}

#[tokio::test]
async fn the_quota_of_bytes_is_exact_and_what_is_refused_changes_nothing() {
    // Bucket, key and value: 1 + 3 + 6 bytes.
    let kv = kv(json!({"max_bytes": 10}));
    ok(&kv, "set", json!(["a", "key", "123456"])).await;
    let refused = err(&kv, "set", json!(["a", "key", "1234567"])).await;
    assert_eq!(refused, ("quota".into(), "max_bytes is 10, and this would need 11".into()));
    assert_eq!(ok(&kv, "get", json!(["a", "key"])).await, "123456");
    ok(&kv, "set", json!(["a", "key", "1"])).await;
    ok(&kv, "set", json!(["b", "k", "123"])).await;
    assert_eq!(err(&kv, "set", json!(["b", "k", "1234"])).await.0, "quota");
    ok(&kv, "delete", json!(["a", "key"])).await;
    ok(&kv, "set", json!(["b", "k", "12345678"])).await;
    // What is there stays where the limit is lowered, and can be made smaller.
    let lowered = kv.config(json!({"fs": "app:data", "max_bytes": 5}));
    assert_eq!(err(&lowered, "set", json!(["b", "k", "123456789"])).await.0, "quota");
    ok(&lowered, "set", json!(["b", "k", "1234567"])).await;
}

#[tokio::test]
async fn handles_have_a_limit_and_come_back_when_they_are_dropped() {
    let kv = kv(json!({})).limits(|limits| limits.max_resources = 10);
    let error = kv.call("hoard", json!([1000])).await.unwrap_err();
    assert_eq!(error.reason(), Reason::Resources, "{error}");
    ok(&kv, "churn", json!([500])).await;
    ok(&kv, "hoard", json!([5])).await;
}

#[tokio::test]
async fn buckets_that_are_open_have_a_limit_of_their_own_for_each_instance() {
    let kv = kv(json!({"max_open_buckets": 3}));
    ok(&kv, "hoard", json!([3])).await;
    let refused = err(&kv, "hoard", json!([4])).await;
    assert_eq!(
        refused,
        ("quota".into(), "max_open_buckets is 3, and as many are open; drop one, or open one for many keys".into())
    );
    ok(&kv, "churn", json!([500])).await;
    // By default a guest meets it before the limit of all handles.
    let kv = kv.config(json!({"fs": "app:data"}));
    assert_eq!(err(&kv, "hoard", json!([100_000])).await.0, "quota");
}

/// A bucket that cannot be opened is not counted as one that is.
#[tokio::test]
async fn what_could_not_be_opened_does_not_count() {
    let kv = kv(json!({"max_open_buckets": 1})).entry(|mut spec| {
        spec.pool =
            PoolSpec::resolve(PoolFields::default().with_reuse_max_calls(100).with_max_size(1));
        spec
    });
    for _ in 0..3 {
        assert_eq!(err(&kv, "get", json!(["no bucket", "key"])).await.0, "invalid");
    }
    ok(&kv, "set", json!(["a", "key", "value"])).await;
}

#[tokio::test]
async fn the_file_stays_small_where_one_key_is_set_again_and_again() {
    let kv = kv(json!({}));
    for _ in 0..100 {
        ok(&kv, "big", json!(["a", 65_536])).await;
    }
    let files = std::fs::read_dir(data(&kv)).unwrap();
    let bytes: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes < 8 << 20, "{bytes}");
}
