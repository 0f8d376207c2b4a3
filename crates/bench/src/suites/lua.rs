//! Calls of Lua functions: fresh ones, calls from Lua to WASM and from WASM to Lua over what their callee costs by itself, and how
//! fast Lua computes under the watch over its time and memory.

use crate::bench::Bench;
use crate::guests;
use crate::measure::time;
use crate::row::Target::AtMost;
use std::sync::Arc;
use wippy_host::{CallContext, EntrySpec, FunctionRegistry, Host, Services, Value, function};
use wippy_host_lua::{LuaFunction, LuaSpec};

const TEXT: &str = "The quick brown fox jumps over the lazy dog";

/// Calls of the callee in the caller of a row. One is taken off again: what remains is calls in a caller that runs already. So many,
/// because the difference has the spread of the callers' own VMs, which cost a hundred times what is looked for.
const MANY: usize = 64;

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

pub(super) fn run(bench: &Bench) {
    let functions = bench.runtime.block_on(functions());
    let fresh = |name: &str, id: &str, calls: u32| {
        let round = |_| time(&bench.runtime, calls, || called(&functions, id, Vec::new()));
        bench.alone(name, "µs", None, &(0..bench.length.rounds()).map(round).collect::<Vec<_>>());
    };
    fresh("a fresh empty function", "bench:empty", bench.length.calls());
    for (name, callee) in
        [("Lua to Rust, over the callee", "bench:rust"), ("Lua to WASM, over the callee", "bench:wasm")]
    {
        let nested = || one_more(bench, |times| from_lua(&functions, callee, times));
        let callee = || time(&bench.runtime, bench.length.calls(), || called(&functions, callee, vec![TEXT.into()]));
        bench.added(name, "µs", AtMost(5.0), nested, callee);
    }
    let from_wasm = |times: usize| {
        called(&functions, "bench:caller", vec!["bench:echo".into(), Value::List(vec![Value::from(TEXT); times])])
    };
    let nested = || one_more(bench, from_wasm);
    let callee = || time(&bench.runtime, bench.length.calls(), || called(&functions, "bench:echo", vec![TEXT.into()]));
    bench.added("WASM to Lua, over the callee", "µs", AtMost(5.0), nested, callee);
    fresh("a million additions", "bench:adds", 1);
}

/// Microseconds that one more call of the callee takes in a caller that runs already.
fn one_more<R: Future<Output = Value>>(bench: &Bench, call: impl Fn(usize) -> R) -> f64 {
    let calls = bench.length.calls() / MANY as u32 + 1;
    let many = time(&bench.runtime, calls, || call(MANY));
    (many - time(&bench.runtime, calls, || call(1))) / (MANY - 1) as f64
}

pub(crate) async fn from_lua(functions: &FunctionRegistry, id: &str, times: usize) -> Value {
    called(functions, "bench:calls", vec![Value::from(id), Value::from(TEXT), Value::from(times as u64)]).await
}

pub(crate) async fn called(functions: &FunctionRegistry, id: &str, arguments: Vec<Value>) -> Value {
    functions.get(id).unwrap().call(&CallContext::new(), arguments).await.unwrap()
}

/// A host with the functions of [`SOURCES`], two guests and a closure.
pub(crate) async fn functions() -> FunctionRegistry {
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
    let component = host.compile(guests::guest(guest)).unwrap();
    let entry = EntrySpec::new(id, method).with_imports(wippy_host::ENABLED.iter().copied());
    host.functions().replace(id, Arc::new(host.prepare(entry, &component).await.unwrap()));
}
