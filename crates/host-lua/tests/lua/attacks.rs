//! Scripts that try to run for ever, to take all memory, or to take the host down.

use super::support::{App, limited, spec};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use wippy_host_core::{CallContext, CapturedOutput, EPOCH, Error, ErrorKind, Limits, Reason};

fn soon() -> Limits {
    let mut limits = Limits::default();
    limits.max_execution = Some(Duration::from_millis(150));
    limits
}

async fn ends(body: &str) -> Error {
    let begun = Instant::now();
    let error = limited(body, soon()).await.expect_err(body);
    assert!(begun.elapsed() < Duration::from_secs(10), "{body}: {:?}", begun.elapsed());
    error
}

#[tokio::test]
async fn an_endless_loop_ends_at_its_deadline_wherever_it_is() {
    for body in [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "while true do xpcall(function() while true do end end, function(e) while true do end end) end",
        "local c = coroutine.wrap(function() while true do end end); c()",
        "local co = coroutine.create(function() while true do end end); while true do coroutine.resume(co) end",
        "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
        "local t = setmetatable({}, { __index = function() while true do end end }); return t.x",
        "local t = {}; for i = 1, 100 do t[i] = {i} end; table.sort(t, function() while true do end end)",
        "local x <close> = setmetatable({}, { __close = function() while true do end end }); error('x')",
        "coroutine.spawn(function() while true do end end); channel.new():receive()",
        "channel.new():receive()",
        "table.move({}, 1, 1 << 60, 2)",
        "table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 1)",
        "table.remove(setmetatable({}, { __len = function() return 1 << 60 end }), 1)",
        "table.concat(setmetatable({}, { __len = function() return 1 << 60 end, __index = function() return '' end }))",
        "return load('while true do end')()",
        "goto top; ::top:: goto top",
        "local a = ('x'):rep(60 << 20); while true do local b = a .. a end",
        "local a, b = ('x'):rep(60 << 20), ('x'):rep(60 << 20); while true do local c = a < b end",
        "local a = ('x'):rep(60 << 20); while true do a:upper() end",
        "local t = {}; for i = 1, 1000000 do t[i] = i end; while true do select('#', table.unpack(t, 1, 500000)) end",
        "local t = {}; for i = 1, 1000000 do t[i] = i end; while true do table.concat(t, ',') end",
        "local t = {}; for i = 1, 1000000 do t[i] = i end; table.sort(t, function(a, b) return a > b end); while true do table.sort(t) end",
        "local function f() return f() end; f()",
        "for _ in pairs(setmetatable({}, {__pairs = function() return function() return 1 end end})) do end",
    ] {
        let error = ends(body).await;
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Timeout, Reason::ExecutionTime), "{body}: {error}");
    }
}

#[tokio::test]
async fn what_cannot_be_suspended_is_ended() {
    for body in [
        "string.gsub('x', 'x', function() while true do end end)",
        "local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() while true do end end }); coroutine.yield() end); coroutine.resume(co); coroutine.close(co)",
    ] {
        let error = ends(body).await;
        assert_eq!(error.reason(), Reason::ExecutionTime, "{body}: {error}");
    }
}

#[tokio::test]
async fn the_callers_deadline_and_cancellation_hold_too() {
    let app = App::new();
    app.lua("app:f", "return function() while true do pcall(error) end end");
    let context = CallContext::builder().timeout(Duration::from_millis(50)).build();
    let error = app.call_in(&context, "app:f", Vec::new()).await.unwrap_err();
    assert_eq!(error.message(), "app:f: the caller's deadline passed");
    let token = tokio_util::sync::CancellationToken::new();
    let context = CallContext::builder().cancellation(token.clone()).build();
    let call = app.call_in(&context, "app:f", Vec::new());
    let cancel = async {
        tokio::task::yield_now().await;
        token.cancel();
    };
    assert_eq!(tokio::join!(call, cancel).0.unwrap_err().kind(), ErrorKind::Canceled);
}

#[tokio::test(flavor = "current_thread")]
async fn a_computing_function_lets_others_run_on_the_same_thread() {
    let app = App::new();
    app.lua("app:f", "return function() while true do end end");
    let app_too = app.clone();
    let computing = tokio::spawn(async move { app_too.call("app:f", Vec::new()).await });
    tokio::task::yield_now().await;
    let mut longest = Duration::ZERO;
    for _ in 0..20 {
        let begun = Instant::now();
        tokio::time::sleep(Duration::from_millis(1)).await;
        longest = longest.max(begun.elapsed());
    }
    computing.abort();
    assert!(longest < Duration::from_millis(500), "{longest:?}");
}

/// Functions that compute beside each other on two threads.
const CROWD: u32 = 80;

