//! Quotas of mounts: how many bytes and entries the guest may keep in a directory.
//!
//! What a mount uses is measured when it is opened and kept up to date by the operations of the entry's instances. Each
//! that changes it holds the mount's [`Usage`] from before it looks at what is there until it has been carried out: what
//! two instances do at once is counted one after the other. An operation that has begun is finished although its call has
//! ended, so that nothing is written that is not counted.

#[cfg(feature = "p3")]
mod codes_p3;
mod descriptors;
mod link_p2;
#[cfg(feature = "p3")]
mod link_p3;
mod measure;
mod memory;
mod own;
mod paths;
mod preview1;
mod stream;
#[cfg(feature = "p3")]
mod stream_p3;
mod usage;
mod writes;

pub(crate) use link_p2::{link_preopens, link_types};
#[cfg(feature = "p3")]
pub(crate) use link_p3::{link_preopens as link_preopens_p3, link_types as link_types_p3};
pub(crate) use measure::measure;
use own::Own;
use paths::Opening;
pub(crate) use preview1::link as link_preview1;
pub(crate) use usage::Usage;
use writes::Place;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Mutex, OwnedMutexGuard};
use wasmtime_wasi::filesystem::WasiFilesystemCtx;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::p2::{FsError, FsResult};

/// What a mount may hold, and what it holds.
pub(crate) struct Quota {
    entry: String,
    /// Where the guest sees the mount.
    guest: String,
    max_bytes: Option<u64>,
    max_files: Option<u64>,
    usage: Arc<Mutex<Usage>>,
    /// For hosts whose runs repeat: operations run where they are called.
    deterministic: bool,
    context: WasiFilesystemCtx,
    refused_bytes: AtomicU64,
    refused_files: AtomicU64,
}

/// The quotas of an entry, one place for each mount, in the order of the mounts.
pub(crate) type Quotas = Vec<Option<Arc<Quota>>>;

impl Quota {
    pub(crate) fn new(
        entry: String,
        guest: String,
        max_bytes: Option<u64>,
        max_files: Option<u64>,
        usage: Usage,
        deterministic: bool,
    ) -> Self {
        let usage = Arc::new(Mutex::new(usage));
        let (refused_bytes, refused_files) = Default::default();
        let context = own::context(deterministic);
        Self { entry, guest, max_bytes, max_files, usage, deterministic, context, refused_bytes, refused_files }
    }

    fn own(&self) -> Own {
        Own::new(&self.context)
    }

    /// Carries an operation out whether or not anybody waits for its end. Of a deterministic host it runs here, where it
    /// waits for nothing once it has begun.
    async fn finish<T: Send + 'static>(
        &self,
        operation: impl Future<Output = FsResult<T>> + Send + 'static,
    ) -> FsResult<T> {
        if self.deterministic {
            return operation.await;
        }
        match tokio::spawn(operation).await {
            Ok(done) => done,
            Err(error) => Err(FsError::trap(error)),
        }
    }

    async fn usage(&self) -> OwnedMutexGuard<Usage> {
        self.usage.clone().lock_owned().await
    }

    /// Room for a file that grows by so many bytes.
    fn room_for_bytes(&self, usage: &mut Usage, growth: u64) -> FsResult<()> {
        let Some(max) = self.max_bytes.filter(|_| growth > 0) else { return Ok(()) };
        if usage.bytes.saturating_add(growth) > max {
            usage.forget_closed();
            if usage.bytes.saturating_add(growth) > max {
                return Err(self.refuse(&self.refused_bytes, "max_bytes", max));
            }
        }
        Ok(())
    }

    fn is_full_of_files(&self, usage: &Usage) -> bool {
        self.max_files.is_some_and(|max| usage.files >= max)
    }

    fn refuse_file(&self) -> FsError {
        self.refuse(&self.refused_files, "max_files", self.max_files.unwrap_or_default())
    }

    /// Logged the 1st, 10th, 100th, … time.
    fn refuse(&self, refused: &AtomicU64, line: &str, max: u64) -> FsError {
        let count = refused.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if is_power_of_ten(count) {
            let entry = &*self.entry;
            tracing::warn!(
                entry,
                count,
                "entry {entry}: the quota of its mount {} is used up; raise {line} of it in wasi.mounts, which is {max}",
                self.guest
            );
        }
        ErrorCode::Quota.into()
    }
}

fn is_power_of_ten(mut count: u64) -> bool {
    while count > 1 && count.is_multiple_of(10) {
        count /= 10;
    }
    count == 1
}
