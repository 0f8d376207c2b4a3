//! The host: an engine, a registry of imports, the services, and the functions that entries become.

mod fits;
mod preparation;

pub(crate) use fits::Fit;

use crate::assembly::{Bindings, Preflight};
use crate::call::FunctionRegistry;
use crate::component::{self, Cache, CacheOptions, Compilations, Compiler, Inspection, Program};
use crate::engine::{EPOCH, EngineOptions, Engines};
use crate::error::Result;
use crate::import::{Grants, Registry};
use crate::instance::{Admission, HostMemory, Sampler};
use crate::metrics::Metrics;
use crate::policy::network::Denials;
use crate::pool::{Calls, Idle, PoolSpec, Slots};
use crate::problem::EntryProblem;
use crate::services::{Clock, Directories, Entropy, Environment, Output, Resolver, Services};
use crate::{EntrySpec, Policy};
use fits::Fits;
use preparation::{Code, EntryParts, granted};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::Engine;
use wasmtime::component::Component;

/// A host. Cheap to clone; the clones are one host.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("functions", &self.0.functions)
            .field("registry", &self.0.registry)
            .field("memory_in_use", &self.memory_in_use())
            .finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Inner {
    engines: Arc<Engines>,
    registry: Registry,
    services: Services,
    functions: FunctionRegistry,
    admission: Arc<Admission>,
    memory: Arc<HostMemory>,
    idle: Arc<Idle>,
    calls: Arc<Calls>,
    cache: Arc<Cache>,
    fits: Arc<Fits>,
}

/// Builds a [`Host`].
#[derive(Default)]
#[must_use]
pub struct HostBuilder {
    registry: Option<Registry>,
    services: Services,
    engine: EngineOptions,
    cache: Option<CacheOptions>,
    sampling: Option<Duration>,
}

impl fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostBuilder")
            .field("registry", &self.registry)
            .field("services", &self.services)
            .field("engine", &self.engine)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}

impl HostBuilder {
    /// The imports that entries may be granted. Default: every import that the program links.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// The clock of every guest. Default: the system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.services.clock = Arc::new(clock);
        self
    }

    /// The environment registry. Default: no variables.
    pub fn environment(mut self, environment: impl Environment) -> Self {
        self.services.environment = Arc::new(environment);
        self
    }

    /// The directories that mounts may name. Default: none.
    pub fn directories(mut self, directories: impl Directories) -> Self {
        self.services.directories = Arc::new(directories);
        self
    }

    /// Name resolution. Default: the system's.
    pub fn resolver(mut self, resolver: impl Resolver) -> Self {
        self.services.resolver = Arc::new(resolver);
        self
    }

    /// Where random numbers come from. Default: the operating system.
    pub fn entropy(mut self, entropy: impl Entropy) -> Self {
        self.services.entropy = Arc::new(entropy);
        self
    }

    /// Where guests' output goes. Default: the log.
    pub fn output(mut self, output: impl Output) -> Self {
        self.services.output = Arc::new(output);
        self
    }

    /// Who decides on network, mounts and calls. Default: what entries declare.
    pub fn policy(mut self, policy: impl Policy) -> Self {
        self.services.policy = Arc::new(policy);
        self
    }

    /// Lets guests give their thread back only where they wait, and do their file operations on it. Default false: they give
    /// it back every [`EPOCH`](crate::EPOCH) too, at a point that depends on the machine.
    ///
    /// For tests, on a runtime of one thread, with a clock and random numbers that repeat: then the same calls give the same
    /// results. A guest that computes without end still ends at its deadline, but nothing else runs meanwhile, and a
    /// cancellation waits. What comes from outside (sockets, HTTP, the times of files) does not repeat.
    pub fn deterministic(mut self, deterministic: bool) -> Self {
        self.services.deterministic = deterministic;
        self
    }

    /// The engine's settings.
    pub fn engine(mut self, options: EngineOptions) -> Self {
        self.engine = options;
        self
    }

    /// Where compiled components are kept from one start to the next. Default: nowhere. A cache that cannot be used costs
    /// time and a remark ([`Host::compilations`]), never a failure. Only on Unix.
    pub fn cache(mut self, options: CacheOptions) -> Self {
        self.cache = Some(options);
        self
    }

    /// Has samples taken of every guest of this host while it computes, at most one in each `interval` (1 to 10 ms) and guest: at the
    /// next loop or function that it comes to. None are taken while it waits or while a host function computes. Default: nobody.
    ///
    /// For profiles, not for every day: guests give their thread back in the same interval, in the place of
    /// [`EPOCH`](crate::EPOCH), and each sample takes some microseconds.
    pub fn sampler(mut self, sampler: impl Sampler, interval: Duration) -> Self {
        self.services.sampler = Some(Arc::new(sampler));
        self.sampling = Some(interval.clamp(Duration::from_millis(1), EPOCH));
        self
    }

    /// Counts calls, waits, instances, memory and denials of each entry there. Default: nothing is counted.
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.services.metrics = Some(metrics);
        self
    }

    /// Gives each call a span of its own in its trace: functions that it calls and HTTP requests that it makes name that as their
    /// parent, and its span says both ([`spans`](crate::spans)). Only while somebody listens to those. Default false: a trace is passed
    /// on as it came.
    pub fn traces(mut self, traces: bool) -> Self {
        self.services.traces = traces;
        self
    }

    /// Keeps what is denied to entries there, for whoever wants a last word on it beside that of [`Host::drain`]. Default: for the host
    /// alone.
    pub fn denials(mut self, denials: Denials) -> Self {
        self.services.denials = denials;
        self
    }

    /// The host.
    ///
    /// # Errors
    /// Where the registry is unsound, or no engine can be had.
    pub fn build(mut self) -> Result<Host> {
        self.engine.sampling = self.sampling;
        let registry = match self.registry {
            Some(registry) => registry,
            None => Registry::builder().with_linked().build()?,
        };
        let engines = Arc::new(Engines::start(&self.engine)?);
        let idle = Arc::new(Idle::default());
        let admission = Arc::new(Admission::new(engines.options(), idle.clone()));
        let memory = Arc::new(HostMemory::new(engines.options(), idle.clone()));
        let cache = Arc::new(Cache::new(engines.plain(), self.cache, &registry));
        Ok(Host(Arc::new(Inner {
            cache,
            engines,
            registry,
            services: self.services,
            functions: FunctionRegistry::new(),
            admission,
            memory,
            idle,
            calls: Arc::new(Calls::default()),
            fits: Arc::default(),
        })))
    }
}

