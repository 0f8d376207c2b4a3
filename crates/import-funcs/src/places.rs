//! How many tasks the calls of one guest may have. One that is cancelled takes a moment to go: a guest that starts and drops
//! calls without end waits for that.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wippy_host_core::{Error, Slot, StoreData};

/// Places for tasks: as many as the guest may have handles.
#[derive(Clone)]
pub(crate) struct Places(Arc<Semaphore>);

static PLACES: Slot<Places> = Slot::new();

impl Places {
    /// Those of the guest of this store.
    pub(crate) fn of(store: &mut StoreData) -> Self {
        store.on_demand(&PLACES, |store| Self::new(store.limits().max_resources)).0.clone()
    }

    pub(crate) fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places.clamp(1, Semaphore::MAX_PERMITS))))
    }

    /// Waits for a place for one more task.
    pub(crate) async fn take(&self) -> Result<OwnedSemaphorePermit, Error> {
        let place = self.0.clone().acquire_owned().await;
        place.map_err(|error| Error::internal("no more calls are started").with_source(error))
    }
}
