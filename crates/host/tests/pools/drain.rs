//! A host that stops.

use crate::support::{Gate, add, call, caller, guest, host, spec, start, until, within, workers};
use futures::FutureExt;
use serde_json::json;
use std::time::{Duration, Instant};
use wippy_host::{ErrorKind, Value, function};

fn later() -> Instant {
    Instant::now() + Duration::from_secs(100)
}

#[tokio::test]
async fn a_host_that_drains_takes_no_call_and_serves_those_it_has_nested_and_waiting_ones_too() {
    let host = host();
    let gate = Gate::register(&host, "app:gate");
    caller(&host, "app:inner", workers(1, 64)).await;
    let functions = host.functions().clone();
    let nest = function(move |context, _| {
        let functions = functions.clone();
        async move {
            functions.get("app:gate").unwrap().call(&context, Vec::new()).await?;
            let inner = functions.get("app:inner").unwrap();
            inner.call(&context, vec![Value::from("app:gate"), Value::from("")]).await
        }
    });
    host.functions().register("app:nest", nest).unwrap();
    let outer = caller(&host, "app:outer", workers(1, 64)).await;
    let (running, waiting) = (start(&outer, "app:nest"), start(&outer, "app:nest"));
    until("the first runs", || gate.inside() == 1).await;

    let drained = tokio::spawn({
        let host = host.clone();
        async move { host.drain(later()).await }
    });
    until("no call is let in", || refuses(&outer)).await;
    let error = call(&outer, json!(["app:gate", ""])).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unavailable, "the application is stopping"));
    assert!(!drained.is_finished());
    gate.let_go(4);
    for call in [running, waiting] {
        let result = within(call).await.unwrap().unwrap();
        assert!(result["ok"].as_str().is_some_and(|text| text.contains("through")), "{result}");
    }
    assert_eq!(within(drained).await.unwrap(), 0);
}

/// Whether a call is refused; one that is let in is dropped where it waits.
fn refuses(function: &wippy_host::WasmFunction) -> bool {
    let refused = function.slots().acquire(context()).now_or_never();
    refused.is_some_and(|refused| refused.is_err())
}

fn context() -> wippy_host::CallContext {
    wippy_host::CallContext::new().enter(&"app:outer".into(), 64).unwrap()
}

#[tokio::test]
async fn at_its_deadline_a_drain_cancels_what_runs_what_waits_and_what_computes() {
    let host = host();
    let gate = Gate::register(&host, "app:gate");
    let function = caller(&host, "app:caller", workers(1, 64)).await;
    let (running, waiting) = (start(&function, "app:gate"), start(&function, "app:gate"));
    let misbehave = guest(&host, "misbehave");
    let endless = spec("app:loop", "loop-forever", workers(1, 64));
    let endless = add(&host, &misbehave, endless).await;
    let computing = tokio::spawn(async move { call(&endless, json!([])).await });
    until("all have begun", || gate.inside() == 1 && host.memory_in_use() > 0).await;
    tokio::task::yield_now().await;
    let cancelled = within(host.drain(Instant::now() + Duration::from_millis(50))).await;
    assert_eq!(cancelled, 3);
    for (call, id) in [(running, "app:caller"), (waiting, "app:caller"), (computing, "app:loop")] {
        let error = within(call).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Canceled);
        assert_eq!(error.message(), format!("{id}: canceled, the application is stopping"));
    }
    assert_eq!((gate.inside(), host.memory_in_use(), function.slots().taken()), (0, 0, 0));
}

#[tokio::test]
async fn a_host_without_calls_has_drained_at_once() {
    let host = host();
    assert_eq!(within(host.drain(later())).await, 0);
    let function = caller(&host, "app:caller", workers(1, 64)).await;
    assert_eq!(call(&function, json!(["a:b", ""])).await.unwrap_err().kind(), ErrorKind::Unavailable);
}
