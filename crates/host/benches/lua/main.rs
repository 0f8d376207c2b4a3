//! What calls of Lua functions cost: fresh ones, calls from Lua to WASM and from WASM to Lua over what their callee costs by
//! itself, and how fast Lua computes under the watch over its time and memory.
//!
//! The programs of a row take turns in rounds; each row has the median of its rounds. Cargo without `--bench` only tests that
//! every row runs.
//!
//! For a profiler, `--only <bench:empty|bench:adds> <calls>` does these calls and nothing else.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot run has nothing better to do")]

#[path = "../measure/mod.rs"]
mod measure;

use measure::{Length, over, quantile, time};
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Runtime;
use wippy_host::{CallContext, EntrySpec, FunctionRegistry, Host, Services, Value, function};
use wippy_host_lua::{LuaFunction, LuaSpec};

const TEXT: &str = "The quick brown fox jumps over the lazy dog";

/// Calls of the callee in the caller of a row. One is taken off again: what remains is calls in a caller that runs already.
const MANY: usize = 9;

/// Functions in Lua, by name. Those with arguments take the id of a callee and how often to call it.
const SOURCES: [(&str, &str); 4] = [
    ("bench:empty", "return function() end"),
    ("bench:echo", "return function(text) return text end"),
    (
        "bench:calls",
        "local funcs = require('funcs')
        return function(id, text, times)
            local last
            for _ = 1, times do last = funcs.call(id, text) end
            return last
        end",
    ),
    ("bench:adds", "return function() local n = 0; for i = 1, 1000000 do n = n + i end; return n end"),
];

fn main() {
    let Some(length) = Length::asked_for() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let functions = runtime.block_on(functions());
    let mut words = std::env::args().skip_while(|word| word != "--only").skip(1);
    if let (Some(id), Some(calls)) = (words.next(), words.next()) {
        let spent = time(&runtime, calls.parse().unwrap(), || called(&functions, &id, Vec::new()));
        return println!("{id}: {spent:.2} µs");
    }
    println!("Medians of {} rounds of {} calls each, in turns", length.rounds, length.calls);

    fresh(&runtime, &functions, &length, "a fresh empty function", "bench:empty", length.calls);
    let from_lua = |id: &str, times: usize| {
        called(&functions, "bench:calls", vec![Value::from(id), Value::from(TEXT), Value::from(times as u64)])
    };
    for (name, callee) in [("Lua to Rust", "bench:rust"), ("Lua to WASM", "bench:wasm")] {
        let calls = length.calls / MANY as u32 + 1;
        let nested = || {
            let many = time(&runtime, calls, || from_lua(callee, MANY));
            (many - time(&runtime, calls, || from_lua(callee, 1))) / (MANY - 1) as f64
        };
        let callee = || time(&runtime, length.calls, || called(&functions, callee, vec![Value::from(TEXT)]));
        over(name, &length, nested, callee, 5.0);
    }
    let from_wasm = |times: usize| {
        called(&functions, "bench:caller", vec!["bench:echo".into(), Value::List(vec![Value::from(TEXT); times])])
    };
    let calls = length.calls / MANY as u32 + 1;
    let nested = || {
        let many = time(&runtime, calls, || from_wasm(MANY));
        (many - time(&runtime, calls, || from_wasm(1))) / (MANY - 1) as f64
    };
    let callee = || time(&runtime, length.calls, || called(&functions, "bench:echo", vec![Value::from(TEXT)]));
    over("WASM to Lua", &length, nested, callee, 5.0);
    fresh(&runtime, &functions, &length, "a million additions", "bench:adds", 1);
}

/// A row without a comparison.
fn fresh(runtime: &Runtime, functions: &FunctionRegistry, length: &Length, name: &str, id: &str, calls: u32) {
    let rounds: Vec<f64> =
        (0..length.rounds).map(|_| time(runtime, calls, || called(functions, id, Vec::new()))).collect();
    println!("{name:<26} {:>9.2} µs", quantile(&rounds, 0.5));
}

async fn called(functions: &FunctionRegistry, id: &str, arguments: Vec<Value>) -> Value {
    functions.get(id).unwrap().call(&CallContext::new(), arguments).await.unwrap()
}

/// A host with the functions of [`SOURCES`], two guests and a closure.
async fn functions() -> FunctionRegistry {
    let host = wippy_host::builder().unwrap().build().unwrap();
    let functions = host.functions().clone();
    let nothing = function(|_, mut arguments: Vec<Value>| async move { Ok(arguments.pop().unwrap_or_default()) });
    functions.register("bench:rust", nothing).unwrap();
    guest(&host, "bench:wasm", "values", "echo-string").await;
    guest(&host, "bench:caller", "probe-funcs", "call-many").await;
    for (id, source) in SOURCES {
        let mut spec = LuaSpec::new(id, source, "");
        spec.modules = vec!["funcs".to_owned()];
        let function = LuaFunction::new(spec, Services::default(), functions.clone()).unwrap();
        functions.register(id, function).unwrap();
    }
    functions
}

async fn guest(host: &Host, id: &str, guest: &str, method: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guests/built").join(guest).with_extension("wasm");
    let component = host.compile(std::fs::read(path).unwrap()).unwrap();
    let entry = EntrySpec::new(id, method).with_imports(wippy_host::ENABLED.iter().copied());
    host.functions().replace(id, Arc::new(host.prepare(entry, &component).await.unwrap()));
}
