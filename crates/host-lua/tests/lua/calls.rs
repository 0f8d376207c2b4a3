//! How a function is found in its source, called, and fails.

use super::support::{App, body, run, spec, to_json};
use serde_json::json;
use std::sync::{Arc, Mutex};
use wippy_host_core::metrics::Metrics;
use wippy_host_core::pool::{PoolFields, PoolKind, PoolSpec};
use wippy_host_core::value::TextOrBytes;
use wippy_host_core::{CallContext, ErrorKind, Host, Reason, Value, function};
use wippy_host_lua::LuaLibrary;

#[tokio::test]
async fn what_a_running_function_has_allocated_is_memory_of_its_entry_until_it_ends() {
    let metrics = Metrics::new();
    let mut app = App::new();
    app.services.metrics = Some(metrics.clone());
    let now = move || metrics.snapshot().into_iter().find(|(id, _)| &**id == "app:f").unwrap().1.memory_bytes;
    let (asked, bytes) = (now.clone(), Arc::new(Mutex::new(Vec::new())));
    let seen = bytes.clone();
    let look = function(move |_, _| {
        let (asked, seen) = (asked.clone(), seen.clone());
        async move {
            // The function has given its thread back.
            tokio::task::yield_now().await;
            seen.lock().unwrap().push(asked());
            Ok(Value::Null)
        }
    });
    app.functions.register("app:look", look).unwrap();
    app.lua(
        "app:f",
        "local funcs = require('funcs')
        return function()
            funcs.call('app:look')
            local text = string.rep('x', 2000000)
            funcs.call('app:look')
            return #text
        end",
    );
    assert_eq!(app.call("app:f", Vec::new()).await.map(to_json).unwrap(), json!(2_000_000));
    let [before, after] = bytes.lock().unwrap().clone().try_into().unwrap();
    assert!(before > 0 && after > before + 2_000_000, "{before} {after}");
    assert_eq!(now(), 0);
}

#[tokio::test]
async fn a_source_returns_a_table_of_functions_or_a_function() {
    assert_eq!(run("return { run = function() return 1 end }").await.unwrap(), json!(1));
    assert_eq!(run("return function() return 2 end").await.unwrap(), json!(2));
}

#[tokio::test]
async fn a_missing_method_is_named_with_those_that_are_there() {
    let error = run("return { stop = function() end, go = function() end }").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        error.to_string(),
        "app:f: method \"run\" is not a function of the table that the source returns; the source has: go, stop"
    );
}

#[test]
fn a_syntax_error_is_found_when_the_function_is_made_with_file_and_line() {
    let error = App::new().make(spec("app:f", "return {\n  run = function( end\n}")).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.message(), "app:f: test.lua:2: <name> or '...' expected near 'end'");
}

#[tokio::test]
async fn what_a_function_raises_or_returns_in_second_place_is_its_failure() {
    let raised = run("return function()\n  error('boom')\nend").await.unwrap_err();
    assert_eq!((raised.kind(), raised.message()), (ErrorKind::Internal, "app:f: test.lua:2: boom"));
    let returned = run("return function() return nil, errors.new{message = 'gone', kind = errors.NOT_FOUND} end").await;
    let returned = returned.unwrap_err();
    assert_eq!((returned.kind(), returned.message()), (ErrorKind::NotFound, "gone"));
    let text = run("return function() return nil, 'no luck' end").await.unwrap_err();
    assert_eq!(text.message(), "no luck");
    let second = run("return function() return 1, errors.new('late') end").await.unwrap_err();
    assert_eq!(second.message(), "late");
    assert_eq!(run("return function() return 1, 'ignored', 3 end").await.unwrap(), json!(1));
    assert_eq!(run("return function() end").await.unwrap(), json!(null));
}