impl Host {
    /// A builder with every default.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    /// Wasmtime's engine, for components that are compiled elsewhere and have no asynchronous functions.
    pub fn engine(&self) -> &Engine {
        self.0.engines.plain()
    }

    /// The imports of this host.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// The functions of this host.
    pub fn functions(&self) -> &FunctionRegistry {
        &self.0.functions
    }

    /// The services of this host.
    pub fn services(&self) -> &Services {
        &self.0.services
    }

    /// The same host with other services, for what is prepared from here on: engine, imports, functions, room and calls are
    /// shared.
    #[must_use]
    pub fn with_services(&self, change: impl FnOnce(&mut Services)) -> Self {
        let mut inner = Inner::clone(&self.0);
        change(&mut inner.services);
        Self(Arc::new(inner))
    }

    /// The slots of a function's pool, for a function that is not made by [`Host::prepare`].
    pub fn slots(&self, id: &Arc<str>, pool: PoolSpec) -> Slots {
        Slots::new(id.clone(), pool, self.0.calls.clone(), self.0.services.metrics_of(id))
    }

    /// Linear memory that guests have at this moment, in bytes.
    pub fn memory_in_use(&self) -> usize {
        self.0.memory.used()
    }

    /// How long ago the epoch was ticked, by which computing guests give their thread back and end at their deadline: every
    /// [`EPOCH`](crate::EPOCH), unless its thread has ended or the machine gives it no time.
    pub fn last_tick(&self) -> Duration {
        self.0.engines.last_tick()
    }

    /// Outermost calls that wait for room in the host at this moment.
    pub fn waiting(&self) -> usize {
        self.0.admission.waiting()
    }

    /// Lets no further outermost call in (kind `Unavailable`, `the application is stopping`) and waits for those that run or
    /// wait in the queue of a pool, whose nested calls go on. At `until` the rest is cancelled, with kind `Canceled`.
    ///
    /// Gives back how many calls were cancelled. Instances that wait for a call are dropped at the end, and denials that were only
    /// counted are logged. There is no way back: a host that has drained stays closed. Dropping the future leaves it closed and
    /// cancels nothing; it may be drained again.
    pub async fn drain(&self, until: Instant) -> usize {
        let cancelled = self.0.calls.drain(until).await;
        while self.0.idle.spare_one() {}
        self.0.services.denials.summarise();
        cancelled
    }

