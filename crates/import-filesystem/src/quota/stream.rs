//! A stream of WASI 0.2 into a file of a mount with a quota.

use super::{Place, Quota};
use std::sync::Arc;
use tokio::task::JoinHandle;
use wasmtime_wasi::filesystem::File;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::p2::{FsResult, OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi_io::bytes::Bytes;
use wippy_host_core::async_trait;

/// What one write takes: as many as a stream of Wasmtime's.
const PERMIT: usize = 64 * 1024;

pub(super) struct FileStream {
    file: File,
    place: Place,
    quota: Arc<Quota>,
    state: State,
}

enum State {
    Ready,
    Writing(JoinHandle<FsResult<u64>>),
    Failed(wasmtime::Error),
    Closed,
}

/// Why a stream has failed.
pub(super) fn code_of(error: &wasmtime::Error) -> Option<ErrorCode> {
    error.downcast_ref().copied()
}

impl FileStream {
    pub(super) fn new(file: File, place: Place, quota: Arc<Quota>) -> Self {
        Self { file, place, quota, state: State::Ready }
    }

    fn fail(&mut self) -> StreamError {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Failed(error) => StreamError::LastOperationFailed(error),
            _ => StreamError::Closed,
        }
    }
}

#[async_trait]
impl Pollable for FileStream {
    async fn ready(&mut self) {
        let State::Writing(task) = &mut self.state else { return };
        self.state = match task.await {
            Ok(Ok(written)) => {
                if let Place::At(offset) = &mut self.place {
                    *offset = offset.saturating_add(written);
                }
                State::Ready
            }
            Ok(Err(error)) => State::Failed(error.downcast().map_or_else(|trap| trap, Into::into)),
            Err(error) => State::Failed(error.into()),
        };
    }
}

#[async_trait]
impl OutputStream for FileStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        match self.state {
            State::Ready => {}
            State::Closed => return Err(StreamError::Closed),
            State::Writing(_) | State::Failed(_) => {
                return Err(StreamError::trap("write not permitted: check_write not called first"));
            }
        }
        let (quota, file, place) = (self.quota.clone(), self.file.clone(), self.place);
        self.state = State::Writing(tokio::spawn(async move {
            let (mut place, mut rest, mut total) = (place, bytes, 0u64);
            // What the operating system takes in parts.
            while !rest.is_empty() {
                let written = quota.write(&file, place, rest.clone()).await?;
                let part = usize::try_from(written).unwrap_or(rest.len()).min(rest.len());
                if part == 0 {
                    return Err(ErrorCode::Io.into());
                }
                let _ = rest.split_to(part);
                total = total.saturating_add(written);
                if let Place::At(offset) = &mut place {
                    *offset = offset.saturating_add(written);
                }
            }
            Ok(total)
        }));
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        match self.state {
            State::Ready | State::Writing(_) => Ok(()),
            State::Failed(_) | State::Closed => Err(self.fail()),
        }
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        match self.state {
            State::Ready => Ok(PERMIT),
            State::Writing(_) => Ok(0),
            State::Failed(_) | State::Closed => Err(self.fail()),
        }
    }

    /// What has begun is finished; the guest waits, lest it have any number of writes going on.
    async fn cancel(&mut self) {
        self.ready().await;
    }
}
