//! `async-funcs@0.2.0`: calls of a component with asynchronous functions.

use crate::structured::{arguments, closure, failed};
use crate::support::{DropFlag, Guest, until};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Barrier;
use wippy_host::{Error, ErrorKind, Reason, Value};

fn caller() -> Guest {
    Guest::new("probe-async-funcs").imports(["funcs"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_of_0_3_keeps_a_thousand_calls_in_flight() {
    let all = Arc::new(Barrier::new(1000));
    closure("concurrent:together", move |mut arguments| {
        let all = all.clone();
        async move {
            all.wait().await;
            Ok(arguments.remove(0))
        }
    });
    assert_eq!(caller().ok("many", json!(["concurrent:together", 1000])).await, json!(499_500));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_asynchronous_import_that_is_bound_is_called_many_times_at_a_time() {
    let all = Arc::new(Barrier::new(200));
    closure("concurrent:echo", move |mut arguments| {
        let all = all.clone();
        async move {
            all.wait().await;
            Ok(arguments.remove(0))
        }
    });
    let bound = caller().bind("demo:probe-async-funcs/later#echo", "concurrent:echo");
    assert_eq!(bound.call("many-bound", json!([200])).await, json!(19_900));
}

#[tokio::test]
async fn a_call_that_a_component_of_0_3_drops_is_cancelled() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let flag = dropped.clone();
    closure("concurrent:endless", move |_| {
        let flag = DropFlag(flag.clone());
        async move {
            let _flag = flag;
            std::future::pending().await
        }
    });
    closure("concurrent:short", |_| async { Ok(Value::Null) });
    let first = caller().call("first", json!(["concurrent:endless", "concurrent:short"])).await;
    assert_eq!(first, json!(1));
    until("the other is dropped", || dropped.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test]
async fn failures_have_the_same_kinds_and_an_err_of_the_callee_is_a_value() {
    closure("concurrent:fails", |_| async { Err(Error::new(ErrorKind::Conflict, "no")) });
    Guest::new("probe-funcs").id("concurrent:relay").imports(["funcs"]).register("call-string").await;
    let relayed = json!(["concurrent:relay", arguments(&[json!("concurrent:fails"), json!("")])]);
    assert_eq!(caller().err("call", relayed).await, json!({"returned": [{"text": "no"}]}));
    assert_eq!(caller().err("call", json!(["nobody", []])).await["failed"]["kind"], "invalid");
    assert_eq!(
        caller().err("call", json!(["nobody:home", []])).await,
        failed("not-found", "no handler registered for target: nobody:home")
    );
    let denied = Guest::new("probe-async-funcs").fails("call", json!(["nobody:home", []])).await;
    assert_eq!(denied.reason(), Reason::NotGranted);
}
