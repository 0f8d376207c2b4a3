//! What the calls of one guest may hold on the host together: bytes, and tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wippy_host_core::{Error, ErrorKind, Limits, Reason};

/// Bytes of the arguments of calls that run and of the values of calls that have ended; and places for tasks, since one that is
/// cancelled takes a moment to go: a guest that starts and drops calls without end waits for that.
#[derive(Clone)]
pub struct Budget(Arc<Inner>);

struct Inner {
    limit: usize,
    used: AtomicUsize,
    tasks: Arc<Semaphore>,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        let tasks = limits.max_resources.clamp(1, Semaphore::MAX_PERMITS);
        let tasks = Arc::new(Semaphore::new(tasks));
        Self(Arc::new(Inner { limit: limits.max_host_bytes, used: AtomicUsize::new(0), tasks }))
    }

    /// Waits for a place for one more task.
    pub(crate) async fn place(&self) -> Result<OwnedSemaphorePermit, Error> {
        let place = self.0.tasks.clone().acquire_owned().await;
        place.map_err(|error| Error::internal("no more calls are started").with_source(error))
    }

    /// Takes a part of it, which comes back when the share is dropped.
    pub(crate) fn take(&self, bytes: usize) -> Result<Share, Error> {
        let used = &self.0.used;
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.0.limit);
        match used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(_) => Ok(Share { budget: self.clone(), bytes }),
            Err(used) => Err(Error::new(
                ErrorKind::RateLimited,
                format!("the arguments and values of running calls need {} bytes", used.saturating_add(bytes)),
            )
            .with_reason(Reason::HostBytes)
            .with_remedy("finish some calls before you start others, or raise limits.max_host_bytes")),
        }
    }
}

/// A part of a [`Budget`].
pub(crate) struct Share {
    budget: Budget,
    bytes: usize,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.0.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
