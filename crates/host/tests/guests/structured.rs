//! `funcs@0.2.0`: structured values, and many calls at a time.

use crate::support::{DropFlag, Guest, host, until, within};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Barrier;
use tokio_util::sync::CancellationToken;
use wippy_host::pool::{PoolFields, PoolKind, PoolSpec};
use wippy_host::{CallContext, Error, ErrorKind, Function, Reason, Result, Value, function};

fn caller() -> Guest {
    Guest::new("probe-funcs-2").imports(["funcs"])
}

/// Registers a Rust closure on the shared host.
pub(crate) fn closure<R>(id: &str, body: impl Fn(Vec<Value>) -> R + Send + Sync + 'static)
where
    R: Future<Output = Result<Value>> + Send + 'static,
{
    host().functions().register(id, function(move |_, arguments| body(arguments))).unwrap();
}

/// A value as the nodes that a guest passes, in JSON.
fn nodes(value: &Json) -> Json {
    fn push(value: &Json, nodes: &mut Vec<Json>) {
        nodes.push(match value {
            Json::Null => json!("null"),
            Json::Bool(value) => json!({ "boolean": value }),
            Json::Number(number) if number.is_i64() => json!({ "integer": number }),
            Json::Number(number) if number.is_u64() => json!({ "unsigned": number }),
            Json::Number(number) => json!({ "float": number }),
            Json::String(text) => json!({ "text": text }),
            Json::Array(items) => {
                nodes.push(json!({ "array": items.len() }));
                return items.iter().for_each(|item| push(item, nodes));
            }
            Json::Object(object) => {
                nodes.push(json!({ "object": object.keys().collect::<Vec<_>>() }));
                return object.values().for_each(|value| push(value, nodes));
            }
        });
    }
    let mut all = Vec::new();
    push(value, &mut all);
    Json::Array(all)
}

pub(crate) fn arguments(values: &[Json]) -> Json {
    values.iter().map(nodes).collect()
}

pub(crate) fn failed(kind: &str, message: &str) -> Json {
    json!({"failed": {"kind": kind, "message": message}})
}

#[tokio::test]
async fn structured_values_reach_a_callee_and_come_back() {
    for (name, export, value) in [
        ("record", "echo-record", json!({"name": "Ana", "age": 3, "email": "a@b", "tag-count": 1})),
        ("list", "echo-list-u32", json!([1, 2, 3])),
        ("option", "echo-option", json!(null)),
        ("number", "echo-u64", json!(u64::MAX)),
        ("float", "echo-f64", json!(2.5)),
        ("text", "echo-string", json!("día\n")),
    ] {
        let id = format!("structured:{name}");
        Guest::new("values").id(&id).register(export).await;
        for export in ["call", "call-later"] {
            let result = caller().call(export, json!([id, arguments(std::slice::from_ref(&value))])).await;
            let result = if export == "call" { result } else { result[1].clone() };
            assert_eq!(result, json!({ "ok": nodes(&value) }), "{name}, {export}");
        }
    }
    Guest::new("values").id("structured:add").register("add").await;
    let added = caller().ok("call", json!(["structured:add", arguments(&[json!(40), json!(2)])])).await;
    assert_eq!(added, json!([{"integer": 42}]));
}

#[tokio::test]
async fn bytes_stay_bytes() {
    Guest::new("values").id("structured:bytes").register("echo-bytes").await;
    let bytes = json!([{"bytes": {"base64": "AP8="}}]);
    assert_eq!(caller().ok("call", json!(["structured:bytes", [bytes]])).await, bytes);
}

#[tokio::test]
async fn the_err_of_a_callee_is_a_value_and_its_ok_is_unwrapped() {
    Guest::new("probe-funcs").id("structured:relay").imports(["funcs"]).register("call-string").await;
    closure("structured:shout", |mut arguments| async move {
        match arguments.pop() {
            Some(Value::Text(text)) if text.is_empty() => Err(Error::new(ErrorKind::Conflict, "nothing to shout")),
            Some(Value::Text(text)) => Ok(text.to_uppercase().into()),
            other => panic!("{other:?}"),
        }
    });
    let call = |text: &str| json!(["structured:relay", arguments(&[json!("structured:shout"), json!(text)])]);
    assert_eq!(caller().ok("call", call("a")).await, json!([{"text": "A"}]));
    let returned = json!({"returned": [{"text": "nothing to shout"}]});
    assert_eq!(caller().err("call", call("")).await, returned);
    assert_eq!(caller().call("call-later", call("")).await[1]["err"], returned);
    let direct = json!(["structured:shout", arguments(&[json!("")])]);
    assert_eq!(caller().err("call", direct).await, failed("conflict", "nothing to shout"));
}

#[tokio::test]
async fn every_failure_is_an_err_with_its_kind() {
    Guest::new("misbehave").id("structured:trap").register("unreachable-trap").await;
    Guest::new("values").id("structured:narrow").register("echo-u8").await;
    for export in ["call-later", "call"] {
        let error = async |target: &str, arguments: Json| {
            let result = caller().call(export, json!([target, arguments])).await;
            let result = if export == "call" { result } else { result[1].clone() };
            result["err"]["failed"].clone()
        };
        let invalid = |message: &str| json!({"kind": "invalid", "message": message});
        assert_eq!(error("nobody", json!([])).await, invalid("invalid function target: nobody"));
        assert_eq!(
            error("nobody:home", json!([])).await,
            json!({"kind": "not-found", "message": "no handler registered for target: nobody:home"})
        );
        assert_eq!(
            error("structured:narrow", arguments(&[json!(256)])).await,
            invalid("structured:narrow: argument 1 (value): expected u8, got 256 (u8 holds 0 to 255)")
        );
        let trapped = error("structured:trap", json!([])).await;
        assert_eq!(trapped["kind"], "internal");
        assert!(
            trapped["message"].as_str().unwrap().starts_with("structured:trap: unreachable-trap trapped: "),
            "{trapped}"
        );
    }
}

#[tokio::test]
async fn nodes_that_are_no_value_are_refused_with_their_argument() {
    closure("structured:unreached", |_| async { panic!("it was called") });
    let array = |count: u32| json!({ "array": count });
    for (nodes, why) in [
        (json!([]), "it has no node where a value must follow"),
        (json!(["null", "null", "null"]), "the value ends at node 1 of 3"),
        (json!([array(u32::MAX), "null"]), "an array of 4294967295 has 1 nodes behind it"),
        (json!([array(2), array(1), "null"]), "it has no node where a value must follow"),
        (json!([{"object": ["a"]}]), "an object of 1 has 0 nodes behind it"),
        (json!([{"object": ["a", "a"]}, "null", "null"]), "\"a\" is given twice, the second time as \"a\""),
        (Json::Array(vec![array(1); 200]), "it nests deeper than 128 levels"),
    ] {
        let remedy = "write each array and object before its parts, as wippy:runtime/values says";
        let expected = failed("invalid", &format!("argument 2: no value: {why}; {remedy}"));
        let call = json!(["structured:unreached", [["null"], nodes]]);
        assert_eq!(caller().err("call", call.clone()).await, expected);
        assert_eq!(caller().call("call-later", call).await[1]["err"], expected);
    }
}

#[tokio::test]
async fn nodes_stand_in_the_order_in_which_a_person_writes_them() {
    closure("structured:ana", |_| async {
        Ok(Value::from_json_text(r#"{"name": "Ana", "tags": ["a", {}], "e": [true, -1, 18446744073709551615]}"#)
            .unwrap())
    });
    assert_eq!(
        caller().ok("call", json!(["structured:ana", []])).await,
        json!([
            {"object": ["name", "tags", "e"]}, {"text": "Ana"}, {"array": 2}, {"text": "a"}, {"object": []},
            {"array": 3}, {"boolean": true}, {"integer": -1}, {"unsigned": u64::MAX}
        ])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_keeps_a_thousand_calls_in_flight() {
    let all = Arc::new(Barrier::new(1000));
    closure("structured:together", move |mut arguments| {
        let all = all.clone();
        async move {
            // Nobody passes before all are here.
            all.wait().await;
            Ok(arguments.remove(0))
        }
    });
    assert_eq!(caller().ok("many", json!(["structured:together", 1000])).await, json!(499_500));
}

#[tokio::test]
async fn a_thousand_calls_of_a_guest_run_as_its_pool_allows() {
    let pool = PoolSpec::resolve(PoolFields::default().with_kind(PoolKind::Lazy));
    let spec = Guest::new("values").id("structured:echoes").spec("echo-s64").with_pool(pool);
    let echo = host().prepare(spec, crate::support::component("values")).await.unwrap();
    host().functions().register("structured:echoes", echo).unwrap();
    assert_eq!(caller().ok("many", json!(["structured:echoes", 1000])).await, json!(499_500));
}

#[tokio::test]
async fn calls_are_told_in_the_order_in_which_they_end() {
    // The third goes first and lets the second go, which lets the first go.
    let turn = Arc::new(tokio::sync::watch::Sender::new(2_usize));
    for place in 0..3_usize {
        let turn = turn.clone();
        closure(&format!("order:{place}"), move |_| {
            let turn = turn.clone();
            async move {
                turn.subscribe().wait_for(|turn| *turn == place).await.unwrap();
                turn.send_modify(|turn| *turn = turn.wrapping_sub(1));
                Ok(Value::Null)
            }
        });
    }
    assert_eq!(caller().call("order", json!([["order:0", "order:1", "order:2"]])).await, json!([2, 1, 0]));
}

#[tokio::test]
async fn dropping_a_call_cancels_it() {
    let (begun, dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let flags = (begun.clone(), dropped.clone());
    closure("drop:endless", move |_| {
        let (begun, flag) = (flags.0.clone(), DropFlag(flags.1.clone()));
        async move {
            begun.fetch_add(1, Ordering::SeqCst);
            let _flag = flag;
            std::future::pending().await
        }
    });
    let waits = begun.clone();
    closure("drop:short", move |_| {
        let waits = waits.clone();
        async move {
            until("both have begun", || waits.load(Ordering::SeqCst) == 2).await;
            Ok(Value::Null)
        }
    });
    assert_eq!(caller().call("first", json!([["drop:endless", "drop:short", "drop:endless"]])).await, json!(1));
    until("both are dropped", || dropped.load(Ordering::SeqCst) == 2).await;
}

#[tokio::test]
async fn the_end_of_a_call_cancels_those_that_it_left_running() {
    let (begun, dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let flags = (begun.clone(), dropped.clone());
    closure("left:endless", move |_| {
        let (begun, flag) = (flags.0.clone(), DropFlag(flags.1.clone()));
        async move {
            begun.fetch_add(1, Ordering::SeqCst);
            let _flag = flag;
            std::future::pending().await
        }
    });
    // By its return, with calls that it never asked after.
    assert_eq!(caller().call("hoard", json!(["left:endless", 5, 0])).await, json!([]));
    // By its cancellation, while it waits.
    let token = CancellationToken::new();
    let waiting = caller().context(CallContext::builder().cancellation(token.clone()).build());
    let waiting = tokio::spawn(async move { waiting.fails("many", json!(["left:endless", 3])).await });
    until("the three have begun", || begun.load(Ordering::SeqCst) >= 3).await;
    token.cancel();
    assert_eq!(waiting.await.unwrap().kind(), ErrorKind::Canceled);
    until("what began is dropped", || dropped.load(Ordering::SeqCst) >= begun.load(Ordering::SeqCst)).await;
}

#[tokio::test]
async fn running_calls_are_handles_and_their_number_is_limited() {
    closure("hoard:endless", |_| std::future::pending());
    let few = caller().limits(|limits| limits.max_resources = 50);
    assert_eq!(few.call("hoard", json!(["hoard:endless", 40, 0])).await, json!([]));
    assert_eq!(few.fails("hoard", json!(["hoard:endless", 51, 0])).await.reason(), Reason::Resources);
    // Those that are dropped are none.
    assert_eq!(few.call("start-and-drop", json!(["hoard:endless", 10_000])).await, json!(null));
}

#[tokio::test]
async fn arguments_of_running_calls_are_bounded_together() {
    closure("hoard:bytes", |_| std::future::pending());
    let small = caller().limits(|limits| limits.max_host_bytes = 1 << 20);
    assert_eq!(small.call("hoard", json!(["hoard:bytes", 10, 100_000])).await, json!([]));
    let errors = small.call("hoard", json!(["hoard:bytes", 12, 100_000])).await;
    let errors = errors.as_array().unwrap();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert_eq!(errors[0]["failed"]["kind"], "rate-limited");
    let said = errors[0]["failed"]["message"].as_str().unwrap();
    assert!(said.starts_with("the arguments and values of running calls need 11"), "{said}");
    assert!(said.ends_with("finish some calls before you start others, or raise limits.max_host_bytes"), "{said}");
}

#[tokio::test]
async fn values_that_nobody_has_asked_for_are_bounded_together() {
    closure("hoard:large", |_| async { Ok(Value::from(vec![0_u8; 100_000])) });
    let small = caller().limits(|limits| limits.max_host_bytes = 1 << 20);
    let results =
        within(small.function("many").await.call(&CallContext::new(), vec!["hoard:large".into(), 12_i64.into()])).await;
    // All twelve end before the first is asked for, or the guest is quicker: the host holds a megabyte at most in any case.
    match results {
        Ok(value) => {
            let value = value.into_json().unwrap();
            assert_eq!(value["err"]["failed"]["kind"], "rate-limited", "{value}");
        }
        Err(error) => assert_eq!(error.reason(), Reason::Trap, "the guest takes bytes for a bug of the test: {error}"),
    }
}

#[tokio::test]
async fn waiting_takes_any_list_of_calls() {
    closure("wait:once", |_| async { Ok(Value::Null) });
    assert_eq!(caller().call("wait-for-none", json!([])).await, json!(0));
    assert_eq!(caller().call("wait-for-one", json!(["wait:once", 5000])).await, json!(5000));
}

#[tokio::test]
async fn a_track_of_funcs_is_granted_alone() {
    let error = Guest::new("probe-funcs-2").imports(["funcs@0.1"]).fails("call", json!(["a:b", []])).await;
    assert_eq!(error.reason(), Reason::NotGranted);
    assert!(error.message().contains("add \"funcs\" to its imports"), "{error}");
    let only = Guest::new("probe-funcs-2").imports(["funcs@0.2"]);
    assert_eq!(only.err("call", json!(["a:b", []])).await["failed"]["kind"], "not-found");
}
