//! How many tasks the calls of one guest may have. One that is cancelled takes a moment to go: a guest that starts and drops
//! calls without end waits for that.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wippy_host_core::Error;

/// Places for tasks: as many as the guest may have handles.
#[derive(Debug, Clone)]
pub struct Places(Arc<Semaphore>);

impl Places {
    pub(crate) fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places.clamp(1, Semaphore::MAX_PERMITS))))
    }

    /// Waits for a place for one more task.
    pub(crate) async fn take(&self) -> Result<OwnedSemaphorePermit, Error> {
        let place = self.0.clone().acquire_owned().await;
        place.map_err(|error| Error::internal("no more calls are started").with_source(error))
    }
}