#[tokio::test]
async fn an_error_keeps_its_stack_without_the_hosts_own_frames() {
    let stack = body(
        "local ok, err = pcall(function() error(errors.new('x')) end)
         local function inner() return errors.new('deep') end
         return (inner():stack())",
    )
    .await;
    let stack = stack.as_str().unwrap();
    assert!(stack.contains("test.lua:3"), "{stack}");
    assert!(!stack.contains("[host]"), "{stack}");
}

#[tokio::test]
async fn values_come_and_go_as_they_are() {
    let app = App::new();
    app.lua("app:echo", "return function(v) return v end");
    for value in [
        json!(null),
        json!(true),
        json!(i64::MAX),
        json!(1.5),
        json!("text"),
        json!([1, null, [2.5, "x"]]),
        json!({"a": {"b": [1]}, "c": "d"}),
        json!({"ok": null}),
        json!({"some": null}),
    ] {
        let returned = app.call("app:echo", vec![Value::from_json(value.clone()).unwrap()]).await.unwrap();
        assert_eq!(to_json(returned), value);
    }
    let bytes = Value::Bytes(vec![0, 255, 254].into());
    assert_eq!(app.call("app:echo", vec![bytes.clone()]).await.unwrap(), bytes);
    let large = app.call("app:echo", vec![Value::from(u64::MAX)]).await.unwrap();
    assert_eq!(large, Value::from("18446744073709551615"));
    assert_eq!(body("return math.type(3), 3").await, json!("integer"));
    assert_eq!(body("return {1, 2, nil, 4}").await, json!({"1": 1, "2": 2, "4": 4}));
}

#[tokio::test]
async fn what_is_no_value_is_refused_with_its_path() {
    for (source, message) in [
        ("return { users = {{}, { f = print }} }", "app:f: result: users[2].f: a function cannot be passed as a value"),
        ("local t = {}; t.x = { t }; return t", "app:f: result: x[1]: the table contains itself"),
        ("return { [true] = 1 }", "app:f: result: a key is a boolean, and must be text"),
        ("local t = {}; for _ = 1, 200 do t = { t } end; return t", "nested deeper than 128 levels"),
    ] {
        let error = run(&format!("return function() {source} end")).await.unwrap_err();
        assert!(error.message().ends_with(message), "{error}");
    }
    let shared = "local t = {}; for _ = 1, 100 do t = { t, t } end; return t";
    let error = run(&format!("return function() {shared} end")).await.unwrap_err();
    assert_eq!(error.reason(), Reason::HostBytes, "{error}");
}

#[tokio::test]
async fn a_payload_goes_in_and_comes_out_as_text_or_bytes() {
    let app = App::new();
    app.lua("app:echo", "return function(v) return v end");
    app.lua("app:table", "return function(v) return { got = v } end");
    app.lua("app:nothing", "return function() end");
    let call = async |id: &str, input| app.functions.call_payload(&CallContext::new(), id, input).await.unwrap();
    let text = |text: &str| TextOrBytes::Text(text.to_owned());
    assert_eq!(call("app:echo", text("hello")).await, text("hello"));
    assert_eq!(call("app:echo", TextOrBytes::Bytes(vec![255].into())).await, TextOrBytes::Bytes(vec![255].into()));
    assert_eq!(call("app:table", text("x")).await, text("{\"got\":\"x\"}"));
    assert_eq!(call("app:nothing", text("x")).await, text(""));
}

#[tokio::test]
async fn require_finds_libraries_and_nothing_that_is_not_listed() {
    let app = App::new();
    let library = LuaLibrary::new("app:lib", "lib.lua", "local m = {}; function m.twice(n) return n * 2 end; return m");
    let mut with = spec("app:f", "local lib = require('numbers'); return function(n) return lib.twice(n) end");
    with.libraries.insert("numbers".to_owned(), Arc::new(library.unwrap()));
    app.add(with);
    assert_eq!(to_json(app.call("app:f", vec![Value::Integer(21)]).await.unwrap()), json!(42));
    let error = run("return function() return require('os') end").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "module \"os\" is not listed in modules of app:f; the host's modules are base64, channel, env, errors, funcs, hash, \
         http_client, json, logger, process, time, uuid; a library needs an alias in imports"
    );
    let mut bare = spec("app:bare", "return function() return require('hash') end");
    bare.modules.clear();
    app.add(bare);
    let error = app.call("app:bare", Vec::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "module \"hash\" is not listed in modules of app:bare; add \"hash\" to its modules");
}

