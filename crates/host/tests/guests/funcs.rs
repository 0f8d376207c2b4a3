//! `funcs`: calls from one function to another, whatever the other is written in.

use crate::support::{DropFlag, Guest, LONG, builder, host, until, within};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use wippy_host::policy::network::NetworkPolicy;
use wippy_host::{
    CallContext, CallRequest, Error, ErrorKind, Function, Limits, Policy, Reason, Result, Value, function,
};

/// The caller of the tests on the shared host.
fn caller() -> Guest {
    Guest::new("probe-funcs").imports(["funcs"])
}

/// Registers a Rust closure on the shared host.
fn closure(id: &str, body: impl Fn(CallContext, Value) -> Result<Value> + Send + Sync + 'static) {
    let callee = function(move |context: CallContext, mut arguments: Vec<Value>| {
        assert_eq!(arguments.len(), 1, "funcs passes one argument");
        let result = body(context, arguments.remove(0));
        async move { result }
    });
    host().functions().register(id, callee).unwrap();
}

fn base64(text: &str) -> Json {
    json!({ "base64": text })
}

#[tokio::test]
async fn a_guest_calls_another_guest() {
    Guest::new("values").id("wasm:echo").register("echo-string").await;
    Guest::new("values").id("wasm:bytes").register("echo-bytes").await;
    assert_eq!(caller().ok("call-string", json!(["wasm:echo", "día\n"])).await, json!("día\n"));
    assert_eq!(caller().ok("call-bytes", json!(["wasm:bytes", "día\n"])).await, base64("ZMOtYQo="));
}

#[tokio::test]
async fn a_guest_calls_webassembly_text() {
    Guest::new("double-text").id("wat:double").register("double").await;
    Guest::new("add").id("wat:add").register("add").await;
    assert_eq!(caller().ok("call-string", json!(["wat:double", "ab"])).await, json!("abab"));
    assert_eq!(caller().ok("call-bytes", json!(["wat:double", "ab"])).await, base64("YWJhYg=="));
    assert_eq!(caller().ok("call-string", json!(["wat:add", "[2, 40]"])).await, json!("42"));
}

#[tokio::test]
async fn a_guest_calls_a_rust_closure() {
    closure("rust:upper", |_, input| Ok(input.as_str().unwrap().to_uppercase().into()));
    assert_eq!(caller().ok("call-string", json!(["rust:upper", "abc"])).await, json!("ABC"));
}

#[tokio::test]
async fn many_calls_of_one_instance_are_answered_in_order() {
    closure("many:upper", |_, input| match input.as_str() {
        Some("bad") => Err(Error::invalid("no bad words")),
        text => Ok(text.unwrap().to_uppercase().into()),
    });
    assert_eq!(
        caller().call("call-many", json!(["many:upper", ["a", "bad", "c"]])).await,
        json!([{"ok": "A"}, {"err": "no bad words"}, {"ok": "C"}])
    );
}

#[tokio::test]
async fn bytes_that_are_no_text_arrive_intact_both_ways() {
    let all: Vec<u8> = (0..=255).rev().chain(0..=255).collect();
    closure("bytes:reverse", |_, input| {
        Ok(input.as_bytes().unwrap().iter().rev().copied().collect::<Vec<u8>>().into())
    });
    Guest::new("values").id("bytes:echo").register("echo-bytes").await;
    for target in ["bytes:reverse", "bytes:echo"] {
        let result = caller().call_values("call-bytes", vec![target.into(), all.clone().into()]).await.unwrap();
        assert_eq!(result.get("ok").and_then(Value::as_bytes).unwrap().as_ref(), all, "{target}");
    }
}

