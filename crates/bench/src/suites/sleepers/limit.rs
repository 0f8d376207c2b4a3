//! More calls than the kernel lets a process have memory maps for: each must be answered, or wait, and the process must live.

use crate::guests::guest;
use crate::process;
use futures::future::{BoxFuture, join_all, poll_immediate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::watch;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};
use wippy_host::{
    CallContext, Clock, Directories, ENABLED, EngineOptions, EntrySpec, Function, Host, Limits, Result, Value,
    WasmFunction,
};

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Flood {
    /// Maps that are taken beforehand, so that fewer calls are enough.
    pub(super) taken: u32,
    /// Instances that the host is told it has room for, and calls that come.
    pub(super) instances: u32,
}

/// What came of it.
#[derive(Serialize, Deserialize)]
pub(super) struct Flooded {
    pub(super) calls: usize,
    /// How many slept and how many waited, of those that were not answered before any of them woke.
    pub(super) asleep: usize,
    pub(super) waiting: usize,
    pub(super) maps: usize,
    /// How all of them were answered in the end: kind, and number.
    pub(super) answers: BTreeMap<String, usize>,
    /// The same of other calls that came when no further one was let in.
    pub(super) others: BTreeMap<String, String>,
}

/// Nobody wakes before all are told to.
struct Held {
    asleep: Arc<AtomicUsize>,
    woken: watch::Receiver<bool>,
}

impl Clock for Held {
    fn wall(&self) -> Duration {
        Duration::ZERO
    }

    fn monotonic(&self) -> u64 {
        0
    }

    fn sleep_until(&self, _: u64) -> BoxFuture<'static, ()> {
        let (asleep, mut woken) = (self.asleep.clone(), self.woken.clone());
        asleep.fetch_add(1, Relaxed);
        Box::pin(async move { drop(woken.wait_for(|woken| *woken).await) })
    }
}

struct Folder(PathBuf);

impl Directories for Folder {
    fn get(&self, _: &str) -> Result<Option<PathBuf>> {
        Ok(Some(self.0.clone()))
    }
}

pub(super) fn run(flood: Flood) -> Flooded {
    let _taken = taken(flood.taken);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(flooded(flood))
}

async fn flooded(flood: Flood) -> Flooded {
    let (asleep, (wake, woken)) = (Arc::new(AtomicUsize::new(0)), watch::channel(false));
    let mut options = EngineOptions::default();
    options.max_instances = flood.instances;
    options.nested_instances = Some(0);
    options.max_total_memory_bytes = usize::MAX;
    let clock = Held { asleep: asleep.clone(), woken };
    let folder = Folder(crate::guests::root().join("guests"));
    let host = wippy_host::builder().unwrap().engine(options).clock(clock).directories(folder).build().unwrap();
    let sleep = prepared(&host, "probe-clocks", "sleep-for").await;
    let others = [
        ("a scalar", prepared(&host, "values", "add").await, vec![2.into(), 3.into()]),
        ("a text of 1 MiB", prepared(&host, "values", "echo-string").await, vec!["x".repeat(1 << 20).into()]),
        ("a file", prepared(&host, "std-calls", "read-file").await, vec!["/data/README.md".into()]),
    ];
    let calls = flood.instances as usize + 100;
    let mut answers: BTreeMap<String, usize> = BTreeMap::new();
    let mut answered = |answer| *answers.entry(answer).or_default() += 1;
    let (context, mut pending) = (CallContext::new(), Vec::new());
    for _ in 0..calls {
        // Whatever a call does before it waits, it does when it is first asked.
        let mut call = sleep.call(&context, vec![Value::from(1_u64)]);
        match poll_immediate(&mut call).await {
            Some(answer) => answered(told(answer)),
            None => pending.push(call),
        }
    }
    let (asleep, maps) = (asleep.load(Relaxed), process::maps());
    // Each on a task of its own: a panic is that task's.
    let others = others.map(|(name, function, arguments)| {
        let call = tokio::spawn(async move { told(function.call(&CallContext::new(), arguments).await) });
        (name.to_owned(), call)
    });
    // They are answered before anybody wakes, or wait.
    let mut said = BTreeMap::new();
    for (name, call) in others {
        let answer = tokio::time::timeout(Duration::from_secs(1), call).await;
        let answer = answer.map_or("waits".to_owned(), |answer| answer.unwrap_or_else(|error| error.to_string()));
        said.insert(name, answer);
    }
    wake.send(true).unwrap();
    let waiting = pending.len().saturating_sub(asleep);
    join_all(pending).await.into_iter().for_each(|answer| answered(told(answer)));
    Flooded { calls, asleep, waiting, maps, answers, others: said }
}

async fn prepared(host: &Host, name: &str, method: &str) -> Arc<WasmFunction> {
    let mut limits = Limits::default();
    limits.max_execution = Some(Duration::from_secs(300));
    let mounts = serde_json::json!({"mounts": [{"fs": "bench:data", "guest": "/data", "read_only": true}]});
    let entry = EntrySpec::new("bench:flooded", method)
        .with_imports(ENABLED.iter().copied())
        .with_limits(limits)
        .with_section("wasi", mounts);
    Arc::new(host.prepare(entry, host.compile(guest(name)).unwrap()).await.unwrap())
}

fn told(answer: Result<Value>) -> String {
    match answer {
        Ok(_) => "ok".to_owned(),
        Err(error) => format!("{:?}", error.kind()),
    }
}

/// An engine that keeps so many maps: two for each stack of its pool.
fn taken(maps: u32) -> Engine {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_stacks(maps / 2).total_memories(1).total_tables(1).total_core_instances(1).total_component_instances(1);
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).unwrap()
}