#[tokio::test]
async fn a_library_finds_what_is_its_own() {
    let app = App::new();
    let inner =
        LuaLibrary::new("app:inner", "inner.lua", "loads = (loads or 0) + 1; return { loads = loads }").unwrap();
    let inner = Arc::new(inner);
    let outer = "local a, b = require('i'), require('i'); return { same = a == b, loads = a.loads, funcs = require('funcs') ~= nil }";
    let outer = LuaLibrary::new("app:outer", "outer.lua", outer).unwrap();
    let outer = outer.with_imports([("i".to_owned(), inner)].into()).with_modules(["funcs"]);
    let source = "local o = require('o'); return function() return { o.same, o.loads, o.funcs, (pcall(require, 'i')), loads } end";
    let mut with = spec("app:f", source);
    with.modules.clear();
    with.libraries.insert("o".to_owned(), Arc::new(outer));
    app.add(with);
    assert_eq!(to_json(app.call("app:f", Vec::new()).await.unwrap()), json!([true, 1, true, false, 1]));
}

#[tokio::test]
async fn a_library_that_fails_or_requires_itself_says_so() {
    let app = App::new();
    let broken = LuaLibrary::new("app:b", "b.lua", "error('broken')").unwrap();
    let round = LuaLibrary::new("app:r", "r.lua", "local r = require('r'); return r").unwrap();
    let mut with = spec("app:f", "return function(name) local ok, e = pcall(require, name); return tostring(e) end");
    with.libraries.insert("b".to_owned(), Arc::new(broken));
    with.libraries.insert("r".to_owned(), Arc::new(round));
    app.add(with);
    assert_eq!(to_json(app.call("app:f", vec![Value::from("b")]).await.unwrap()), json!("b.lua:1: broken"));
    let round = to_json(app.call("app:f", vec![Value::from("r")]).await.unwrap());
    assert_eq!(round, json!("r.lua:1: module \"r\" requires itself"));
}

#[tokio::test]
async fn no_state_is_left_for_the_next_call() {
    let app = App::new();
    app.lua(
        "app:f",
        "count = (count or 0) + 1; string.x = (string.x or 0) + 1; return function() return count + string.x end",
    );
    for _ in 0..3 {
        assert_eq!(to_json(app.call("app:f", Vec::new()).await.unwrap()), json!(2));
    }
}

#[tokio::test]
async fn print_goes_to_the_log_of_the_entry() {
    let app = App::new();
    app.lua("app:f", "return function() print('a', 1, nil, true); print('two\\nlines') end");
    app.call("app:f", Vec::new()).await.unwrap();
    assert_eq!(app.lines(), ["a\t1\tnil\ttrue", "two", "lines"]);
    assert!(app.output.lines().iter().all(|line| line.entry == "app:f"));
}

#[tokio::test]
async fn a_pool_bounds_the_calls_and_refuses_one_that_would_wait_for_itself() {
    let host = Host::builder().build().unwrap();
    let app = App::new();
    let with = spec("app:f", "local funcs = require('funcs'); return function() return funcs.call('app:f') end");
    let fields = PoolFields::default().with_kind(PoolKind::Static).with_workers(1);
    let slots = host.slots(&with.id, PoolSpec::resolve(fields));
    let function = app.make(with).unwrap().with_slots(slots.clone());
    app.functions.register("app:f", function).unwrap();
    let error = app.call("app:f", Vec::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.reason()), (ErrorKind::Conflict, Reason::WaitCycle), "{error}");
    assert_eq!(slots.taken(), 0);
}
