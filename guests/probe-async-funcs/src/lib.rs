//! Asynchronous calls of other functions.

wit_bindgen::generate!({
    world: "demo:probe-async-funcs/probe-async-funcs",
    path: ["../../wit/wippy-runtime-0.2/funcs.wit", "wit"],
    generate_all,
});

use demo::probe_async_funcs::later;
use std::future::{poll_fn, Future};
use std::pin::pin;
use std::task::Poll;
use wippy::runtime::async_funcs;
use wippy::runtime::values::Node;

struct Probe;
export!(Probe);

/// Runs all at a time.
async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    poll_fn(|cx| {
        for (future, output) in futures.iter_mut().filter(|(_, output)| output.is_none()) {
            if let Poll::Ready(ready) = future.as_mut().poll(cx) {
                *output = Some(ready);
            }
        }
        if futures.iter().all(|(_, output)| output.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    futures.into_iter().filter_map(|(_, output)| output).collect()
}

impl Guest for Probe {
    async fn call(target: String, arguments: Vec<Value>) -> Result<Value, Error> {
        async_funcs::call(target, arguments).await
    }

    async fn many(target: String, count: u32) -> Result<i64, Error> {
        let call = |number: u32| async_funcs::call(target.clone(), vec![vec![Node::Integer(number.into())]]);
        let mut sum = 0;
        for called in all((0..count).map(call)).await {
            match called?.first() {
                Some(Node::Integer(value)) => sum += value,
                other => panic!("no integer: {other:?}"),
            }
        }
        Ok(sum)
    }

    async fn many_bound(count: u32) -> i64 {
        all((0..count).map(|number| later::echo(number.into()))).await.into_iter().sum()
    }

    async fn first(one: String, other: String) -> u32 {
        let mut calls =
            [one, other].map(|target| Box::pin(async_funcs::call(target, vec![vec![Node::Null]])));
        let mut first = pin!(poll_fn(|cx| {
            for (place, call) in (0..).zip(calls.iter_mut()) {
                if call.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(place);
                }
            }
            Poll::Pending
        }));
        first.as_mut().await
    }
}
