//! The engine: pooled instances where the address space allows, epochs that a thread of its own ticks.

mod maps;
mod pulse;

use crate::error::{Error, ErrorKind, Result};
use crate::instance::MAX_FRAMES;
use pulse::Pulse;
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// The interval at which a computing guest gives its thread back, and the precision of deadlines.
pub const EPOCH: Duration = Duration::from_millis(10);

/// 4 GiB, or the whole address space where that is smaller.
const TOTAL_MEMORY: usize = if usize::BITS > 32 { 1 << 32 } else { usize::MAX };

/// How the engine is made. Each setting has a default that suits a server.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EngineOptions {
    /// Instances at one time, over all entries. Default 1,000: each takes about six memory maps of the kernel's default
    /// 65,530 (`vm.max_map_count`). A host takes no more than fit when it is built, a sixteenth kept free for everything else,
    /// and says so in the log. Where they are pooled, there is room for two memories of each, but for no more than ten thousand, or one of each:
    /// a call whose component finds none is refused with kind `Unavailable`.
    pub max_instances: u32,
    /// How many of [`EngineOptions::max_instances`] only nested calls may take, so that a function which calls another
    /// always finds room or an answer. Default `None`: a quarter, whatever the whole is. One is left to outermost calls in any case.
    pub nested_instances: Option<u32>,
    /// Linear memory and garbage-collected objects of all guests at one time, in bytes. Growth beyond it ends the call that
    /// asks, with kind `Unavailable`. Default 4 GiB: sixteen guests at their default limit, or thousands of ordinary ones.
    pub max_total_memory_bytes: usize,
    /// How much of [`EngineOptions::max_total_memory_bytes`] only nested calls may take, in bytes. Default `None`: a quarter, whatever
    /// the whole is. With as much as the whole, outermost calls have no memory at all.
    pub nested_memory_bytes: Option<usize>,
    /// The guest's stack, in bytes. Default 512 KiB.
    pub max_wasm_stack: usize,
    /// Whether to try the pooling allocator (instantiation in a third of the time). Default true; where the address
    /// space does not suffice, the host falls back to allocation on demand and says so in the log.
    pub pooling: bool,
    /// The interval of samples, where any are taken: then the epoch is as long.
    pub(crate) sampling: Option<Duration>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            max_instances: 1000,
            nested_instances: None,
            max_total_memory_bytes: TOTAL_MEMORY,
            nested_memory_bytes: None,
            max_wasm_stack: 512 << 10,
            pooling: true,
            sampling: None,
        }
    }
}

impl EngineOptions {
    /// Instances at one time, over all entries. Default 1,000.
    #[must_use]
    pub fn with_max_instances(mut self, instances: u32) -> Self {
        self.max_instances = instances;
        self
    }

    /// How many of the instances only nested calls may take. Default a quarter.
    #[must_use]
    pub fn with_nested_instances(mut self, instances: u32) -> Self {
        self.nested_instances = Some(instances);
        self
    }

    /// Linear memory and garbage-collected objects of all guests at one time, in bytes. Default 4 GiB.
    #[must_use]
    pub fn with_max_total_memory_bytes(mut self, bytes: usize) -> Self {
        self.max_total_memory_bytes = bytes;
        self
    }

    /// How much of that memory only nested calls may take, in bytes. Default a quarter.
    #[must_use]
    pub fn with_nested_memory_bytes(mut self, bytes: usize) -> Self {
        self.nested_memory_bytes = Some(bytes);
        self
    }

    /// The guest's stack, in bytes. Default 512 KiB.
    #[must_use]
    pub fn with_max_wasm_stack(mut self, bytes: usize) -> Self {
        self.max_wasm_stack = bytes;
        self
    }

    /// Whether to try the pooling allocator. Default true.
    #[must_use]
    pub fn with_pooling(mut self, pooling: bool) -> Self {
        self.pooling = pooling;
        self
    }

