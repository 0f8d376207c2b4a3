//! Hosts of which one thing has grown, and plain Wasmtime with as much of it.

use super::extra;
use super::quiet::QUIET;
use crate::guests::guest;
use crate::plain::{Baseline, Surroundings, engine};
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use wippy_host::wasmtime::component::{Component, Val};
use wippy_host::{
    CallContext, Directories, ENABLED, EntrySpec, Environment, Function, Host, HostBuilder, Result, Value, WasmFunction,
};

const ID: &str = "bench:called";

const VALUE: &str = "a value of a common length";

/// One call through the registry of a host, and the same call by hand.
pub(super) struct Grown {
    host: Host,
    arguments: Vec<Value>,
    pub(super) baseline: Baseline,
    _folder: Option<TempDir>,
}

impl Grown {
    pub(super) async fn call(&self) -> Value {
        let function = self.host.functions().get(ID).unwrap();
        function.call(&CallContext::new(), self.arguments.clone()).await.unwrap()
    }

    fn adding(host: Host) -> Self {
        // By hand there is one function, and no import that it does not need.
        let vals = vec![Val::S32(2), Val::S32(3)];
        let baseline = Baseline::prepare(&engine(), &guest("values"), "add", vals, Some(&Surroundings::NOTHING));
        Self { host, arguments: vec![2.into(), 3.into()], baseline, _folder: None }
    }
}

fn adds(id: impl Into<Arc<str>>) -> EntrySpec {
    EntrySpec::new(id, "add").with_imports(ENABLED.iter().copied())
}

async fn prepared(host: &Host, component: &Component, spec: EntrySpec) -> Arc<WasmFunction> {
    Arc::new(host.prepare(spec, component).await.unwrap())
}

async fn register(host: &Host, component: &Component, spec: EntrySpec) {
    let id = spec.id.clone();
    host.functions().replace(&id, prepared(host, component, spec).await);
}

/// So many entries of one component.
pub(super) async fn entries(count: usize) -> Grown {
    let host = wippy_host::builder().unwrap().build().unwrap();
    let values = host.compile(guest("values")).unwrap();
    let mut functions: Vec<(Arc<str>, Arc<dyn Function>)> = Vec::with_capacity(count);
    for number in 1..count {
        let id: Arc<str> = format!("bench:number-{number}").into();
        functions.push((id.clone(), prepared(&host, &values, adds(id)).await));
    }
    functions.push((ID.into(), prepared(&host, &values, adds(ID)).await));
    host.functions().register_all(functions).unwrap();
    Grown::adding(host)
}

/// So many imports in the host, of which another entry uses all, so that each has its place in every store.
pub(super) async fn imports(count: usize) -> Grown {
    let extra = count - ENABLED.len();
    let host = with_extra(extra);
    let user = host.compile(extra::user(extra)).unwrap();
    let uses = EntrySpec::new("bench:user", "run").with_imports(names(&host, count));
    let used = prepared(&host, &user, uses).await.call(&CallContext::new(), Vec::new()).await;
    used.unwrap();
    register(&host, &host.compile(guest("values")).unwrap(), adds(ID)).await;
    Grown::adding(host)
}

/// So many imports granted to the entry, of which its component uses none.
pub(super) async fn grants(count: usize) -> Grown {
    let host = with_extra(extra::EXTRA);
    let spec = EntrySpec::new(ID, "add").with_imports(names(&host, count));
    register(&host, &host.compile(guest("values")).unwrap(), spec).await;
    Grown::adding(host)
}

fn with_extra(count: usize) -> Host {
    let linked = wippy_host::registry().unwrap();
    let registry = linked.imports().iter().copied().chain(extra::imports(count));
    let registry = registry.fold(wippy_host::Registry::builder(), |builder, import| builder.with(&import));
    Host::builder().registry(registry.build().unwrap()).build().unwrap()
}

/// The first so many names of imports.
fn names(host: &Host, count: usize) -> Vec<String> {
    host.registry().imports().iter().map(|import| import.meta().name.to_owned()).take(count).collect()
}

/// Whether a guest asks for what it is told.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Asks {
    /// It could, and does not.
    Nothing,
    /// As a guest with a standard library does, of its own accord.
    Everything,
}

/// So many variables.
pub(super) async fn variables(count: usize, asks: Asks) -> Grown {
    let name = |number| (format!("VARIABLE_{number}"), VALUE);
    told(Surroundings { variables: (0..count).map(name).collect(), ..Surroundings::NOTHING }, asks).await
}

/// So many directories.
pub(super) async fn mounts(count: usize, asks: Asks) -> Grown {
    let places = (0..count).map(|number| format!("/mount/{number}")).collect();
    told(Surroundings { mounts: (PathBuf::new(), places), ..Surroundings::NOTHING }, asks).await
}

async fn told(mut surroundings: Surroundings, asks: Asks) -> Grown {
    let folder = tempfile::tempdir().unwrap();
    surroundings.mounts.0 = folder.path().to_owned();
    let variable = |(name, _): &(String, _)| json!({"id": "bench:variable", "name": name});
    let mount = |place: &String| json!({"fs": "bench:folder", "guest": place, "read_only": true});
    let section = json!({
        "env": surroundings.variables.iter().map(variable).collect::<Vec<Json>>(),
        "mounts": surroundings.mounts.1.iter().map(mount).collect::<Vec<Json>>(),
    });
    let builder: HostBuilder = wippy_host::builder().unwrap();
    let host = builder.environment(Variable).directories(Folder(folder.path().to_owned())).build().unwrap();
    let (code, method) = match asks {
        Asks::Nothing => (QUIET.as_bytes().to_owned(), "run"),
        Asks::Everything => (guest("std-calls"), "env"),
    };
    let spec = EntrySpec::new(ID, method).with_imports(ENABLED.iter().copied()).with_section("wasi", section);
    register(&host, &host.compile(&code).unwrap(), spec).await;
    let (arguments, vals) = match asks {
        Asks::Nothing => (Vec::new(), Vec::new()),
        Asks::Everything => (vec!["NAME".into()], vec![Val::String("NAME".into())]),
    };
    let baseline = Baseline::prepare(&engine(), &code, method, vals, Some(&surroundings));
    Grown { host, arguments, baseline, _folder: Some(folder) }
}

struct Variable;

impl Environment for Variable {
    fn get(&self, _: &str) -> Result<Option<String>> {
        Ok(Some(VALUE.to_owned()))
    }

    fn contains(&self, _: &str) -> bool {
        true
    }

    /// It never changes.
    fn generation(&self) -> u64 {
        1
    }
}

struct Folder(PathBuf);

impl Directories for Folder {
    fn get(&self, _: &str) -> Result<Option<PathBuf>> {
        Ok(Some(self.0.clone()))
    }
}
