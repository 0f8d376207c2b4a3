//! Plain Wasmtime, written by hand for files by WASI 0.3 and by preview 1.

use super::loops::{in_time, opened};
use super::store::WithWasi;
use super::{bound, engine, limits, ticked};
use crate::guests::guest;
use std::path::{Path, PathBuf};
use wasmtime::component::{Component, ComponentNamedList, InstancePre, Linker, Lower};
use wasmtime::{Module, Store, StoreLimits};
use wasmtime_wasi::filesystem::WasiFilesystemCtx;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};
use wippy_host::EngineOptions;

/// The guest `loops-p3`, on an engine that has asynchronous functions.
pub(crate) struct LoopsP3 {
    pre: InstancePre<WithWasi>,
    directory: WasiFilesystemCtx,
}

impl LoopsP3 {
    pub(crate) fn new(directory: &Path) -> Self {
        let engine = ticked(|pooling| {
            let mut config = wippy_host::engine_config(&EngineOptions::default().with_pooling(pooling));
            config.concurrency_support(true).wasm_component_model_async(true);
            config
        });
        let component = Component::new(&engine, guest("loops-p3")).unwrap();
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p3::add_to_linker(&mut linker).unwrap();
        Self { pre: linker.instantiate_pre(&component).unwrap(), directory: opened(directory) }
    }

    pub(crate) async fn count<P>(&self, method: &str, parameters: P) -> u64
    where
        P: ComponentNamedList + Lower + Send + Sync + 'static,
    {
        in_time(self.run(method, parameters)).await
    }

    async fn run<P>(&self, method: &str, parameters: P) -> wasmtime::Result<u64>
    where
        P: ComponentNamedList + Lower + Send + Sync + 'static,
    {
        let mut wasi = WasiCtxBuilder::new().build();
        wasi.filesystem().clone_from(&self.directory);
        let mut store = Store::new(self.pre.engine(), WithWasi::new(wasi));
        bound(&mut store, |data| &mut data.limits);
        let instance = self.pre.instantiate_async(&mut store).await?;
        let function = instance.get_func(&mut store, method).unwrap().typed::<P, (u64,)>(&store)?;
        Ok(function.call_async(&mut store, parameters).await?.0)
    }
}

/// A command of preview 1.
pub(crate) struct Command {
    pre: wasmtime::InstancePre<CommandData>,
    directory: PathBuf,
}

struct CommandData {
    wasi: WasiP1Ctx,
    limits: StoreLimits,
}

impl Command {
    pub(crate) fn new(text: &str, directory: &Path) -> Self {
        let module = Module::new(&engine(), text).unwrap();
        let mut linker = wasmtime::Linker::new(&engine());
        wasmtime_wasi::p1::add_to_linker_async(&mut linker, |data: &mut CommandData| &mut data.wasi).unwrap();
        Self { pre: linker.instantiate_pre(&module).unwrap(), directory: directory.to_owned() }
    }

    pub(crate) async fn call(&self) {
        in_time(self.run()).await;
    }

    async fn run(&self) -> wasmtime::Result<()> {
        let mut builder = WasiCtxBuilder::new();
        builder.preopened_dir(&self.directory, "/data", FsPerms::ReadWrite)?;
        let data = CommandData { wasi: builder.build_p1(), limits: limits() };
        let mut store = Store::new(self.pre.module().engine(), data);
        bound(&mut store, |data| &mut data.limits);
        let instance = self.pre.instantiate_async(&mut store).await?;
        instance.get_typed_func::<(), ()>(&mut store, "_start")?.call_async(&mut store, ()).await
    }
}
