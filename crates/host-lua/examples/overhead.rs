//! What a call of a Lua function costs: an empty one, one that requires `funcs` and calls, and how fast Lua computes under
//! the watch. `cargo run -p wippy-host-lua --example overhead`.

use std::time::{Duration, Instant};
use wippy_host_core::{CallContext, Function, FunctionRegistry, Result, Services, Value, function};
use wippy_host_lua::{LuaFunction, LuaSpec};

#[tokio::main]
async fn main() -> Result<()> {
    let functions = FunctionRegistry::new();
    functions.register("app:rust", function(|_, _| async { Ok(Value::Null) }))?;
    let sources = [
        ("an empty function", "return function() end", 10),
        ("a function that calls once", "local f = require('funcs'); return function() f.call('app:rust') end", 10),
        (
            "a function that calls 1,000 times",
            "local f = require('funcs'); return function() for _ = 1, 1000 do f.call('app:rust') end end",
            1,
        ),
        (
            "ten million additions",
            "return function() local n = 0; for i = 1, 10000000 do n = n + i end; return n end",
            3,
        ),
    ];
    for (what, source, times) in sources {
        let mut spec = LuaSpec::new("app:f", source, "");
        spec.modules = vec!["funcs".to_owned()];
        let measured = LuaFunction::new(spec, Services::default(), functions.clone())?;
        let rounds = if what.starts_with("ten") { 5 } else { 100 };
        let mut best = Duration::MAX;
        for _ in 0..rounds {
            let begun = Instant::now();
            for _ in 0..times {
                measured.call(&CallContext::new(), Vec::new()).await?;
            }
            best = best.min(begun.elapsed() / times);
        }
        #[expect(clippy::print_stdout, reason = "this is what the example is for")]
        {
            println!("{what}: {best:?}");
        }
    }
    Ok(())
}
