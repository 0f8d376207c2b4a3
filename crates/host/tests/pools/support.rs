//! Hosts, guests, and functions that wait until a test lets them go.

use serde_json::{Value as Json, json};
use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;
use wippy_host::pool::{PoolFields, PoolSpec};
use wippy_host::wasmtime::component::Component;
use wippy_host::{
    CallContext, EngineOptions, EntrySpec, Environment, Function, Host, HostBuilder, Result, Value, WasmFunction,
    function,
};

/// Long enough for any machine: what takes longer hangs.
const LONG: Duration = Duration::from_secs(120);

/// Fails a test that hangs.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(LONG, future).await.expect("the test hangs")
}

/// Waits until `condition` holds, and fails a test where it never does.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(LONG, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// Without pooled allocation: the address space has room for few of those.
pub(crate) fn options() -> EngineOptions {
    let mut options = EngineOptions::default();
    options.pooling = false;
    options
}

pub(crate) fn builder(options: EngineOptions) -> HostBuilder {
    wippy_host::builder().unwrap().engine(options)
}

/// A host with room for this many instances, `nested` of them for nested calls alone.
pub(crate) fn small(instances: u32, nested: u32) -> Host {
    let mut options = options();
    options.max_instances = instances;
    options.nested_instances = Some(nested);
    builder(options).build().unwrap()
}

pub(crate) fn host() -> Host {
    builder(options()).build().unwrap()
}

pub(crate) fn guest(host: &Host, name: &str) -> Component {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guests/built").join(name).with_extension("wasm");
    host.compile(std::fs::read(path).unwrap()).unwrap()
}

pub(crate) fn pool(fields: PoolFields) -> PoolSpec {
    PoolSpec::resolve(fields)
}

/// A static pool of this many workers and waiting callers.
pub(crate) fn workers(workers: u32, buffer: u32) -> PoolSpec {
    pool(PoolFields::default().with_workers(workers).with_buffer(buffer))
}

/// An entry without a limit on time that a loaded machine could reach.
pub(crate) fn spec(id: &str, method: &str, pool: PoolSpec) -> EntrySpec {
    let mut spec = EntrySpec::new(id, method).with_imports(["funcs", "wasi:cli", "wasi:io"]).with_pool(pool);
    spec.limits.max_execution = Some(LONG);
    spec
}

/// Prepares a function and registers it.
pub(crate) async fn add(host: &Host, guest: &Component, spec: EntrySpec) -> Arc<WasmFunction> {
    let id = spec.id.clone();
    let function = Arc::new(host.prepare(spec, guest).await.unwrap());
    host.functions().replace(&id, function.clone());
    function
}

pub(crate) async fn call(function: &WasmFunction, arguments: Json) -> Result<Json> {
    call_in(&CallContext::new(), function, arguments).await
}

pub(crate) async fn call_in(context: &CallContext, function: &WasmFunction, arguments: Json) -> Result<Json> {
    let Json::Array(arguments) = arguments else { panic!("the arguments are no array") };
    let arguments = arguments.into_iter().map(|argument| Value::from_json(argument).unwrap()).collect();
    within(function.call(context, arguments)).await.map(|value| value.into_json().unwrap())
}

/// A function that waits until it is let go, and counts who is in it.
#[derive(Clone)]
pub(crate) struct Gate {
    open: Arc<Semaphore>,
    inside: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Gate {
    pub(crate) fn register(host: &Host, id: &str) -> Self {
        let gate = Self { open: Arc::new(Semaphore::new(0)), inside: Arc::default(), most: Arc::default() };
        let inner = gate.clone();
        let waits = function(move |_, _| {
            let gate = inner.clone();
            async move {
                let _inside = Inside::enter(&gate);
                gate.open.acquire().await.unwrap().forget();
                Ok(Value::from("through"))
            }
        });
        host.functions().register(id, waits).unwrap();
        gate
    }

    pub(crate) fn inside(&self) -> usize {
        self.inside.load(Ordering::SeqCst)
    }

    pub(crate) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    pub(crate) fn let_go(&self, calls: usize) {
        self.open.add_permits(calls);
    }
}

struct Inside(Arc<AtomicUsize>);

impl Inside {
    fn enter(gate: &Gate) -> Self {
        let inside = gate.inside.fetch_add(1, Ordering::SeqCst) + 1;
        gate.most.fetch_max(inside, Ordering::SeqCst);
        Self(gate.inside.clone())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A function of `probe-funcs` that calls the gate `app:gate`.
pub(crate) async fn caller(host: &Host, id: &str, pool: PoolSpec) -> Arc<WasmFunction> {
    add(host, &guest(host, "probe-funcs"), spec(id, "call-string", pool)).await
}

/// Starts a call of `function`, of which `target` is called.
pub(crate) fn start(function: &Arc<WasmFunction>, target: &str) -> tokio::task::JoinHandle<Result<Json>> {
    let (function, arguments) = (function.clone(), json!([target, ""]));
    tokio::spawn(async move { call(&function, arguments).await })
}

/// One variable that a test changes.
#[derive(Clone, Default)]
pub(crate) struct Variable(Arc<Mutex<(Option<String>, u64)>>);

impl Variable {
    pub(crate) fn change(&self, value: Option<&str>) {
        let mut inner = self.0.lock().unwrap();
        *inner = (value.map(str::to_owned), inner.1 + 1);
    }
}

impl Environment for Variable {
    fn get(&self, _id: &str) -> Result<Option<String>> {
        Ok(self.0.lock().unwrap().0.clone())
    }

    fn contains(&self, _id: &str) -> bool {
        true
    }

    fn generation(&self) -> u64 {
        self.0.lock().unwrap().1
    }
}

/// The `wasi` section that maps the variable.
pub(crate) fn mapped(required: bool) -> Json {
    json!({ "env": [{ "id": "app:variable", "name": "NAME", "required": required }] })
}
