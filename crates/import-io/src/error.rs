//! `wasi:io/error`. Wasmtime's own text for a guest is a debug form, which holds a backtrace of the host where the host's
//! environment asks for backtraces.

use wasmtime::component::{Linker, Resource, ResourceType};
use wasmtime_wasi_io::streams::Error;
use wippy_host_core::{StoreData, traced};

const INTERFACE: &str = "wasi:io/error@0.2.12";

pub(crate) fn link(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut instance = linker.instance(INTERFACE)?;
    let mut instance = traced(&mut instance, INTERFACE);
    instance.resource("error", ResourceType::host::<Error>(), |mut store, rep| {
        store.data_mut().table().delete(Resource::<Error>::new_own(rep))?;
        Ok(())
    })?;
    instance.func_wrap("[method]error.to-debug-string", |mut store, (this,): (Resource<Error>,)| {
        Ok((format!("{:#}", store.data_mut().table().get(&this)?),))
    })
}
