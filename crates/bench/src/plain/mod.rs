//! The baselines: plain Wasmtime, each written by hand for one job and as good as it can be made.

mod files;
mod loops;
mod nested;
mod proxy;
mod reader;
mod store;
mod values;
mod wasi;

use std::sync::OnceLock;
use wasmtime::{Engine, Store, StoreLimits, StoreLimitsBuilder};
use wippy_host::{EPOCH, EngineOptions, Limits};

pub(crate) use files::{Command, LoopsP3};
pub(crate) use loops::Loops;
pub(crate) use nested::ByHand;
pub(crate) use proxy::proxied;
pub(crate) use reader::Reader;
pub(crate) use store::WithWasi;
pub(crate) use values::{User, Values, values_from_val, values_to_val};
pub(crate) use wasi::{Baseline, Surroundings};

/// An engine with the host's own settings, and a thread that ticks it as the host's does; one for the process, as there. Instances
/// are allocated on demand where the address space does not suffice for a pool: under Valgrind, for example.
pub(crate) fn engine() -> Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE
        .get_or_init(|| ticked(|pooling| wippy_host::engine_config(&EngineOptions::default().with_pooling(pooling))))
        .clone()
}

/// The same with settings of its own.
pub(crate) fn ticked(config: impl Fn(bool) -> wasmtime::Config) -> Engine {
    let engine = |pooling| Engine::new(&config(pooling));
    let engine = engine(true).or_else(|_| engine(false)).unwrap();
    let weak = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(EPOCH);
        }
    });
    engine
}

/// The limits of an entry that says nothing of them, as Wasmtime has them.
pub(crate) fn limits() -> StoreLimits {
    let allowed = Limits::default();
    StoreLimitsBuilder::new()
        .memory_size(allowed.max_memory_bytes)
        .table_elements(allowed.max_table_elements)
        .instances(allowed.max_instances)
        .tables(allowed.max_instances)
        .memories(allowed.max_instances)
        .trap_on_grow_failure(true)
        .build()
}

/// Holds a store to the same limits and to the host's epochs.
pub(crate) fn bound<T: Send>(
    store: &mut Store<T>,
    limiter: impl (FnMut(&mut T) -> &mut StoreLimits) + Send + Sync + 'static,
) {
    let mut limiter = limiter;
    let allowed = Limits::default();
    store.set_hostcall_fuel(allowed.max_host_bytes);
    store.set_max_component_handles(allowed.max_resources);
    store.limiter(move |data| limiter(data));
    store.set_epoch_deadline(1);
    store.epoch_deadline_async_yield_and_update(1);
}
