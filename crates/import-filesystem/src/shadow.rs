//! Functions of ours in the place of Wasmtime's.

use wasmtime::component::Linker;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wippy_host_core::{StoreData, Traced, traced};

/// Links once more into an interface.
pub(crate) fn shadowing(
    linker: &mut Linker<StoreData>,
    interface: &'static str,
    link: impl FnOnce(&mut Traced<'_, '_>) -> wasmtime::Result<()>,
) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let linked = linker.instance(interface).and_then(|mut instance| link(&mut traced(&mut instance, interface)));
    linker.allow_shadowing(false);
    linked
}

/// What a function of WASI 0.2 returns.
pub(crate) fn answer<T>(result: FsResult<T>) -> wasmtime::Result<(Result<T, ErrorCode>,)> {
    Ok((match result {
        Ok(value) => Ok(value),
        Err(error) => Err(error.downcast()?),
    },))
}
