//! A stream of WASI 0.3 into a file of a mount with a quota.

use super::{Place, Quota, codes_p3};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wasmtime::StoreContextMut;
use wasmtime::component::{Source, StreamConsumer, StreamResult};
use wasmtime_wasi::filesystem::File;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p3::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi_io::bytes::Bytes;
use wippy_host_core::StoreData;

/// What is copied out of the guest at a time.
const PIECE: usize = 64 * 1024;

pub(super) struct FileConsumer {
    file: File,
    place: Place,
    quota: Arc<Quota>,
    ended: Option<oneshot::Sender<Result<(), ErrorCode>>>,
    writing: Option<JoinHandle<FsResult<u64>>>,
}

impl FileConsumer {
    pub(super) fn new(
        file: File,
        place: Place,
        quota: Arc<Quota>,
        ended: oneshot::Sender<Result<(), ErrorCode>>,
    ) -> Self {
        Self { file, place, quota, ended: Some(ended), writing: None }
    }

    fn end(&mut self, how: Result<(), ErrorCode>) {
        if let Some(ended) = self.ended.take() {
            let _ = ended.send(how);
        }
    }
}

impl Drop for FileConsumer {
    fn drop(&mut self) {
        self.end(Ok(()));
    }
}

impl StreamConsumer<StoreData> for FileConsumer {
    type Item = u8;

    /// What has begun is finished, also where the guest would rather cancel it.
    fn poll_consume(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        store: StoreContextMut<'_, StoreData>,
        source: Source<'_, u8>,
        _: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let mut source = source.as_direct(store);
        let me = &mut *self;
        let (quota, file, place) = (&me.quota, &me.file, me.place);
        let writing = me.writing.get_or_insert_with(|| {
            let given = source.remaining();
            let piece = Bytes::copy_from_slice(given.get(..PIECE).unwrap_or(given));
            let (quota, file) = (quota.clone(), file.clone());
            tokio::spawn(async move { quota.write(&file, place, piece).await })
        });
        let done = ready!(Pin::new(writing).poll(cx));
        me.writing = None;
        match done? {
            Ok(written) => {
                if let Place::At(offset) = &mut me.place {
                    *offset = offset.saturating_add(written);
                }
                source.mark_read(usize::try_from(written)?);
                Poll::Ready(Ok(StreamResult::Completed))
            }
            Err(error) => {
                me.end(Err(codes_p3::code(error.downcast()?)));
                Poll::Ready(Ok(StreamResult::Dropped))
            }
        }
    }
}
