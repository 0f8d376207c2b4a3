//! A host with the guest, and services in front of it.

use std::collections::HashMap;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use wippy_host_core::policy::network::NetworkPolicy;
use wippy_host_core::wasmtime::component::Component;
use wippy_host_core::{
    CallRequest, EngineOptions, EntrySpec, Function, FunctionRegistry, Host, Limits, Policy, Registry, Result, Value,
    WasmFunction, function,
};
use wippy_host_server::{Endpoint, Router, Server, Service, ServiceOptions, Target, single};
use wippy_import_http::behind_http;

/// Long enough for any machine: what takes longer hangs.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(LONG, future).await.expect("the test hangs")
}

/// Waits until `condition` holds, and fails a test where it never does.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(LONG, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// How often the guest of each entry has told something: tests run at one time on one host.
static NOTES: Mutex<Option<HashMap<String, usize>>> = Mutex::new(None);

pub(crate) fn notes(entry: &str) -> usize {
    NOTES.lock().unwrap().get_or_insert_default().get(entry).copied().unwrap_or_default()
}

/// Counts the calls of `test:note` by caller; that of [`PANICS`] finds a host that is broken.
struct Counting;

/// The entry in whose host function the host panics.
pub(crate) const PANICS: &str = "t:panics";

impl NetworkPolicy for Counting {}

impl Policy for Counting {
    fn call(&self, request: &CallRequest<'_>) -> Result<()> {
        assert!(request.caller != PANICS, "the host is broken, as asked");
        *NOTES.lock().unwrap().get_or_insert_default().entry(request.caller.to_owned()).or_default() += 1;
        Ok(())
    }
}

pub(crate) fn host() -> &'static Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    HOST.get_or_init(|| {
        let mut options = EngineOptions::default();
        options.pooling = false;
        let registry = Registry::builder()
            .with(&wippy_import_http::IMPORT)
            .with(&wippy_import_io::IMPORT)
            .with(&wippy_import_clocks::IMPORT)
            .with(&wippy_import_funcs::IMPORT)
            .build()
            .unwrap();
        let host = Host::builder().registry(registry).policy(Counting).engine(options).build().unwrap();
        host.functions().register("test:note", function(|_, _| async { Ok(Value::Null) })).unwrap();
        host
    })
}

/// The handler.
pub(crate) fn component() -> &'static Component {
    static COMPONENT: OnceLock<Component> = OnceLock::new();
    COMPONENT.get_or_init(|| compiled("handler"))
}

/// A function of the guest `values`.
pub(crate) async fn value_function(method: &str) -> WasmFunction {
    static COMPONENT: OnceLock<Component> = OnceLock::new();
    let component = COMPONENT.get_or_init(|| compiled("values"));
    host().prepare(EntrySpec::new("t:values", method), component).await.unwrap()
}

fn compiled(name: &str) -> Component {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guests/built");
    host().compile(std::fs::read(folder.join(name).with_extension("wasm")).unwrap()).unwrap()
}

/// A handler with all that it needs but `wasi:http`, and time without end.
pub(crate) async fn handler(id: &str) -> Arc<WasmFunction> {
    let mut limits = Limits::default();
    limits.max_execution = None;
    limited(id, limits).await
}

pub(crate) async fn limited(id: &str, limits: Limits) -> Arc<WasmFunction> {
    // The method is the handler's, whatever is written: see `behind_http`.
    let spec = EntrySpec::new(id, "handle").with_imports(["wasi:io", "wasi:clocks", "funcs"]).with_limits(limits);
    prepared(spec).await
}

pub(crate) async fn prepared(spec: EntrySpec) -> Arc<WasmFunction> {
    let (spec, is_handler) = behind_http(spec, component());
    assert!(is_handler);
    Arc::new(host().prepare(spec, component()).await.unwrap())
}

pub(crate) fn options() -> ServiceOptions {
    ServiceOptions::new(([127, 0, 0, 1], 0).into())
}

pub(crate) async fn serve(options: ServiceOptions, router: Router, functions: FunctionRegistry) -> Server {
    Service::bind(options).await.unwrap().serve(router, functions)
}

/// A service that gives everything to the guest of this id.
pub(crate) async fn serving(id: &str) -> Server {
    serving_with(id, options()).await
}

pub(crate) async fn serving_with(id: &str, options: ServiceOptions) -> Server {
    serve(options, single(handler(id).await).unwrap(), FunctionRegistry::new()).await
}

/// A service of one function behind `POST /call`, and behind `GET` of the same path.
pub(crate) async fn calling(body: impl Function) -> Server {
    let functions = FunctionRegistry::new();
    functions.register("app:it", body).unwrap();
    let endpoint = |method: &str, path: &str| {
        Endpoint::new(format!("app:{method}"), path, Target::Function("app:it".into()))
            .with_method(method.parse().unwrap())
    };
    let router = Router::new([endpoint("POST", "/call"), endpoint("GET", "/call"), endpoint("GET", "/call/{id}")]);
    serve(options(), router.unwrap(), functions).await
}
