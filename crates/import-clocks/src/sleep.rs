//! A sleep of the replaceable clock: Wasmtime's own clock hook replaces what a clock shows, but not how it sleeps.

use futures::future::BoxFuture;
use std::sync::Arc;
use wasmtime_wasi::p2::Pollable;
use wippy_host_core::{Clock, async_trait};

pub(crate) struct Sleep {
    clock: Arc<dyn Clock>,
    until: u64,
    waiting: Option<BoxFuture<'static, ()>>,
    ready: bool,
}

impl Sleep {
    pub(crate) fn until(clock: Arc<dyn Clock>, until: u64) -> Self {
        Self { clock, until, waiting: None, ready: false }
    }
}

#[async_trait]
impl Pollable for Sleep {
    async fn ready(&mut self) {
        if self.ready {
            return;
        }
        if self.waiting.is_none() && self.clock.monotonic() >= self.until {
            // Due is ready, also for a guest that only asks. Now and then it has to wait for the runtime all the same: a
            // guest that polls with a timeout of zero in a loop must let the sockets and timers of others go on.
            self.ready = true;
            tokio::task::coop::consume_budget().await;
            return;
        }
        // Kept across calls, so that a guest which polls again and again does not start the sleep anew.
        let clock = &self.clock;
        let until = self.until;
        self.waiting.get_or_insert_with(|| clock.sleep_until(until)).await;
        self.ready = true;
        self.waiting = None;
    }
}
