//! A host, guests, and a hook that no panic of the host escapes.

// Which of these are used depends on the features.
#![cfg_attr(not(feature = "all"), allow(dead_code))]

use serde_json::Value as Json;
use std::collections::HashMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use wippy_host::policy::network::NetworkRules;
use wippy_host::wasmtime::component::Component;
use wippy_host::{
    CallContext, Directories, EngineOptions, EntryProblem, EntrySpec, Error, ErrorKind, Function, Host, HostBuilder,
    Limits, Reason, Result, Value, WasmFunction,
};

/// Long enough for any machine: what takes longer hangs.
pub(crate) const LONG: Duration = Duration::from_secs(120);

/// Fails a test that hangs.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(LONG, future).await.expect("the test hangs")
}

static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Records every panic that is not a failed assertion of these tests.
fn watch_for_panics() {
    static WATCHING: OnceLock<()> = OnceLock::new();
    WATCHING.get_or_init(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.location().is_none_or(|location| !location.file().contains("tests/containment")) {
                PANICS.lock().unwrap().push(panic.to_string());
            }
            usual(panic);
        }));
    });
}

pub(crate) fn assert_no_panic() {
    let panics = PANICS.lock().unwrap().clone();
    assert!(panics.is_empty(), "the host panicked: {panics:?}");
}

/// The host of every test that needs none of its own.
pub(crate) fn host() -> &'static Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    HOST.get_or_init(|| builder().build().unwrap())
}

/// Without a pool: the address space has room for few of those, and memory is measured here.
pub(crate) fn builder() -> HostBuilder {
    watch_for_panics();
    wippy_host::builder().unwrap().directories(Folders).engine(engine(1000, 250))
}

pub(crate) fn engine(max_instances: u32, nested_instances: u32) -> EngineOptions {
    let mut options = EngineOptions::default();
    options.pooling = false;
    options.max_instances = max_instances;
    options.nested_instances = Some(nested_instances);
    options
}

/// The directories of all tests, each under an id of its own.
struct Folders;

static FOLDERS: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);

pub(crate) fn add_directory(id: &str, path: &Path) {
    FOLDERS.lock().unwrap().get_or_insert_default().insert(id.to_owned(), path.to_owned());
}

impl Directories for Folders {
    fn get(&self, id: &str) -> Result<Option<PathBuf>> {
        Ok(FOLDERS.lock().unwrap().get_or_insert_default().get(id).cloned())
    }
}

/// The bytes of `guests/built/NAME.wasm` or `guests/wat/NAME.wat`.
pub(crate) fn guest_bytes(name: &str) -> Vec<u8> {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guests");
    let text = guests.join("wat").join(name).with_extension("wat");
    let path = if text.exists() { text } else { guests.join("built").join(name).with_extension("wasm") };
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A guest compiled for the shared host, once for all tests.
pub(crate) fn component(name: &str) -> Component {
    type Compiled = HashMap<String, Arc<OnceLock<Component>>>;
    static COMPONENTS: Mutex<Option<Compiled>> = Mutex::new(None);
    let cell = COMPONENTS.lock().unwrap().get_or_insert_default().entry(name.to_owned()).or_default().clone();
    cell.get_or_init(|| host().compile(guest_bytes(name)).unwrap()).clone()
}

/// An entry and its component.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) host: Host,
    pub(crate) component: Component,
    pub(crate) spec: EntrySpec,
}

impl Entry {
    /// The entry `app:report` of a guest on the shared host, without any grant.
    pub(crate) fn new(name: &str) -> Self {
        Self::of(host(), component(name))
    }

    pub(crate) fn on(host: &Host, name: &str) -> Self {
        Self::of(host, host.compile(guest_bytes(name)).unwrap())
    }

    /// The same of a component in text.
    pub(crate) fn text(text: &str) -> Self {
        Self::text_on(host(), text)
    }

    pub(crate) fn text_on(host: &Host, text: &str) -> Self {
        Self::of(host, host.compile(text).unwrap_or_else(|error| panic!("{error}\n{text}")))
    }

    pub(crate) fn of(host: &Host, component: Component) -> Self {
        let entry = Self { host: host.clone(), component, spec: EntrySpec::new("app:report", "run") };
        // So that a slow machine is no failure; tests of the limit set their own.
        entry.limits(|limits| limits.max_execution = Some(LONG))
    }

