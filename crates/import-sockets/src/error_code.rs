//! `network-error-code`. Wasmtime's own looks for an `io::Error`, with which its TCP streams do not fail.

use std::io;
use wasmtime::Error;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::p2::bindings::sockets::network::ErrorCode;
use wasmtime_wasi::sockets;
use wippy_host_core::{StoreData, traced};

const INTERFACE: &str = "wasi:sockets/network@0.2.12";

pub(crate) fn link(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut instance = linker.instance(INTERFACE)?;
    traced(&mut instance, INTERFACE).func_wrap("network-error-code", |mut store, (error,): (Resource<Error>,)| {
        Ok((code(store.data_mut().table().get(&error)?),))
    })
}

/// Reads fail with the first of these types, writes with the second.
fn code(error: &Error) -> Option<ErrorCode> {
    let read = error.downcast_ref::<sockets::ErrorCode>().map(|code| ErrorCode::from(*code));
    read.or_else(|| error.downcast_ref::<ErrorCode>().copied())
        .or_else(|| error.downcast_ref::<io::Error>().map(ErrorCode::from))
}
