//! What it costs to be refused, against being allowed: a guest that asks in vain must not be dearer than one that may.
//!
//! The two programs of a row take turns in rounds; each row has the median of its rounds. Cargo without `--bench` only tests
//! that every row runs. With `RUST_BACKTRACE` set, Wasmtime captures a stack for each error, which takes tens of microseconds.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot run has nothing better to do")]

#[path = "../measure/mod.rs"]
mod measure;

use measure::{Length, in_turns, quantile, quotients, time};
use std::path::{Path, PathBuf};
use wippy_host::policy::network::{NetworkPolicy, NetworkRules};
use wippy_host::{
    CallContext, CallRequest, Directories, EntrySpec, Function, Host, Policy, Result, Value, WasmFunction, function,
};

/// What the guest does in one call.
const TIMES: i64 = 100;

/// What is refused, and what is allowed that is next to it; whether that is as much work, or a part of it alone, for scale.
const ROWS: [(&str, &str, &str, bool); 5] = [
    ("open a file outside of the mount", "open-outside", "open", true),
    ("create a file in a read-only mount", "create-read-only", "open", true),
    ("call a function", "call-denied", "call", true),
    ("look up a name (to begin it)", "lookup-denied", "lookup", false),
    ("connect (to make the socket)", "connect-denied", "tcp", false),
];

struct Folder(PathBuf);

impl Directories for Folder {
    fn get(&self, _: &str) -> Result<Option<PathBuf>> {
        Ok(Some(self.0.clone()))
    }
}

struct Forbids;

impl NetworkPolicy for Forbids {}

impl Policy for Forbids {
    fn call(&self, request: &CallRequest<'_>) -> Result<()> {
        if request.target == "churn:forbidden" { Err(request.denied()) } else { Ok(()) }
    }
}

fn main() {
    let Some(length) = Length::asked_for() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "text").unwrap();
    let churn = runtime.block_on(guest(folder.path()));
    let calls = length.calls / 100 + 1;
    println!("Medians of {} rounds of {} times each, in turns", length.rounds, i64::from(calls) * TIMES);
    for (name, refused, allowed, is_whole) in ROWS {
        let spent = |what: &'static str| time(&runtime, calls, || called(&churn, what)) / TIMES as f64;
        let (ours, theirs) = in_turns(&length, || spent(refused), || spent(allowed));
        let ratio = quantile(&quotients(&ours, &theirs), 0.5);
        let verdict = match (is_whole, ratio <= 1.0) {
            (true, true) => "≤ 1",
            (true, false) => "MISSED 1",
            (false, _) => "",
        };
        println!(
            "{name:<36} refused {:>8.2} µs   allowed {:>8.2} µs   {ratio:.2}   {verdict}",
            quantile(&ours, 0.5),
            quantile(&theirs, 0.5),
        );
    }
}

async fn called(churn: &WasmFunction, what: &str) -> Value {
    churn.call(&CallContext::new(), vec![what.into(), TIMES.into()]).await.unwrap()
}

async fn guest(folder: &Path) -> WasmFunction {
    let host: Host =
        wippy_host::builder().unwrap().directories(Folder(folder.to_owned())).policy(Forbids).build().unwrap();
    let functions = host.functions();
    functions.register("churn:answer", function(|_, _| async { Ok(Value::from("an answer")) })).unwrap();
    functions.register("churn:forbidden", function(|_, _| async { Ok(Value::Null) })).unwrap();
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guests/built/churn.wasm")).unwrap();
    let mounts = serde_json::json!({"mounts": [{"fs": "test:data", "guest": "/data", "read_only": true}]});
    let spec = EntrySpec::new("test:churn", "churn")
        .with_imports(wippy_host::ENABLED.iter().copied())
        .with_network(NetworkRules::parse(&["localhost:*".to_owned()]).unwrap())
        .with_section("wasi", mounts);
    host.prepare(spec, host.compile(bytes).unwrap()).await.unwrap()
}
