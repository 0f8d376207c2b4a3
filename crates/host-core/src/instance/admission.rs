//! The host's own cap on instances. Outermost calls wait for room; nested calls have room of their own and never wait,
//! since what they would wait for might be waiting for them.

use crate::EngineOptions;
use crate::error::{Error, ErrorKind, Reason, Result};
use tokio::sync::{Semaphore, SemaphorePermit};

pub(crate) struct Admission {
    outermost: Semaphore,
    nested: Semaphore,
}

impl Admission {
    pub(crate) fn new(options: &EngineOptions) -> Self {
        let nested = options.nested_instances.min(options.max_instances.saturating_sub(1));
        Self {
            outermost: Semaphore::new((options.max_instances - nested) as usize),
            nested: Semaphore::new(nested as usize),
        }
    }

    pub(crate) async fn admit(&self, depth: usize) -> Result<SemaphorePermit<'_>> {
        if depth == 0 {
            // Room at once costs nothing of the task's budget in the runtime.
            return match self.outermost.try_acquire() {
                Ok(permit) => Ok(permit),
                Err(_) => self.outermost.acquire().await.map_err(|_| full("the host is closing")),
            };
        }
        let nested = self.nested.try_acquire().or_else(|_| self.outermost.try_acquire());
        nested.map_err(|_| full("the host has no room for another nested call"))
    }
}

fn full(message: &str) -> Error {
    Error::new(ErrorKind::Unavailable, message)
        .with_reason(Reason::HostFull)
        .with_remedy("try again, or raise the host's max_instances")
}
