#![doc = include_str!("../README.md")]

mod error;
mod streams;
#[cfg(test)]
mod threads;

use std::sync::Arc;
use wasmtime::component::{HasData, ResourceTable};
use wasmtime_wasi_io::bindings::wasi::io;
use wippy_host_core::{
    Alias, HostImport, ImportLinker, ImportMeta, Interface, NoConfig, Result, SetupContext, StateContext, StoreData,
    async_trait, register_import,
};

/// `wasi:io`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Io;

const VERSION: &str = "0.2.12";

#[async_trait]
impl HostImport for Io {
    const META: ImportMeta = ImportMeta::new("wasi:io", "Streams, their errors, and polling")
        .with_interfaces(&[
            Interface::new("wasi:io/error", VERSION),
            Interface::new("wasi:io/poll", VERSION),
            Interface::new("wasi:io/streams", VERSION),
        ])
        .with_aliases(&[
            Alias::new("wasi:poll", &["wasi:io/poll"]),
            Alias::whole("wasi1"),
            Alias::whole("wasi-preview1"),
            Alias::whole("preview1"),
            Alias::whole("wasi_snapshot_preview1"),
        ]);

    type Config = NoConfig;
    type Shared = ();
    type State = ();

    async fn setup(_: &SetupContext<'_>, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        linker.interface("wasi:io/error@0.2.12", error::link)?;
        linker.interface("wasi:io/poll@0.2.12", |l| io::poll::add_to_linker::<_, Table>(l, StoreData::table))?;
        linker.interface("wasi:io/streams@0.2.12", |l| {
            io::streams::add_to_linker::<_, Table>(l, StoreData::table)?;
            streams::link(l)
        })
    }

    fn state(_: &mut StateContext<'_>, _: &Arc<()>) -> Result<()> {
        Ok(())
    }
}

register_import!(Io);

/// The group needs the resource table alone.
struct Table;

impl HasData for Table {
    type Data<'a> = &'a mut ResourceTable;
}