#[tokio::test]
async fn text_and_bytes_become_each_other_only_where_they_are_utf_8() {
    closure("mixed:bytes", |_, _| Ok(b"a\xff".to_vec().into()));
    closure("mixed:utf-8", |_, _| Ok("día".as_bytes().into()));
    closure("mixed:text", |_, _| Ok("día".into()));
    Guest::new("values").id("mixed:echo").register("echo-string").await;
    assert_eq!(
        caller().err("call-string", json!(["mixed:bytes", ""])).await,
        json!("result: expected text, got 2 bytes: invalid utf-8 sequence of 1 bytes from index 1")
    );
    assert_eq!(caller().ok("call-string", json!(["mixed:utf-8", ""])).await, json!("día"));
    assert_eq!(caller().ok("call-bytes", json!(["mixed:text", ""])).await, base64("ZMOtYQ=="));
    assert_eq!(caller().ok("call-bytes", json!(["mixed:echo", "día"])).await, base64("ZMOtYQ=="));
    assert_eq!(
        caller().err("call-bytes", json!(["mixed:echo", [255]])).await,
        json!(
            "mixed:echo: argument 1 (value): expected string, got 1 byte: invalid utf-8 sequence of 1 bytes from index 0"
        )
    );
}

#[tokio::test]
async fn a_target_without_namespace_or_name_is_invalid() {
    for target in ["", "report", ":report", "app:", ":"] {
        for export in ["call-string", "call-bytes"] {
            assert_eq!(
                caller().err(export, json!([target, ""])).await,
                json!(format!("invalid function target: {target}"))
            );
        }
    }
}

#[tokio::test]
async fn a_target_that_nobody_registered_is_said_to_be_missing() {
    for target in ["nobody:home", "nobody:a:b"] {
        assert_eq!(
            caller().err("call-string", json!([target, "x"])).await,
            json!(format!("no handler registered for target: {target}"))
        );
    }
}

#[tokio::test]
async fn text_becomes_the_callees_parameters() {
    for (name, export) in [
        ("add", "add"),
        ("user", "echo-record"),
        ("list", "echo-list-u32"),
        ("option", "echo-option"),
        ("nothing", "nothing"),
        ("bytes", "echo-bytes"),
        ("number", "echo-u64"),
    ] {
        Guest::new("values").id(&format!("parameters:{name}")).register(export).await;
    }
    for (target, input, result) in [
        ("parameters:add", "[1, 2]", "3"),
        (
            "parameters:user",
            r#"{"name": "Ana", "age": 3, "tag_count": 1}"#,
            r#"{"name":"Ana","age":3,"email":null,"tag-count":1}"#,
        ),
        ("parameters:list", "[1, 2]", "[1,2]"),
        ("parameters:option", "7", "7"),
        ("parameters:nothing", "", ""),
        ("parameters:bytes", "{\"base64\": 1}", "{\"base64\": 1}"),
        ("parameters:number", "18446744073709551615", "18446744073709551615"),
    ] {
        assert_eq!(caller().ok("call-string", json!([target, input])).await, json!(result), "{target}");
    }
    for (target, input, message) in [
        ("parameters:add", "[1]", "parameters:add: expected 2 arguments (a: s32, b: s32), got 1"),
        ("parameters:add", "1", "parameters:add: expected 2 arguments (a: s32, b: s32), got 1"),
        ("parameters:add", "[1, \"x\"]", "parameters:add: argument 2 (b): expected s32, got text \"x\""),
        ("parameters:nothing", "x", "expected no arguments, got 1"),
        (
            "parameters:user",
            "{",
            "input: expected JSON, got text \"{\": EOF while parsing an object at line 1 column 1",
        ),
    ] {
        assert_eq!(caller().err("call-string", json!([target, input])).await, json!(message), "{target} {input}");
    }
}

