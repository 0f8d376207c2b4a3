//! Instances of WASI 0.3 that serve several calls at a time: only where the entry asks, and only calls that nothing tells
//! apart.

use crate::support::{Variable, add, builder, call, call_in, guest, host, options, pool, spec, until, within};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use wippy_host::pool::{PoolFields, PoolSpec};
use wippy_host::{CallContext, EntrySpec, ErrorKind, Host, ManualClock, Reason, WasmFunction};

const SECOND: Duration = Duration::from_secs(1);

fn reuse(max_calls: u32) -> PoolSpec {
    pool(PoolFields::default().with_max_size(100).with_reuse_max_calls(max_calls))
}

fn entry(pool: PoolSpec) -> EntrySpec {
    spec("app:counted", "counted", pool).with_imports(["wasi:clocks"])
}

async fn counting(host: &Host, pool: PoolSpec) -> Arc<WasmFunction> {
    add(host, &guest(host, "shared-p3"), entry(pool)).await
}

/// A host whose guests wait until the clock is moved.
fn clocked() -> (Host, ManualClock) {
    let clock = ManualClock::new(Duration::ZERO);
    (builder(options()).clock(clock.clone()).build().unwrap(), clock)
}

fn start(counted: &Arc<WasmFunction>, what: &'static str) -> JoinHandle<wippy_host::Result<Json>> {
    let counted = counted.clone();
    tokio::spawn(async move { call(&counted, json!([what])).await })
}

/// What so many calls that are in at one time say: the number of each in its instance, and the most in one.
async fn together(counted: &Arc<WasmFunction>, clock: &ManualClock, calls: usize) -> (Vec<u64>, u64) {
    let mut started = Vec::new();
    for count in 1..=calls {
        started.push(start(counted, "wait"));
        until("it is in", || clock.sleepers() == count).await;
    }
    clock.advance(SECOND);
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
    let (host, clock) = clocked();
    let counted = counting(&host, reuse(1000)).await;
    assert_eq!(together(&counted, &clock, 10).await, ((1..=10).collect(), 10));
    // It waits for the next ones, as any instance that is reused.
    until("it is kept", || counted.ready() == 1).await;
    assert_eq!(together(&counted, &clock, 1).await, (vec![11], 10));
}

#[tokio::test]
async fn an_instance_takes_sixteen_calls_at_a_time_and_as_many_in_all_as_the_entry_says() {
    let (host, clock) = clocked();
    let counted = counting(&host, reuse(1000)).await;
    let (numbers, most) = together(&counted, &clock, 20).await;
    assert_eq!((numbers.iter().collect::<BTreeSet<_>>().len(), most), (16, 16), "{numbers:?}");
    let three = counting(&host, reuse(3)).await;
    assert_eq!(together(&three, &clock, 5).await, (vec![1, 1, 2, 2, 3], 3));
}

#[tokio::test]
async fn a_burst_of_calls_fills_instances_before_it_opens_more() {
    let (host, clock) = clocked();
    let counted = counting(&host, reuse(1000)).await;
    let burst: Vec<_> = (0..40).map(|_| start(&counted, "wait")).collect();
    until("all are in", || clock.sleepers() == 40).await;
    clock.advance(SECOND);
    let mut instances = 0;
    for call in burst {
        instances += usize::from(within(call).await.unwrap().unwrap()[0] == 1);
    }
    // On one thread: sixteen, sixteen and eight.
    assert_eq!(instances, 3);
}

