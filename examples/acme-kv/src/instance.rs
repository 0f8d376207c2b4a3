//! What one instance has: how many buckets it may still open.

use crate::entry::Entry;
use crate::error::KvError;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wippy_host_core::{ActionRequest, StoreData};

/// One instance.
pub struct Instance {
    entry: Arc<Entry>,
    /// A permit for each bucket that may be opened now; an open bucket has one until it is dropped.
    open: Arc<Semaphore>,
}

/// That a bucket may be opened. It counts until it is dropped.
pub(crate) struct Opening {
    pub(crate) entry: Arc<Entry>,
    pub(crate) permit: OwnedSemaphorePermit,
}

impl Instance {
    pub(crate) fn new(entry: &Arc<Entry>) -> Self {
        let max = usize::try_from(entry.max_open_buckets).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { entry: entry.clone(), open: Arc::new(Semaphore::new(max)) }
    }
}

impl Opening {
    /// What the policy says of this bucket, and then the instance's own limit.
    pub(crate) fn ask(store: &mut StoreData, bucket: &str) -> Result<Self, KvError> {
        let call = store.call();
        let request =
            ActionRequest::new(store.entry().id(), "acme:kv/open", bucket).for_actor(call.actor(), call.scope());
        store.services().policy.action(&request).map_err(|error| KvError::denied(&error))?;
        let instance = store.state::<crate::Kv>();
        let entry = instance.entry.clone();
        let permit = instance.open.clone().try_acquire_owned().map_err(|_| {
            let max = entry.max_open_buckets;
            KvError::Quota(format!(
                "max_open_buckets is {max}, and as many are open; drop one, or open one for many keys"
            ))
        })?;
        Ok(Self { entry, permit })
    }
}
