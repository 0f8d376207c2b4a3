//! Chains of calls that would wait for themselves.

use crate::support::{Gate, add, call, caller, guest, host, small, spec, start, until, within, workers};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Barrier;
use wippy_host::pool::{PoolFields, PoolSpec};
use wippy_host::{Function, Host, Value, function};

#[tokio::test]
async fn a_static_function_of_one_worker_that_calls_itself_gets_an_error_and_no_deadlock() {
    let host = host();
    let relay = add(&host, &guest(&host, "probe-funcs"), spec("app:relay", "relay", workers(1, 64))).await;
    assert_eq!(
        call(&relay, json!(["app:relay"])).await.unwrap()["err"],
        "function would wait for its own pool slot: app:relay -> app:relay; raise pool.workers of app:relay, or call less \
         deep"
    );
    assert_eq!(relay.slots().taken(), 0);
}

/// Registers a function that meets all who are in it or its like, and then calls `target` under its caller's context.
fn meeting(host: &Host, id: &str, target: &'static str, barrier: Arc<Barrier>) {
    let functions = host.functions().clone();
    let meet = function(move |context, _| {
        let (functions, barrier) = (functions.clone(), barrier.clone());
        async move {
            barrier.wait().await;
            let target = functions.get(target).unwrap();
            target.call(&context, vec![Value::from("app:end"), Value::from("")]).await
        }
    });
    host.functions().register(id, meet).unwrap();
}

#[tokio::test]
async fn two_functions_that_call_each_other_at_one_time_both_end() {
    let host = host();
    let barrier = Arc::new(Barrier::new(2));
    host.functions().register("app:end", function(|_, _| async { Ok(Value::from("the end")) })).unwrap();
    meeting(&host, "app:to-a", "app:a", barrier.clone());
    meeting(&host, "app:to-b", "app:b", barrier);
    let (a, b) = (caller(&host, "app:a", workers(1, 64)).await, caller(&host, "app:b", workers(1, 64)).await);
    let (first, second) = (start(&a, "app:to-b"), start(&b, "app:to-a"));
    let results = [within(first).await.unwrap().unwrap(), within(second).await.unwrap().unwrap()];
    let refused: Vec<_> = results.iter().filter_map(|result| result["err"].as_str()).collect();
    assert_eq!(refused.len(), 1, "{results:?}");
    assert!(
        refused[0].starts_with("function would wait for its own pool slot: app:a -> app:b -> app:a")
            || refused[0].starts_with("function would wait for its own pool slot: app:b -> app:a -> app:b"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn slots_that_are_all_held_by_calls_that_want_another_are_answered() {
    let host = host();
    let barrier = Arc::new(Barrier::new(4));
    host.functions().register("app:end", function(|_, _| async { Ok(Value::from("the end")) })).unwrap();
    meeting(&host, "app:again", "app:a", barrier);
    let a = caller(&host, "app:a", workers(4, 64)).await;
    let calls: Vec<_> = (0..4).map(|_| start(&a, "app:again")).collect();
    let mut refused = 0;
    for call in calls {
        let result = within(call).await.unwrap().unwrap();
        refused += usize::from(result["err"].as_str().is_some_and(|error| error.contains("would wait for its own")));
    }
    assert!((1..4).contains(&refused), "{refused} of 4 were refused");
    assert_eq!(a.slots().taken(), 0);
}

/// One that has a slot waits for room in the host, which has those who want its slot: a full house is an error, no deadlock.
#[tokio::test]
async fn a_full_host_and_a_full_pool_that_wait_for_each_other_are_answered() {
    let host = small(2, 1);
    let gate = Gate::register(&host, "app:gate");
    host.functions().register("app:end", function(|_, _| async { Ok(Value::from("the end")) })).unwrap();
    let inline = caller(&host, "app:inline", PoolSpec::INLINE).await;
    let single = caller(&host, "app:single", workers(1, 64)).await;
    let functions = host.functions().clone();
    let inner = single.clone();
    let through = function(move |context, _| {
        let (functions, inner) = (functions.clone(), inner.clone());
        async move {
            functions.get("app:gate").unwrap().call(&context, Vec::new()).await?;
            inner.call(&context, vec![Value::from("app:end"), Value::from("")]).await
        }
    });
    host.functions().register("app:through", through).unwrap();
    // It has the only room of outermost calls, and will want the only slot.
    let first = start(&inline, "app:through");
    until("the first runs", || gate.inside() == 1).await;
    // This one takes the slot, and waits for room.
    let second = start(&single, "app:end");
    until("the slot is taken", || single.slots().taken() == 1).await;
    gate.let_go(1);
    let (first, second) = (within(first).await.unwrap().unwrap(), within(second).await.unwrap());
    assert!(first["err"].as_str().is_some_and(|error| error.contains("would wait for its own pool slot")), "{first}");
    assert_eq!(second.unwrap()["ok"], "the end");
}

#[tokio::test]
async fn a_lazy_pool_is_as_deep_as_its_slots() {
    let host = host();
    let lazy = PoolSpec::resolve(PoolFields::default().with_max_size(3));
    let relay = add(&host, &guest(&host, "probe-funcs"), spec("app:relay", "relay", lazy)).await;
    let said = call(&relay, json!(["app:relay"])).await.unwrap()["err"].as_str().unwrap().to_owned();
    assert!(said.contains("app:relay -> app:relay; raise pool.max_size of app:relay, or call less deep"), "{said}");
}
