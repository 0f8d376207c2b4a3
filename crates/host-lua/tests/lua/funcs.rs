//! Calls of other functions from Lua.

use super::support::{App, spec, to_json};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use wippy_host_core::policy::network::NetworkPolicy;
use wippy_host_core::{
    CallContext, CallRequest, CapturedOutput, Error, ErrorKind, Policy, Reason, Result, Services, Value, function,
};

/// An application whose `app:f` has this body, and `funcs`.
fn app(body: &str) -> App {
    let app = App::new();
    app.lua("app:f", &format!("local funcs = require('funcs')\nreturn function(...)\n{body}\nend"));
    app.functions
        .register("app:echo", function(|_, mut a: Vec<Value>| async move { Ok(a.pop().unwrap_or_default()) }))
        .unwrap();
    let fails = |_, _| async { Err(Error::new(ErrorKind::Conflict, "taken").with_remedy("choose another")) };
    app.functions.register("app:fails", function(fails)).unwrap();
    app.functions.register("app:never", function(|_, _| std::future::pending::<Result<Value>>())).unwrap();
    let about = |call: CallContext, _| async move {
        Value::from_json(json!({
            "actor": call.actor(), "scope": call.scope(), "trace": call.trace(), "x": call.value("x"),
            "deadline": call.deadline().is_some(), "depth": call.depth(),
        }))
        .map_err(Error::from)
    };
    app.functions.register("app:about", function(about)).unwrap();
    app
}

