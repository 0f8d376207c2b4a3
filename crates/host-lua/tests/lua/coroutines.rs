//! Coroutines, spawned work and channels.

use super::support::{App, body, to_json};
use serde_json::json;
use wippy_host_core::{Value, function};

#[tokio::test]
async fn coroutines_are_luas_own_to_their_users() {
    for (code, expected) in [
        (
            "local c = coroutine.wrap(function(a) local b = coroutine.yield(a + 1); return b * 2 end); return {c(1), c(10)}",
            json!([2, 20]),
        ),
        (
            "local t = {}; for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do t[#t + 1] = v end; return t",
            json!([1, 2, 3]),
        ),
        (
            "local co = coroutine.create(function() error('x', 0) end); local ok, e = coroutine.resume(co); return {ok, e, coroutine.status(co)}",
            json!([false, "x", "dead"]),
        ),
        (
            "local co = coroutine.create(function() coroutine.yield() end); coroutine.resume(co); return {coroutine.status(co), coroutine.close(co), coroutine.status(co)}",
            json!(["suspended", true, "dead"]),
        ),
        (
            "local log = {}; local co = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() log[1] = 'closed' end}); coroutine.yield() end); coroutine.resume(co); coroutine.close(co); return log",
            json!(["closed"]),
        ),
        ("return select(2, pcall(coroutine.yield, 1))", json!("attempt to yield from outside a coroutine")),
        (
            "local co; co = coroutine.create(function() return coroutine.resume(co) end); local _, ok, e = coroutine.resume(co); return {ok, e}",
            json!([false, "cannot resume non-suspended coroutine"]),
        ),
        ("return coroutine.isyieldable()", json!(false)),
        ("local _, main = coroutine.running(); return main", json!(true)),
        ("return coroutine.wrap(function() local _, main = coroutine.running(); return main end)()", json!(false)),
        (
            "local c = coroutine.wrap(function() return pcall(function() coroutine.yield(1); error('e', 0) end) end); c(); local ok, e = c(); return {ok, e}",
            json!([false, "e"]),
        ),
        ("local c = coroutine.wrap(function() coroutine.yield(nil, nil) end); return select('#', c())", json!(2)),
    ] {
        assert_eq!(body(code).await, expected, "{code}");
    }
}

#[tokio::test]
async fn a_coroutine_that_computes_for_long_is_suspended_and_goes_on() {
    let sum = body(
        "local c = coroutine.wrap(function() local n = 0; for i = 1, 3000000 do n = n + 1 end; coroutine.yield(n); return 'end' end)
         return {c(), c()}",
    );
    assert_eq!(sum.await, json!([3_000_000, "end"]));
}

#[tokio::test]
async fn spawned_coroutines_run_beside_the_function_and_talk_through_channels() {
    let got = body(
        "local ch = channel.new()
         for i = 1, 3 do coroutine.spawn(function() ch:send(i) end) end
         local sum = 0
         for _ = 1, 3 do local v, ok = ch:receive(); assert(ok); sum = sum + v end
         return sum",
    );
    assert_eq!(got.await, json!(6));
}

