//! A host whose services the tests fill, the guests, and how to call them.

// Which of these are used depends on the features.
#![cfg_attr(not(feature = "all"), allow(dead_code))]

use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::future::Future;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use wippy_host::policy::network::NetworkRules;
use wippy_host::wasmtime::component::Component;
use wippy_host::{
    CallContext, Directories, EngineOptions, EntrySpec, Environment, Error, Function, Host, HostBuilder, Limits,
    ResolveError, Resolver, Result, SystemResolver, Value, WasmFunction,
};

/// Long enough for any machine: what takes longer hangs.
pub(crate) const LONG: Duration = Duration::from_secs(60);

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

/// Says when it is dropped: what a call held is gone.
pub(crate) struct DropFlag(pub(crate) Arc<AtomicUsize>);

impl Drop for DropFlag {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The host of every test that needs no services of its own: an engine takes much address space, and each engine
/// compiles the guests anew.
pub(crate) fn host() -> &'static Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    HOST.get_or_init(|| builder().build().unwrap())
}

/// A builder of a host with [`World`]; without a pool, because the address space has room for few of those.
pub(crate) fn builder() -> HostBuilder {
    let mut options = EngineOptions::default();
    options.pooling = false;
    wippy_host::builder().unwrap().directories(World).environment(World).resolver(World).engine(options)
}

/// What guests find by id and by name. Tests share it, so that each uses ids of its own.
pub(crate) struct World;

static DIRECTORIES: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);
static VARIABLES: Mutex<Option<HashMap<String, Option<String>>>> = Mutex::new(None);
type Addresses = std::result::Result<Vec<IpAddr>, fn() -> ResolveError>;
static NAMES: Mutex<Option<HashMap<String, Addresses>>> = Mutex::new(None);

impl World {
    pub(crate) fn add_directory(id: &str, path: &Path) {
        DIRECTORIES.lock().unwrap().get_or_insert_default().insert(id.to_owned(), path.to_owned());
    }

    /// A variable that exists: set, or not.
    pub(crate) fn set_variable(id: &str, value: Option<&str>) {
        VARIABLES.lock().unwrap().get_or_insert_default().insert(id.to_owned(), value.map(str::to_owned));
    }

    pub(crate) fn add_name(name: &str, addresses: &[IpAddr]) {
        NAMES.lock().unwrap().get_or_insert_default().insert(name.to_owned(), Ok(addresses.to_owned()));
    }

    /// A name whose look-up fails.
    pub(crate) fn fail_name(name: &str, error: fn() -> ResolveError) {
        NAMES.lock().unwrap().get_or_insert_default().insert(name.to_owned(), Err(error));
    }
}

impl Directories for World {
    fn get(&self, id: &str) -> Result<Option<PathBuf>> {
        Ok(DIRECTORIES.lock().unwrap().get_or_insert_default().get(id).cloned())
    }
}

impl Environment for World {
    fn get(&self, id: &str) -> Result<Option<String>> {
        Ok(VARIABLES.lock().unwrap().get_or_insert_default().get(id).cloned().flatten())
    }

    fn contains(&self, id: &str) -> bool {
        VARIABLES.lock().unwrap().get_or_insert_default().contains_key(id)
    }
}

impl Resolver for World {
    /// The operating system knows `localhost` without asking anybody. Names of failures fail, after a moment.
    fn resolve(&self, host: &str) -> Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, ResolveError>> + Send>> {
        if host == "localhost" {
            return SystemResolver::default().resolve(host);
        }
        if let Some(error) = failure(host) {
            return Box::pin(async {
                tokio::task::yield_now().await;
                Err(error)
            });
        }
        let found = NAMES.lock().unwrap().get_or_insert_default().get(host).cloned();
        Box::pin(std::future::ready(found.unwrap_or(Err(|| ResolveError::NotFound)).map_err(|error| error())))
    }
}

