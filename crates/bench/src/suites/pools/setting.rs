//! A host with `echo-string` under each pool that is measured, and a guest that calls others.

use crate::guests;
use std::sync::Arc;
use wippy_host::pool::{PoolFields, PoolKind, PoolSpec, WarmStart};
use wippy_host::wasmtime::component::Component;
use wippy_host::{CallContext, EntrySpec, Host, Value, WasmFunction, function};

fn lazy() -> PoolFields {
    PoolFields::default().with_kind(PoolKind::Lazy)
}

/// How many instances are prepared ahead: as many calls are timed in one go.
pub(crate) const WARM: usize = 8;

pub(crate) struct Setting {
    host: Host,
    pub(crate) inline: Arc<WasmFunction>,
    pub(crate) prepared: Arc<WasmFunction>,
}

impl Setting {
    pub(crate) async fn new() -> Self {
        let host = wippy_host::builder().unwrap().build().unwrap();
        let (values, funcs) = (guest(&host, "values"), guest(&host, "probe-funcs"));
        let nothing = function(|_, mut arguments: Vec<Value>| async move { Ok(arguments.pop().unwrap_or_default()) });
        host.functions().register("bench:nothing", nothing).unwrap();
        let echo = |id, pool| add(&host, &values, id, "echo-string", pool);
        let warm = WarmStart::Count(WARM as u32);
        let inline = echo("bench:inline", PoolSpec::INLINE).await;
        let prepared = echo("bench:prepared", PoolSpec::resolve(lazy().with_warm_start(warm))).await;
        echo("bench:lazy", PoolSpec::resolve(lazy())).await;
        echo("bench:kept", PoolSpec::resolve(lazy().with_reuse_max_calls(u32::MAX))).await;
        add(&host, &funcs, "bench:caller", "call-many", PoolSpec::INLINE).await;
        Self { host, inline, prepared }
    }

    /// One call of the function with this id, as a transport makes it.
    pub(crate) async fn call(&self, id: &str, arguments: Vec<Value>) -> Value {
        self.host.functions().get(id).unwrap().call(&CallContext::new(), arguments).await.unwrap()
    }

    pub(crate) async fn echo(&self, id: &str) -> Value {
        self.call_text(id, TEXT).await
    }

    pub(crate) async fn call_text(&self, id: &str, text: &str) -> Value {
        self.call(id, vec![Value::from(text)]).await
    }

    /// The guest calls `target` with the text, so many times.
    pub(crate) async fn through_guest(&self, target: &str, text: &str, times: usize) -> Value {
        self.call("bench:caller", vec![Value::from(target), Value::List(vec![Value::from(text); times])]).await
    }
}

pub(crate) const TEXT: &str = "The quick brown fox jumps over the lazy dog";

async fn add(host: &Host, guest: &Component, id: &str, method: &str, pool: PoolSpec) -> Arc<WasmFunction> {
    let entry = EntrySpec::new(id, method).with_imports(wippy_host::ENABLED.iter().copied()).with_pool(pool);
    let function = Arc::new(host.prepare(entry, guest).await.unwrap());
    host.functions().replace(id, function.clone());
    function
}

fn guest(host: &Host, name: &str) -> Component {
    host.compile(guests::guest(name)).unwrap()
}
