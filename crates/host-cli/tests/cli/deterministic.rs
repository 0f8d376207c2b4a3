//! `call --deterministic SEED`: the same seed, application and arguments give the same result.

use crate::support::{App, hash, repository};
use std::fs;

/// Guests that sleep, draw random numbers and write files, and Lua that runs thirty of them at a time.
fn app() -> App {
    let guest = |name: &str| fs::read(repository().join(format!("guests/built/{name}.wasm"))).unwrap();
    let (clocks, random, files) = (guest("probe-clocks"), guest("probe-random"), guest("probe-filesystem"));
    let index = format!(
        "  - {{ name: code, kind: fs.directory, directory: ./code }}
  - {{ name: data, kind: fs.directory, directory: ./data, auto_init: true }}
  - {{ name: sleep, kind: function.wasm, fs: code, path: /clocks.wasm, hash: {}, method: sleep-for, imports: [wasi:clocks, wasi:io] }}
  - {{ name: now, kind: function.wasm, fs: code, path: /clocks.wasm, hash: {}, method: wall-now, imports: [wasi:clocks] }}
  - {{ name: bytes, kind: function.wasm, fs: code, path: /random.wasm, hash: {}, method: bytes, imports: [wasi:random] }}
  - name: write
    kind: function.wasm
    fs: code
    path: /files.wasm
    hash: {}
    method: write-via-stream
    imports: [wasi:filesystem, wasi:io]
    wasi: {{ mounts: [{{ fs: data, guest: /data }}] }}
  - {{ name: many, kind: function.lua, source: file://many.lua, method: main, modules: [funcs, time] }}
  - {{ name: endless, kind: function.lua, source: \"return {{ main = function() while true do end end }}\", method: main, limits: {{ max_execution_ms: 300 }} }}
  - {{ name: loops, kind: function.wasm, fs: code, path: /misbehave.wasm, hash: {}, method: loop-forever, limits: {{ max_execution_ms: 300 }} }}
",
        hash(&clocks),
        hash(&clocks),
        hash(&random),
        hash(&files),
        hash(&guest("misbehave")),
    );
    App::new(&index)
        .with("code/clocks.wasm", clocks)
        .with("code/random.wasm", random)
        .with("code/files.wasm", files)
        .with("code/misbehave.wasm", guest("misbehave"))
        .with("many.lua", MANY)
}

const MANY: &str = r#"
local funcs, time = require("funcs"), require("time")
return { main = function()
  local done, order = channel.new(30), {}
  local keys = {}
  for name in pairs({ one = 1, two = 2, three = 3, four = 4, five = 5, six = 6 }) do keys[#keys + 1] = name end
  for number = 1, 30 do
    coroutine.spawn(function()
      local bytes = assert(funcs.call("demo:bytes", 4))
      -- An hour and a day at most: nobody waits for it.
      local span = 3600 * 1000000000 * (1 + string.byte(bytes, 1) % 24)
      assert(funcs.call("demo:sleep", span))
      if number % 3 == 0 then time.sleep(math.random(1000)) end
      done:send(number)
    end)
  end
  for _ = 1, 30 do order[#order + 1] = (done:receive()) end
  return { order = order, keys = keys, now = time.now():unix_nano(), drawn = math.random(1000000) }
end }
"#;

#[test]
fn the_same_seed_gives_the_same_result_with_many_guests_asleep() {
    let app = app();
    let run = |seed: &str| {
        let ran = app.run("call", &["demo:many", "--deterministic", seed]);
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout
    };
    let first = run("7");
    for _ in 0..3 {
        assert_eq!(run("7"), first);
    }
    assert_ne!(run("8"), first, "another seed, another order");
    let value: serde_json::Value = serde_json::from_str(&first).unwrap();
    assert_eq!(value["order"].as_array().unwrap().len(), 30);
    assert_eq!(value["keys"], serde_json::json!(["five", "four", "one", "six", "three", "two"]));
    let begun = 946_684_800_000_000_000_u64;
    let hour = 3_600_000_000_000_u64;
    let now = value["now"].as_u64().unwrap();
    assert!(now > begun + hour && now < begun + 25 * hour, "the sleeps have passed, and at once: {now}");
}

#[test]
fn clocks_and_random_numbers_begin_anew_with_each_call() {
    let app = app();
    let now = app.run("call", &["demo:now", "--deterministic", "1"]);
    assert_eq!(now.stdout, "{\n  \"seconds\": 946684800,\n  \"nanoseconds\": 0\n}\n", "{now:?}");
    // The time that the guest measures is the time that it asked for.
    let slept = app.run("call", &["demo:sleep", "86400000000000", "--deterministic", "1"]);
    assert_eq!(slept.stdout, "86400000000000\n", "{slept:?}");
    let bytes = |seed: &str| app.run("call", &["demo:bytes", "16", "--deterministic", seed]).stdout;
    assert_eq!(bytes("1"), bytes("1"));
    assert_ne!(bytes("1"), bytes("2"));
    let warned = app.run("call", &["demo:bytes", "16", "--deterministic", "1"]).stderr;
    assert!(warned.contains("random numbers are seeded"), "{warned}");
}

#[test]
fn a_guest_that_computes_without_end_still_ends_at_its_deadline() {
    for function in ["demo:endless", "demo:loops"] {
        let ran = app().run("call", &[function, "--deterministic", "1"]);
        assert!(ran.stderr.contains(&format!("error: {function}: no result within 300 ms")), "{ran:?}");
        assert_eq!(ran.code, 1);
    }
}

#[test]
fn what_comes_from_outside_is_said_to_be_outside_of_the_promise() {
    let bytes = fs::read(repository().join("guests/built/probe-http.wasm")).unwrap();
    let with = App::wasm(&bytes, "get", "    imports: [wasi:http, wasi:io, wasi:clocks]\n");
    let ran = with.call(&["http://127.0.0.1:1/", "--deterministic", "1"]);
    let said =
        "warning: --deterministic promises nothing for what comes through sockets and HTTP, which demo:it may use";
    assert!(ran.stderr.contains(said), "{ran:?}");
    let ran = app().run("call", &["demo:now", "--deterministic", "1"]);
    assert!(!ran.stderr.contains("promises nothing"), "{ran:?}");
}

#[test]
fn a_seed_is_a_number() {
    let ran = app().run("call", &["demo:now", "--deterministic", "soon"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("invalid value 'soon' for '--deterministic <SEED>'"), "{ran:?}");
}

#[test]
fn lua_s_own_chance_repeats_too() {
    let source = "return { main = function()
        local first = next({ one = 1, two = 2, three = 3, four = 4 })
        local walked, key = {}, nil
        local numbers = { b = 1, a = 2, c = 3 }
        repeat key = next(numbers, key); walked[#walked + 1] = key until key == nil
        math.randomseed()
        return { first = first, walked = walked, drawn = math.random(1000000000), empty = next({}) == nil }
    end }";
    let index = format!(
        "  - name: it\n    kind: function.lua\n    method: main\n    source: |\n      {}\n",
        source.replace('\n', "\n      ")
    );
    let app = App::new(&index);
    let run = |seed: &str| app.call(&["--deterministic", seed]);
    let first = run("1");
    let value = first.json();
    assert_eq!((&value["first"], &value["empty"]), (&"four".into(), &true.into()), "{first:?}");
    assert_eq!(value["walked"], serde_json::json!(["a", "b", "c"]));
    assert_eq!(run("1").stdout, first.stdout);
    assert_ne!(run("2").json()["drawn"], value["drawn"]);
}
