//! Chains that would wait for themselves, and those that only seem to.

use super::{WaitGraph, enter, model, once, slots};
use crate::pool::{Calls, Slots};
use crate::{CallContext, Error, ErrorKind, Reason};
use shuttle::future::{block_on, spawn, yield_now};
use std::sync::Arc;

fn assert_clean(waits: &WaitGraph) {
    assert!(waits.is_empty(), "somebody is known to wait still");
}

/// Calls `path[0]`, which calls `path[1]`, and so on; each holds its slot until its callee has ended.
fn chain(
    context: CallContext,
    path: Vec<(&'static str, Slots)>,
) -> futures::future::BoxFuture<'static, Result<(), Error>> {
    Box::pin(async move {
        let Some((first, rest)) = path.split_first() else { return Ok(()) };
        let (context, _permit) = first.1.acquire(enter(&context, first.0)).await?;
        yield_now().await;
        chain(context, rest.to_vec()).await
    })
}

fn told(error: &Error) -> (ErrorKind, Reason, &str) {
    (error.kind(), error.reason(), error.message())
}

#[test]
fn a_function_that_calls_itself_in_its_only_slot_is_told_so() {
    once(|| {
        let calls = Arc::new(Calls::default());
        let a = slots(&calls, "a:x", 1, 64);
        let b = slots(&calls, "b:y", 1, 64);
        let error = block_on(chain(CallContext::new(), vec![("a:x", a.clone()), ("a:x", a.clone())])).unwrap_err();
        let said = "function would wait for its own pool slot: a:x -> a:x";
        assert_eq!(told(&error), (ErrorKind::Conflict, Reason::WaitCycle, said));
        assert_eq!(error.remedy(), Some("raise pool.workers of a:x, or call less deep"));
        let path = vec![("a:x", a.clone()), ("b:y", b), ("a:x", a)];
        let error = block_on(chain(CallContext::new(), path)).unwrap_err();
        assert_eq!(error.message(), "function would wait for its own pool slot: a:x -> b:y -> a:x");
        assert_clean(&calls.waits);
    });
}

#[test]
fn two_chains_that_wait_for_each_other_end_and_one_of_them_well() {
    model(|| {
        let calls = Arc::new(Calls::default());
        let (a, b) = (slots(&calls, "a:x", 1, 64), slots(&calls, "b:y", 1, 64));
        let there = spawn(chain(CallContext::new(), vec![("a:x", a.clone()), ("b:y", b.clone())]));
        let back = spawn(chain(CallContext::new(), vec![("b:y", b), ("a:x", a)]));
        let (there, back) = block_on(async { (there.await.unwrap(), back.await.unwrap()) });
        assert!(there.is_ok() || back.is_ok(), "both were refused");
        for (error, said) in [(there.err(), "a:x -> b:y -> a:x"), (back.err(), "b:y -> a:x -> b:y")] {
            let Some(error) = error else { continue };
            assert_eq!(error.message(), format!("function would wait for its own pool slot: {said}"));
        }
        assert_clean(&calls.waits);
    });
}

#[test]
fn slots_that_are_all_held_by_calls_that_wait_for_another_are_no_deadlock() {
    model(|| {
        let calls = Arc::new(Calls::default());
        let a = slots(&calls, "a:x", 2, 64);
        let tasks: Vec<_> =
            (0..3).map(|_| spawn(chain(CallContext::new(), vec![("a:x", a.clone()), ("a:x", a.clone())]))).collect();
        let results = block_on(futures::future::join_all(tasks));
        let (good, refused): (Vec<_>, Vec<_>) = results.into_iter().map(Result::unwrap).partition(Result::is_ok);
        assert!(!good.is_empty(), "all were refused");
        for error in refused.into_iter().filter_map(Result::err) {
            assert_eq!(error.reason(), Reason::WaitCycle);
        }
        assert_clean(&calls.waits);
    });
}

#[test]
fn three_chains_in_a_ring_end() {
    model(|| {
        let calls = Arc::new(Calls::default());
        let ring = ["a:x", "b:y", "c:z"].map(|id| (id, slots(&calls, id, 1, 64)));
        let tasks: Vec<_> = (0..3)
            .map(|first| spawn(chain(CallContext::new(), vec![ring[first].clone(), ring[(first + 1) % 3].clone()])))
            .collect();
        let results = block_on(futures::future::join_all(tasks));
        let refused = results.into_iter().filter_map(|result| result.unwrap().err());
        assert!(refused.inspect(|error| assert_eq!(error.reason(), Reason::WaitCycle)).count() <= 1);
        assert_clean(&calls.waits);
    });
}

/// Calls that nest into a pool which others hold wait for as long as it takes: those others end.
#[test]
fn plain_contention_is_no_cycle() {
    model(|| {
        let calls = Arc::new(Calls::default());
        let (a, b) = (slots(&calls, "a:x", 2, 64), slots(&calls, "b:y", 1, 64));
        let mut tasks: Vec<_> =
            (0..3).map(|_| spawn(chain(CallContext::new(), vec![("a:x", a.clone()), ("b:y", b.clone())]))).collect();
        tasks.push(spawn(chain(CallContext::new(), vec![("b:y", b)])));
        for result in block_on(futures::future::join_all(tasks)) {
            result.unwrap().unwrap();
        }
        assert_clean(&calls.waits);
    });
}

/// One call that has several nested calls in flight: those that run let the one that waits in.
#[test]
fn several_calls_in_flight_under_one_are_no_cycle() {
    model(|| {
        let calls = Arc::new(Calls::default());
        let a = slots(&calls, "a:x", 2, 64);
        block_on(async {
            let (context, _permit) = a.acquire(enter(&CallContext::new(), "a:x")).await.unwrap();
            let nested = || spawn(chain(context.clone(), vec![("a:x", a.clone())]));
            let results = futures::future::join_all([nested(), nested()]).await;
            results.into_iter().for_each(|result| result.unwrap().unwrap());
        });
        assert_clean(&calls.waits);
    });
}

/// What a call starts and does not wait for is no part of its chain.
#[test]
fn a_detached_call_may_wait_for_its_starter() {
    model(|| {
        let calls = Arc::new(Calls::default());
        let a = slots(&calls, "a:x", 1, 64);
        block_on(async {
            let (context, permit) = a.acquire(enter(&CallContext::new(), "a:x")).await.unwrap();
            let started = spawn(chain(context.detached().build(), vec![("a:x", a.clone())]));
            yield_now().await;
            drop(permit);
            started.await.unwrap().unwrap();
        });
    });
}
