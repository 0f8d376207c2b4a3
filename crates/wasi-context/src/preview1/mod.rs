//! Preview 1 of WASI, for core modules: Wasmtime's own, over what the groups that are granted provide.

mod poll;

use crate::filesystem;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::{io, pin::Pin};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wasmtime::{AsContextMut, Caller, Linker};
use wasmtime_wasi::cli::{IsTerminal, StdinStream, StdoutStream};
use wasmtime_wasi::filesystem::WasiFilesystemCtx;
use wasmtime_wasi::p1::wasi_snapshot_preview1::WasiSnapshotPreview1 as _;
use wasmtime_wasi::p1::{WasiP1Ctx, add_to_linker_async};
use wasmtime_wasi::{WasiCtxBuilder, WasiView};
use wasmtime_wasi_io::bytes::Bytes;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{InputStream, OutputStream, StreamError, StreamResult};
use wiggle::GuestMemory;
use wippy_host_core::{Error, GuestExit, NotGranted, Result, Slot, StoreData, async_trait, spans};

/// The module of the functions of preview 1.
pub const PREVIEW1: &str = "wasi_snapshot_preview1";

static CONTEXT: Slot<Preview1> = Slot::new();

type Part = Box<dyn FnOnce(&mut WasiCtxBuilder) + Send>;

/// The context of a store, which is made when the module first calls into it.
#[derive(Default)]
struct Preview1 {
    provided: Vec<Part>,
    made: Option<WasiP1Ctx>,
}

/// Adds a group's part to the context of preview 1. To be called while the state of a store is made whose code imports
/// [`PREVIEW1`]. What no group provides is denied or not there: standard streams end the call, and there are no
/// variables, arguments and directories; those come from [`crate::provide_filesystem`].
pub fn provide_preview1(store: &mut StoreData, part: impl FnOnce(&mut WasiCtxBuilder) + Send + 'static) {
    own(store).provided.push(Box::new(part));
}

/// Links all of preview 1, where it has not been linked yet: what a group has put in the place of a function stays there.
/// The linker allows shadowing.
///
/// # Errors
/// As Wasmtime's own.
pub fn link_preview1(linker: &mut Linker<StoreData>) -> Result<()> {
    linker.allow_shadowing(false);
    let linked = link_exit(linker).is_err();
    linker.allow_shadowing(true);
    if linked {
        return Ok(());
    }
    add(linker).map_err(|error| Error::internal(format!("cannot link preview 1: {error:#}")))
}

fn link_exit(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    linker.func_wrap(PREVIEW1, "proc_exit", |code: i32| -> wasmtime::Result<()> {
        let exited = Err(GuestExit(code).into());
        spans::host_called(&spans::host_call(PREVIEW1, "proc_exit"), &exited);
        exited
    })?;
    Ok(())
}

fn add(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    add_to_linker_async(linker, context)?;
    // Wasmtime's takes codes up to 125 alone, and ends in an error of its own.
    link_exit(linker)?;
    // Wasmtime's has no way to ask a source of random numbers that can fail.
    linker.func_wrap_async(PREVIEW1, "random_get", |mut caller, (at, length): (u32, u32)| {
        let span = spans::host_call(PREVIEW1, "random_get");
        Box::new(spans::in_host_call(span, async move {
            fill(&mut caller, at as usize, length as usize).await?;
            Ok(0i32)
        }))
    })?;
    poll::link(linker)
}

/// How many random bytes are made between two turns of the runtime.
const PIECE: usize = 32 * 1024;

async fn fill(caller: &mut Caller<'_, StoreData>, at: usize, length: usize) -> wasmtime::Result<()> {
    let entropy = caller.data().services().entropy.clone();
    let memory = caller.get_export("memory").and_then(wasmtime::Extern::into_memory);
    let memory = memory.ok_or_else(|| wasmtime::Error::msg("the module exports no memory"))?;
    let bytes = memory.data_mut(caller).get_mut(at..).and_then(|rest| rest.get_mut(..length));
    let bytes = bytes.ok_or(wasmtime::Trap::MemoryOutOfBounds)?;
    for piece in bytes.chunks_mut(PIECE) {
        entropy.fill(piece)?;
        tokio::task::coop::consume_budget().await;
    }
    Ok(())
}

/// What functions in the place of Wasmtime's need: the module's memory, and the context with the descriptors that it holds, ready
/// for one call of a function of Wasmtime's.
///
/// # Errors
/// Where the module exports no memory.
pub fn preview1_parts<'c>(
    caller: &'c mut Caller<'_, StoreData>,
) -> wasmtime::Result<(GuestMemory<'c>, &'c mut WasiP1Ctx)> {
    let memory = caller.get_export("memory").and_then(wasmtime::Extern::into_memory);
    let memory = memory.ok_or_else(|| wasmtime::Error::msg("the module exports no memory"))?;
    let fuel = caller.as_context_mut().hostcall_fuel();
    let (memory, store) = memory.data_and_store_mut(caller);
    let context = context(store);
    context.set_hostcall_fuel(fuel);
    Ok((GuestMemory::Unshared(memory), context))
}

fn own(store: &mut StoreData) -> &mut Preview1 {
    store.on_demand(&CONTEXT, |_| Preview1::default()).0
}

fn context(store: &mut StoreData) -> &mut WasiP1Ctx {
    if own(store).made.is_none() {
        let made = make(store);
        own(store).made = Some(made);
    }
    let place = &mut own(store).made;
    place.get_or_insert_with(|| WasiCtxBuilder::new().build_p1())
}

fn make(store: &mut StoreData) -> WasiP1Ctx {
    let denied = |function: &str| Denied(Arc::new(store.denial(&format!("{PREVIEW1}#{function}"), "wasi:cli")));
    let mut builder = WasiCtxBuilder::new();
    builder.stdin(denied("fd_read")).stdout(denied("fd_write")).stderr(denied("fd_write"));
    for part in std::mem::take(&mut own(store).provided) {
        part(&mut builder);
    }
    let mut made = builder.build_p1();
    let max_resources = store.limits().max_resources;
    let parts = made.ctx();
    parts.table.set_max_capacity(max_resources);
    parts.ctx.filesystem().clone_from(filesystem(store, |_| WasiFilesystemCtx::default()).ctx);
    made
}

/// A standard stream of an entry that may have none.
#[derive(Clone)]
struct Denied(Arc<NotGranted>);

impl Denied {
    fn error(&self) -> StreamError {
        StreamError::Trap(NotGranted::clone(&self.0).into())
    }
}

impl IsTerminal for Denied {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdinStream for Denied {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(self.clone())
    }
}

impl StdoutStream for Denied {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait]
impl Pollable for Denied {
    async fn ready(&mut self) {}
}

impl InputStream for Denied {
    fn read(&mut self, _: usize) -> StreamResult<Bytes> {
        Err(self.error())
    }
}

impl OutputStream for Denied {
    fn write(&mut self, _: Bytes) -> StreamResult<()> {
        Err(self.error())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Err(self.error())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Err(self.error())
    }
}

impl AsyncRead for Denied {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::Error::other(NotGranted::clone(&self.0))))
    }
}

impl AsyncWrite for Denied {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::Error::other(NotGranted::clone(&self.0))))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
