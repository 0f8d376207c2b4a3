#![doc = include_str!("../README.md")]

mod config;
#[cfg(unix)]
mod listing;
mod mounts;
mod preview1;
mod quota;
mod shadow;
#[cfg(test)]
mod threads;

pub use config::{Config, Mount};

use quota::Quotas;
use std::fmt;
use std::sync::Arc;
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemCtx, WasiFilesystemCtxView};
use wasmtime_wasi::p2::bindings::filesystem::{preopens, types};
use wippy_host_core::{
    Alias, ConfigProblem, Error, HostImport, ImportLinker, ImportMeta, Interface, ModuleFunctions, Result, Section,
    SetupContext, StateContext, StoreData, async_trait, register_import,
};
use wippy_wasi_context as context;

/// `wasi:filesystem`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filesystem;

const VERSION: &str = "0.2.12";
#[cfg(feature = "p3")]
const VERSION_3: &str = "0.3.0";

#[async_trait]
impl HostImport for Filesystem {
    const META: ImportMeta = ImportMeta::new("wasi:filesystem", "Files in mounted directories")
        .with_interfaces(&[
            Interface::new("wasi:filesystem/preopens", VERSION),
            Interface::new("wasi:filesystem/types", VERSION),
            #[cfg(feature = "p3")]
            Interface::new("wasi:filesystem/preopens", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::concurrent("wasi:filesystem/types", VERSION_3),
        ])
        .with_aliases(&[
            Alias::whole("wasi1"),
            Alias::whole("wasi-preview1"),
            Alias::whole("preview1"),
            Alias::whole("wasi_snapshot_preview1"),
        ])
        .with_section(Section::Shared("wasi"));

    const MODULE_FUNCTIONS: &'static [ModuleFunctions] = preview1::FUNCTIONS;

    type Config = Config;
    /// The opened directories: once for each entry, not for each call.
    type Shared = SharedMounts;
    type State = ();

    fn check(cx: &SetupContext<'_>, config: &Config) -> Vec<ConfigProblem> {
        config::check(cx, config)
    }

    async fn setup(cx: &SetupContext<'_>, config: Config) -> Result<SharedMounts> {
        let (mounts, quotas) = mounts::open(cx, &config).await?;
        Ok(SharedMounts { mounts, quotas })
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        wippy_wasi_context::link_io_types(linker)?;
        linker.interface("wasi:filesystem/preopens@0.2.12", |l| {
            preopens::add_to_linker::<_, WasiFilesystem>(l, filesystem)?;
            quota::link_preopens(l)
        })?;
        linker.interface("wasi:filesystem/types@0.2.12", |l| {
            types::add_to_linker::<_, WasiFilesystem>(l, filesystem)?;
            #[cfg(unix)]
            listing::link(l)?;
            quota::link_types(l)
        })?;
        #[cfg(feature = "p3")]
        link_p3(linker)?;
        Ok(())
    }

    fn link_module(linker: &mut wasmtime::Linker<StoreData>) -> Result<()> {
        context::link_preview1(linker)?;
        quota::link_preview1(linker).map_err(|error| Error::internal(format!("cannot link preview 1: {error:#}")))
    }

    fn state(cx: &mut StateContext<'_>, shared: &Arc<SharedMounts>) -> Result<()> {
        if cx.is_module() {
            context::provide_filesystem(cx.store(), shared.mounts.clone());
        }
        Ok(())
    }

    /// The guest of an instance that is kept has kept its descriptors.
    fn renew(_: &mut StateContext<'_>, _: &Arc<SharedMounts>) -> Result<()> {
        Ok(())
    }
}

register_import!(Filesystem);

/// The opened directories, which a guest has where it is granted them.
fn filesystem(store: &mut StoreData) -> WasiFilesystemCtxView<'_> {
    context::filesystem(store, |store| {
        store.shared::<Filesystem>().map_or_else(WasiFilesystemCtx::default, |shared| shared.mounts.clone())
    })
}

/// Wasmtime's own, over the same directories as those of 0.2.
#[cfg(feature = "p3")]
fn link_p3(linker: &mut ImportLinker<'_, Filesystem>) -> Result<()> {
    use wasmtime_wasi::p3::bindings::filesystem::{preopens, types};
    linker.interface("wasi:filesystem/preopens@0.3.0", |l| {
        preopens::add_to_linker::<_, WasiFilesystem>(l, filesystem)?;
        quota::link_preopens_p3(l)
    })?;
    linker.interface("wasi:filesystem/types@0.3.0", |l| {
        types::add_to_linker::<_, WasiFilesystem>(l, filesystem)?;
        quota::link_types_p3(l)
    })
}

/// The opened directories of one entry.
pub struct SharedMounts {
    mounts: WasiFilesystemCtx,
    quotas: Option<Arc<Quotas>>,
}

impl fmt::Debug for SharedMounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedMounts").field("has_quotas", &self.quotas.is_some()).finish_non_exhaustive()
    }
}
