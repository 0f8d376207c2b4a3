#![doc = include_str!("../README.md")]

mod config;
mod mounts;
mod preview1;

pub use config::{Config, Mount};

use std::sync::Arc;
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemCtx};
use wasmtime_wasi::p2::bindings::filesystem::{preopens, types};
use wippy_host_core::{
    Alias, ConfigProblem, HostImport, ImportLinker, ImportMeta, Interface, ModuleFunctions, Result, Section,
    SetupContext, StateContext, StoreData, async_trait, register_import,
};
use wippy_wasi_context as context;

/// `wasi:filesystem`.
pub struct Filesystem;

const VERSION: &str = "0.2.12";
#[cfg(feature = "p3")]
const VERSION_3: &str = "0.3.0";

#[async_trait]
impl HostImport for Filesystem {
    const META: ImportMeta = ImportMeta {
        name: "wasi:filesystem",
        aliases: &[
            Alias::whole("wasi1"),
            Alias::whole("wasi-preview1"),
            Alias::whole("preview1"),
            Alias::whole("wasi_snapshot_preview1"),
        ],
        summary: "Files in mounted directories",
        interfaces: &[
            Interface::new("wasi:filesystem/preopens", VERSION),
            Interface::new("wasi:filesystem/types", VERSION),
            #[cfg(feature = "p3")]
            Interface::new("wasi:filesystem/preopens", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::concurrent("wasi:filesystem/types", VERSION_3),
        ],
        section: Section::Shared("wasi"),
    };

    const MODULE_FUNCTIONS: &'static [ModuleFunctions] = preview1::FUNCTIONS;

    type Config = Config;
    /// The opened directories: once for each entry, not for each call.
    type Shared = SharedMounts;
    type State = ();

    fn check(cx: &SetupContext<'_>, config: &Config) -> Vec<ConfigProblem> {
        config::check(cx, config)
    }

    async fn setup(cx: &SetupContext<'_>, config: Config) -> Result<SharedMounts> {
        Ok(SharedMounts(mounts::open(cx, &config)?))
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        wippy_wasi_context::link_io_types(linker)?;
        linker.interface("wasi:filesystem/preopens@0.2.12", |l| {
            preopens::add_to_linker::<_, WasiFilesystem>(l, context::filesystem)
        })?;
        linker.interface("wasi:filesystem/types@0.2.12", |l| {
            types::add_to_linker::<_, WasiFilesystem>(l, context::filesystem)
        })?;
        #[cfg(feature = "p3")]
        link_p3(linker)?;
        Ok(())
    }

    fn link_module(linker: &mut wasmtime::Linker<StoreData>) -> Result<()> {
        context::link_preview1(linker)
    }

    fn state(cx: &mut StateContext<'_>, shared: &Arc<SharedMounts>) -> Result<()> {
        let shared = shared.clone();
        context::provide_filesystem(cx.store(), move || shared.0.clone());
        Ok(())
    }
}

register_import!(Filesystem);

/// Wasmtime's own, over the same directories as those of 0.2.
#[cfg(feature = "p3")]
fn link_p3(linker: &mut ImportLinker<'_, Filesystem>) -> Result<()> {
    use wasmtime_wasi::p3::bindings::filesystem::{preopens, types};
    linker.interface("wasi:filesystem/preopens@0.3.0", |l| {
        preopens::add_to_linker::<_, WasiFilesystem>(l, context::filesystem)
    })?;
    linker
        .interface("wasi:filesystem/types@0.3.0", |l| types::add_to_linker::<_, WasiFilesystem>(l, context::filesystem))
}

/// The opened directories of one entry.
pub struct SharedMounts(WasiFilesystemCtx);
