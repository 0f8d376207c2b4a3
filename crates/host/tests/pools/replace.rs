//! A function that is replaced while it is called.

use crate::support::{add, call, call_in, guest, host, spec, until, workers};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wippy_host::pool::PoolSpec;
use wippy_host::wasmtime::component::Component;
use wippy_host::{CallContext, Function, Host, Value};

/// A function that says which version it is.
fn version(host: &Host, number: u32) -> Component {
    host.compile(format!(
        "(component
            (core module $m (func (export \"run\") (result i32) (i32.const {number})))
            (core instance $i (instantiate $m))
            (func (export \"run\") (result s32) (canon lift (core func $i \"run\"))))"
    ))
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_in_flight_lose_none_where_their_function_is_replaced() {
    let host = host();
    let entry = || spec("app:run", "run", workers(2, 2000));
    let first = add(&host, &version(&host, 1), entry()).await;
    // Both slots are held, so that all thousand wait.
    let context = CallContext::new().enter(&"app:test".into(), 64).unwrap();
    let (_, one) = first.slots().acquire(context.clone()).await.unwrap();
    let (_, two) = first.slots().acquire(context).await.unwrap();
    let begun = Arc::new(AtomicUsize::new(0));
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let (host, begun) = (host.clone(), begun.clone());
            tokio::spawn(async move {
                let function = host.functions().get("app:run").unwrap();
                begun.fetch_add(1, Ordering::SeqCst);
                function.call(&CallContext::new(), Vec::new()).await.unwrap()
            })
        })
        .collect();
    until("all have found the first version", || begun.load(Ordering::SeqCst) == 1000).await;
    drop(first);
    let second = Arc::new(host.prepare(entry(), &version(&host, 2)).await.unwrap());
    host.functions()
        .exchange(&[Arc::from("app:run")], vec![(Arc::from("app:run"), second.clone() as Arc<dyn Function>)]);
    assert_eq!(call_in(&CallContext::new(), &second, json!([])).await.unwrap(), 2);
    drop((one, two));
    for call in calls {
        assert_eq!(crate::support::within(call).await.unwrap(), Value::from(1), "accepted by the first version");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_on_through_one_replacement_after_the_other() {
    let host = host();
    let entry = || spec("app:run", "run", workers(2, 2000));
    drop(add(&host, &version(&host, 0), entry()).await);
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let host = host.clone();
            tokio::spawn(async move {
                let function = host.functions().get("app:run").unwrap();
                function.call(&CallContext::new(), Vec::new()).await.unwrap().as_i64().unwrap()
            })
        })
        .collect();
    for number in 1..=5 {
        drop(add(&host, &version(&host, number), entry()).await);
    }
    for call in calls {
        assert!((0..=5).contains(&crate::support::within(call).await.unwrap()));
    }
}

#[tokio::test]
async fn a_host_that_is_dropped_takes_its_functions_and_their_engine_along() {
    let host = host();
    let misbehave = guest(&host, "misbehave");
    let count = add(&host, &misbehave, spec("app:count", "count", PoolSpec::default())).await;
    call(&count, json!([])).await.unwrap();
    let (function, engine) = (Arc::downgrade(&count), host.engine().weak());
    drop((count, misbehave, host));
    assert!(function.upgrade().is_none(), "the registry and its functions keep each other");
    assert!(engine.upgrade().is_none());
}