#[tokio::test]
async fn channels_are_bounded_closable_and_selectable() {
    for (code, expected) in [
        (
            "local ch = channel.new(2); ch:send(1); ch:send(2); ch:close(); return {(ch:receive()), (ch:receive()), select(2, ch:receive())}",
            json!([1, 2, false]),
        ),
        (
            "local ch = channel.new(1); ch:close(); local ok, e = pcall(ch.send, ch, 1); return {ok, e:message()}",
            json!([false, "send on a closed channel"]),
        ),
        (
            "local a, b = channel.new(1), channel.new(1); b:send('b'); local r = channel.select{a:case_receive(), b:case_receive()}; return {r.channel == b, r.value, r.ok}",
            json!([true, "b", true]),
        ),
        (
            "local a = channel.new(); local r = channel.select{a:case_receive(), default = true}; return {r.default, r.ok, r.channel == nil}",
            json!([true, true, true]),
        ),
        (
            "local a, b = channel.new(), channel.new(); coroutine.spawn(function() b:send(7) end); local r = channel.select{a:case_receive(), b:case_receive()}; return r.value",
            json!(7),
        ),
        (
            "local a = channel.new(); local got; coroutine.spawn(function() got = a:receive() end); local r = channel.select{a:case_send(5)}; return {r.ok, r.channel == a}",
            json!([true, true]),
        ),
        (
            "local a = channel.new(); coroutine.spawn(function() a:close() end); local v, ok = a:receive(); return {v == nil, ok}",
            json!([true, false]),
        ),
        ("return (pcall(channel.new, 100000))", json!(false)),
        ("return (pcall(channel.select, {}))", json!(false)),
    ] {
        assert_eq!(body(code).await, expected, "{code}");
    }
}

#[tokio::test]
async fn what_is_spawned_ends_with_the_function() {
    let app = App::new();
    app.lua("app:f", "return function() coroutine.spawn(function() while true do end end); coroutine.spawn(function() print('began'); channel.new():receive() end); return 1 end");
    assert_eq!(to_json(app.call("app:f", Vec::new()).await.unwrap()), json!(1));
}

#[tokio::test]
async fn a_spawned_coroutine_that_fails_is_told_in_the_log() {
    let app = App::new();
    app.lua("app:f", "return function() local done = channel.new(); coroutine.spawn(function() error('lost') end); coroutine.spawn(function() done:send(1) end); done:receive() end");
    app.call("app:f", Vec::new()).await.unwrap();
    assert_eq!(app.lines(), ["a spawned coroutine failed: test.lua:1: lost"]);
}

#[tokio::test]
async fn spawned_coroutines_are_bounded() {
    assert_eq!(body("for i = 1, 1000 do coroutine.spawn(function() channel.new():receive() end) end; local ok, e = pcall(coroutine.spawn, print); return {ok, e:kind()}").await, json!([false, "RateLimited"]));
}

#[tokio::test]
async fn a_coroutine_may_wait_for_calls() {
    let app = App::new();
    app.functions
        .register(
            "app:slow",
            function(|_, mut arguments: Vec<Value>| async move {
                tokio::task::yield_now().await;
                Ok(arguments.pop().unwrap_or_default())
            }),
        )
        .unwrap();
    app.lua(
        "app:f",
        "local funcs = require('funcs')
         return function()
           local t = {}
           for v in coroutine.wrap(function()
             for i = 1, 3 do
               local inner = coroutine.wrap(function() coroutine.yield((assert(funcs.call('app:slow', i * 10)))) end)
               coroutine.yield(inner())
             end
           end) do t[#t + 1] = v end
           return t
         end",
    );
    assert_eq!(to_json(app.call("app:f", Vec::new()).await.unwrap()), json!([10, 20, 30]));
}

/// A coroutine between the one that computes and the one that waits is paused; the wait's end must still be noticed.
#[tokio::test]
async fn no_wake_is_lost_to_a_pause() {
    let app = App::new();
    let slow = function(|_, _| async {
        // Longer than a turn, so that every coroutine on the way back is paused, and ready right after.
        std::thread::sleep(std::time::Duration::from_millis(12));
        tokio::task::yield_now().await;
        Ok(Value::Integer(1))
    });
    app.functions.register("app:slow", slow).unwrap();
    app.lua(
        "app:f",
        "local funcs = require('funcs')
         local function deep(n)
           if n > 0 then return coroutine.wrap(deep)(n - 1) end
           return (assert(funcs.call('app:slow')))
         end
         return function() local sum = 0; for i = 1, 30 do sum = sum + deep(i) end; return sum end",
    );
    assert_eq!(to_json(app.call("app:f", Vec::new()).await.unwrap()), json!(30));
}