#[tokio::test]
async fn an_error_object_is_the_same_object_for_whoever_calls() {
    let app = app("local told = {}
        for _, id in ipairs({ 'app:returns', 'app:raises', 'app:passes' }) do
            local v, e = funcs.call(id)
            told[#told + 1] = { v == nil, e:kind(), e:retryable(), e:details(), e:message(), e:stack() ~= '' }
        end
        return told");
    let new = "errors.new{ message = 'out of stock', kind = errors.UNAVAILABLE, retryable = false, details = { sku = 'A1' } }";
    app.lua("app:returns", &format!("return function() return nil, {new} end"));
    app.lua("app:raises", &format!("return function() error({new}) end"));
    app.lua("app:passes", "local funcs = require('funcs'); return function() return funcs.call('app:returns') end");
    let found = app.call("app:f", Vec::new()).await.map(to_json).unwrap();
    let expected = json!([true, "Unavailable", false, {"sku": "A1"}, "out of stock", true]);
    assert_eq!(found, json!([expected, expected, expected]));

    let unknown = self::app("return select(2, funcs.call('app:unknown')):kind()");
    unknown.lua("app:unknown", "return function() return nil, errors.new('x') end");
    assert_eq!(unknown.call("app:f", Vec::new()).await.map(to_json).unwrap(), json!("Unknown"));
}

#[tokio::test]
async fn what_a_function_of_the_host_refuses_is_told_with_its_line() {
    for (body, message) in [
        (
            "local funcs = nil\nrequire('funcs').new():with_context(5)",
            "app:f: test.lua:4: bad argument #1 to 'with_context': expected a table, got integer",
        ),
        (
            "channel.select{ channel.new() }",
            "app:f: test.lua:3: case 1 of the select is a userdata; write ch:case_receive() or ch:case_send(value)",
        ),
        ("local c = channel.new()\nc:close()\nc:send(1)", "app:f: test.lua:5: send on a closed channel"),
    ] {
        let error = app(body).call("app:f", Vec::new()).await.unwrap_err();
        assert_eq!(error.message(), message, "{body}");
    }
    let caught = "local ok, e = pcall(function() require('funcs').new():with_context(5) end)
        return { ok, e:kind(), (e:stack():match('test.lua:%d+')) }";
    assert_eq!(told(caught).await, json!([false, "Invalid", "test.lua:3"]));
}

async fn told(body: &str) -> serde_json::Value {
    app(body).call("app:f", Vec::new()).await.map(to_json).unwrap()
}

#[tokio::test]
async fn a_call_gives_the_value_or_nil_and_the_error() {
    assert_eq!(told("return funcs.call('app:echo', { a = { 1, 2 } })").await, json!({"a": [1, 2]}));
    let error = told("local v, e = funcs.call('app:fails'); return { v == nil, e:kind(), e:message() }").await;
    assert_eq!(error, json!([true, "Conflict", "taken; choose another"]));
    let passed = app("return funcs.call('app:fails')").call("app:f", Vec::new()).await.unwrap_err();
    assert_eq!(
        (passed.kind(), passed.message(), passed.remedy()),
        (ErrorKind::Conflict, "taken", Some("choose another"))
    );
}

#[tokio::test]
async fn a_target_is_an_id_of_a_function() {
    for (target, message) in [
        ("'echo'", "invalid function target: echo"),
        ("'app:'", "invalid function target: app:"),
        ("nil", "invalid function target: a text is needed, got nil"),
        ("'app:nobody'", "no handler registered for target: app:nobody"),
    ] {
        let got = told(&format!("local v, e = funcs.call({target}); return e:message()")).await;
        assert_eq!(got, json!(message));
    }
    let got = told("local v, e = funcs.call('app:echo', { f = print }); return e:message()").await;
    assert_eq!(got, json!("argument 1: f: a function cannot be passed as a value"));
}

#[tokio::test]
async fn the_callee_inherits_and_an_executor_changes() {
    let app = app("local e = funcs.new():with_context{ x = 1 }
         local changed = e:with_actor('bob'):with_scope{ id = 's2' }:with_options{ timeout = 5000 }
         return { assert(funcs.call('app:about')), assert(e:call('app:about')), assert(changed:call('app:about')) }");
    let context = CallContext::builder().actor("ann").scope("s").trace("t").value("x", json!(0)).build();
    let told = to_json(app.call_in(&context, "app:f", Vec::new()).await.unwrap());
    let one =
        |actor, scope, x| json!({"actor": actor, "scope": scope, "trace": "t", "x": x, "deadline": true, "depth": 0});
    assert_eq!(told, json!([one("ann", "s", 0), one("ann", "s", 1), one("bob", "s2", 1)]));
}

#[tokio::test]
async fn the_policy_is_asked() {
    struct Nothing;
    impl NetworkPolicy for Nothing {}
    impl Policy for Nothing {
        fn call(&self, request: &CallRequest<'_>) -> Result<()> {
            Err(request.denied())
        }
    }
    let app = App { services: Services::default().with_policy(Nothing), ..App::new() };
    app.lua("app:f", "return function() return require('funcs').call('app:g') end");
    let error = app.call("app:f", Vec::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::PermissionDenied, "not allowed: app:g"));
}

#[tokio::test]
async fn a_timeout_ends_the_one_call() {
    let begun = Instant::now();
    let got = told(
        "local v, e = funcs.new():with_options{ timeout = 30 }:call('app:never'); return { e:kind(), e:message() }",
    );
    assert_eq!(
        got.await,
        json!(["Timeout", "app:never: no result before its deadline; give the call a longer timeout"])
    );
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn futures_run_beside_the_function() {
    for (body, expected) in [
        (
            "local f = assert(funcs.async('app:echo', 7)); local p, ok = f:channel():receive()
             return { p:data(), ok, f:is_complete(), f:is_canceled(), f:result():data(), f:error() == nil }",
            json!([7, true, true, false, 7, true]),
        ),
        (
            "local f = funcs.async('app:fails'); local p, ok = f:response():receive(); local e, failed = f:error()
             return { ok, p:kind(), failed, select(2, f:result()):kind() }",
            json!([true, "Conflict", true, "Conflict"]),
        ),
        (
            "local f = funcs.async('app:never'); local was = f:is_complete(); f:cancel(); f:response():receive()
             return { was, f:is_complete(), f:is_canceled(), f:error():kind() }",
            json!([false, true, true, "Canceled"]),
        ),
        ("local f, e = funcs.async('nobody'); return { f == nil, e:kind() }", json!([true, "Invalid"])),
        (
            "local a, b = funcs.async('app:never'), funcs.async('app:echo', 'b')
             local r = channel.select{ a:channel():case_receive(), b:channel():case_receive() }
             return { r.channel == b:channel(), r.value:data() }",
            json!([true, "b"]),
        ),
        (
            "for i = 1, 1000 do assert(funcs.async('app:never')) end; local f, e = funcs.async('app:never')
             return { f == nil, e:kind() }",
            json!([true, "RateLimited"]),
        ),
    ] {
        assert_eq!(told(body).await, expected, "{body}");
    }
}

#[tokio::test]
async fn a_recursion_of_calls_ends_at_its_depth_and_not_at_the_stacks_end() {
    // Each level brings its Lua stack as near to its own end as it can.
    let app = app("local function deep(n)
           if n > 0 then
             local ok, v, e = pcall(deep, n - 1)
             return v, e
           end
           return funcs.call('app:f')
         end
         local v, e = deep(150)
         return v, e");
    let error = app.call("app:f", Vec::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::RateLimited, Reason::CallDepth), "{error}");
    assert!(error.message().starts_with("function call depth exceeded: app:f -> app:f"), "{error}");
}

#[tokio::test]
async fn nested_coroutines_that_call_do_not_exhaust_the_stack() {
    let app = app("local function deep(n)
           if n > 0 then return coroutine.wrap(deep)(n - 1) end
           return funcs.call('app:f')
         end
         return deep(60)");
    let error = app.call("app:f", Vec::new()).await.unwrap_err();
    assert_eq!(error.reason(), Reason::CallDepth, "{error}");
}

#[test]
fn ten_thousand_suspended_calls_hold_no_thread() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let app = App::new();
        let (release, wait) = tokio::sync::watch::channel(false);
        let waiting = Arc::new(AtomicUsize::new(0));
        let counted = waiting.clone();
        let slow = function(move |_, _| {
            let (mut wait, counted) = (wait.clone(), counted.clone());
            async move {
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = wait.wait_for(|released| *released).await;
                Ok(Value::Integer(1))
            }
        });
        app.functions.register("app:slow", slow).unwrap();
        let mut spec =
            spec("app:f", "local funcs = require('funcs'); return function() return funcs.call('app:slow') end");
        spec.limits.max_execution = None;
        app.add(spec);
        let before = resident();
        let calls: Vec<_> = (0..10_000)
            .map(|_| {
                let app = app.clone();
                tokio::spawn(async move { app.call("app:f", Vec::new()).await })
            })
            .collect();
        while waiting.load(Ordering::SeqCst) < 10_000 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let each = resident().saturating_sub(before) / 10_000;
        assert!(each < 256 << 10, "a suspended call takes {each} bytes");
        eprintln!("a suspended call takes {each} bytes");
        release.send(true).unwrap();
        for call in calls {
            assert_eq!(call.await.unwrap().unwrap(), Value::Integer(1));
        }
    });
}

/// The memory of this process that is resident, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

#[tokio::test]
async fn what_a_script_makes_reachable_does_not_outlive_its_call() {
    // A coroutine that waits, held by what Lua and the host never collect.
    let app = app("local ch = channel.new(2)
         local co = coroutine.create(function() local keep = ch; funcs.call('app:never') end)
         string.keep, _G.keep = co, co
         ch:send(ch); ch:send(co)
         coroutine.spawn(function() coroutine.resume(co) end)
         funcs.async('app:never')
         local ballast = {}
         for i = 1, 20000 do ballast[i] = { i } end
         string.ballast = ballast
         channel.select{ channel.new():case_receive(), ch:case_receive(), ch:case_receive() }
         funcs.call('app:never')");
    let output = Arc::new(CapturedOutput::default());
    let held = Arc::downgrade(&output);
    let context = CallContext::builder().timeout(Duration::from_millis(100)).output(output).build();
    app.call_in(&context, "app:f", Vec::new()).await.unwrap_err();
    drop(context);
    // The VM holds the call's context. A large one is freed on another thread.
    let begun = Instant::now();
    while held.upgrade().is_some() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the VM is still there");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_call_from_a_function_whose_host_is_gone_is_an_error_that_says_so() {
    let app = app("local v, e = funcs.call('app:echo', 1)
        return { v == nil, e:kind(), e:retryable(), e:message() }");
    let function = app.functions.get("app:f").unwrap();
    drop(app);
    let told = function.call(&CallContext::new(), Vec::new()).await.map(to_json).unwrap();
    let message = "app:echo cannot be called: the host of its caller is gone; keep the Host, or its FunctionRegistry, for as \
                   long as its functions are called";
    assert_eq!(told, json!([true, "Unavailable", true, message]));
}
