//! What a function sees, and what it does not.

use super::support::body;
use serde_json::json;

#[tokio::test]
async fn the_globals_are_those_of_the_specification() {
    let names = body("local t = {}; for name in pairs(_G) do t[#t + 1] = name end; table.sort(t); return t").await;
    assert_eq!(
        names,
        json!([
            "_G",
            "_VERSION",
            "assert",
            "channel",
            "collectgarbage",
            "coroutine",
            "error",
            "errors",
            "getmetatable",
            "ipairs",
            "load",
            "math",
            "next",
            "os",
            "pairs",
            "pcall",
            "print",
            "process",
            "rawequal",
            "rawget",
            "rawlen",
            "rawset",
            "require",
            "select",
            "setmetatable",
            "string",
            "table",
            "tonumber",
            "tostring",
            "type",
            "utf8",
            "xpcall"
        ])
    );
    assert_eq!(
        body("local t = {}; for name in pairs(os) do t[#t + 1] = name end; table.sort(t); return t").await,
        json!(["clock", "date", "time"])
    );
}

#[tokio::test]
async fn files_processes_bytecode_and_finalisers_are_out_of_reach() {
    for expression in [
        "io",
        "package",
        "debug",
        "dofile",
        "loadfile",
        "warn",
        "os.execute",
        "os.getenv",
        "os.remove",
        "os.exit",
        "os.rename",
        "os.tmpname",
        "os.setlocale",
        "string.dump",
        "('').dump",
    ] {
        assert_eq!(body(&format!("return {expression} == nil")).await, json!(true), "{expression}");
    }
    assert_eq!(body("return pcall(setmetatable, {}, { __gc = function() end })").await, json!(false));
    assert_eq!(body("return pcall(collectgarbage, 'stop')").await, json!(false));
    assert_eq!(body("return (getmetatable('')) ").await, json!(false));
    assert_eq!(body("return (load('\\27Lua')) == nil").await, json!(true));
    assert_eq!(body("return (load('return 1', 'x', 'b')) == nil").await, json!(true));
}

#[tokio::test]
async fn load_takes_text_and_keeps_to_the_sandbox() {
    assert_eq!(body("return load('return 1 + 1')()").await, json!(2));
    assert_eq!(body("return load('return io')() == nil").await, json!(true));
    assert_eq!(body("return load('return x', 'n', 't', { x = 5 })()").await, json!(5));
    assert_eq!(
        body("local parts = {'return ', '7'}; local i = 0; return load(function() i = i + 1; return parts[i] end)()")
            .await,
        json!(7)
    );
    let message = body("local f, message = load('return ('); return message").await;
    assert!(message.as_str().unwrap().contains("unexpected symbol"), "{message}");
}

#[tokio::test]
async fn the_library_is_luas_own_to_its_users() {
    for (code, expected) in [
        ("return table.concat({1, 2, 3}, ', ')", json!("1, 2, 3")),
        (
            "local t = {}; for i = 1, 10000 do t[i] = i % 10 end; return #table.concat(t), table.concat(t, '', 9990, 10000)",
            json!(10000),
        ),
        ("local t = {3, 1, 2}; table.sort(t); return t", json!([1, 2, 3])),
        ("local t = {3, 1, 2}; table.sort(t, function(a, b) return a > b end); return t", json!([3, 2, 1])),
        (
            "local t = {}; for i = 1, 5000 do t[i] = (i * 7919) % 5003 end; table.sort(t); for i = 2, 5000 do assert(t[i - 1] <= t[i]) end; return true",
            json!(true),
        ),
        ("local t = {'b', 'a'}; table.sort(t); return t", json!(["a", "b"])),
        ("local t = {1, 2, 3}; table.insert(t, 1, 0); table.insert(t, 4); return t", json!([0, 1, 2, 3, 4])),
        ("local t = {1, 2, 3}; local r = table.remove(t, 1); return {r, t[1], #t}", json!([1, 2, 2])),
        ("return table.move({1, 2, 3}, 1, 3, 2)", json!([1, 1, 2, 3])),
        ("return ('ab'):rep(3, '-')", json!("ab-ab-ab")),
        ("return ('x'):rep(0)", json!("")),
        ("return ('abc'):upper()", json!("ABC")),
        ("return utf8.len('äö')", json!(2)),
        ("return string.format('%5.2f|%s', 3.14159, 'x')", json!(" 3.14|x")),
        ("return os.time({year = 2024, month = 2, day = 29, hour = 12})", json!(1_709_208_000)),
        ("return os.time({year = 1970, month = 1, day = 1, hour = 0})", json!(0)),
        (
            "local t = {year = 2024, month = 14, day = 0}; os.time(t); return {t.year, t.month, t.day, t.hour, t.wday, t.yday}",
            json!([2025, 1, 31, 12, 6, 31]),
        ),
        ("return os.date('%Y-%m-%d', 1709208000.75)", json!("2024-02-29")),
        ("return os.date('%Y-%m-%d %H:%M:%S', 1709208000)", json!("2024-02-29 12:00:00")),
        ("return os.date('*t', 0).year", json!(1970)),
        ("return select('#', table.unpack({1, nil, 3}, 1, 3))", json!(3)),
        ("return tostring(errors.new('boom'))", json!("boom")),
        ("return type(collectgarbage('count'))", json!("number")),
    ] {
        assert_eq!(body(code).await, expected, "{code}");
    }
}

#[tokio::test]
async fn errors_are_objects_with_kind_message_and_details() {
    let told = body(
        "local e = errors.new{message = 'm', kind = errors.CONFLICT, retryable = true, details = {n = 1}}
         local w = errors.wrap(e, 'while saving')
         return {e:kind(), e:message(), e:retryable(), e:details(), w:kind(), w:message(), tostring(w), errors.new('t'):kind()}",
    )
    .await;
    let expected =
        json!(["Conflict", "m", true, {"n": 1}, "Conflict", "while saving: m", "while saving: m", "Unknown"]);
    assert_eq!(told, expected);
}
