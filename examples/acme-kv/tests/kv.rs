//! What acme:kv promises, with real guests on a host full of doubles.

use acme_kv::Kv;
use serde_json::{Value as Json, json};
use std::path::Path;
use wippy_host_core::{CallContext, ErrorKind, Function, Reason};
use wippy_host_test::{Harness, PolicyDouble, import_conformance};

import_conformance!(
    Kv,
    wit = ["wit/0.1", "wit/0.2"],
    harness = Harness::new::<Kv>().directory("app:data").config(json!({"fs": "data"})),
);

fn guest(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("app/wasm").join(name).with_extension("wasm")).unwrap()
}

/// An entry with this configuration beside `fs`.
fn kv(more: Json) -> Harness {
    let mut config = json!({"fs": "app:data"});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Harness::new::<Kv>().directory("app:data").config(config).guest(guest("kv"))
}

/// The `ok` of a result.
async fn ok(harness: &Harness, method: &str, arguments: Json) -> Json {
    let value = harness.call(method, arguments).await.unwrap();
    value.get("ok").unwrap_or_else(|| panic!("{method} returned {value}")).clone()
}

/// Case and text of the `err` of a result.
async fn err(harness: &Harness, method: &str, arguments: Json) -> (String, String) {
    let value = harness.call(method, arguments).await.unwrap();
    fail(value.get("err").unwrap_or_else(|| panic!("{method} returned {value}")))
}

fn fail(error: &Json) -> (String, String) {
    match error {
        Json::String(case) => (case.clone(), String::new()),
        Json::Object(error) => {
            let (case, text) = error.iter().next().unwrap();
            (case.clone(), text.as_str().unwrap().to_owned())
        }
        other => panic!("no error: {other}"),
    }
}

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
    ok(&kv, "set", json!([&"b".repeat(64), &"k".repeat(512), ""])).await;
}

#[tokio::test]
async fn a_value_may_have_as_many_bytes_as_it_says_and_not_one_more() {
    let kv = kv(json!({"max_value_bytes": 100}));
    ok(&kv, "big", json!(["a", 100])).await;
    let refused = err(&kv, "big", json!(["a", 101])).await;
    assert_eq!(refused, ("quota".into(), "max_value_bytes is 100, and the value has 101".into()));
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
async fn an_entry_without_a_file_has_a_database_of_its_own() {
    let one = kv(json!({}));
    let directory = one.path("app:data").unwrap();
    let other = kv(json!({})).directory_at("app:data", &directory).entry(|mut spec| {
        spec.id = "app:other".into();
        spec
    });
    ok(&one, "set", json!(["a", "key", "mine"])).await;
    assert_eq!(ok(&other, "get", json!(["a", "key"])).await, Json::Null);
    let mut files: Vec<_> =
        std::fs::read_dir(&directory).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, ["app.other.redb", "app.test.redb"]);
}

#[tokio::test]
async fn entries_that_name_one_file_share_it_and_one_may_only_read() {
    let writer = kv(json!({"file": "shared.redb"}));
    let directory = writer.path("app:data").unwrap();
    let reader =
        kv(json!({"file": "shared.redb", "read_only": true})).directory_at("app:data", &directory).entry(|mut spec| {
            spec.id = "app:reader".into();
            spec
        });
    let missing = err(&reader, "get", json!(["a", "key"])).await;
    assert_eq!(
        missing,
        ("unavailable".into(), "the database shared.redb cannot be opened: it does not exist".into()),
        "who may change nothing makes no file"
    );
    ok(&writer, "set", json!(["a", "key", "value"])).await;
    assert_eq!(ok(&reader, "get", json!(["a", "key"])).await, "value");
    for (method, arguments) in
        [("set", json!(["a", "key", "x"])), ("delete", json!(["a", "key"])), ("increment", json!(["a", "n", 1]))]
    {
        assert_eq!(
            err(&reader, method, arguments).await,
            (
                "denied".into(),
                "entry app:reader may not change shared.redb; remove read_only from its config.acme:kv".into()
            )
        );
    }
    assert_eq!(ok(&writer, "get", json!(["a", "key"])).await, "value");
}