#[tokio::test]
async fn a_result_becomes_text_and_a_structured_one_json() {
    for (name, export) in [
        ("tuple", "echo-tuple"),
        ("variant", "echo-variant"),
        ("enum", "echo-enum"),
        ("flags", "echo-flags"),
        ("result", "echo-result"),
        ("plain", "echo-plain-result"),
        ("bool", "echo-bool"),
        ("fail-with", "fail-with"),
        ("fail", "fail"),
        ("float", "echo-f64"),
    ] {
        Guest::new("values").id(&format!("result:{name}")).register(export).await;
    }
    closure("result:closure", |_, _| Ok(Value::from_json(json!({"ok": [1, null], "x": "y"})).unwrap()));
    for (target, input, result) in [
        ("result:tuple", r#"[1, "a", true]"#, r#"[1,"a",true]"#),
        ("result:variant", r#"{"rectangle": [1, 2]}"#, r#"{"rectangle":[1.0,2.0]}"#),
        ("result:variant", r#""point""#, "point"),
        ("result:enum", r#""red""#, "red"),
        ("result:flags", r#"["read"]"#, r#"["read"]"#),
        ("result:result", r#"{"ok": 7}"#, "7"),
        ("result:plain", r#"{"ok": null}"#, ""),
        ("result:bool", "true", "true"),
        ("result:float", "1.5", "1.5"),
        ("result:closure", "", r#"{"ok":[1,null],"x":"y"}"#),
    ] {
        assert_eq!(caller().ok("call-string", json!([target, input])).await, json!(result), "{target} {input}");
    }
    for (target, input, message) in [
        ("result:result", r#"{"err": "no"}"#, "no"),
        ("result:fail", "why", "why"),
        ("result:plain", r#"{"err": null}"#, "the function failed without a message"),
        (
            "result:fail-with",
            r#"{"name": "Ana", "age": 3, "tag-count": 1}"#,
            r#"{"name":"Ana","age":3,"email":null,"tag-count":1}"#,
        ),
    ] {
        assert_eq!(caller().err("call-string", json!([target, input])).await, json!(message), "{target} {input}");
    }
}

#[tokio::test]
async fn a_trap_in_the_callee_is_the_callers_err_and_the_next_call_works() {
    for (name, export) in [
        ("unreachable", "unreachable-trap"),
        ("panic", "panic-trap"),
        ("bounds", "out-of-bounds"),
        ("recursion", "recurse-forever"),
        ("memory", "allocate-forever"),
        ("fine", "echo"),
    ] {
        Guest::new("misbehave").id(&format!("trap:{name}")).register(export).await;
    }
    for (target, input, start) in [
        ("trap:unreachable", "", "trap:unreachable: unreachable-trap trapped: wasm `unreachable` instruction executed"),
        ("trap:panic", "oh", "trap:panic: panic-trap trapped: wasm `unreachable` instruction executed"),
        ("trap:bounds", "", "trap:bounds: out-of-bounds trapped: out of bounds memory access"),
        ("trap:recursion", "", "trap:recursion: recurse-forever exhausted its call stack"),
        (
            "trap:memory",
            "",
            "trap:memory: the guest asked for more than 268435456 bytes of memory (limits.max_memory_bytes)",
        ),
    ] {
        let message = caller().err("call-string", json!([target, input])).await;
        assert!(message.as_str().unwrap().starts_with(start), "{message}");
        assert_eq!(caller().ok("call-string", json!(["trap:fine", "still here"])).await, json!("still here"));
    }
}

#[tokio::test]
async fn a_function_that_calls_itself_without_end_meets_the_depth_limit() {
    let relay = caller().id("depth:relay");
    relay.register("relay").await;
    let chain = ["depth:relay"; 8].join(" -> ");
    assert_eq!(
        relay.err("relay", json!(["depth:relay"])).await,
        json!(format!(
            "function call depth exceeded: {chain} -> … -> {chain}; \
             the limit is 64; raise limits.max_call_depth if the recursion is meant"
        ))
    );
}

#[tokio::test]
async fn the_chain_that_is_too_deep_is_named_from_the_first_call_to_the_last() {
    let shallow = |id: &str| caller().id(id).limits(|limits| limits.max_call_depth = 3);
    shallow("chain:x").register("relay").await;
    assert_eq!(
        shallow("chain:start").err("call-string", json!(["chain:x", "chain:x"])).await,
        json!(
            "function call depth exceeded: chain:start -> chain:x -> chain:x -> chain:x; \
             the limit is 3; raise limits.max_call_depth if the recursion is meant"
        )
    );
}

#[tokio::test]
async fn the_callers_deadline_ends_a_callee_that_computes() {
    Guest::new("misbehave").id("deadline:loop").register("loop-forever").await;
    let context = CallContext::builder().timeout(Duration::from_millis(100)).build();
    let error = caller().context(context).fails("call-string", json!(["deadline:loop", ""])).await;
    assert_eq!(error.message(), "test:probe-funcs: the caller's deadline passed");
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Timeout, Reason::ExecutionTime));
}

#[tokio::test]
async fn the_callers_deadline_ends_a_callee_that_waits_and_the_callee_knows_it() {
    let held = Arc::new(AtomicUsize::new(0));
    let gone = held.clone();
    let callee = function(move |context: CallContext, _: Vec<Value>| {
        let flag = DropFlag(gone.clone());
        async move {
            assert!(context.deadline().is_some(), "the callee has no deadline");
            std::future::pending::<()>().await;
            drop(flag);
            Ok(Value::Null)
        }
    });
    host().functions().register("deadline:wait", callee).unwrap();
    let caller = caller().limits(|limits| limits.max_execution = Some(Duration::from_millis(100)));
    let error = caller.fails("call-string", json!(["deadline:wait", ""])).await;
    assert_eq!(error.message(), "test:probe-funcs: no result within 100 ms");
    assert_eq!(error.remedy(), Some("raise limits.max_execution_ms of the entry if it needs longer"));
    assert_eq!(held.load(Ordering::SeqCst), 1, "the callee is still there");
}

#[tokio::test]
async fn a_callees_own_tighter_limit_ends_the_callee_alone() {
    let callee = Guest::new("misbehave").id("deadline:tight");
    callee.limits(|limits| limits.max_execution = Some(Duration::from_millis(50))).register("loop-forever").await;
    assert_eq!(
        caller().err("call-string", json!(["deadline:tight", ""])).await,
        json!("deadline:tight: no result within 50 ms; raise limits.max_execution_ms of the entry if it needs longer")
    );
}

struct NoSecrets;

impl NetworkPolicy for NoSecrets {}

impl Policy for NoSecrets {
    fn call(&self, request: &CallRequest<'_>) -> Result<()> {
        assert_eq!(request.caller, "test:probe-funcs");
        let admin = request.actor == Some("admin") && request.scope == Some("office");
        if request.target == "secret:key" && !admin { Err(request.denied()) } else { Ok(()) }
    }
}

#[tokio::test]
async fn the_policy_decides_for_whom_a_function_may_be_called() {
    let host = builder().policy(NoSecrets).build().unwrap();
    let caller = Guest::on(&host, "probe-funcs").imports(["funcs"]);
    let answer = || function(|_: CallContext, _: Vec<Value>| async { Ok("42".into()) });
    host.functions().register("secret:key", answer()).unwrap();
    host.functions().register("open:key", answer()).unwrap();
    for export in ["call-string", "call-bytes"] {
        assert_eq!(caller.err(export, json!(["secret:key", ""])).await, json!("not allowed: secret:key"));
    }
    assert_eq!(caller.ok("call-string", json!(["open:key", ""])).await, json!("42"));
    let admin = CallContext::builder().actor("admin").scope("office").build();
    assert_eq!(caller.context(admin).ok("call-string", json!(["secret:key", ""])).await, json!("42"));
}

#[tokio::test]
async fn the_callee_acts_for_the_same_actor_in_the_same_scope_request_and_trace() {
    closure("context:tell", |context, _| {
        let value = |key| context.value(key).cloned().unwrap_or_default();
        let told = json!({
            "actor": context.actor(), "scope": context.scope(), "trace": context.trace(), "tenant": value("tenant"),
            "arguments": context.arguments(), "caller": context.function(),
        });
        Ok(Value::from_json(told).unwrap())
    });
    // Through a guest in between, too.
    caller().id("context:relay").register("call-many").await;
    let context = CallContext::builder()
        .actor("ana")
        .scope("billing")
        .trace("t-1")
        .value("tenant", json!({"id": 7}))
        .arguments(vec!["--own".to_owned()]);
    let caller = caller().context(context.build());
    let expected = |by: &str| {
        json!({
            "actor": "ana", "scope": "billing", "trace": "t-1", "tenant": {"id": 7}, "arguments": [], "caller": by,
        })
    };
    let told: Json = json_of(&caller.ok("call-string", json!(["context:tell", ""])).await);
    assert_eq!(told, expected("test:probe-funcs"));
    let answers = json_of(&caller.ok("call-string", json!(["context:relay", r#"["context:tell", ["x"]]"#])).await);
    assert_eq!(json_of(&answers[0]["ok"]), expected("context:relay"));
}

fn json_of(text: &Json) -> Json {
    serde_json::from_str(text.as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_callee_has_the_grants_of_its_own_entry_and_not_the_callers() {
    caller().id("grants:none").imports([]).register("call-string").await;
    let message = caller().err("call-string", json!(["grants:none", r#"["grants:none", ""]"#])).await;
    assert_eq!(
        message,
        json!(
            "guest called wippy:runtime/funcs#call-string, but entry grants:none does not import it; \
             add \"funcs\" to its imports"
        )
    );
}

/// A callee that says that it has been reached, waits forever, and says that it is gone.
fn waiting(id: &str) -> (Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let (reached, gone) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (reached_inside, gone_inside) = (reached.clone(), gone.clone());
    let callee = function(move |_: CallContext, _: Vec<Value>| {
        reached_inside.fetch_add(1, Ordering::SeqCst);
        let flag = DropFlag(gone_inside.clone());
        async move {
            std::future::pending::<()>().await;
            drop(flag);
            Ok(Value::Null)
        }
    });
    host().functions().register(id, callee).unwrap();
    (reached, gone)
}

#[tokio::test]
async fn dropping_a_call_drops_the_callee() {
    let (reached, gone) = waiting("drop:wait");
    let call = tokio::spawn(async { caller().call("call-string", json!(["drop:wait", ""])).await });
    until("the callee is reached", || reached.load(Ordering::SeqCst) == 1).await;
    assert_eq!(gone.load(Ordering::SeqCst), 0);
    call.abort();
    assert!(within(call).await.unwrap_err().is_cancelled());
    assert_eq!(gone.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn cancelling_a_token_ends_caller_and_callee() {
    let (reached, gone) = waiting("cancel:wait");
    let token = CancellationToken::new();
    let context = CallContext::builder().cancellation(token.clone()).build();
    let call =
        tokio::spawn(async move { caller().context(context).fails("call-string", json!(["cancel:wait", ""])).await });
    until("the callee is reached", || reached.load(Ordering::SeqCst) == 1).await;
    token.cancel();
    let error = within(call).await.unwrap();
    assert_eq!(error.message(), "test:probe-funcs: canceled by the caller");
    assert_eq!(error.kind(), ErrorKind::Canceled);
    assert_eq!(gone.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_call_at_once() {
    Guest::new("values").id("crowd:echo").register("echo-string").await;
    let function = Arc::new(caller().function("call-string").await);
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..200 {
        let function = function.clone();
        calls.spawn(async move {
            let text = format!("number {number}");
            let arguments = vec!["crowd:echo".into(), text.as_str().into()];
            let result = function.call(&CallContext::new(), arguments).await.unwrap();
            assert_eq!(result.get("ok"), Some(&Value::from(text)));
        });
    }
    let all = tokio::time::timeout(LONG, calls.join_all()).await.expect("the calls hang");
    assert_eq!(all.len(), 200);
}

#[tokio::test]
async fn a_call_from_a_function_whose_host_is_gone_is_an_error_that_says_so() {
    let host = builder().build().unwrap();
    host.functions().register("gone:echo", function(|_, mut a: Vec<Value>| async move { Ok(a.remove(0)) })).unwrap();
    let caller = Guest::on(&host, "probe-funcs").imports(["funcs"]).function("call-string").await;
    let soon = |limits: &mut Limits| limits.max_execution = Some(Duration::from_millis(50));
    let endless = Guest::on(&host, "misbehave").limits(soon).function("loop-forever").await;
    let context = CallContext::new();
    let call = |target: &str| caller.call(&context, vec![target.into(), "x".into()]);
    assert_eq!(within(call("gone:echo")).await.unwrap().get("ok"), Some(&"x".into()));
    drop(host);
    let told = within(call("gone:echo")).await.unwrap();
    let told = told.get("err").and_then(Value::as_str).unwrap().to_owned();
    assert!(told.starts_with("gone:echo cannot be called: the host of its caller is gone"), "{told}");
    let told = within(call("none")).await.unwrap();
    assert_eq!(told.get("err").and_then(Value::as_str), Some("invalid function target: none"));
    // Nor does it live without limits.
    let error = within(endless.call(&CallContext::new(), Vec::new())).await.unwrap_err();
    assert_eq!(error.reason(), Reason::ExecutionTime, "{error}");
}
