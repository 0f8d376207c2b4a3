#![doc = include_str!("../README.md")]

use wasmtime_wasi::cli::WasiCliCtxView;
use wasmtime_wasi::filesystem::{WasiFilesystemCtx, WasiFilesystemCtxView};
use wasmtime_wasi::sockets::WasiSocketsCtxView;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};
use wippy_host_core::{Slot, StoreData};

static CONTEXT: Slot<Context> = Slot::new();

/// The context of a store: a draft until a guest first calls into it.
enum Context {
    Draft(Box<Draft>),
    Built(Box<WasiCtx>),
}

/// The context before it is built. Nothing is granted in it: no variables, no directories, no addresses.
#[derive(Default)]
pub struct Draft {
    /// Standard streams and sockets, as Wasmtime's builder takes them.
    pub builder: WasiCtxBuilder,
    /// Directories that were opened before: cloned into each store, since opening is too slow for every call.
    pub filesystem: Option<WasiFilesystemCtx>,
}

impl Draft {
    fn build(mut self) -> WasiCtx {
        let mut context = self.builder.build();
        if let Some(filesystem) = self.filesystem {
            *context.filesystem() = filesystem;
        }
        context
    }
}

/// Adds one group's part to the context of a store. To be called while the state of the store is made; later, when the
/// context is built already, it has no effect.
pub fn configure(store: &mut StoreData, add: impl FnOnce(&mut Draft)) {
    if let (Context::Draft(draft), _) = store.shared(&CONTEXT, Context::default) {
        add(draft);
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::Draft(Box::default())
    }
}

impl Context {
    fn built(&mut self) -> &mut WasiCtx {
        if let Self::Draft(draft) = self {
            *self = Self::Built(Box::new(std::mem::take(&mut **draft).build()));
        }
        match self {
            Self::Built(context) => context,
            Self::Draft(_) => unreachable!("it was built above"),
        }
    }
}

/// The standard streams and the resource table.
pub fn cli(store: &mut StoreData) -> WasiCliCtxView<'_> {
    let (context, table) = store.shared(&CONTEXT, Context::default);
    WasiCliCtxView { ctx: context.built().cli(), table }
}

/// The opened directories and the resource table.
pub fn filesystem(store: &mut StoreData) -> WasiFilesystemCtxView<'_> {
    let (context, table) = store.shared(&CONTEXT, Context::default);
    WasiFilesystemCtxView { ctx: context.built().filesystem(), table }
}

/// The address check and the resource table.
pub fn sockets(store: &mut StoreData) -> WasiSocketsCtxView<'_> {
    let (context, table) = store.shared(&CONTEXT, Context::default);
    WasiSocketsCtxView { ctx: context.built().sockets(), table }
}