    pub(crate) fn id(mut self, id: &str) -> Self {
        self.spec.id = id.into();
        self
    }

    pub(crate) fn imports<S: AsRef<str>>(mut self, imports: &[S]) -> Self {
        self.spec = self.spec.with_imports(imports.iter().map(AsRef::as_ref));
        self
    }

    pub(crate) fn section(mut self, name: &str, section: Json) -> Self {
        self.spec = self.spec.with_section(name, section);
        self
    }

    pub(crate) fn allow(mut self, items: &[&str]) -> Self {
        let items: Vec<String> = items.iter().map(|&item| item.to_owned()).collect();
        self.spec = self.spec.with_network(NetworkRules::parse(&items).unwrap());
        self
    }

    pub(crate) fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.spec.limits);
        self
    }

    pub(crate) fn strict(mut self) -> Self {
        self.spec = self.spec.with_strict_imports(true);
        self
    }

    pub(crate) async fn prepare(&self, method: &str) -> WasmFunction {
        self.try_prepare(method).await.unwrap_or_else(|problems| panic!("{method}: {problems:?}"))
    }

    pub(crate) async fn try_prepare(&self, method: &str) -> Result<WasmFunction, Vec<EntryProblem>> {
        let mut spec = self.spec.clone();
        method.clone_into(&mut spec.method);
        let prepared = within(self.host.prepare(spec, &self.component)).await.map_err(|problems| problems.problems);
        assert_no_panic();
        prepared
    }

    /// The problems of an entry that cannot be prepared, each with its remedy.
    pub(crate) async fn problems(&self, method: &str) -> Vec<String> {
        match self.try_prepare(method).await {
            Ok(_) => panic!("{method} was prepared"),
            Err(problems) => problems.iter().map(said).collect(),
        }
    }

    /// Prepares and calls with the elements of a JSON array.
    pub(crate) async fn call(&self, method: &str, arguments: Json) -> Result<Json> {
        call(&self.prepare(method).await, arguments).await
    }

    /// The error that ends the call.
    pub(crate) async fn fails(&self, method: &str, arguments: Json) -> Error {
        failure(self.call(method, arguments).await)
    }

    /// The `ok` of the `result` that the method returns.
    pub(crate) async fn ok(&self, method: &str, arguments: Json) -> Json {
        let asked = arguments.to_string();
        let value = self.call(method, arguments).await.unwrap_or_else(|error| panic!("{method}{asked}: {error}"));
        value.get("ok").unwrap_or_else(|| panic!("{method}{asked} returned {value}")).clone()
    }

    /// The `err` of the `result` that the method returns.
    pub(crate) async fn err(&self, method: &str, arguments: Json) -> String {
        let asked = arguments.to_string();
        let value = self.call(method, arguments).await.unwrap_or_else(|error| panic!("{method}{asked}: {error}"));
        let text = value.get("err").and_then(Json::as_str);
        text.unwrap_or_else(|| panic!("{method}{asked} returned {value}")).to_owned()
    }
}

pub(crate) fn said(problem: &EntryProblem) -> String {
    match &problem.remedy {
        Some(remedy) => format!("{}; {remedy}", problem.message),
        None => problem.message.clone(),
    }
}

pub(crate) async fn call(function: &WasmFunction, arguments: Json) -> Result<Json> {
    call_in(&CallContext::new(), function, arguments).await
}

pub(crate) async fn call_in(context: &CallContext, function: &WasmFunction, arguments: Json) -> Result<Json> {
    let result = within(function.call(context, values(arguments))).await;
    assert_no_panic();
    result.map(|value| value.into_json().unwrap())
}

pub(crate) fn values(arguments: Json) -> Vec<Value> {
    let Json::Array(arguments) = arguments else { panic!("the arguments are no array") };
    arguments.into_iter().map(|argument| Value::from_json(argument).unwrap()).collect()
}

pub(crate) fn failure(result: Result<Json>) -> Error {
    match result {
        Ok(value) => panic!("it returned {value}"),
        Err(error) => error,
    }
}

/// Kind, reason and whole text of an error.
pub(crate) fn told(error: &Error) -> (ErrorKind, Reason, String) {
    (error.kind(), error.reason(), error.to_string())
}

/// The memory of this process, in bytes.
#[cfg(target_os = "linux")]
pub(crate) fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = status.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}
