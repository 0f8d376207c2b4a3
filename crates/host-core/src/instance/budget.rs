//! What calls that run beside their guest hold on the host together, in bytes: one host call has its own limit, many at a time
//! have this one.

use crate::error::{Error, ErrorKind, Reason, Result};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bytes that one instance may make the host hold for calls that it has started: their arguments while they run, and
/// their values until the guest has them. `limits.max_host_bytes` in all.
#[derive(Clone)]
pub struct HostBytes(Arc<Inner>);

impl fmt::Debug for HostBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostBytes").field("limit", &self.0.limit).field("used", &self.0.used).finish_non_exhaustive()
    }
}

struct Inner {
    limit: usize,
    used: AtomicUsize,
}

impl HostBytes {
    pub(super) fn new(limit: usize) -> Self {
        Self(Arc::new(Inner { limit, used: AtomicUsize::new(0) }))
    }

    /// Takes a part of them, which comes back when the share is dropped.
    ///
    /// # Errors
    /// Kind `RateLimited`, reason [`Reason::HostBytes`], where the limit would be exceeded.
    pub fn take(&self, bytes: usize) -> Result<HostShare> {
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.0.limit);
        match self.0.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(_) => Ok(HostShare { of: self.clone(), bytes }),
            Err(used) => Err(Error::new(
                ErrorKind::RateLimited,
                format!("the arguments and values of running calls need {} bytes", used.saturating_add(bytes)),
            )
            .with_reason(Reason::HostBytes)
            .with_remedy("finish some calls before you start others, or raise limits.max_host_bytes")),
        }
    }
}

/// A part of [`HostBytes`].
pub struct HostShare {
    of: HostBytes,
    bytes: usize,
}

impl fmt::Debug for HostShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostShare").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Drop for HostShare {
    fn drop(&mut self) {
        self.of.0.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
