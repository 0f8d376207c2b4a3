//! Patterns under the engine: limits of time hold, whatever a pattern does.

use crate::support::{Setting, run, run_in, within};
use serde_json::json;
use std::time::{Duration, Instant};
use wippy_host_core::ErrorKind;

#[tokio::test]
async fn the_string_functions_and_methods_are_the_budgeted_ones() {
    let result = run(r#"
        local ok, message = pcall(string.find, ("a"):rep(60), ("a?"):rep(60) .. ("a"):rep(60) .. "b")
        assert(not ok and message == "pattern too complex", message)
        assert(("k = v"):match("^(%w+)%s*=%s*(%w+)$") == "k")
        return { (("hello world"):gsub("o", "0")) }
    "#)
    .await;
    assert_eq!(result, json!(["hell0 w0rld"]));
}

#[tokio::test]
async fn endless_matching_ends_at_the_deadline_also_under_pcall() {
    for body in [
        "return string.find(('a'):rep(1e6), '.-b')",
        "return pcall(string.find, ('a'):rep(1e6), '.-b')",
        "while true do pcall(string.find, ('a'):rep(1e6), '.-b') end",
        "local s = ('a'):rep(1000) while true do s:find('.-.-b') end",
        "local s = ('a'):rep(1000) while true do s:gsub('a', function(c) return c end) end",
        "local s = ('a'):rep(1e6) return coroutine.wrap(function() return s:find('.-b') end)()",
    ] {
        let setting = Setting { limits: within(Duration::from_millis(200)), ..Setting::default() };
        let started = Instant::now();
        let error = run_in(setting, body).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{body}: {error}");
        assert!(started.elapsed() < Duration::from_secs(20), "{body}: {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_replacement_may_wait() {
    let result = run(r#"
        local text = ("a b c"):gsub("%a", function(c) time.sleep("1ms") return c:upper() end)
        local slow = setmetatable({}, { __index = function(_, k) time.sleep(1) return k .. k end })
        return { text, (("x y"):gsub("%a", slow)) }
    "#)
    .await;
    assert_eq!(result, json!(["A B C", "xx yy"]));
}
