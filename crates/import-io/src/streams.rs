//! The functions of `wasi:io/streams` that copy bytes, in the place of Wasmtime's: they do the same, and say how many.

use bytes::Bytes;
use wasmtime::component::{Linker, Resource, ResourceTable};
use wasmtime_wasi_io::bindings::wasi::io::streams::{Host as _, HostOutputStream, StreamError};
use wasmtime_wasi_io::streams::{DynInputStream, DynOutputStream, StreamResult};
use wippy_host_core::{StoreData, spans, traced};

const INTERFACE: &str = "wasi:io/streams@0.2.12";

type In = Resource<DynInputStream>;
type Out = Resource<DynOutputStream>;

/// To be called when Wasmtime's are linked.
pub(crate) fn link(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let linked = linker.instance(INTERFACE).and_then(|mut instance| {
        let mut instance = traced(&mut instance, INTERFACE);
        instance.func_wrap("[method]input-stream.read", |mut store, (stream, length): (In, u64)| {
            let table = store.data_mut().table();
            let read = input(table, &stream).and_then(|stream| stream.read(at_most(length)));
            answer(table, to_guest(read))
        })?;
        instance.func_wrap_async("[method]input-stream.blocking-read", |mut store, (stream, length): (In, u64)| {
            Box::new(async move {
                let table = store.data_mut().table();
                let read = match input(table, &stream) {
                    Ok(stream) => stream.blocking_read(at_most(length)).await,
                    Err(error) => Err(error),
                };
                answer(table, to_guest(read))
            })
        })?;
        instance.func_wrap("[method]output-stream.write", |mut store, (stream, bytes): (Out, Vec<u8>)| {
            spans::copied(bytes.len(), 0);
            let table = store.data_mut().table();
            let written = table.write(stream, bytes);
            answer(table, written)
        })?;
        instance.func_wrap_async(
            "[method]output-stream.blocking-write-and-flush",
            |mut store, (stream, bytes): (Out, Vec<u8>)| {
                Box::new(async move {
                    spans::copied(bytes.len(), 0);
                    let table = store.data_mut().table();
                    let written = table.blocking_write_and_flush(stream, bytes).await;
                    answer(table, written)
                })
            },
        )
    });
    linker.allow_shadowing(false);
    linked
}

fn input<'t>(table: &'t mut ResourceTable, stream: &In) -> StreamResult<&'t mut DynInputStream> {
    Ok(table.get_mut(stream)?)
}

fn at_most(length: u64) -> usize {
    length.try_into().unwrap_or(usize::MAX)
}

/// As they came: lowered into the guest without a copy in between.
fn to_guest(read: StreamResult<Bytes>) -> StreamResult<Bytes> {
    if let Ok(bytes) = &read {
        spans::copied(0, bytes.len());
    }
    read
}

type Answer<T> = wasmtime::Result<(Result<T, StreamError>,)>;

fn answer<T>(table: &mut ResourceTable, result: StreamResult<T>) -> Answer<T> {
    Ok((match result {
        Ok(value) => Ok(value),
        Err(error) => Err(table.convert_stream_error(error)?),
    },))
}