    /// The instances that outermost calls may take, and those that only nested calls may.
    pub(crate) fn shares_of_instances(&self) -> (u32, u32) {
        let nested = self.nested_instances.unwrap_or(self.max_instances / 4);
        let nested = nested.min(self.max_instances.saturating_sub(1));
        (self.max_instances - nested, nested)
    }

    /// The memory that outermost calls may take, in bytes; the rest is for nested calls alone.
    pub(crate) fn memory_of_outermost(&self) -> usize {
        let total = self.max_total_memory_bytes;
        total - self.nested_memory_bytes.unwrap_or(total / 4).min(total)
    }

    /// The same, with no more instances than the kernel has room for at this moment.
    fn fitted(mut self, pooled: bool) -> Self {
        self.max_instances = maps::instances(pooled).unwrap_or(u32::MAX).min(self.max_instances);
        self
    }
}

/// The engines of a host: one for most components, and one for those with the asynchronous ABI of WASI 0.3, which makes
/// every call dearer. The second one is made when the first such component comes.
pub(crate) struct Engines {
    plain: Ticked,
    concurrent: OnceLock<Result<Ticked>>,
    options: EngineOptions,
}

/// An engine, and the thread that ticks its epoch.
struct Ticked {
    engine: Engine,
    pulse: Arc<Pulse>,
    /// Whether its instances come from a pool: not where there is no address space for one.
    pooled: bool,
}

impl Engines {
    /// # Errors
    /// Kind `Unavailable` where neither allocator can be had or no thread can be started.
    pub(crate) fn start(wanted: &EngineOptions) -> Result<Self> {
        let mut options = wanted.clone().fitted(wanted.pooling);
        let plain = start(&options, false)?;
        if !plain.pooled {
            options = options.fitted(false);
        }
        if options.max_instances < wanted.max_instances {
            tracing::warn!(
                "the host has room for {} instances instead of {}: the kernel allows a process no more memory maps; \
                 raise vm.max_map_count for more",
                options.max_instances,
                wanted.max_instances
            );
        }
        Ok(Self { plain, concurrent: OnceLock::new(), options })
    }

    /// What was asked for, with no more instances than there is room for.
    pub(crate) fn options(&self) -> &EngineOptions {
        &self.options
    }

    pub(crate) fn plain(&self) -> &Engine {
        &self.plain.engine
    }

    /// How long ago the epoch of the engine was ticked whose thread is latest.
    pub(crate) fn last_tick(&self) -> Duration {
        let plain = self.plain.pulse.age();
        match self.concurrent.get() {
            Some(Ok(concurrent)) => plain.max(concurrent.pulse.age()),
            _ => plain,
        }
    }

    /// # Errors
    /// As [`Engines::start`].
    pub(crate) fn concurrent(&self) -> Result<&Engine> {
        let concurrent = self.concurrent.get_or_init(|| start(&self.options, true)).as_ref();
        concurrent.map(|ticked| &ticked.engine).map_err(Clone::clone)
    }
}

/// Makes an engine with these settings and starts the thread that ticks its epoch.
fn start(options: &EngineOptions, concurrent: bool) -> Result<Ticked> {
    let config = |pooling| {
        let mut config = config(&options.clone().with_pooling(pooling));
        if concurrent {
            config.concurrency_support(true).wasm_component_model_async(true);
        }
        config
    };
    let on_demand = || {
        Engine::new(&config(false))
            .map_err(|error| Error::new(ErrorKind::Unavailable, format!("no WebAssembly engine: {error:#}")))
    };
    let (engine, pooled) = match options.pooling.then(|| Engine::new(&config(true))) {
        Some(Ok(engine)) => (engine, true),
        Some(Err(error)) => {
            tracing::warn!(%error, "no pooled instances: falling back to allocation on demand");
            (on_demand()?, false)
        }
        None => (on_demand()?, false),
    };
    let pulse = tick(&engine, options.sampling.unwrap_or(EPOCH))?;
    Ok(Ticked { engine, pulse, pooled })
}

