//! What is counted of an entry while it runs, waits, fails and is replaced.

use crate::support::{Gate, add, builder, call, call_in, caller, guest, options, pool, spec, start, until, workers};
use serde_json::json;
use std::time::Duration;
use wippy_host::metrics::{EntrySnapshot, Metrics, Outcome};
use wippy_host::policy::network::NetworkPolicy;
use wippy_host::pool::{PoolFields, WarmStart};
use wippy_host::{CallContext, CallRequest, Host, Policy, Result};

fn counted() -> (Host, Metrics) {
    let metrics = Metrics::new();
    (builder(options()).metrics(metrics.clone()).build().unwrap(), metrics)
}

#[track_caller]
fn of(metrics: &Metrics, id: &str) -> EntrySnapshot {
    let found = metrics.snapshot().into_iter().find(|(entry, _)| &**entry == id);
    found.unwrap_or_else(|| panic!("nothing of {id}")).1
}

fn ended(snapshot: &EntrySnapshot) -> Vec<(&'static str, u64)> {
    let some = snapshot.calls.iter().filter(|(_, count)| *count > 0);
    some.map(|(outcome, count)| (outcome.as_str(), *count)).collect()
}

#[tokio::test]
async fn calls_that_run_wait_and_end_are_counted_with_what_they_hold() {
    let (host, metrics) = counted();
    let gate = Gate::register(&host, "app:gate");
    let function = caller(&host, "app:caller", workers(1, 1)).await;
    let first = start(&function, "app:gate");
    until("the first runs", || gate.inside() == 1).await;
    let second = start(&function, "app:gate");
    until("the second waits", || of(&metrics, "app:caller").waiting == 1).await;
    assert!(call(&function, json!(["app:gate", ""])).await.is_err());
    let now = of(&metrics, "app:caller");
    assert_eq!((now.running, now.instances, now.ready), (2, 1, 0));
    assert_eq!(now.memory_bytes, host.memory_in_use());
    assert!(now.memory_bytes > 0);
    gate.let_go(2);
    assert!(first.await.unwrap().is_ok() && second.await.unwrap().is_ok());
    let now = of(&metrics, "app:caller");
    assert_eq!(ended(&now), [("ok", 2), ("Unavailable", 1)]);
    assert_eq!((now.running, now.waiting, now.took.count, now.waited.count), (0, 0, 3, 1));
    assert!(now.took.sum > 0.0 && now.waited.sum > 0.0);
    until("the instances are gone", || of(&metrics, "app:caller").instances == 0).await;
    assert_eq!(of(&metrics, "app:caller").memory_bytes, 0);
}

#[tokio::test]
async fn a_call_whose_caller_goes_away_is_counted_as_dropped_and_one_out_of_time_by_its_kind() {
    let (host, metrics) = counted();
    let gate = Gate::register(&host, "app:gate");
    let function = caller(&host, "app:caller", workers(1, 1)).await;
    let call = start(&function, "app:gate");
    until("it runs", || gate.inside() == 1).await;
    call.abort();
    until("it is dropped", || of(&metrics, "app:caller").running == 0).await;
    let hurried = CallContext::builder().timeout(Duration::from_millis(20)).build();
    assert!(call_in(&hurried, &function, json!(["app:gate", ""])).await.is_err());
    assert_eq!(ended(&of(&metrics, "app:caller")), [("Timeout", 1), ("dropped", 1)]);
}

#[tokio::test]
async fn traps_denials_and_arguments_that_do_not_fit_are_counted_where_they_happen() {
    let (host, metrics) = counted();
    let misbehave = guest(&host, "misbehave");
    let traps = add(&host, &misbehave, spec("app:traps", "unreachable-trap", pool(PoolFields::default()))).await;
    assert!(call(&traps, json!([])).await.is_err());
    assert!(call(&traps, json!([1, 2, 3])).await.is_err());
    let now = of(&metrics, "app:traps");
    assert_eq!((now.traps, now.not_granted, ended(&now)), (1, 0, vec![("Invalid", 1), ("Internal", 1)]));

    let mut denied = spec("app:denied", "call-string", pool(PoolFields::default()));
    denied.imports = vec!["wasi:io".into()];
    let denied = add(&host, &guest(&host, "probe-funcs"), denied).await;
    for _ in 0..2 {
        assert!(call(&denied, json!(["app:gate", ""])).await.is_err());
    }
    let now = of(&metrics, "app:denied");
    assert_eq!((now.traps, now.not_granted, now.refused), (0, 2, 0));
    assert_eq!(ended(&now), [("PermissionDenied", 2)]);
}

/// Nobody calls anybody.
struct Alone;

impl NetworkPolicy for Alone {}

impl Policy for Alone {
    fn call(&self, request: &CallRequest<'_>) -> Result<()> {
        Err(request.denied())
    }
}

#[tokio::test]
async fn what_the_policy_refuses_is_counted_of_the_entry_that_asked() {
    let metrics = Metrics::new();
    let host = builder(options()).metrics(metrics.clone()).policy(Alone).build().unwrap();
    let function = caller(&host, "app:caller", pool(PoolFields::default())).await;
    assert!(call(&function, json!(["app:gate", ""])).await.unwrap().get("err").is_some());
    let now = of(&metrics, "app:caller");
    assert_eq!((now.refused, now.not_granted, ended(&now)), (1, 0, vec![("ok", 1)]));
}

#[tokio::test]
async fn instances_that_are_prepared_are_ready_and_numbers_go_on_where_an_entry_is_replaced() {
    let (host, metrics) = counted();
    let warm = || pool(PoolFields::default().with_workers(2).with_warm_start(WarmStart::All));
    let first = caller(&host, "app:caller", warm()).await;
    until("two are ready", || of(&metrics, "app:caller").ready == 2).await;
    assert_eq!(of(&metrics, "app:caller").instances, 2);
    let gate = Gate::register(&host, "app:gate");
    gate.let_go(2);
    call(&first, json!(["app:gate", ""])).await.unwrap();
    let second = caller(&host, "app:caller", warm()).await;
    drop(first);
    call(&second, json!(["app:gate", ""])).await.unwrap();
    assert_eq!(ended(&of(&metrics, "app:caller")), [("ok", 2)]);
    host.functions().exchange(&["app:caller".into()], Vec::new());
    drop(second);
    until("nothing is known of it", || metrics.snapshot().iter().all(|(id, _)| &**id != "app:caller")).await;
}

#[test]
fn outcomes_have_the_names_of_kinds() {
    let names: Vec<_> = Outcome::all().map(Outcome::as_str).collect();
    assert_eq!((names[0], names[1], names[11]), ("ok", "NotFound", "dropped"));
}