#[tokio::test]
async fn no_configuration_leads_out_of_the_directory() {
    for file in ["../out.redb", "/tmp/out.redb", "a/b.redb", "..", ".hidden", "", "a\\b", "a\0b", &"x".repeat(129)] {
        let problems = kv(json!({"file": file})).problems("get").await.unwrap();
        assert_eq!(problems.len(), 1, "{file}: {problems:?}");
        assert!(problems[0].message.ends_with("is no plain name of a file"), "{file}: {problems:?}");
    }
    let problems = kv(json!({"fs": "app:none"})).problems("get").await.unwrap();
    assert_eq!(problems[0].message, "no fs.directory app:none");
    let problems = kv(json!({"max_keys": 0, "max_byte": 1})).problems("get").await.unwrap();
    let said: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(said, ["unknown key: max_byte", "max_keys must be at least 1"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_in_the_directory_leads_nowhere_outside_of_it() {
    let kv = kv(json!({"file": "link.redb"}));
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().join("outside.redb");
    std::os::unix::fs::symlink(&target, kv.path("app:data").unwrap().join("link.redb")).unwrap();
    let (case, text) = err(&kv, "set", json!(["a", "key", "value"])).await;
    assert_eq!(case, "unavailable", "{text}");
    assert!(!target.exists());
}

#[tokio::test]
async fn without_a_grant_no_function_of_it_does_anything() {
    let kv = kv(json!({})).imports::<&str>([]);
    let error = kv.call("set", json!(["a", "key", "value"])).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "guest called acme:kv/store#open, but entry app:test does not import it; add \"acme:kv\" to its imports"
    );
    assert_eq!(std::fs::read_dir(kv.path("app:data").unwrap()).unwrap().count(), 0);
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

#[tokio::test]
async fn the_policy_is_asked_for_each_bucket_and_for_the_directory() {
    let kv = kv(json!({}));
    let ann = CallContext::builder().actor("ann").build();
    kv.call_in(&ann, "set", json!(["a", "key", "value"])).await.unwrap();
    let asked: Vec<_> = kv.asked().iter().map(|asked| (asked.to_string(), asked.actor.clone())).collect();
    assert_eq!(
        asked,
        [("app:test: mount app:data".into(), None), ("app:test: acme:kv/open a".into(), Some("ann".to_owned()))]
    );
    let denied = kv.policy(PolicyDouble::deny_all());
    let error = denied.call("get", json!(["a", "key"])).await.unwrap_err();
    assert_eq!((error.kind(), error.message().contains("not allowed: app:data")), (ErrorKind::PermissionDenied, true));
}

/// Two programs on one directory: the other one is this test program, which opens the database and waits.
#[tokio::test]
async fn a_database_that_another_process_has_open_is_said_to_be() {
    let kv = kv(json!({}));
    let file = kv.path("app:data").unwrap().join("app.test.redb");
    let mut other = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "holds_a_database_for_another_test", "--ignored", "--nocapture"])
        .env("ACME_KV_HOLD", &file)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(other.stdout.take().unwrap()));
    assert!(lines.any(|line| line.unwrap().contains("held")));
    let locked = err(&kv, "get", json!(["a", "key"])).await;
    assert_eq!(
        locked,
        (
            "unavailable".into(),
            "the database app.test.redb is locked by another process; stop that one, or name another file in \
             config.acme:kv.file"
                .into()
        )
    );
    drop(other.stdin.take());
    assert!(other.wait().unwrap().success());
    assert_eq!(ok(&kv, "get", json!(["a", "key"])).await, Json::Null, "it is tried again");
}

#[test]
#[ignore = "the other process of a test"]
fn holds_a_database_for_another_test() {
    let database = redb::Database::create(std::env::var_os("ACME_KV_HOLD").unwrap()).unwrap();
    println!("held");
    let _ = std::io::Read::read(&mut std::io::stdin(), &mut [0]);
    drop(database);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn many_guests_at_one_time_lose_nothing_and_block_nobody() {
    let kv = kv(json!({}));
    let increment = kv.prepare("increment").await.unwrap();
    let calls: Vec<_> = (0..40)
        .map(|_| {
            let increment = increment.clone();
            tokio::spawn(async move {
                let arguments = vec!["n".into(), "total".into(), 1.into()];
                increment.call(&CallContext::new(), arguments).await.unwrap()
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(ok(&kv, "get", json!(["n", "total"])).await, "40");
}

#[cfg(feature = "p3")]
mod p3 {
    use super::*;

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
}
