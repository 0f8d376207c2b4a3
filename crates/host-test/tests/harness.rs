//! What the harness does with each thing it is given.

use serde_json::json;
use std::time::Duration;
use wippy_host_core::{CallContext, ErrorKind, HostImport as _, Reason};
use wippy_host_test::{Harness, PolicyDouble};
use wippy_import_clocks::Clocks;

/// `wall() -> u64`: seconds; `sleep(u64)`: nanoseconds, by the asynchronous clock of WASI 0.3.
const CLOCK: &str = r#"(component
    (import "wasi:clocks/wall-clock@0.2.0" (instance $clock
        (type $d (record (field "seconds" u64) (field "nanoseconds" u32)))
        (export "datetime" (type $datetime (eq $d)))
        (export "now" (func (result $datetime)))))
    (alias export $clock "now" (func $now))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $now_core (canon lower (func $now) (memory (core memory $memory "memory"))))
    (core module $code
        (import "clock" "now" (func $now (param i32)))
        (import "memory" "memory" (memory 1))
        (func (export "wall") (result i64) (call $now (i32.const 8)) (i64.load (i32.const 8))))
    (core instance $m (instantiate $code
        (with "clock" (instance (export "now" (func $now_core))))
        (with "memory" (instance $memory))))
    (func (export "wall") (result u64) (canon lift (core func $m "wall"))))"#;

#[tokio::test]
async fn the_clock_stands_still_until_it_is_advanced() {
    let harness = Harness::new::<Clocks>().guest(CLOCK);
    assert_eq!(harness.call("wall", json!([])).await.unwrap(), 946_684_800);
    harness.clock().advance(Duration::from_secs(5));
    assert_eq!(harness.call("wall", json!([])).await.unwrap(), 946_684_805);
}

#[tokio::test]
async fn what_is_not_in_imports_is_a_stub_and_what_is_misspelt_a_problem() {
    let harness = Harness::new::<Clocks>().guest(CLOCK).imports::<&str>([]);
    let error = harness.call("wall", json!([])).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::PermissionDenied, Reason::NotGranted));
    let harness = harness.imports(["wasi:clock"]);
    let problems = harness.problems("wall").await.unwrap();
    assert_eq!(problems[0].message, "unsupported wasm host import: wasi:clock");
    assert!(harness.call("wall", json!([])).await.unwrap_err().to_string().contains("did you mean \"wasi:clocks\"?"));
}

#[tokio::test]
async fn a_setter_after_a_call_begins_with_a_new_host() {
    let harness = Harness::new::<Clocks>().guest(CLOCK);
    harness.call("wall", json!([])).await.unwrap();
    let harness = harness.limits(|limits| limits.max_memory_bytes = 1);
    let error = harness.call("wall", json!([])).await.unwrap_err();
    assert_eq!(error.reason(), Reason::Memory);
}

#[tokio::test]
async fn directories_are_there_until_the_harness_goes() {
    let harness = Harness::new::<Clocks>().directory("app:data").directory_at("app:here", env!("CARGO_MANIFEST_DIR"));
    let data = harness.path("app:data").unwrap();
    std::fs::write(data.join("file"), "text").unwrap();
    let directories = &harness.host().unwrap().services().directories;
    assert_eq!(directories.get("app:data").unwrap().as_deref(), Some(&*data));
    assert_eq!(directories.get("app:none").unwrap(), None);
    drop(harness);
    assert!(!data.exists());
    assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).exists());
}

#[tokio::test]
async fn variables_can_be_read_and_changed_through_the_host() {
    let harness = Harness::new::<Clocks>().variable("app:key", "one");
    let environment = harness.host().unwrap().services().environment.clone();
    let before = environment.generation();
    assert_eq!(environment.get("app:key").unwrap().as_deref(), Some("one"));
    environment.set("app:key", "two").unwrap();
    assert!(environment.generation() > before);
    assert_eq!(harness.variable_now("app:key").as_deref(), Some("two"));
    assert_eq!(environment.set("app:other", "x").unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_double_answers_for_a_function_and_the_policy_is_asked() {
    let harness = Harness::new::<Clocks>()
        .function("app:greet", |arguments| Ok(json!(format!("Hello, {}!", arguments[0].as_str().unwrap()))))
        .policy(PolicyDouble::deny_all());
    let host = harness.host().unwrap();
    let greet = host.functions().get("app:greet").unwrap();
    let greeting = greet.call(&CallContext::new(), vec!["Ada".into()]).await.unwrap();
    assert_eq!(greeting.as_str(), Some("Hello, Ada!"));
    let request = wippy_host_core::CallRequest::new("app:test", "app:greet").for_actor(Some("ann"), None);
    assert_eq!(host.services().policy.call(&request).unwrap_err().to_string(), "not allowed: app:greet");
    let asked = harness.asked();
    assert_eq!((asked[0].to_string().as_str(), asked[0].actor.as_deref()), ("app:test: call app:greet", Some("ann")));
}

#[tokio::test]
async fn an_import_that_is_alone_has_no_other_beside_it() {
    let alone = Harness::new::<Clocks>().alone();
    let names = |harness: &Harness| -> Vec<_> {
        harness.host().unwrap().registry().imports().iter().map(|import| import.meta().name).collect()
    };
    assert_eq!(names(&alone), ["wasi:clocks"]);
    assert_eq!(names(&alone.with(&wippy_import_random::IMPORT)), ["wasi:clocks", "wasi:random"]);
    assert_eq!(names(&Harness::new::<Clocks>()), ["wasi:clocks", wippy_import_random::Random::META.name]);
}

#[tokio::test]
async fn what_cannot_be_called_is_said() {
    let none = Harness::new::<Clocks>().call("wall", json!([])).await.unwrap_err();
    assert_eq!(none.to_string(), "the harness has no guest; set one: .guest(...)");
    let text = Harness::new::<Clocks>().guest("(component").call("wall", json!([])).await.unwrap_err();
    assert_eq!(text.kind(), ErrorKind::Invalid);
    let arguments = Harness::new::<Clocks>().guest(CLOCK).call("wall", json!({})).await.unwrap_err();
    assert_eq!(arguments.to_string(), "the arguments of wall are no JSON array: {}");
}
