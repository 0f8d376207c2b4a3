//! Computing without end, traps, exits: each ends its own call, and the next call works.

use crate::support::{Entry, LONG, assert_no_panic, call, call_in, failure, told, values, within};
use serde_json::json;
use std::time::{Duration, Instant};
use wippy_host::{CallContext, ErrorKind, Function, Reason, Value};

fn limited(name: &str, ms: u64) -> Entry {
    Entry::new(name).limits(|limits| limits.max_execution = Some(Duration::from_millis(ms)))
}

/// What an entry still does after whatever was done to another call of it.
async fn still_works(entry: &Entry) {
    let entry = entry.clone().limits(|limits| limits.max_execution = Some(LONG));
    assert_eq!(entry.call("echo", json!(["still here"])).await.unwrap(), "still here");
}

#[tokio::test(flavor = "current_thread")]
async fn a_loop_on_the_only_thread_delays_no_other_call_until_it_ends() {
    let looping = Entry::new("misbehave").limits(|limits| limits.max_execution = None).prepare("loop-forever").await;
    let other = Entry::new("misbehave").id("app:other").prepare("echo").await;
    let context = CallContext::new();
    let calls = async {
        for _ in 0..5 {
            assert_eq!(call(&other, json!(["x"])).await.unwrap(), "x");
        }
    };
    tokio::select! {
        biased;
        ended = looping.call(&context, Vec::new()) => panic!("the loop ended: {ended:?}"),
        () = calls => {}
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_loop_ends_at_the_limit() {
    let entry = limited("misbehave", 300);
    let error = entry.fails("loop-forever", json!([])).await;
    assert_eq!(
        told(&error),
        (
            ErrorKind::Timeout,
            Reason::ExecutionTime,
            "app:report: no result within 300 ms; raise limits.max_execution_ms of the entry if it needs longer"
                .to_owned()
        )
    );
    still_works(&entry).await;
}

#[tokio::test(flavor = "current_thread")]
async fn many_loops_at_once_all_end_on_one_thread() {
    let entry = limited("misbehave", 200);
    let looping = entry.prepare("loop-forever").await;
    let context = CallContext::new();
    let all = futures::future::join_all((0..20).map(|_| looping.call(&context, Vec::new())));
    for result in within(all).await {
        assert_eq!(result.unwrap_err().reason(), Reason::ExecutionTime);
    }
    still_works(&entry).await;
}

#[tokio::test(flavor = "current_thread")]
async fn the_caller_s_deadline_and_cancellation_end_a_loop() {
    let entry = Entry::new("misbehave");
    let looping = entry.prepare("loop-forever").await;
    let context = CallContext::builder().timeout(Duration::from_millis(50)).build();
    let error = failure(call_in(&context, &looping, json!([])).await);
    let said = "app:report: the caller's deadline passed".to_owned();
    assert_eq!(told(&error), (ErrorKind::Timeout, Reason::ExecutionTime, said));

    let token = tokio_util::sync::CancellationToken::new();
    let context = CallContext::builder().cancellation(token.clone()).build();
    let (result, ()) = tokio::join!(call_in(&context, &looping, json!([])), async {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        token.cancel();
    });
    let error = failure(result);
    assert_eq!(told(&error), (ErrorKind::Canceled, Reason::Other, "app:report: canceled by the caller".to_owned()));
    // A deadline that has passed already, and a token that was cancelled before.
    let context = CallContext::builder().timeout(Duration::ZERO).build();
    assert_eq!(failure(call_in(&context, &looping, json!([])).await).kind(), ErrorKind::Timeout);
    let context = CallContext::builder().cancellation(token).build();
    assert_eq!(failure(call_in(&context, &looping, json!([])).await).kind(), ErrorKind::Canceled);
    still_works(&entry).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_start_function_without_end_is_ended_like_any_other() {
    let error = limited("loop-at-start", 200).fails("run", json!([])).await;
    assert_eq!(error.reason(), Reason::ExecutionTime);
    assert_eq!(error.message(), "app:report: no result within 200 ms");
    let error = Entry::new("trap-at-start").fails("run", json!([])).await;
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Internal, Reason::Trap));
    assert!(error.message().starts_with("app:report: run trapped: wasm `unreachable` instruction executed"), "{error}");
}

#[tokio::test]
async fn no_time_limit_means_that_dropping_the_call_ends_it() {
    let entry = Entry::new("misbehave").limits(|limits| limits.max_execution = None);
    let looping = entry.prepare("loop-forever").await;
    let context = CallContext::new();
    let called = tokio::time::timeout(Duration::from_millis(100), looping.call(&context, Vec::new())).await;
    assert!(called.is_err());
    still_works(&entry).await;
}

#[tokio::test]
async fn a_trap_says_what_it_was_and_where() {
    let entry = Entry::new("misbehave");
    for (method, arguments, expected) in [
        (
            "unreachable-trap",
            json!([]),
            "app:report: unreachable-trap trapped: wasm `unreachable` instruction executed",
        ),
        ("panic-trap", json!(["oh no"]), "app:report: panic-trap trapped: wasm `unreachable` instruction executed"),
        ("out-of-bounds", json!([]), "app:report: out-of-bounds trapped: out of bounds memory access"),
    ] {
        let error = entry.fails(method, arguments).await;
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Internal, Reason::Trap), "{error}");
        assert!(error.message().starts_with(expected), "{error}");
        still_works(&entry).await;
    }
    let traps = Entry::new("traps");
    let error = traps.fails("divide", json!([1, 0])).await;
    assert!(error.message().starts_with("app:report: divide trapped: integer divide by zero"), "{error}");
    let error = traps.fails("divide", json!([i32::MIN, -1])).await;
    assert!(error.message().starts_with("app:report: divide trapped: integer overflow"), "{error}");
    assert_eq!(traps.call("divide", json!([6, 3])).await.unwrap(), 2);
}

