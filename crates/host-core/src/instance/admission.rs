//! The host's own cap on instances. Outermost calls wait for room; nested calls have room of their own and never wait,
//! since what they would wait for might be waiting for them.

use crate::EngineOptions;
use crate::error::{Error, ErrorKind, Reason, Result};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) struct Admission {
    outermost: Arc<Semaphore>,
    nested: Arc<Semaphore>,
}

impl Admission {
    pub(crate) fn new(options: &EngineOptions) -> Self {
        let nested = options.nested_instances.min(options.max_instances.saturating_sub(1));
        Self {
            outermost: Arc::new(Semaphore::new((options.max_instances - nested) as usize)),
            nested: Arc::new(Semaphore::new(nested as usize)),
        }
    }

    pub(crate) async fn admit(&self, depth: usize) -> Result<OwnedSemaphorePermit> {
        if depth == 0 {
            if let Ok(permit) = self.outermost.clone().try_acquire_owned() {
                return Ok(permit);
            }
            return self.outermost.clone().acquire_owned().await.map_err(|_| full("the host is closing"));
        }
        let nested = self.nested.clone().try_acquire_owned();
        nested
            .or_else(|_| self.outermost.clone().try_acquire_owned())
            .map_err(|_| full("the host has no room for another nested call"))
    }
}

fn full(message: &str) -> Error {
    Error::new(ErrorKind::Unavailable, message)
        .with_reason(Reason::HostFull)
        .with_remedy("try again, or raise the host's max_instances")
}
