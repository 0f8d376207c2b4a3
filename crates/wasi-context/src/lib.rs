#![doc = include_str!("../README.md")]

mod preview1;

pub use preview1::{PREVIEW1, link_preview1, preview1_parts, provide_preview1};

use wasmtime::component::{HasData, ResourceTable};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::filesystem::{WasiFilesystemCtx, WasiFilesystemCtxView};
use wasmtime_wasi::sockets::{WasiSocketsCtx, WasiSocketsCtxView};
use wasmtime_wasi_io::bindings::wasi::io;
use wippy_host_core::{HostImport, ImportLinker, Result, Slot, StoreData};

static CONTEXT: Slot<Context> = Slot::new();

/// The context of a store.
#[derive(Default)]
struct Context {
    filesystem: Part<WasiFilesystemCtx>,
    sockets: Part<WasiSocketsCtx>,
}

/// One group's part, which is made when a guest first calls into it. What no group provides is Wasmtime's default: no
/// directories, no addresses.
#[derive(Default)]
struct Part<T> {
    provided: Option<Box<dyn FnOnce() -> T + Send>>,
    made: Option<T>,
}

impl<T: Default> Part<T> {
    fn get(&mut self) -> &mut T {
        let provided = &mut self.provided;
        self.made.get_or_insert_with(|| provided.take().map_or_else(T::default, |make| make()))
    }
}

/// Says what the directories of a store are. To be called while the state of the store is made; later, when a guest has
/// called into them already, it has no effect.
pub fn provide_filesystem(store: &mut StoreData, make: impl FnOnce() -> WasiFilesystemCtx + Send + 'static) {
    store.shared(&CONTEXT, Context::default).0.filesystem.provided = Some(Box::new(make));
}

/// Says what the sockets of a store may do: `configure` is given a builder that allows nothing, of which only the part
/// for sockets is used. To be called as [`provide_filesystem`].
pub fn provide_sockets(store: &mut StoreData, configure: impl FnOnce(&mut WasiCtxBuilder) + Send + 'static) {
    // Wasmtime gives this part out of a whole context alone.
    let make = || {
        let mut builder = WasiCtxBuilder::new();
        configure(&mut builder);
        builder.build().sockets().clone()
    };
    store.shared(&CONTEXT, Context::default).0.sockets.provided = Some(Box::new(make));
}

/// The opened directories and the resource table.
pub fn filesystem(store: &mut StoreData) -> WasiFilesystemCtxView<'_> {
    let (context, table) = store.shared(&CONTEXT, Context::default);
    WasiFilesystemCtxView { ctx: context.filesystem.get(), table }
}

/// The address check and the resource table.
pub fn sockets(store: &mut StoreData) -> WasiSocketsCtxView<'_> {
    let (context, table) = store.shared(&CONTEXT, Context::default);
    WasiSocketsCtxView { ctx: context.sockets.get(), table }
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
