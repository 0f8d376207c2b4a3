//! Plain Wasmtime, written by hand for one guest that calls another: what `funcs` is measured against.

use crate::measure::engine;
use crate::setting::{TEXT, bytes};
use std::sync::Arc;
use wippy_host::Limits;
use wippy_host::wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};
use wippy_host::wasmtime::{Engine, Result, Store, StoreContextMut, StoreLimits, StoreLimitsBuilder};

/// A caller and a callee, each with a fresh instance for each call.
pub(crate) struct ByHand {
    caller: Ready,
    callee: Arc<Ready>,
}

struct Ready {
    pre: InstancePre<Data>,
    export: ComponentExportIndex,
}

struct Data {
    limits: StoreLimits,
    callee: Option<Arc<Ready>>,
}

impl ByHand {
    pub(crate) fn new() -> Self {
        let engine = engine();
        Self {
            caller: Ready::new(&engine, "probe-funcs", "call-many"),
            callee: Arc::new(Ready::new(&engine, "values", "echo-string")),
        }
    }

    pub(crate) async fn echo(&self) -> String {
        self.callee.echo(TEXT.to_owned()).await.unwrap()
    }

    /// The caller calls the callee with the text, so many times.
    pub(crate) async fn through_guest(&self, times: usize) -> Vec<std::result::Result<String, String>> {
        let mut store = self.caller.store(Some(self.callee.clone()));
        let instance = self.caller.pre.instantiate_async(&mut store).await.unwrap();
        let function = instance.get_func(&mut store, self.caller.export).unwrap();
        let function =
            function.typed::<(String, Vec<String>), (Vec<std::result::Result<String, String>>,)>(&store).unwrap();
        let arguments = ("bench:inline".to_owned(), vec![TEXT.to_owned(); times]);
        function.call_async(&mut store, arguments).await.unwrap().0
    }
}

impl Ready {
    fn new(engine: &Engine, guest: &str, method: &str) -> Self {
        let component = Component::new(engine, bytes(guest)).unwrap();
        let mut linker = Linker::new(engine);
        let mut funcs = linker.instance("wippy:runtime/funcs@0.1.0").unwrap();
        funcs
            .func_wrap_async("call-string", |store: StoreContextMut<'_, Data>, (_, input): (String, String)| {
                let callee = store.data().callee.clone().unwrap();
                Box::new(async move { Ok((callee.echo(input).await.map_err(|error| error.to_string()),)) })
            })
            .unwrap();
        funcs
            .func_wrap_async("call-bytes", |_, (_, input): (String, Vec<u8>)| {
                Box::new(async move { Ok((Ok::<_, String>(input),)) })
            })
            .unwrap();
        let export = component.get_export_index(None, method).unwrap();
        Self { pre: linker.instantiate_pre(&component).unwrap(), export }
    }

    fn store(&self, callee: Option<Arc<Self>>) -> Store<Data> {
        let allowed = Limits::default();
        let limits = StoreLimitsBuilder::new()
            .memory_size(allowed.max_memory_bytes)
            .table_elements(allowed.max_table_elements)
            .instances(allowed.max_instances)
            .trap_on_grow_failure(true)
            .build();
        let mut store = Store::new(self.pre.engine(), Data { limits, callee });
        store.set_hostcall_fuel(allowed.max_host_bytes);
        store.set_max_component_handles(allowed.max_resources);
        store.limiter(|data| &mut data.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }

    async fn echo(&self, input: String) -> Result<String> {
        let limit = Limits::default().max_execution.unwrap_or(std::time::Duration::MAX);
        let called = async {
            let mut store = self.store(None);
            let instance = self.pre.instantiate_async(&mut store).await?;
            let function = instance.get_func(&mut store, self.export).unwrap().typed::<(String,), (String,)>(&store)?;
            Ok(function.call_async(&mut store, (input,)).await?.0)
        };
        tokio::time::timeout(limit, called).await?
    }
}