fn failure(host: &str) -> Option<ResolveError> {
    match host {
        "slow.test" => Some(ResolveError::TimedOut(LONG)),
        "broken.test" => Some(ResolveError::Failed(std::io::Error::other("out of order"))),
        _ => None,
    }
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The bytes of a guest: `guests/built/NAME.wasm`, or `guests/wat/NAME.wat`.
pub(crate) fn guest_bytes(name: &str) -> Vec<u8> {
    let built = root().join("guests/built").join(name).with_extension("wasm");
    let text = root().join("guests/wat").join(name).with_extension("wat");
    let path = if text.exists() { text } else { built };
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A guest compiled for the shared host, once for all tests.
pub(crate) fn component(name: &str) -> Component {
    type Compiled = HashMap<String, Arc<OnceLock<Component>>>;
    static COMPONENTS: Mutex<Option<Compiled>> = Mutex::new(None);
    let cell = COMPONENTS.lock().unwrap().get_or_insert_default().entry(name.to_owned()).or_default().clone();
    cell.get_or_init(|| host().compile(guest_bytes(name)).unwrap()).clone()
}

/// An entry of one guest, whose exports are called one by one.
#[derive(Clone)]
pub(crate) struct Guest {
    host: Host,
    component: Component,
    spec: EntrySpec,
    context: CallContext,
}

impl Guest {
    /// The entry `test:NAME` on the shared host, without any grant. Its time is limited by the test's patience alone.
    pub(crate) fn new(name: &str) -> Self {
        Self::of(host(), component(name), name)
    }

    /// The same on a host of the test's own.
    pub(crate) fn on(host: &Host, name: &str) -> Self {
        Self::of(host, host.compile(guest_bytes(name)).unwrap(), name)
    }

    /// The same of a component in text that the test brings itself.
    pub(crate) fn of_text(text: &str) -> Self {
        Self::of(host(), host().compile(text).unwrap(), "text")
    }

    fn of(host: &Host, component: Component, name: &str) -> Self {
        let guest = Self {
            host: host.clone(),
            component,
            spec: EntrySpec::new(format!("test:{name}"), ""),
            context: CallContext::new(),
        };
        guest.limits(|limits| limits.max_execution = Some(2 * LONG))
    }

    pub(crate) fn id(mut self, id: &str) -> Self {
        self.spec.id = id.into();
        self
    }

    pub(crate) fn imports<const N: usize>(mut self, imports: [&str; N]) -> Self {
        self.spec = self.spec.with_imports(imports);
        self
    }

    pub(crate) fn bind(mut self, import: &str, target: &str) -> Self {
        self.spec = self.spec.with_binding(import, target);
        self
    }

    pub(crate) fn wasi(mut self, section: Json) -> Self {
        self.spec = self.spec.with_section("wasi", section);
        self
    }

    /// The import's own section of the entry's `config`.
    pub(crate) fn config(mut self, import: &str, section: Json) -> Self {
        self.spec = self.spec.with_section("config", json!({import: section}));
        self
    }

    pub(crate) fn allow<S: AsRef<str>>(mut self, items: &[S]) -> Self {
        let items: Vec<String> = items.iter().map(|item| item.as_ref().to_owned()).collect();
        self.spec = self.spec.with_network(NetworkRules::parse(&items).unwrap());
        self
    }

    pub(crate) fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.spec.limits);
        self
    }

    pub(crate) fn context(mut self, context: CallContext) -> Self {
        self.context = context;
        self
    }

    pub(crate) fn spec(&self, export: &str) -> EntrySpec {
        let mut spec = self.spec.clone();
        export.clone_into(&mut spec.method);
        spec
    }

    pub(crate) async fn function(&self, export: &str) -> WasmFunction {
        let prepared = self.host.prepare(self.spec(export), &self.component).await;
        prepared.unwrap_or_else(|problems| panic!("{export}: {problems:?}"))
    }

    /// Prepares an export and puts it into the registry of its host under the entry's id.
    pub(crate) async fn register(&self, export: &str) {
        let function = self.function(export).await;
        self.host.functions().register(&self.spec.id, function).unwrap();
    }

    pub(crate) async fn call_values(&self, export: &str, arguments: Vec<Value>) -> Result<Value> {
        let function = self.function(export).await;
        within(function.call(&self.context, arguments)).await
    }

    /// Calls with the elements of a JSON array.
    pub(crate) async fn try_call(&self, export: &str, arguments: Json) -> Result<Json> {
        let Json::Array(arguments) = arguments else { panic!("{export}: the arguments are no array") };
        let arguments = arguments.into_iter().map(|argument| Value::from_json(argument).unwrap()).collect();
        self.call_values(export, arguments).await.map(|value| value.into_json().unwrap())
    }

    /// The value that the export returns.
    pub(crate) async fn call(&self, export: &str, arguments: Json) -> Json {
        self.try_call(export, arguments).await.unwrap_or_else(|error| panic!("{export}: {error}"))
    }

    /// The error that ends the call.
    pub(crate) async fn fails(&self, export: &str, arguments: Json) -> Error {
        match self.try_call(export, arguments).await {
            Ok(value) => panic!("{export} returned {value}"),
            Err(error) => error,
        }
    }

    /// The `ok` of the `result` that the export returns.
    pub(crate) async fn ok(&self, export: &str, arguments: Json) -> Json {
        let asked = arguments.to_string();
        let mut value = self.call(export, arguments).await;
        assert!(value.get("ok").is_some(), "{export}{asked} returned {value}");
        value["ok"].take()
    }

    /// The `err` of the `result` that the export returns.
    pub(crate) async fn err(&self, export: &str, arguments: Json) -> Json {
        let asked = arguments.to_string();
        let mut value = self.call(export, arguments).await;
        assert!(value.get("err").is_some(), "{export}{asked} returned {value}");
        value["err"].take()
    }
}

/// A directory that is gone at the end of the test, and the id under which entries mount it.
pub(crate) struct Folder {
    pub(crate) id: String,
    directory: tempfile::TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let id = format!("test:folder-{}", COUNT.fetch_add(1, Ordering::SeqCst));
        let directory = tempfile::tempdir().unwrap();
        World::add_directory(&id, directory.path());
        Self { id, directory }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.path().join(name).symlink_metadata().is_ok()
    }

    /// The item of `wasi.mounts` for this directory.
    pub(crate) fn mount(&self, guest: &str, read_only: bool) -> Json {
        json!({"fs": self.id, "guest": guest, "read_only": read_only})
    }
}
