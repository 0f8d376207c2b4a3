//! What it costs to be refused, against being allowed: a guest that asks in vain must not be dearer than one that may.

use crate::bench::Bench;
use crate::guests;
use crate::measure::time;
use crate::row::Target::AtMost;
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

pub(super) fn run(bench: &Bench) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "text").unwrap();
    let churn = bench.runtime.block_on(guest(folder.path()));
    let calls = bench.length.calls() / 100 + 1;
    for (name, refused, allowed, is_whole) in ROWS {
        let spent = |what: &'static str| time(&bench.runtime, calls, || called(&churn, what)) / TIMES as f64;
        bench.ratio(name, "µs", is_whole.then_some(AtMost(1.0)), || spent(refused), || spent(allowed));
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
    let mounts = serde_json::json!({"mounts": [{"fs": "test:data", "guest": "/data", "read_only": true}]});
    let spec = EntrySpec::new("test:churn", "churn")
        .with_imports(wippy_host::ENABLED.iter().copied())
        .with_network(NetworkRules::parse(&["localhost:*".to_owned()]).unwrap())
        .with_section("wasi", mounts);
    host.prepare(spec, host.compile(guests::guest("churn")).unwrap()).await.unwrap()
}
