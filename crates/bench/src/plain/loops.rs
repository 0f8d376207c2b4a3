//! Plain Wasmtime, written by hand for the guest `loops`: one long call in a store with all of WASI 0.2.

use super::store::WithWasi;
use super::{bound, engine};
use crate::guests::guest;
use std::path::Path;
use std::time::Duration;
use wasmtime::Store;
use wasmtime::component::{Component, ComponentNamedList, InstancePre, Lift, Linker, Lower};
use wasmtime_wasi::filesystem::WasiFilesystemCtx;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};
use wippy_host::Limits;

/// The guest, ready for calls of a fresh instance each.
pub(crate) struct Loops {
    pre: InstancePre<WithWasi>,
    directory: WasiFilesystemCtx,
    configure: fn(&mut WasiCtxBuilder),
}

impl Loops {
    /// The guest with this directory, and with whatever else `configure` says of each context.
    pub(crate) fn new(directory: &Path, configure: fn(&mut WasiCtxBuilder)) -> Self {
        Self::linked(directory, configure, |_| Ok(()))
    }

    /// The same with random numbers of the operating system at each call. Wasmtime's own would ask its generator once for
    /// each byte.
    pub(crate) fn with_system_entropy(directory: &Path, configure: fn(&mut WasiCtxBuilder)) -> Self {
        Self::linked(directory, configure, |linker| {
            linker.allow_shadowing(true);
            let mut random = linker.instance("wasi:random/random@0.2.12")?;
            random.func_wrap("get-random-u64", |_, (): ()| Ok((getrandom::u64()?,)))?;
            random.func_wrap("get-random-bytes", |_, (len,): (u64,)| {
                let mut bytes = vec![0; usize::try_from(len)?.min(Limits::default().max_host_bytes)];
                getrandom::fill(&mut bytes)?;
                Ok((bytes,))
            })
        })
    }

    fn linked(
        directory: &Path,
        configure: fn(&mut WasiCtxBuilder),
        link: fn(&mut Linker<WithWasi>) -> wasmtime::Result<()>,
    ) -> Self {
        let component = Component::new(&engine(), guest("loops")).unwrap();
        let mut linker = Linker::new(&engine());
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).unwrap();
        link(&mut linker).unwrap();
        let pre = linker.instantiate_pre(&component).unwrap();
        Self { pre, directory: opened(directory), configure }
    }

    /// Calls one function of the host so many times.
    pub(crate) async fn repeat(&self, what: &str, times: u32) {
        in_time(self.run::<_, ()>("repeat", (what.to_owned(), times))).await;
    }

    /// A method that counts something.
    pub(crate) async fn count<P>(&self, method: &str, parameters: P) -> u64
    where
        P: ComponentNamedList + Lower + Send + Sync + 'static,
    {
        in_time(self.run::<_, (u64,)>(method, parameters)).await.0
    }

    async fn run<P, R>(&self, method: &str, parameters: P) -> wasmtime::Result<R>
    where
        P: ComponentNamedList + Lower + Send + Sync + 'static,
        R: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let mut store = Store::new(self.pre.engine(), self.data());
        bound(&mut store, |data| &mut data.limits);
        let instance = self.pre.instantiate_async(&mut store).await?;
        let function = instance.get_func(&mut store, method).unwrap().typed::<P, R>(&store)?;
        function.call_async(&mut store, parameters).await
    }

    fn data(&self) -> WithWasi {
        let mut builder = WasiCtxBuilder::new();
        builder.allow_tcp(true).allow_udp(true).allow_ip_name_lookup(true).inherit_network();
        (self.configure)(&mut builder);
        let mut wasi = builder.build();
        wasi.filesystem().clone_from(&self.directory);
        WithWasi::new(wasi)
    }
}

/// The directory as `/data`, opened once for all stores.
pub(super) fn opened(directory: &Path) -> WasiFilesystemCtx {
    let mut builder = WasiCtxBuilder::new();
    builder.preopened_dir(directory, "/data", FsPerms::ReadWrite).unwrap();
    builder.build().filesystem().clone()
}

/// A call under the deadline that every entry has.
pub(super) async fn in_time<T>(call: impl Future<Output = wasmtime::Result<T>>) -> T {
    let limit = Limits::default().max_execution.unwrap_or(Duration::MAX);
    tokio::time::timeout(limit, call).await.unwrap().unwrap()
}
