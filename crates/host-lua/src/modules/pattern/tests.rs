use super::install;
use mlua::{Lua, MultiValue, Value};
use std::time::{Duration, Instant};

/// A VM whose `string` is ours and whose `original` is Lua's own.
fn vm() -> Lua {
    let lua = Lua::new();
    lua.load("original = {}; for k, v in pairs(string) do original[k] = v end").exec().unwrap();
    install(&lua, &lua.globals().get("string").unwrap()).unwrap();
    lua.load(include_str!("tests.lua")).set_name("=tests").exec().unwrap();
    lua
}

/// A small generator of our own, so that a failure can be repeated from its seed.
struct Seed(u64);

impl Seed {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }

    fn pattern(&mut self) -> String {
        const ITEMS: &[&str] = &[
            "a", "b", "c", ".", "%a", "%d", "%s", "%w", "%W", "%p", "%x", "%z", "[ab]", "[^a]", "[a-c]", "[%a_]",
            "[]]", "[^]]", "[a-]", "[%-a]", "[", "]", "%", "%b()", "%bab", "%b", "%f[%w]", "%f[^%w]", "%f", "%1", "%2",
            "%0", "%.", "%%", "(", ")", "()", "(a)", "(.-)", "(%a+)", "$", "^", " ", "\0", "%l", "%u", "%c", "%g", "-",
            "\u{e9}",
        ];
        const SUFFIXES: &[&str] = &["", "", "", "*", "+", "-", "?"];
        let mut pattern = String::new();
        if self.below(6) == 0 {
            pattern.push('^');
        }
        for _ in 0..=self.below(6) {
            pattern.push_str(self.pick(ITEMS));
            pattern.push_str(self.pick(SUFFIXES));
        }
        if self.below(6) == 0 {
            pattern.push('$');
        }
        pattern
    }

    fn subject(&mut self) -> String {
        const PARTS: &[&str] = &[
            "a", "b", "c", "ab", "aa", "1", "42", " ", "(", ")", "(a)", ".", "-", "%", "]", "[", "_", "A", "\0",
            "\u{e9}", "\n",
        ];
        (0..self.below(12)).map(|_| self.pick(PARTS)).collect()
    }
}

#[test]
fn generated_patterns_give_what_luas_own_functions_give() {
    let lua = vm();
    let compare: mlua::Function = lua.globals().get("compare").unwrap();
    let mut seed = Seed(20_261_125);
    let (mut matches, mut errors) = (0, 0);
    for round in 0..20_000 {
        let (subject, pattern) = (seed.subject(), seed.pattern());
        let replacement = seed.pick(&["x", "<%0>", "%1", "%2%1", "%%", "%", "%a", ""]);
        let init = seed.below(12) as i64 - 4;
        let max = seed.below(5) as i64 - 1;
        let verdict: (Option<String>, bool, bool) =
            compare.call((subject.as_str(), pattern.as_str(), replacement, init, max)).unwrap();
        assert_eq!(verdict.0, None, "round {round}: subject {subject:?}, pattern {pattern:?}");
        matches += usize::from(verdict.1);
        errors += usize::from(verdict.2);
    }
    assert!(matches > 2_000 && errors > 2_000, "the generator is too tame: {matches} matches, {errors} errors");
}

#[test]
fn arguments_and_messages_are_luas_own() {
    let lua = vm();
    lua.load("cases()").exec().unwrap();
}

#[tokio::test]
async fn a_pattern_that_backtracks_for_ever_is_too_complex() {
    let lua = vm();
    let started = Instant::now();
    let chunk = "return pcall(string.find, ('a'):rep(60), ('a?'):rep(60) .. ('a'):rep(60) .. 'b')";
    let (found, message): (bool, String) = lua.load(chunk).call_async(()).await.unwrap();
    assert_eq!((found, message.as_str()), (false, "pattern too complex"));
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

#[tokio::test]
async fn long_work_lets_others_run_and_ends_when_it_is_dropped() {
    let lua = vm();
    // Quadratic: it would take hours, but no attempt of it is long.
    for endless in ["('a'):rep(1e6), '.-b'", "('a'):rep(1e6), '[' .. ('b'):rep(1e6) .. ']*c'"] {
        let endless = lua.load(format!("return string.find({endless})")).into_function().unwrap();
        let given_up = tokio::time::timeout(Duration::from_millis(100), endless.call_async::<MultiValue>(())).await;
        assert!(given_up.is_err(), "it cannot have finished");
    }
    for short in ["s:gsub('a', 'b')", "s:gsub('a', function() end)", "s:find('(a)b')", "s:gmatch('ab')()"] {
        let chunk = format!("local s = ('a'):rep(100); while true do local _ = {short} end");
        let looping = lua.load(chunk).into_function().unwrap();
        let given_up = tokio::time::timeout(Duration::from_millis(100), looping.call_async::<MultiValue>(())).await;
        assert!(given_up.is_err(), "{short}");
    }
}

#[tokio::test]
async fn a_long_subject_is_no_complexity() {
    let lua = vm();
    let chunk = r#"
        local s = ("ab"):rep(3e6)
        assert(#s:match("^.*$") == 6e6 and #s:match("[ab]+") == 6e6 and #s:match("^%a-$") == 6e6)
        local swapped, n = s:gsub("a", "c")
        assert(n == 3e6 and swapped == ("cb"):rep(3e6))
        local count = 0
        for _ in s:gmatch("b") do count = count + 1 end
        return count
    "#;
    let count: i64 = lua.load(chunk).call_async(()).await.unwrap();
    assert_eq!(count, 3_000_000);
}

#[tokio::test]
async fn a_replacement_function_may_wait_and_yield() {
    let lua = vm();
    let wait = lua
        .create_async_function(|_, text: String| async move {
            tokio::task::yield_now().await;
            Ok(text.to_uppercase())
        })
        .unwrap();
    lua.globals().set("wait", wait).unwrap();
    let text: String = lua.load("return (('one two'):gsub('%a+', wait))").call_async(()).await.unwrap();
    assert_eq!(text, "ONE TWO");
    let yielded = r#"
        local co = coroutine.wrap(function()
          return (("a b"):gsub("%a", function(c) return coroutine.yield(c) end))
        end)
        assert(co() == "a" and co("1") == "b")
        return co("2")
    "#;
    assert_eq!(lua.load(yielded).call::<String>(()).unwrap(), "1 2");
}

#[test]
fn gsub_is_held_to_the_memory_limit_while_it_grows() {
    let lua = vm();
    let chunk = "return pcall(string.gsub, ('a'):rep(1e6), 'a', ('b'):rep(1e6))";
    let (grown, error): (bool, Value) = lua.load(chunk).call(()).unwrap();
    assert!(!grown);
    assert!(error.to_string().unwrap().contains("not enough memory"), "{error:?}");
}
