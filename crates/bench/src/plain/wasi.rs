//! Plain Wasmtime, written by hand for one call: everything that can be done before the call is done before it.

use super::store::WithWasi;
use super::{bound, limits};
use std::path::PathBuf;
use std::time::Duration;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker, Val};
use wasmtime::{Engine, Store, StoreLimits};
use wasmtime_wasi::filesystem::WasiFilesystemCtx;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};
use wippy_host::Limits;

/// What an entry has beside its grants.
pub(crate) struct Surroundings {
    /// Environment variables, by name.
    pub(crate) variables: Vec<(String, &'static str)>,
    /// A directory, and the places at which the guest sees it, read-only.
    pub(crate) mounts: (PathBuf, Vec<String>),
    /// Whether the entry has network rules of its own.
    pub(crate) network: bool,
}

impl Surroundings {
    pub(crate) const NOTHING: Self =
        Self { variables: Vec::new(), mounts: (PathBuf::new(), Vec::new()), network: false };
}

/// One call of one export.
pub(crate) struct Baseline {
    program: Program,
    arguments: Vec<Val>,
}

enum Program {
    Wasi(Ready<WithWasi>, Template),
    Bare(Ready<Bare>),
}

struct Ready<T: 'static> {
    pre: InstancePre<T>,
    export: ComponentExportIndex,
    results: usize,
}

/// What the context of each store is made of.
pub(super) struct Template {
    variables: Vec<(String, &'static str)>,
    filesystem: Option<WasiFilesystemCtx>,
    network: bool,
}

pub(super) trait Limited {
    fn limits(&mut self) -> &mut StoreLimits;
}

struct Bare {
    limits: StoreLimits,
}

impl Limited for WithWasi {
    fn limits(&mut self) -> &mut StoreLimits {
        &mut self.limits
    }
}

impl Limited for Bare {
    fn limits(&mut self) -> &mut StoreLimits {
        &mut self.limits
    }
}

/// No guest here calls another function; a guest that imports the interface needs it to load.
pub(super) fn add_funcs(linker: &mut Linker<WithWasi>) -> wasmtime::Result<()> {
    type Called<T> = Result<T, String>;
    let mut funcs = linker.instance("wippy:runtime/funcs@0.1.0")?;
    funcs.func_wrap_async("call-string", |_, (target, _): (String, String)| {
        Box::new(async move { Ok((Called::<String>::Err(target),)) })
    })?;
    funcs.func_wrap_async("call-bytes", |_, (target, _): (String, Vec<u8>)| {
        Box::new(async move { Ok((Called::<Vec<u8>>::Err(target),)) })
    })
}

impl Baseline {
    /// A program with all of WASI where there are surroundings, and with nothing where there are none.
    pub(crate) fn prepare(
        engine: &Engine,
        guest: &[u8],
        method: &str,
        arguments: Vec<Val>,
        surroundings: Option<&Surroundings>,
    ) -> Self {
        let component = Component::new(engine, guest).unwrap();
        let program = match surroundings {
            None => Program::Bare(Ready::new(&Linker::new(engine), &component, method)),
            Some(surroundings) => {
                let mut linker = Linker::new(engine);
                wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
                wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).unwrap();
                add_funcs(&mut linker).unwrap();
                Program::Wasi(Ready::new(&linker, &component, method), Template::new(surroundings))
            }
        };
        Self { program, arguments }
    }

    pub(crate) async fn call(&self) -> Option<Val> {
        // Ours is handed arguments of its own, too.
        self.call_with(&self.arguments.clone()).await
    }

    pub(crate) async fn call_with(&self, arguments: &[Val]) -> Option<Val> {
        match &self.program {
            Program::Wasi(ready, template) => ready.call(template.context(), arguments).await,
            Program::Bare(ready) => ready.call(Bare { limits: limits() }, arguments).await,
        }
    }
}

impl<T: Limited + Send> Ready<T> {
    fn new(linker: &Linker<T>, component: &Component, method: &str) -> Self {
        let export = component.get_export_index(None, method).unwrap();
        let ty = component.component_type();
        let item = ty.get_export(component.engine(), method).unwrap().ty;
        let wasmtime::component::types::ComponentItem::ComponentFunc(function) = item else { unreachable!() };
        Self { pre: linker.instantiate_pre(component).unwrap(), export, results: function.results().len() }
    }

    async fn call(&self, data: T, arguments: &[Val]) -> Option<Val> {
        let limit = Limits::default().max_execution.unwrap_or(Duration::MAX);
        tokio::time::timeout(limit, self.run(data, arguments)).await.unwrap().unwrap()
    }

    async fn run(&self, data: T, arguments: &[Val]) -> wasmtime::Result<Option<Val>> {
        let mut store = Store::new(self.pre.engine(), data);
        bound(&mut store, |data| data.limits());
        let instance = self.pre.instantiate_async(&mut store).await?;
        let function = instance.get_func(&mut store, self.export).unwrap();
        let mut results = [Val::Bool(false)];
        function.call_async(&mut store, arguments, results.get_mut(..self.results).unwrap_or_default()).await?;
        let [result] = results;
        Ok((self.results == 1).then_some(result))
    }
}

impl Template {
    pub(super) fn new(surroundings: &Surroundings) -> Self {
        let (directory, places) = &surroundings.mounts;
        let filesystem = (!places.is_empty()).then(|| {
            let mut builder = WasiCtxBuilder::new();
            for place in places {
                builder.preopened_dir(directory, place, FsPerms::ReadOnly).unwrap();
            }
            builder.build().filesystem().clone()
        });
        Self { variables: surroundings.variables.clone(), filesystem, network: surroundings.network }
    }

    pub(super) fn context(&self) -> WithWasi {
        let mut builder = WasiCtxBuilder::new();
        for (name, value) in &self.variables {
            builder.env(name, value);
        }
        builder.allow_tcp(true).allow_udp(true).allow_ip_name_lookup(true);
        if self.network {
            builder.socket_addr_check(|address, _| Box::pin(std::future::ready(!address.ip().is_loopback())));
        } else {
            builder.inherit_network();
        }
        let mut wasi = builder.build();
        if let Some(filesystem) = &self.filesystem {
            wasi.filesystem().clone_from(filesystem);
        }
        WithWasi::new(wasi)
    }
}
