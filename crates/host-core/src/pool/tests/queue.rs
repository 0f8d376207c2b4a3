//! The queue: no more calls at once than slots, none lost, none overtaken.

use super::{enter, model, once, slots};
use crate::pool::Calls;
use crate::{CallContext, ErrorKind, Reason};
use futures::FutureExt;
use shuttle::future::{block_on, spawn, yield_now};
use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

#[test]
fn no_more_calls_run_than_there_are_slots_and_all_are_served() {
    model(|| {
        let calls = Arc::new(Calls::default());
        let slots = slots(&calls, "a:x", 2, 64);
        let running = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..5)
            .map(|_| {
                let (slots, running) = (slots.clone(), running.clone());
                spawn(async move {
                    let (_, permit) = slots.acquire(enter(&CallContext::new(), "a:x")).await.unwrap();
                    assert!(running.fetch_add(1, Ordering::SeqCst) < 2);
                    yield_now().await;
                    running.fetch_sub(1, Ordering::SeqCst);
                    drop(permit);
                })
            })
            .collect();
        block_on(async { futures::future::join_all(tasks).await.into_iter().for_each(|task| task.unwrap()) });
    });
}

#[test]
fn a_call_that_gives_up_in_the_queue_loses_no_slot_and_no_wake_up() {
    model(|| {
        let calls = Arc::new(Calls::default());
        let slots = slots(&calls, "a:x", 1, 2);
        let tasks: Vec<_> = (0..3)
            .map(|number| {
                let slots = slots.clone();
                spawn(async move {
                    let acquired = slots.acquire(enter(&CallContext::new(), "a:x"));
                    if number == 1 {
                        // Polled once or twice, then dropped: waiting, granted or done.
                        let mut acquired = std::pin::pin!(acquired);
                        if futures::poll!(&mut acquired).is_pending() {
                            yield_now().await;
                            drop(futures::poll!(&mut acquired));
                        }
                    } else {
                        let permit = acquired.await.unwrap();
                        yield_now().await;
                        drop(permit);
                    }
                })
            })
            .collect();
        block_on(async { futures::future::join_all(tasks).await.into_iter().for_each(|task| task.unwrap()) });
        let free = slots.acquire(enter(&CallContext::new(), "a:x")).now_or_never();
        assert!(free.is_some_and(|acquired| acquired.is_ok()), "the slot is lost");
    });
}

#[test]
fn calls_are_served_in_the_order_in_which_they_came() {
    model(|| {
        let calls = Arc::new(Calls::default());
        let slots = slots(&calls, "a:x", 1, 8);
        let served = Arc::new(Mutex::new(Vec::new()));
        block_on(async {
            let (_, first) = slots.acquire(enter(&CallContext::new(), "a:x")).await.unwrap();
            let mut waiting = Vec::new();
            for number in 0..3 {
                let mut acquired = Box::pin({
                    let slots = slots.clone();
                    async move { slots.acquire(enter(&CallContext::new(), "a:x")).await.unwrap() }
                });
                assert!(futures::poll!(&mut acquired).is_pending());
                let served = served.clone();
                waiting.push(spawn(async move {
                    let (_, permit) = acquired.await;
                    served.lock().unwrap().push(number);
                    drop(permit);
                }));
            }
            drop(first);
            futures::future::join_all(waiting).await;
        });
        assert_eq!(*served.lock().unwrap(), [0, 1, 2]);
    });
}

#[test]
fn the_queue_holds_its_buffer_and_refuses_the_next() {
    once(|| {
        let calls = Arc::new(Calls::default());
        let slots = slots(&calls, "a:x", 1, 1);
        block_on(async {
            let context = || enter(&CallContext::new(), "a:x");
            let (_, first) = slots.acquire(context()).await.unwrap();
            let mut second = Box::pin(slots.acquire(context()));
            assert!(futures::poll!(&mut second).is_pending());
            let error = slots.acquire(context()).await.err().unwrap();
            assert_eq!((error.kind(), error.reason()), (ErrorKind::Unavailable, Reason::PoolQueueFull));
            assert_eq!(
                error.to_string(),
                "a:x: pool queue is full: 1 calls run and 1 wait; try again, or raise pool.workers or pool.buffer of the \
                 entry"
            );
            // Whoever gives up makes room at once.
            drop(second);
            let mut third = Box::pin(slots.acquire(context()));
            assert!(futures::poll!(&mut third).is_pending());
            drop(first);
            assert!(third.await.is_ok());
        });
    });
}