/// The engine configuration of a host for components without the asynchronous ABI: for benchmarks, and for embedders that
/// run Wasmtime beside it with equal settings. Pooled where [`EngineOptions::pooling`] says so; the host's own falls back where the
/// address space does not suffice, which this cannot know.
pub fn config(options: &EngineOptions) -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.max_wasm_stack(options.max_wasm_stack);
    // A fiber's stack holds the guest's stack and the host functions that it calls.
    config.async_stack_size(options.max_wasm_stack + (1 << 20));
    // Costs every call about twice its time; only components with the async ABI need it.
    config.concurrency_support(false);
    if options.sampling.is_some() {
        config.wasm_backtrace_max_frames(NonZeroUsize::new(MAX_FRAMES));
    }
    if options.pooling {
        let count = options.max_instances;
        let scanned = PoolingAllocationConfig::is_pagemap_scan_available();
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(count)
            .total_stacks(count)
            .total_core_instances(count.saturating_mul(4))
            .total_memories(memories(count))
            .total_tables(count.saturating_mul(4))
            .total_gc_heaps(count)
            // Components made from interpreted languages are compositions of dozens of modules with large tables.
            .max_core_instances_per_component(200)
            .max_memories_per_component(50)
            .max_tables_per_component(200)
            .max_component_instance_size(4 << 20)
            .max_core_instance_size(4 << 20)
            .table_elements(100_000)
            // What a guest wrote is reset by copying rather than by unmapping, whose page faults took half of a fresh call. Where
            // the kernel tells which pages those are (Linux 6.7), only they are copied, so that more may be; otherwise all of
            // the first bytes are.
            .pagemap_scan(Enabled::Auto)
            .linear_memory_keep_resident(if scanned { 256 << 10 } else { 64 << 10 })
            .table_keep_resident(16 << 10)
            .max_unused_warm_slots(count.min(100));
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}

/// A component may bring a memory or two. Each reserves 4 GiB of addresses, used or not: the pools of both engines fit beside each other
/// where neither has more than ten thousand. Guests that came from no pool took turns at the kernel's lock to give their memory
/// back, and eight thousand that woke at once did so up to a tenth of a second late.
fn memories(instances: u32) -> u32 {
    instances.saturating_mul(2).min(instances.max(10_000))
}

/// A plain thread, never a timer of the async runtime: a runtime whose every worker computes would not tick it.
fn tick(engine: &Engine, epoch: Duration) -> Result<Arc<Pulse>> {
    let engine = engine.weak();
    let pulse = Arc::new(Pulse::new());
    let beats = pulse.clone();
    std::thread::Builder::new()
        .name("wippy-epoch".into())
        .spawn(move || {
            loop {
                std::thread::sleep(epoch);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
                beats.beat();
            }
        })
        .map(|_| pulse)
        .map_err(|error| Error::new(ErrorKind::Unavailable, "no thread for the epoch").with_source(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_total_leaves_outermost_calls_three_quarters_of_it() {
        let options = EngineOptions::default().with_max_instances(40).with_max_total_memory_bytes(1 << 20);
        assert_eq!(options.shares_of_instances(), (30, 10));
        assert_eq!(options.memory_of_outermost(), 3 << 18);
        let tiny = EngineOptions::default().with_max_instances(1);
        assert_eq!(tiny.shares_of_instances(), (1, 0));
    }

    #[test]
    fn what_is_kept_for_nested_calls_may_be_said_and_leaves_one_outermost_instance() {
        let options = EngineOptions::default().with_max_instances(4).with_nested_instances(9);
        assert_eq!(options.shares_of_instances(), (1, 3));
        let memory = EngineOptions::default().with_max_total_memory_bytes(100);
        assert_eq!(memory.clone().with_nested_memory_bytes(0).memory_of_outermost(), 100);
        assert_eq!(memory.with_nested_memory_bytes(200).memory_of_outermost(), 0);
    }
}
