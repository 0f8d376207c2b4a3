//! Plain Wasmtime, written by hand for one guest that calls another: what `funcs` is measured against.

use super::{bound, engine, limits};
use crate::guests::guest;
use std::sync::Arc;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};
use wasmtime::{Engine, Result, Store, StoreContextMut, StoreLimits};
use wippy_host::Limits;

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
    /// The callee is `values`, by this export.
    pub(crate) fn new(method: &str) -> Self {
        let engine = engine();
        Self {
            caller: Ready::new(&engine, "probe-funcs", "call-many"),
            callee: Arc::new(Ready::new(&engine, "values", method)),
        }
    }

    pub(crate) async fn echo(&self, text: &str) -> String {
        self.callee.echo(text.to_owned()).await.unwrap()
    }

    /// The caller calls the callee with the text, so many times.
    pub(crate) async fn through_guest(&self, text: &str, times: usize) -> Vec<std::result::Result<String, String>> {
        let mut store = self.caller.store(Some(self.callee.clone()));
        let instance = self.caller.pre.instantiate_async(&mut store).await.unwrap();
        let function = instance.get_func(&mut store, self.caller.export).unwrap();
        let function =
            function.typed::<(String, Vec<String>), (Vec<std::result::Result<String, String>>,)>(&store).unwrap();
        let arguments = ("bench:inline".to_owned(), vec![text.to_owned(); times]);
        function.call_async(&mut store, arguments).await.unwrap().0
    }
}

impl Ready {
    fn new(engine: &Engine, name: &str, method: &str) -> Self {
        let component = Component::new(engine, guest(name)).unwrap();
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
        let mut store = Store::new(self.pre.engine(), Data { limits: limits(), callee });
        bound(&mut store, |data| &mut data.limits);
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
