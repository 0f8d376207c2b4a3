//! Instances of WASI 0.3 that serve several calls at a time: only where the entry asks, and only calls that nothing tells
//! apart.

use crate::support::{Gate, add, call, call_in, guest, host, pool, spec, until, within};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use wippy_host::pool::{PoolFields, PoolSpec};
use wippy_host::{CallContext, ErrorKind, Host, Reason, WasmFunction};

fn reuse(max_calls: u32) -> PoolSpec {
    pool(PoolFields { max_size: Some(100), reuse_max_calls: Some(max_calls), ..PoolFields::default() })
}

async fn counting(host: &Host, pool: PoolSpec) -> Arc<WasmFunction> {
    add(host, &guest(host, "probe-async-funcs"), spec("app:counted", "counted", pool)).await
}

fn start(counted: &Arc<WasmFunction>, target: &str) -> JoinHandle<wippy_host::Result<Json>> {
    let (counted, target) = (counted.clone(), target.to_owned());
    tokio::spawn(async move { call(&counted, json!([target])).await })
}

/// What so many calls that are in at one time say: the number of each in its instance, and the most in one.
async fn together(counted: &Arc<WasmFunction>, gate: &Gate, calls: usize) -> (Vec<u64>, u64) {
    let started: Vec<_> = (0..calls).map(|_| start(counted, "app:gate")).collect();
    until("all are in", || gate.inside() == calls).await;
    gate.let_go(calls);
    let (mut numbers, mut most) = (Vec::new(), 0);
    for call in started {
        let said = within(call).await.unwrap().unwrap();
        numbers.push(said[0].as_u64().unwrap());
        most = most.max(said[1].as_u64().unwrap());
    }
    numbers.sort_unstable();
    (numbers, most)
}

#[tokio::test]
async fn many_calls_are_in_flight_on_one_instance_where_reuse_allows_it() {
    let host = host();
    let gate = Gate::register(&host, "app:gate");
    let counted = counting(&host, reuse(1000)).await;
    assert_eq!(together(&counted, &gate, 10).await, ((1..=10).collect(), 10));
    // It waits for the next ones, as any instance that is reused.
    until("it is kept", || counted.ready() == 1).await;
    assert_eq!(together(&counted, &gate, 1).await, (vec![11], 10));
}

#[tokio::test]
async fn an_instance_takes_sixteen_calls_at_a_time_and_as_many_in_all_as_the_entry_says() {
    let host = host();
    let gate = Gate::register(&host, "app:gate");
    let counted = counting(&host, reuse(1000)).await;
    let (numbers, most) = together(&counted, &gate, 20).await;
    assert_eq!((numbers.iter().collect::<BTreeSet<_>>().len(), most), (16, 16), "{numbers:?}");
    let three = counting(&host, reuse(3)).await;
    assert_eq!(together(&three, &gate, 5).await, (vec![1, 1, 2, 2, 3], 3));
}

#[tokio::test]
async fn without_reuse_every_call_has_an_instance_of_its_own() {
    let host = host();
    let gate = Gate::register(&host, "app:gate");
    for pool in [PoolSpec::INLINE, reuse(1)] {
        let counted = counting(&host, pool).await;
        assert_eq!(together(&counted, &gate, 3).await, (vec![1, 1, 1], 1));
    }
}

#[tokio::test]
async fn a_call_that_acts_for_somebody_shares_no_instance() {
    let host = host();
    let counted = counting(&host, reuse(1000)).await;
    let contexts = [
        CallContext::builder().actor("ann").build(),
        CallContext::builder().scope("team").build(),
        CallContext::builder().trace("t").build(),
        CallContext::builder().value("tenant", json!(1)).build(),
    ];
    for context in &contexts {
        for _ in 0..2 {
            let said = call_in(context, &counted, json!(["app:nobody"])).await.unwrap();
            assert_eq!(said, json!([1, 1]), "{:?}", context.actor());
        }
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_those_beside_it_alone_and_its_instance_takes_no_other() {
    let host = host();
    let gate = Gate::register(&host, "app:gate");
    let counted = counting(&host, reuse(1000)).await;
    let (stays, goes) = (start(&counted, "app:gate"), start(&counted, "app:gate"));
    until("both are in", || gate.inside() == 2).await;
    goes.abort();
    assert!(goes.await.unwrap_err().is_cancelled());
    let other = start(&counted, "app:gate");
    until("the third is in", || gate.inside() == 3).await;
    gate.let_go(3);
    assert_eq!(within(stays).await.unwrap().unwrap()[1], 2);
    assert_eq!(within(other).await.unwrap().unwrap(), json!([1, 1]), "in another instance");
    until("only the other is kept", || counted.ready() == 1).await;
}

#[tokio::test]
async fn a_trap_ends_the_calls_of_its_instance_and_no_other() {
    let host = host();
    let gate = Gate::register(&host, "app:gate");
    let counted = counting(&host, reuse(1000)).await;
    let beside = start(&counted, "app:gate");
    until("it is in", || gate.inside() == 1).await;
    for ended in [start(&counted, "trap"), beside] {
        let error = within(ended).await.unwrap().unwrap_err();
        assert_eq!(error.reason(), Reason::Trap, "{error}");
        assert!(error.message().starts_with("app:counted: counted trapped: "), "{error}");
    }
    until("what it called is dropped", || gate.inside() == 0).await;
    assert_eq!(call(&counted, json!(["app:nobody"])).await.unwrap(), json!([1, 1]), "a fresh one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_computes_without_end_ends_at_its_deadline_and_its_instance_goes() {
    let host = host();
    let mut entry = spec("app:counted", "counted", reuse(1000));
    entry.limits.max_execution = Some(Duration::from_secs(2));
    let counted = add(&host, &guest(&host, "probe-async-funcs"), entry).await;
    let error = call(&counted, json!(["spin"])).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Timeout, Reason::ExecutionTime));
    until("its memory is free", || host.memory_in_use() == 0).await;
    assert_eq!(call(&counted, json!(["app:nobody"])).await.unwrap(), json!([1, 1]));
}
