//! A host that is full: waiting, refusing, and giving back what a call held.

use crate::support::{Entry, assert_no_panic, builder, call, engine, within};
use serde_json::json;
use std::time::Duration;
use wippy_host::{CallContext, ErrorKind, Function, Host, Reason, Value};

fn small(max: u32, nested: u32) -> Host {
    builder().engine(engine(max, nested)).build().unwrap()
}

#[tokio::test]
async fn calls_that_are_dropped_in_the_middle_give_everything_back() {
    let host = small(3, 1);
    let looping = Entry::on(&host, "misbehave").prepare("loop-forever").await;
    let context = CallContext::new();
    for _ in 0..10 {
        let dropped = tokio::time::timeout(Duration::from_millis(20), looping.call(&context, Vec::new())).await;
        assert!(dropped.is_err());
    }
    assert_eq!(Entry::on(&host, "misbehave").call("echo", json!(["room"])).await.unwrap(), "room");
    assert_no_panic();
}

#[tokio::test]
async fn an_outermost_call_waits_for_room_and_keeps_its_deadline() {
    let host = small(2, 1);
    let entry = Entry::on(&host, "misbehave");
    let (looping, echo) = (entry.prepare("loop-forever").await, entry.prepare("echo").await);
    let context = CallContext::new();
    let first = looping.call(&context, Vec::new());
    let second = async {
        let hurried = CallContext::builder().timeout(Duration::from_millis(100)).build();
        let error = echo.call(&hurried, vec![Value::Text("x".into())]).await.unwrap_err();
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Timeout, Reason::ExecutionTime), "{error}");
    };
    tokio::select! {
        biased;
        _ = first => panic!("the loop ended"),
        () = within(second) => {}
    }
    assert_eq!(call(&echo, json!(["now"])).await.unwrap(), "now");
}

#[tokio::test]
async fn a_waiting_call_gets_the_room_that_another_leaves() {
    let host = small(2, 1);
    let entry = Entry::on(&host, "misbehave");
    let looping = entry.clone().limits(|limits| limits.max_execution = Some(Duration::from_millis(200)));
    let (looping, echo) = (looping.prepare("loop-forever").await, entry.prepare("echo").await);
    let context = CallContext::new();
    let (first, second) = tokio::join!(looping.call(&context, Vec::new()), call(&echo, json!(["second"])));
    assert!(first.is_err());
    assert_eq!(second.unwrap(), "second");
}

#[tokio::test]
async fn a_host_of_no_instances_refuses_in_time() {
    let host = small(0, 0);
    let entry = Entry::on(&host, "misbehave").limits(|limits| limits.max_execution = Some(Duration::from_millis(50)));
    let error = entry.fails("echo", json!(["x"])).await;
    assert!(matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Unavailable), "{error}");
}

#[cfg(feature = "funcs")]
mod nested {
    use super::*;
    use wippy_host::function;
    use wippy_host::value::TextOrBytes;

    async fn relays(host: &Host, depth: usize) -> Entry {
        let entry =
            Entry::on(host, "probe-funcs").id("app:relay").imports(&["funcs"]).limits(|l| l.max_call_depth = depth);
        host.functions().register("app:relay", entry.prepare("relay").await).unwrap();
        entry
    }

    #[tokio::test]
    async fn a_chain_without_end_is_ended_by_its_depth() {
        let host = small(200, 100);
        let entry = relays(&host, 64).await;
        let error = entry.err("relay", json!(["app:relay"])).await;
        assert!(error.contains("function call depth exceeded: app:relay -> app:relay -> "), "{error}");
        assert!(error.len() < 20_000, "{} bytes", error.len());
    }

    #[tokio::test]
    async fn a_chain_without_end_in_a_full_house_is_an_error_and_no_deadlock() {
        let host = small(20, 5);
        let entry = relays(&host, 10_000).await;
        for _ in 0..3 {
            let error = entry.err("relay", json!(["app:relay"])).await;
            assert!(error.contains("the host has no room for another nested call"), "{error}");
        }
        // As many outermost calls as there is room for, each of which nests: all end.
        let relay = entry.prepare("relay").await;
        let all = futures::future::join_all((0..40).map(|_| call(&relay, json!(["app:relay"]))));
        for result in within(all).await {
            assert!(result.unwrap()["err"].as_str().unwrap().contains("no room for another nested call"));
        }
        assert_eq!(Entry::on(&host, "misbehave").call("echo", json!(["room"])).await.unwrap(), "room");
    }

