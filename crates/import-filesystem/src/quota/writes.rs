//! What makes a file longer or shorter.

use super::Quota;
use super::own::{Handle, Own};
use std::sync::Arc;
use wasmtime_wasi::filesystem::File;
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorStat, DescriptorType, ErrorCode, HostDescriptor};
use wasmtime_wasi::p2::{FsError, FsResult, StreamError};
use wasmtime_wasi_io::bytes::Bytes;

/// Where bytes go.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    At(u64),
    End,
}

impl Quota {
    /// Writes, and nothing at all where the quota has no room for the whole.
    pub(crate) async fn write(self: &Arc<Self>, file: &File, place: Place, bytes: Bytes) -> FsResult<u64> {
        let (mut own, handle, regular) = self.own_file(file).await?;
        if !regular {
            return own.write(handle, place, bytes).await;
        }
        let (quota, mut usage) = (self.clone(), self.usage().await);
        self.finish(async move {
            let before = own.stat(handle).await?;
            let reach = |length: u64| match place {
                _ if length == 0 => Some(before.size),
                Place::At(offset) => Some(offset.checked_add(length)?.max(before.size)),
                Place::End => before.size.checked_add(length),
            };
            let after = u64::try_from(bytes.len()).ok().and_then(reach).ok_or(ErrorCode::FileTooLarge)?;
            quota.room_for_bytes(&mut usage, after.saturating_sub(before.size))?;
            let written = own.write(handle, place, bytes).await;
            let now = match &written {
                Ok(written) => reach(*written).unwrap_or(after),
                // A part of it may be there.
                Err(_) => own.stat(handle).await.map_or(before.size, |now| now.size),
            };
            usage.resize(before.size, now);
            if before.link_count == 0 {
                usage.resize_nameless(own.object(handle).await?, now);
            }
            written
        })
        .await
    }

    /// Cuts or lengthens.
    pub(crate) async fn set_size(self: &Arc<Self>, file: &File, size: u64) -> FsResult<()> {
        let (mut own, handle, regular) = self.own_file(file).await?;
        if !regular {
            return own.view().set_size(handle.get(), size).await;
        }
        let (quota, mut usage) = (self.clone(), self.usage().await);
        self.finish(async move {
            let before = own.stat(handle).await?;
            quota.room_for_bytes(&mut usage, size.saturating_sub(before.size))?;
            own.view().set_size(handle.get(), size).await?;
            usage.resize(before.size, size);
            if before.link_count == 0 {
                usage.resize_nameless(own.object(handle).await?, size);
            }
            Ok(())
        })
        .await
    }

    /// Whether it is a regular file is asked before others are kept waiting: a pipe may take as long as it likes.
    async fn own_file(&self, file: &File) -> FsResult<(Own, Handle, bool)> {
        let mut own = self.own();
        let handle = own.file(file.clone())?;
        let DescriptorStat { type_, .. } = own.stat(handle).await?;
        Ok((own, handle, type_ == DescriptorType::RegularFile))
    }
}

impl Own {
    async fn write(&mut self, handle: Handle, place: Place, bytes: Bytes) -> FsResult<u64> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        match place {
            Place::At(offset) => self.view().write(handle.get(), bytes.into(), offset).await,
            Place::End => {
                let stream = self.view().append_via_stream(handle.get())?;
                let written = self.table.get_mut(&stream)?.blocking_write_and_flush(bytes).await;
                self.table.delete(stream)?;
                written.map(|()| length).map_err(of_stream)
            }
        }
    }
}

fn of_stream(error: StreamError) -> FsError {
    match error {
        StreamError::LastOperationFailed(error) => match error.downcast_ref::<std::io::Error>() {
            Some(error) => ErrorCode::from(error).into(),
            None => FsError::trap(error),
        },
        other => FsError::trap(other),
    }
}
