//! A guest that opens and drops handles by the million, floods an interface or asks again and again for what it may not have
//! leaves the host's memory where it was. A program of its own: what other tests allocate would be counted too.

#![cfg(feature = "all")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use peak_alloc::PeakAlloc;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use wippy_host::policy::network::{NetworkPolicy, NetworkRules};
use wippy_host::{
    CallContext, CallRequest, Directories, EngineOptions, EntrySpec, Function, Host, Output, OutputStream, Policy,
    Result, Value, WasmFunction, function,
};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What a run may leave behind, whatever its length: caches that fill, buffers that grow to their size.
const SLACK: usize = 256 << 10;

/// What a run may hold at one time beside what it holds at its end: as much as for a few handles.
const AT_ONCE: usize = 16 << 20;

struct Folders(HashMap<&'static str, PathBuf>);

impl Directories for Folders {
    fn get(&self, id: &str) -> Result<Option<PathBuf>> {
        Ok(self.0.get(id).cloned())
    }
}

struct Nowhere;

impl Output for Nowhere {
    fn line(&self, _: &str, _: OutputStream, _: &str) {}
}

/// Forbids one call.
struct Forbids;

impl NetworkPolicy for Forbids {}

impl Policy for Forbids {
    fn call(&self, request: &CallRequest<'_>) -> Result<()> {
        match request.target {
            "churn:forbidden" => Err(request.denied()),
            _ => Ok(()),
        }
    }
}

fn host(folder: &Path) -> Host {
    let folders = Folders([("test:data", folder.to_owned())].into());
    let mut options = EngineOptions::default();
    options.pooling = false;
    let host = wippy_host::builder().unwrap().directories(folders).policy(Forbids).engine(options).build().unwrap();
    let functions = host.functions();
    functions.register("churn:endless", function(|_, _| std::future::pending())).unwrap();
    functions.register("churn:answer", function(|_, _| async { Ok(Value::from("an answer")) })).unwrap();
    functions.register("churn:forbidden", function(|_, _| async { panic!("it was called") })).unwrap();
    host
}

async fn guest(host: &Host) -> WasmFunction {
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guests/built/churn.wasm")).unwrap();
    let imports =
        ["funcs", "wasi:cli", "wasi:io", "wasi:clocks", "wasi:filesystem", "wasi:random", "wasi:sockets", "wasi:http"];
    let mut spec = EntrySpec::new("test:churn", "churn")
        .with_imports(imports)
        .with_network(NetworkRules::parse(&["localhost:*".to_owned()]).unwrap())
        .with_section(
            "wasi",
            serde_json::json!({"mounts": [{"fs": "test:data", "guest": "/data", "read_only": true}]}),
        );
    spec.limits.max_execution = Some(Duration::from_secs(600));
    host.prepare(spec, host.compile(bytes).unwrap()).await.unwrap()
}

/// How often the guest was refused. What the call allocates for itself is gone when it is back.
async fn churn(guest: &WasmFunction, what: &str, count: u32) -> u64 {
    let context = CallContext::builder().output(Arc::new(Nowhere)).build();
    guest.call(&context, vec![what.into(), i64::from(count).into()]).await.unwrap().as_u64().unwrap()
}

#[tokio::test]
async fn memory_stays_where_it_was_however_often_a_guest_opens_drops_floods_and_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["file", "other"] {
        std::fs::write(folder.path().join(name), "text").unwrap();
    }
    let host = host(folder.path());
    let guest = guest(&host).await;
    let (million, system_calls) = (1_000_000, 20_000);
    let allowed = [
        ("pollable", million),
        ("poll", million / 4),
        ("fields", million),
        ("request", million / 10),
        ("random", million / 10),
        ("environment", million / 10),
        ("output", million / 10),
        ("directories", system_calls),
        ("open", system_calls),
        ("streams", system_calls),
        ("listing", system_calls),
        ("tcp", system_calls),
        ("udp", system_calls),
        ("lookup", 2_000),
        ("running", million / 10),
        ("call", million / 10),
    ];
    let refused = [
        ("open-outside", system_calls),
        ("create-read-only", system_calls),
        ("connect-denied", system_calls),
        ("lookup-denied", system_calls),
        ("request-denied", system_calls),
        ("call-denied", million / 10),
    ];
    let mut problems = Vec::new();
    for (what, count, denied) in allowed
        .map(|(what, count)| (what, count, false))
        .into_iter()
        .chain(refused.map(|(what, count)| (what, count, true)))
    {
        // What is made once is made.
        let first = churn(&guest, what, 100).await;
        assert_eq!(first, if denied { 100 } else { 0 }, "{what}");
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        churn(&guest, what, count).await;
        settled(before).await;
        let (after, peak) = (ALLOCATOR.current_usage(), ALLOCATOR.peak_usage());
        if after > before + SLACK || peak > before.max(after) + AT_ONCE {
            problems.push(format!("{what}, {count} times: {before} bytes before, {after} after, {peak} at most"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Lets tasks that were cancelled go, which the runtime does in its own time.
async fn settled(before: usize) {
    for _ in 0..1000 {
        if ALLOCATOR.current_usage() <= before + SLACK {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
