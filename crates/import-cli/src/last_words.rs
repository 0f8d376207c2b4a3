//! What a guest writes to its standard error and may not: a panic, an exception that nobody caught. It goes into the error of the call, for
//! the refusal alone would hide why the guest failed.

use crate::Cli;
use std::sync::{Arc, Weak};
use wasmtime::component::{Resource, ResourceTable, Val};
use wasmtime::{AsContextMut, StoreContextMut};
use wasmtime_wasi_io::bytes::Bytes;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{DynOutputStream, OutputStream, StreamResult};
use wippy_host_core::{StoreData, async_trait};

/// What is kept of the text, in bytes.
const MAX_TEXT: usize = 4 << 10;

/// Handles that are told apart from those to other streams; a guest that opens more is no ordinary one.
const MAX_HANDLES: usize = 8;

/// The handles to standard error, each with what says whether it is still that: numbers of handles come again.
#[derive(Default)]
pub(crate) struct Handles(Vec<(u32, Weak<()>)>);

impl Handles {
    /// A handle to standard error.
    pub(crate) fn push(
        &mut self,
        table: &mut ResourceTable,
        stream: DynOutputStream,
    ) -> wasmtime::Result<Resource<DynOutputStream>> {
        self.0.retain(|(_, open)| open.strong_count() > 0);
        if self.0.len() >= MAX_HANDLES {
            return Ok(table.push(stream)?);
        }
        let open = Arc::new(());
        let handle = (Arc::downgrade(&open), table.push::<DynOutputStream>(Box::new(Known { stream, _open: open }))?);
        self.0.push((handle.1.rep(), handle.0));
        Ok(handle.1)
    }

    fn holds(&self, handle: u32) -> bool {
        self.0.iter().any(|(known, open)| *known == handle && open.strong_count() > 0)
    }
}

/// The text, where the call is a write of one to standard error.
pub(crate) fn of(mut store: StoreContextMut<'_, StoreData>, arguments: &[Val]) -> Option<String> {
    let [Val::Resource(handle), Val::List(bytes)] = arguments else { return None };
    let handle = Resource::<DynOutputStream>::try_from_resource_any(*handle, store.as_context_mut()).ok()?;
    if !store.data_mut().state::<Cli>().opened.handles.holds(handle.rep()) {
        return None;
    }
    let bytes = bytes.iter().take(MAX_TEXT).map(|byte| if let Val::U8(byte) = byte { Some(*byte) } else { None });
    let bytes: Vec<u8> = bytes.collect::<Option<_>>()?;
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// The stream behind a handle.
struct Known {
    stream: DynOutputStream,
    _open: Arc<()>,
}

impl OutputStream for Known {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.stream.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.stream.check_write()
    }
}

#[async_trait]
impl Pollable for Known {
    async fn ready(&mut self) {
        self.stream.ready().await;
    }
}
