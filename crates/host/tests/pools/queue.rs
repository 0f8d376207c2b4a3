//! Who runs, who waits, who is refused.

use crate::support::{Gate, add, call, call_in, caller, guest, host, spec, start, until, workers};
use serde_json::json;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use wippy_host::{CallContext, ErrorKind, Reason};

#[tokio::test]
async fn a_static_pool_runs_as_many_calls_as_it_has_workers_and_serves_the_rest_in_turn() {
    let host = host();
    let gate = Gate::register(&host, "app:gate");
    let function = caller(&host, "app:caller", workers(2, 64)).await;
    let calls: Vec<_> = (0..10).map(|_| start(&function, "app:gate")).collect();
    until("two run", || gate.inside() == 2).await;
    gate.let_go(10);
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap()["ok"], "through");
    }
    assert_eq!((gate.most(), function.slots().taken()), (2, 0));
}

#[tokio::test]
async fn a_call_beyond_the_queue_is_refused_with_the_keys_to_raise() {
    let host = host();
    let gate = Gate::register(&host, "app:gate");
    let function = caller(&host, "app:caller", workers(1, 1)).await;
    let first = start(&function, "app:gate");
    until("the first runs", || gate.inside() == 1).await;
    let context = CallContext::new();
    let mut second = Box::pin(call_in(&context, &function, json!(["app:gate", ""])));
    assert!(futures::poll!(&mut second).is_pending());
    let error = call(&function, json!(["app:gate", ""])).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Unavailable, Reason::PoolQueueFull));
    assert_eq!(
        error.to_string(),
        "app:caller: pool queue is full: 1 calls run and 1 wait; try again, or raise pool.workers or pool.buffer of the \
         entry"
    );
    // Whoever gives up makes room at once.
    drop(second);
    let third = start(&function, "app:gate");
    gate.let_go(2);
    assert!(first.await.unwrap().is_ok() && third.await.unwrap().is_ok());
}

#[tokio::test]
async fn a_waiting_call_ends_at_its_deadline_and_with_its_cancellation() {
    let host = host();
    let gate = Gate::register(&host, "app:gate");
    let function = caller(&host, "app:caller", workers(1, 64)).await;
    let first = start(&function, "app:gate");
    until("the first runs", || gate.inside() == 1).await;
    let hurried = CallContext::builder().timeout(Duration::from_millis(20)).build();
    let error = call_in(&hurried, &function, json!(["app:gate", ""])).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Timeout, Reason::ExecutionTime));
    assert_eq!(
        error.to_string(),
        "app:caller: the deadline passed while it waited for a slot of its pool; raise pool.workers of the entry, or give \
         the call more time"
    );
    let token = CancellationToken::new();
    let context = CallContext::builder().cancellation(token.clone()).build();
    let mut waiting = Box::pin(call_in(&context, &function, json!(["app:gate", ""])));
    assert!(futures::poll!(&mut waiting).is_pending());
    token.cancel();
    assert_eq!(waiting.await.unwrap_err().kind(), ErrorKind::Canceled);
    gate.let_go(1);
    assert!(first.await.unwrap().is_ok());
    gate.let_go(1);
    assert!(call(&function, json!(["app:gate", ""])).await.is_ok(), "the slot is lost");
}

#[tokio::test]
async fn nested_calls_and_outermost_ones_share_the_slots() {
    let host = host();
    let echo = add(&host, &guest(&host, "misbehave"), spec("app:echo", "echo", workers(1, 64))).await;
    let caller = caller(&host, "app:caller", workers(4, 64)).await;
    let outermost = CallContext::new().enter(&"app:test".into(), 64).unwrap();
    let (_, held) = echo.slots().acquire(outermost).await.unwrap();
    let context = CallContext::new();
    let mut nested = Box::pin(call_in(&context, &caller, json!(["app:echo", "served"])));
    assert!(futures::poll!(&mut nested).is_pending(), "a nested call passed by the pool");
    assert_eq!(echo.slots().taken(), 1);
    drop(held);
    assert_eq!(nested.await.unwrap()["ok"], "served");
}