    fn compiler(&self) -> Compiler<'_> {
        Compiler { engines: &self.0.engines, registry: &self.0.registry }
    }

    /// Compiles a component, binary or text. Takes from milliseconds to seconds of computing: not for a thread of the
    /// async runtime.
    ///
    /// # Errors
    /// Kind `Invalid`, where the bytes are no component: what they are instead, and what to do.
    pub fn compile(&self, bytes: impl AsRef<[u8]>) -> Result<Component> {
        let bytes = bytes.as_ref();
        match self.compile_program(bytes)? {
            Program::Component(component) => Ok(component),
            Program::Command(_) => Err(component::core_module(bytes)),
        }
    }

    /// Compiles a component, or a core module that is a command (it exports `_start`), binary or text. Takes as long as
    /// [`Host::compile`].
    ///
    /// # Errors
    /// Kind `Invalid`, where the bytes are neither: what they are instead, and what to do.
    pub fn compile_program(&self, bytes: impl AsRef<[u8]>) -> Result<Program> {
        let bytes = bytes.as_ref();
        self.0.cache.get(&self.0.engines, bytes, None, || component::compile(self.compiler(), bytes))
    }

    /// Compiles a plain core module, binary or text, as the component that `wit` makes of it: a package with one world, a
    /// world, or the signatures alone (`add: func(a: s32, b: s32) -> s32;`). It may use the packages of
    /// [`Registry::wit`] without writing them out. The module exports each function under the name that the text gives it;
    /// strings and lists need an exported `cabi_realloc` and `memory`. A component is compiled as it is, and the text has
    /// no effect.
    ///
    /// Limits: 256 KiB of text, types 100 deep and of 100,000 parts. Takes as long as [`Host::compile`].
    ///
    /// # Errors
    /// Kind `Invalid`: what is wrong with the text, with its line and column (the source of the error is a
    /// [`WitError`](crate::WitError) where there is one place), or how the module and the text differ.
    pub fn compile_module(&self, bytes: impl AsRef<[u8]>, wit: &str) -> Result<Component> {
        let bytes = bytes.as_ref();
        let program = self.0.cache.get(&self.0.engines, bytes, Some(wit), || {
            component::compile_module(self.compiler(), bytes, wit).map(Program::Component)
        })?;
        program.component().cloned().ok_or_else(|| component::core_module(bytes))
    }

    /// Looks at code without an entry, and compiles it where that is possible: a component or a command as it is, a core
    /// module with `wit` text. Another core module without is looked at alone. Takes as long as [`Host::compile`].
    ///
    /// # Errors
    /// As [`Host::compile_module`].
    pub fn inspect(&self, bytes: impl AsRef<[u8]>, wit: Option<&str>) -> Result<(Inspection, Option<Program>)> {
        let bytes = bytes.as_ref();
        let program = match wit {
            Some(wit) => Some(self.compile_module(bytes, wit)?.into()),
            None if component::is_plain_module(bytes) => None,
            None => Some(self.compile_program(bytes)?),
        };
        let component = program.as_ref().and_then(Program::component);
        Ok((component::inspect(bytes, component)?, program))
    }

    /// How the host came by its components so far.
    pub fn compilations(&self) -> Compilations {
        self.0.cache.compilations()
    }

    /// What code imports against what `imports` grants. Names that lead nowhere are left out.
    pub fn preflight(&self, entry: &str, imports: &[String], program: impl Into<Program>) -> Preflight {
        let registry = &self.0.registry;
        let (grants, _) = Grants::resolve(registry, imports);
        Code::of(&self.0.fits, &program.into()).preflight(registry, entry, &grants, &Bindings::default())
    }

    /// What code imports against what an entry grants, its transport's part included. Names that lead nowhere are left
    /// out.
    pub fn preflight_entry(&self, spec: &EntrySpec, program: impl Into<Program>) -> Preflight {
        let registry = &self.0.registry;
        let bindings = Bindings::of(&spec.bindings);
        Code::of(&self.0.fits, &program.into()).preflight(registry, &spec.id, &granted(registry, spec).0, &bindings)
    }

    /// All that can be said of an entry without its component: its names and its configuration.
    pub fn check(&self, spec: &EntrySpec) -> Vec<EntryProblem> {
        let parts = EntryParts::new(self, spec);
        parts.problems(self, spec)
    }
}