/// What each would wait for the others' turns, were they all in the runtime's queue.
const ROUND: Duration = EPOCH.saturating_mul(CROWD / 2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_call_does_not_wait_for_a_crowd_that_computes() {
    let app = App::new();
    app.lua("app:endless", "return function() while true do end end");
    app.lua("app:short", "return function() return 1 end");
    let mut crowd = JoinSet::new();
    for _ in 0..CROWD {
        let app = app.clone();
        crowd.spawn(async move { app.call("app:endless", Vec::new()).await });
    }
    // On a worker, woken by the runtime's own driver: as the request of a client is.
    let calls = tokio::spawn(async move {
        let mut late = Vec::new();
        for _ in 0..9 {
            let due = Instant::now() + EPOCH;
            tokio::time::sleep_until(due.into()).await;
            app.call("app:short", Vec::new()).await.unwrap();
            late.push(due.elapsed());
        }
        late.sort();
        late
    });
    let late = calls.await.unwrap();
    assert!(late[4] < ROUND / 4, "{late:?}, and a round of the crowd takes {ROUND:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlines_hit_each_of_a_crowd_that_computes() {
    let app = App::new();
    let mut endless = spec("app:endless", "return function() while true do pcall(error) end end");
    let limit = ROUND + ROUND / 4;
    endless.limits.max_execution = Some(limit);
    app.add(endless);
    let mut crowd = JoinSet::new();
    for _ in 0..CROWD {
        let app = app.clone();
        crowd.spawn(async move {
            let begun = Instant::now();
            let error = app.call("app:endless", Vec::new()).await.unwrap_err();
            assert_eq!((error.kind(), error.reason()), (ErrorKind::Timeout, Reason::ExecutionTime), "{error}");
            begun.elapsed()
        });
    }
    let mut took = crowd.join_all().await;
    took.sort();
    let late = took[took.len() / 2].saturating_sub(limit);
    assert!(late < ROUND / 4, "half of them ended {late:?} late: {took:?}");
}

#[tokio::test]
async fn memory_is_bounded_whoever_catches_the_error() {
    let mut limits = Limits::default();
    limits.max_memory_bytes = 4 << 20;
    for body in [
        "local t = {}; while true do t[#t + 1] = ('x'):rep(1000) .. #t end",
        "local t = {}; while true do pcall(function() while true do t[#t + 1] = {} end end) end",
        "local s = 'x'; while true do s = s .. s end",
        "local t = {}; coroutine.wrap(function() while true do t[#t + 1] = {} end end)()",
        "return ('x'):rep(10 << 20)",
        "local t = {}; for i = 1, 1 << 30 do t[i] = i end",
        "local t = {}; while true do t[#t + 1] = coroutine.create(print) end",
        "local t = {}; while true do t[#t + 1] = channel.new(1) end",
        "return load('return \"' .. ('x'):rep(1000000) .. '\"' )() .. ('x'):rep(3 << 20)",
    ] {
        let error = limited(body, limits.clone()).await.expect_err(body);
        assert_eq!((error.kind(), error.reason()), (ErrorKind::RateLimited, Reason::Memory), "{body}: {error}");
    }
}

#[tokio::test]
async fn deep_recursion_is_an_error_and_no_crash() {
    for body in [
        "local function f() return 1 + f() end; f()",
        "local t = setmetatable({}, {}); getmetatable(t).__index = function(_, k) return t[k + 1] end; return t[1]",
        "local t = setmetatable({}, {}); getmetatable(t).__index = t; return t.x",
        "local function f() local c = coroutine.wrap(f); return c() end; f()",
        "local function f() return (pcall(f)) and error('x') end; return f()() ",
        "return load(('('):rep(100000) .. '1' .. (')'):rep(100000))()",
        "return load('return ' .. ('{'):rep(100000))()",
        "return ('x'):rep(300000):match(('.-'):rep(3000) .. 'b')()",
        "return string.gsub('a', 'a', function() return f() end)()",
        "local t = setmetatable({}, {}); getmetatable(t).__tostring = function(s) return tostring(s) end; return tostring(t)",
        "local t = {}; for i = 1, 2000000 do t[i] = i end; return table.unpack(t)",
    ] {
        let error = limited(body, Limits::default()).await.expect_err(body);
        assert!(matches!(error.kind(), ErrorKind::Internal | ErrorKind::RateLimited), "{body}: {error}");
    }
}

#[tokio::test]
async fn output_is_bounded() {
    let app = App::new();
    let mut noisy = spec("app:f", "return function() for i = 1, 10000 do print(('x'):rep(100)) end end");
    noisy.limits.max_log_bytes = 10_000;
    app.add(noisy);
    app.call("app:f", Vec::new()).await.unwrap();
    assert!(app.lines().len() < 1000, "{}", app.lines().len());
}

/// Memory that a script took is given back, however its call ended.
#[tokio::test]
async fn repeated_attacks_leave_nothing_behind() {
    let app = App::new();
    let mut greedy =
        spec("app:f", "return function() local t = {}; while true do t[#t + 1] = { ('x'):rep(100) .. #t } end end");
    greedy.limits.max_memory_bytes = 8 << 20;
    app.add(greedy);
    let output = Arc::new(CapturedOutput::default());
    let context = CallContext::builder().output(output.clone()).build();
    for _ in 0..20 {
        let error = app.call_in(&context, "app:f", Vec::new()).await.unwrap_err();
        assert_eq!(error.reason(), Reason::Memory, "{error}");
    }
    drop(context);
    // Each VM holds its call's context until it is freed.
    let begun = Instant::now();
    while Arc::strong_count(&output) > 1 {
        assert!(begun.elapsed() < Duration::from_secs(30), "{} VMs are still there", Arc::strong_count(&output) - 1);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
