//! Instances that serve several calls: only where the entry asks, only one at a time, only while they are well.

use crate::support::{
    Gate, Variable, add, builder, call, call_in, guest, host, mapped, options, pool, small, spec, start, until,
};
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use wippy_host::pool::{PoolFields, PoolSpec};
use wippy_host::{CallContext, CapturedOutput, EntrySpec, Reason, WasmFunction};

fn reuse(max_calls: u32) -> PoolSpec {
    pool(PoolFields::default().with_max_size(8).with_reuse_max_calls(max_calls))
}

fn counting(pool: PoolSpec) -> EntrySpec {
    spec("app:count", "count", pool)
}

/// What `count` says, three times.
async fn counted(count: &WasmFunction) -> [u64; 3] {
    let mut counts = [0; 3];
    for count_of in &mut counts {
        *count_of = call(count, json!([])).await.unwrap().as_u64().unwrap();
    }
    counts
}

#[tokio::test]
async fn an_instance_serves_as_many_calls_as_the_entry_says_and_no_more() {
    let host = host();
    let misbehave = guest(&host, "misbehave");
    let three = add(&host, &misbehave, counting(reuse(3))).await;
    assert_eq!([counted(&three).await, counted(&three).await], [[1, 2, 3], [1, 2, 3]]);
    assert_eq!(three.ready(), 0);
    for fresh in [PoolSpec::INLINE, PoolSpec::default(), reuse(1)] {
        let fresh = add(&host, &misbehave, counting(fresh)).await;
        assert_eq!(counted(&fresh).await, [1, 1, 1]);
    }
}

#[tokio::test]
async fn two_calls_at_one_time_never_share_an_instance() {
    let host = host();
    let gate = Gate::register(&host, "app:gate");
    let caller = add(&host, &guest(&host, "probe-funcs"), spec("app:caller", "call-string", reuse(100))).await;
    for _ in 0..2 {
        let calls: Vec<_> = (0..4).map(|_| start(&caller, "app:gate")).collect();
        // A guest that is inside of a call cannot be entered: had two shared one, one would have trapped.
        until("four run", || gate.inside() == 4).await;
        gate.let_go(4);
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap()["ok"], "through");
        }
        assert_eq!(caller.ready(), 4);
    }
}

/// An entry of `traps.wat`-like behaviour: traps where it is told to, counts otherwise.
const COUNTS_OR_TRAPS: &str = "(component
    (core module $m
        (global $count (mut i32) (i32.const 0))
        (func (export \"run\") (param $what i32) (result i32)
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (if (i32.eq (local.get $what) (i32.const 1)) (then unreachable))
            (if (i32.eq (local.get $what) (i32.const 2)) (then (loop $l (br $l))))
            (global.get $count)))
    (core instance $i (instantiate $m))
    (func (export \"run\") (param \"what\" s32) (result s32) (canon lift (core func $i \"run\"))))";

#[tokio::test]
async fn an_instance_that_trapped_was_cancelled_or_out_of_time_serves_nobody() {
    let host = host();
    let mut entry = spec("app:run", "run", reuse(100));
    entry.limits.max_execution = Some(Duration::from_secs(1));
    let run = add(&host, &host.compile(COUNTS_OR_TRAPS).unwrap(), entry).await;
    let next = async || call(&run, json!([0])).await.unwrap().as_u64().unwrap();
    assert_eq!((next().await, next().await), (1, 2));
    assert_eq!(call(&run, json!([1])).await.unwrap_err().reason(), Reason::Trap);
    assert_eq!((run.ready(), next().await, next().await), (0, 1, 2));
    assert_eq!(call(&run, json!([2])).await.unwrap_err().reason(), Reason::ExecutionTime);
    assert_eq!((run.ready(), next().await, next().await), (0, 1, 2));
    let token = CancellationToken::new();
    let context = CallContext::builder().cancellation(token.clone()).build();
    let mut cancelled = Box::pin(call_in(&context, &run, json!([2])));
    assert!(futures::poll!(&mut cancelled).is_pending());
    token.cancel();
    assert!(cancelled.await.is_err());
    assert_eq!((run.ready(), next().await), (0, 1));
    assert_eq!(run.ready(), 1);
    let context = CallContext::new();
    let mut dropped = Box::pin(call_in(&context, &run, json!([2])));
    assert!(futures::poll!(&mut dropped).is_pending());
    drop(dropped);
    assert_eq!((run.ready(), next().await), (0, 1));
}

#[tokio::test]
async fn an_instance_that_exited_serves_nobody() {
    let host = host();
    let exit = add(&host, &guest(&host, "probe-cli"), spec("app:exit", "exit-quietly", reuse(100))).await;
    // An exit with success is a result of a function that returns nothing.
    assert!(call(&exit, json!([true])).await.is_ok());
    assert_eq!(exit.ready(), 0);
    assert!(call(&exit, json!([false])).await.is_err());
    assert_eq!(exit.ready(), 0);
}

#[tokio::test]
async fn a_changed_variable_ends_the_reuse() {
    let variable = Variable::default();
    variable.change(Some("old"));
    let host = builder(options()).environment(variable.clone()).build().unwrap();
    let entry = spec("app:environment", "environment", reuse(100)).with_section("wasi", mapped(true));
    let environment = add(&host, &guest(&host, "probe-cli"), entry).await;
    for value in ["old", "new", "newer"] {
        variable.change(Some(value));
        for _ in 0..2 {
            assert_eq!(call(&environment, json!([])).await.unwrap(), json!([["NAME", value]]));
        }
    }
    assert_eq!(environment.ready(), 1);
}

/// Keeps lines with the number of calls that had ended when they came.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl wippy_host::Output for Lines {
    fn line(&self, _: &str, _: wippy_host::OutputStream, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

#[tokio::test]
async fn a_line_without_an_end_belongs_to_the_call_that_wrote_it() {
    let lines = Lines::default();
    let host = builder(options()).output(lines.clone()).build().unwrap();
    let print = add(&host, &guest(&host, "probe-cli"), spec("app:print", "write-stdout", reuse(100))).await;
    call(&print, json!(["one"])).await.unwrap();
    assert_eq!((lines.0.lock().unwrap().as_slice(), print.ready()), (&["one".to_owned()][..], 1));
    call(&print, json!(["two"])).await.unwrap();
    assert_eq!(*lines.0.lock().unwrap(), ["one", "two"]);
    // One call's own output never meets an instance that others use.
    let captured = CapturedOutput::default();
    let context = CallContext::builder().output(Arc::new(captured.clone())).build();
    call_in(&context, &print, json!(["three"])).await.unwrap();
    assert_eq!(captured.lines().len(), 1);
    assert_eq!(lines.0.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn kept_instances_give_way_where_the_host_is_full() {
    let host = small(2, 1);
    let misbehave = guest(&host, "misbehave");
    let kept = add(&host, &misbehave, counting(reuse(100))).await;
    assert_eq!(counted(&kept).await, [1, 2, 3]);
    assert_eq!(kept.ready(), 1);
    let other = add(&host, &misbehave, spec("app:other", "echo", PoolSpec::INLINE)).await;
    assert_eq!(call(&other, json!(["room"])).await.unwrap(), "room");
    assert_eq!(kept.ready(), 0);
    assert_eq!(counted(&kept).await, [1, 2, 3]);
}
