#![doc = include_str!("../README.md")]

mod preview1;

pub use preview1::{PREVIEW1, link_preview1, preview1_parts, provide_preview1};

use wasmtime::component::{HasData, ResourceTable};
use wasmtime_wasi::filesystem::{WasiFilesystemCtx, WasiFilesystemCtxView};
use wasmtime_wasi_io::bindings::wasi::io;
use wippy_host_core::{HostImport, ImportLinker, Result, Slot, StoreData};

static FILESYSTEM: Slot<WasiFilesystemCtx> = Slot::new();

/// Says what the directories of a store are, before anybody asks: for a core module, whose functions of preview 1 are one
/// context. To be called while the state of the store is made.
pub fn provide_filesystem(store: &mut StoreData, directories: WasiFilesystemCtx) {
    store.provide(&FILESYSTEM, directories);
}

/// The opened directories and the resource table. What they are is asked of `make` where nobody has said it yet.
pub fn filesystem(
    store: &mut StoreData,
    make: impl FnOnce(&StoreData) -> WasiFilesystemCtx,
) -> WasiFilesystemCtxView<'_> {
    let (ctx, table) = store.on_demand(&FILESYSTEM, make);
    WasiFilesystemCtxView { ctx, table }
}

struct Table;

impl HasData for Table {
    type Data<'a> = &'a mut ResourceTable;
}

/// Links the types of `wasi:io`, which the functions of most WASI groups mention, for a build without that group.
///
/// # Errors
/// As [`ImportLinker::types`].
pub fn link_io_types<I: HostImport>(linker: &mut ImportLinker<'_, I>) -> Result<()> {
    linker.types("wasi:io/error@0.2.12", |l| io::error::add_to_linker::<_, Table>(l, StoreData::table))?;
    linker.types("wasi:io/poll@0.2.12", |l| io::poll::add_to_linker::<_, Table>(l, StoreData::table))?;
    linker.types("wasi:io/streams@0.2.12", |l| io::streams::add_to_linker::<_, Table>(l, StoreData::table))
}