    #[tokio::test]
    async fn a_deep_chain_exhausts_no_stack_of_the_host() {
        let host = small(1000, 900);
        let entry = relays(&host, 100_000).await;
        let error = entry.err("relay", json!(["app:relay"])).await;
        assert!(error.contains("the host has no room for another nested call"), "{}", &error[..error.len().min(300)]);
        // Dropped in the middle, all of it goes.
        let slow = function(|_, _| async {
            std::future::pending::<()>().await;
            Ok(Value::Null)
        });
        host.functions().register("app:slow", slow).unwrap();
        let relay = Entry::on(&host, "probe-funcs").imports(&["funcs"]).prepare("call-string").await;
        let context = CallContext::new();
        let arguments = vec![Value::Text("app:slow".into()), Value::Text(String::new())];
        let dropped = tokio::time::timeout(Duration::from_millis(50), relay.call(&context, arguments)).await;
        assert!(dropped.is_err());
        assert_eq!(
            call(&relay, json!(["app:nothing", ""])).await.unwrap()["err"],
            "no handler registered for target: app:nothing"
        );
    }

    #[tokio::test]
    async fn a_nested_call_has_the_deadline_of_its_caller_and_its_failure_is_the_caller_s_err() {
        let host = small(20, 10);
        let misbehave = Entry::on(&host, "misbehave").id("app:bad");
        for method in ["loop-forever", "unreachable-trap", "recurse-forever"] {
            host.functions().register(&format!("app:{method}"), misbehave.prepare(method).await).unwrap();
        }
        let caller = Entry::on(&host, "probe-funcs").imports(&["funcs"]);
        let error = caller.clone().limits(|limits| limits.max_execution = Some(Duration::from_millis(200)));
        let error = error.fails("call-string", json!(["app:loop-forever", ""])).await;
        assert_eq!(error.reason(), Reason::ExecutionTime);
        let error = caller.err("call-string", json!(["app:unreachable-trap", ""])).await;
        assert!(error.contains("app:bad: unreachable-trap trapped"), "{error}");
        let error = caller.err("call-string", json!(["app:recurse-forever", ""])).await;
        assert!(error.contains("exhausted its call stack"), "{error}");
    }

    #[tokio::test]
    async fn hostile_targets_and_inputs_are_answered() {
        let host = small(20, 10);
        let echo = function(|_, mut arguments: Vec<Value>| async move { Ok(arguments.pop().unwrap_or_default()) });
        host.functions().register("app:echo", echo).unwrap();
        let caller = Entry::on(&host, "probe-funcs").imports(&["funcs"]);
        for target in ["", ":", "a:", ":b", "a", "\0", "\u{202e}"] {
            assert_eq!(
                caller.err("call-string", json!([target, ""])).await,
                format!("invalid function target: {target}")
            );
        }
        let long = "x".repeat(1 << 20);
        let error = caller.err("call-string", json!([format!("a:{long}"), ""])).await;
        assert!(error.starts_with("no handler registered for target: a:xxx"), "{}", error.len());
        assert_eq!(caller.ok("call-string", json!(["app:echo", long])).await, long);
        // More than max_host_bytes ends the caller: it asked for too much.
        let limited = caller.limits(|limits| limits.max_host_bytes = 1 << 16);
        let error = limited.fails("call-string", json!(["app:echo", long])).await;
        assert_eq!(error.reason(), Reason::HostBytes, "{error}");
        let context = CallContext::new();
        let nowhere = host.functions().call_payload(&context, "nowhere", TextOrBytes::Text(String::new())).await;
        assert_eq!(nowhere.err().unwrap().message(), "invalid function target: nowhere");
    }
}