#[tokio::test]
async fn calls_find_seats_in_instances_that_are_open_where_the_host_has_no_room_for_another() {
    let clock = ManualClock::new(Duration::ZERO);
    let mut options = options();
    (options.max_instances, options.nested_instances) = (1, Some(0));
    let host = builder(options).clock(clock.clone()).build().unwrap();
    let counted = counting(&host, reuse(1000)).await;
    let calls: Vec<_> = (0..16).map(|_| start(&counted, "wait")).collect();
    until("all are in", || clock.sleepers() == 16).await;
    clock.advance(SECOND);
    for call in calls {
        assert_eq!(within(call).await.unwrap().unwrap()[1], 16);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_waits_for_a_guest_that_computes_in_its_instance() {
    let host = host();
    let mut entry = entry(reuse(1000));
    entry.limits.max_execution = Some(Duration::from_secs(60));
    let counted = add(&host, &guest(&host, "shared-p3"), entry).await;
    let endless = start(&counted, "spin");
    until("it computes", || host.memory_in_use() > 0).await;
    for _ in 0..20 {
        within(call(&counted, json!([""]))).await.unwrap();
    }
    assert!(!endless.is_finished(), "they waited for its end");
    endless.abort();
}

#[tokio::test]
async fn without_reuse_every_call_has_an_instance_of_its_own() {
    let (host, clock) = clocked();
    for pool in [PoolSpec::INLINE, reuse(1)] {
        let counted = counting(&host, pool).await;
        assert_eq!(together(&counted, &clock, 3).await, (vec![1, 1, 1], 1));
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
            let said = call_in(context, &counted, json!([""])).await.unwrap();
            assert_eq!(said, json!([1, 1]), "{:?}", context.actor());
        }
    }
}

#[tokio::test]
async fn a_component_that_calls_other_functions_shares_no_instance() {
    // What it calls is called in the name of its instance's call: chain, deadline and actor are that one's.
    let host = host();
    let mut spec = spec("app:call", "call", reuse(1000)).with_imports(["funcs"]);
    spec.limits.max_call_depth = 2;
    let caller = add(&host, &guest(&host, "probe-async-funcs"), spec).await;
    for _ in 0..3 {
        let said = call(&caller, json!(["app:nobody", []])).await.unwrap();
        assert_eq!(said["err"]["failed"]["kind"], "not-found");
        assert_eq!(caller.ready(), 0);
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_those_beside_it_alone_and_its_instance_takes_no_other() {
    let (host, clock) = clocked();
    let counted = counting(&host, reuse(1000)).await;
    let stays = start(&counted, "wait");
    until("it is in", || clock.sleepers() == 1).await;
    let goes = start(&counted, "wait");
    until("both are in", || clock.sleepers() == 2).await;
    goes.abort();
    assert!(goes.await.unwrap_err().is_cancelled());
    let other = start(&counted, "wait");
    until("the third is in", || clock.sleepers() == 3).await;
    clock.advance(SECOND);
    assert_eq!(within(stays).await.unwrap().unwrap()[1], 2);
    assert_eq!(within(other).await.unwrap().unwrap(), json!([1, 1]), "in another instance");
    until("only the other is kept", || counted.ready() == 1).await;
}

#[tokio::test]
async fn a_trap_ends_the_calls_of_its_instance_and_no_other() {
    let (host, clock) = clocked();
    let counted = counting(&host, reuse(1000)).await;
    let beside = start(&counted, "wait");
    until("it is in", || clock.sleepers() == 1).await;
    for ended in [start(&counted, "trap"), beside] {
        let error = within(ended).await.unwrap().unwrap_err();
        assert_eq!(error.reason(), Reason::Trap, "{error}");
        assert!(error.message().starts_with("app:counted: counted trapped: "), "{error}");
    }
    until("what waited is dropped", || clock.sleepers() == 0).await;
    assert_eq!(call(&counted, json!([""])).await.unwrap(), json!([1, 1]), "a fresh one");
}

#[tokio::test]
async fn an_instance_of_an_older_environment_takes_no_further_call() {
    let clock = ManualClock::new(Duration::ZERO);
    let variable = Variable::default();
    let host = builder(options()).clock(clock.clone()).environment(variable.clone()).build().unwrap();
    let counted = counting(&host, reuse(1000)).await;
    let first = start(&counted, "wait");
    until("it is in", || clock.sleepers() == 1).await;
    variable.change(Some("new"));
    assert_eq!(call(&counted, json!([""])).await.unwrap(), json!([1, 1]), "in another instance");
    clock.advance(SECOND);
    assert_eq!(within(first).await.unwrap().unwrap(), json!([1, 1]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_computes_without_end_ends_at_its_deadline_and_its_instance_goes() {
    let host = host();
    let mut entry = entry(reuse(1000));
    entry.limits.max_execution = Some(Duration::from_secs(2));
    let counted = add(&host, &guest(&host, "shared-p3"), entry).await;
    let endless = start(&counted, "spin");
    // Nobody waits for a guest that computes: whoever comes meanwhile has another instance.
    until("it computes", || host.memory_in_use() > 0).await;
    let error = within(endless).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Timeout, Reason::ExecutionTime));
    until("its memory is free", || host.memory_in_use() == 0).await;
    assert_eq!(call(&counted, json!([""])).await.unwrap(), json!([1, 1]));
}

#[tokio::test]
async fn what_goes_on_behind_the_last_call_ends_with_the_entrys_time() {
    let (host, clock) = clocked();
    let mut entry = entry(reuse(1000));
    entry.limits.max_execution = Some(Duration::from_secs(1));
    let counted = add(&host, &guest(&host, "shared-p3"), entry).await;
    assert_eq!(call(&counted, json!(["behind"])).await.unwrap(), json!([1, 1]));
    until("it waits", || clock.sleepers() == 1).await;
    // An hour by the guest's clock, which nobody moves; the entry's limit is real time.
    until("it is dropped", || clock.sleepers() == 0).await;
    assert_eq!(counted.ready(), 0);
}