#[tokio::test]
async fn a_name_in_the_guest_s_own_code_cannot_forge_the_log() {
    let entry = Entry::text(
        "(component
            (core module $m
                (func $evil (@name \"a\\1b[31m\\0a2031-01-01 ERROR forged\\00\") unreachable)
                (func (export \"run\") (call $evil)))
            (core instance $i (instantiate $m))
            (func (export \"run\") (canon lift (core func $i \"run\"))))",
    );
    let error = entry.fails("run", json!([])).await;
    assert!(!error.to_string().contains(|c: char| c.is_control()), "{:?}", error.to_string());
    assert!(error.message().contains("forged"), "{error}");
}

#[tokio::test]
async fn recursion_without_end_exhausts_the_guest_s_stack_alone() {
    let entry = Entry::new("misbehave");
    let error = entry.fails("recurse-forever", json!([])).await;
    assert_eq!(
        told(&error),
        (
            ErrorKind::RateLimited,
            Reason::StackOverflow,
            "app:report: recurse-forever exhausted its call stack; look for a recursion without end, or raise the host's \
             max_wasm_stack"
                .to_owned()
        )
    );
    assert!(entry.call("recurse", json!([1000])).await.is_ok());
    still_works(&entry).await;
}

#[tokio::test]
async fn every_instance_is_fresh_also_after_a_trap() {
    let entry = Entry::new("misbehave");
    let count = entry.prepare("count").await;
    for _ in 0..3 {
        assert_eq!(call(&count, json!([])).await.unwrap(), 1);
        entry.fails("unreachable-trap", json!([])).await;
    }
}

#[cfg(feature = "cli")]
#[tokio::test]
async fn an_exit_in_the_middle_ends_the_call() {
    let entry = Entry::new("probe-cli").imports(&["wasi:cli"]);
    let error = entry.fails("exit-midway", json!([true])).await;
    let said =
        "app:report: exited before returning a result; return from the function instead of calling exit".to_owned();
    assert_eq!(told(&error), (ErrorKind::Internal, Reason::Exited(0), said));
    let error = entry.fails("exit-midway", json!([false])).await;
    assert_eq!(told(&error), (ErrorKind::Internal, Reason::Exited(1), "app:report: exited with code 1".to_owned()));
    let error = entry.fails("exit-with-code", json!([255])).await;
    assert_eq!(told(&error), (ErrorKind::Internal, Reason::Exited(255), "app:report: exited with code 255".to_owned()));
    assert_eq!(entry.call("exit-quietly", json!([true])).await.unwrap(), json!(null));
    assert_eq!(entry.call("arguments", json!([])).await.unwrap(), json!([]));
}

#[tokio::test]
async fn arguments_of_hostile_sizes_are_answered() {
    let entry = Entry::new("misbehave").limits(|limits| limits.max_memory_bytes = 4 << 20);
    let echo = entry.prepare("echo").await;
    let huge = Value::Text("x".repeat(64 << 20));
    let error = within(echo.call(&CallContext::new(), vec![huge])).await.unwrap_err();
    assert_no_panic();
    assert_eq!(error.reason(), Reason::Memory, "{error}");
    for arguments in [json!([]), json!([1, 2]), json!([{"a": null}])] {
        let error = echo.call(&CallContext::new(), values(arguments)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    still_works(&entry).await;
}

/// The guest's own bulk instructions and host calls are the steps that no epoch interrupts: together they still end.
#[tokio::test(flavor = "current_thread")]
async fn bulk_instructions_without_end_are_ended() {
    let entry = Entry::text(
        "(component
            (core module $m (memory 1600)
                (func (export \"run\")
                    (loop $more (memory.fill (i32.const 0) (i32.const 1) (i32.const 100000000)) (br $more))))
            (core instance $i (instantiate $m))
            (func (export \"run\") (canon lift (core func $i \"run\"))))",
    )
    .limits(|limits| limits.max_execution = Some(Duration::from_millis(200)));
    let start = Instant::now();
    assert_eq!(entry.fails("run", json!([])).await.reason(), Reason::ExecutionTime);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

/// A wait on shared memory would hold the worker for good, and no limit counts such a memory.
#[tokio::test(flavor = "current_thread")]
async fn shared_memory_is_refused() {
    let text = "(component (core module $m (memory 1 65536 shared)
            (func (export \"run\") (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))
        (core instance $i (instantiate $m))
        (func (export \"run\") (canon lift (core func $i \"run\"))))";
    let error = Entry::text(text).fails("run", json!([])).await;
    assert!(error.message().contains("shared memor"), "{error}");
}

/// On a memory that is not shared, a wait traps.
#[tokio::test(flavor = "current_thread")]
async fn an_atomic_wait_blocks_nobody() {
    let text = "(component (core module $m (memory 1)
            (func (export \"run\") (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))
        (core instance $i (instantiate $m))
        (func (export \"run\") (canon lift (core func $i \"run\"))))";
    let error = Entry::text(text).fails("run", json!([])).await;
    assert_eq!(error.reason(), Reason::Trap, "{error}");
}

#[cfg(all(feature = "clocks", feature = "io"))]
#[tokio::test(flavor = "current_thread")]
async fn waiting_without_end_is_ended_like_computing() {
    let entry = limited("probe-clocks", 200).imports(&["wasi:clocks", "wasi:io"]);
    for method in ["sleep-for", "sleep-until"] {
        for nanoseconds in [u64::MAX, u64::MAX / 2, 1 << 62] {
            assert_eq!(entry.fails(method, json!([nanoseconds])).await.reason(), Reason::ExecutionTime, "{method}");
        }
    }
    assert!(entry.call("sleep-for", json!([0])).await.is_ok());
}

#[tokio::test]
async fn a_loop_in_an_asynchronous_function_ends_at_the_limit_and_delays_no_other_call() {
    let spinning = Entry::text(
        "(component
            (core module $m
                (func (export \"run\") (result i32) (loop (br 0)) (i32.const 0))
                (func (export \"cb\") (param i32 i32 i32) (result i32) (i32.const 0)))
            (core instance $i (instantiate $m))
            (func (export \"run\") async (canon lift (core func $i \"run\") async (callback (core func $i \"cb\")))))",
    )
    .limits(|limits| limits.max_execution = Some(Duration::from_millis(300)));
    let (ended, ()) = tokio::join!(spinning.fails("run", json!([])), async {
        let values = Entry::new("misbehave").prepare("echo").await;
        for _ in 0..20 {
            assert_eq!(call(&values, json!(["x"])).await.unwrap(), "x");
        }
    });
    assert_eq!(ended.kind(), ErrorKind::Timeout, "{ended}");
}
