//! The clocks of preview 1: those of the call. A poll of files or streams sleeps by the system's clock all the same:
//! Wasmtime's has no other.

use std::sync::Arc;
use std::time::Duration;
use wasmtime_wasi::clocks::{HostMonotonicClock, HostWallClock};
use wippy_host_core::{Clock, StoreData};
use wippy_wasi_context::provide_preview1;

struct Call(Arc<dyn Clock>);

pub(crate) fn provide(store: &mut StoreData, clock: Arc<dyn Clock>) {
    provide_preview1(store, move |builder| {
        builder.wall_clock(Call(clock.clone())).monotonic_clock(Call(clock));
    });
}

impl HostWallClock for Call {
    fn resolution(&self) -> Duration {
        self.0.wall_resolution()
    }

    fn now(&self) -> Duration {
        self.0.wall()
    }
}

impl HostMonotonicClock for Call {
    fn resolution(&self) -> u64 {
        self.0.monotonic_resolution()
    }

    fn now(&self) -> u64 {
        self.0.monotonic()
    }
}
