//! What every import may ask: clocks, the environment, directories, name resolution, output, policy. One set a host;
//! an embedder replaces any of them through [`crate::HostBuilder`].

mod clock;
mod directories;
mod entropy;
mod environment;
mod output;
mod resolver;
mod streams;

pub use clock::{Clock, ManualClock, SystemClock};
pub use directories::{Directories, NoDirectories};
pub use entropy::{Entropy, SystemEntropy};
pub use environment::{Environment, NoEnvironment};
pub use output::{CapturedOutput, GuestOutput, Output, OutputLine, OutputStream, TracingOutput};
pub use resolver::{ResolveError, Resolver, SystemResolver};
pub use streams::{ByteSink, ByteSource, CapturedBytes, StandardStreams};

use crate::instance::Sampler;
use crate::metrics::{EntryMetrics, Metrics};
use crate::policy::network::Denials;
use crate::policy::{DefaultPolicy, Policy};
use std::fmt;
use std::sync::Arc;

/// The services of one host.
#[derive(Clone)]
#[non_exhaustive]
pub struct Services {
    /// Wall clock, monotonic clock and sleep of every guest whose call brings no clock of its own.
    pub clock: Arc<dyn Clock>,
    /// The environment registry, by id.
    pub environment: Arc<dyn Environment>,
    /// The directories that mounts may name, by id.
    pub directories: Arc<dyn Directories>,
    /// Name resolution for sockets and HTTP.
    pub resolver: Arc<dyn Resolver>,
    /// Where random numbers come from.
    pub entropy: Arc<dyn Entropy>,
    /// Where guests' output goes, unless the call captures it.
    pub output: Arc<dyn Output>,
    /// The embedder's say on network, mounts and calls.
    pub policy: Arc<dyn Policy>,
    /// See [`crate::HostBuilder::deterministic`].
    pub deterministic: bool,
    /// See [`crate::HostBuilder::sampler`].
    pub sampler: Option<Arc<dyn Sampler>>,
    /// See [`crate::HostBuilder::traces`].
    pub traces: bool,
    /// What was denied, for the log.
    pub denials: Denials,
    /// See [`crate::HostBuilder::metrics`].
    pub metrics: Option<Metrics>,
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services")
            .field("deterministic", &self.deterministic)
            .field("traces", &self.traces)
            .field("metrics", &self.metrics)
            .finish_non_exhaustive()
    }
}

impl Services {
    /// The clock of every guest. Default: the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The environment registry. Default: no variables.
    #[must_use]
    pub fn with_environment(mut self, environment: impl Environment) -> Self {
        self.environment = Arc::new(environment);
        self
    }

    /// The directories that mounts may name. Default: none.
    #[must_use]
    pub fn with_directories(mut self, directories: impl Directories) -> Self {
        self.directories = Arc::new(directories);
        self
    }

    /// Name resolution. Default: the system's.
    #[must_use]
    pub fn with_resolver(mut self, resolver: impl Resolver) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// Where random numbers come from. Default: the operating system.
    #[must_use]
    pub fn with_entropy(mut self, entropy: impl Entropy) -> Self {
        self.entropy = Arc::new(entropy);
        self
    }

    /// Where guests' output goes. Default: the log.
    #[must_use]
    pub fn with_output(mut self, output: impl Output) -> Self {
        self.output = Arc::new(output);
        self
    }

    /// Who decides on network, mounts and calls. Default: what entries declare.
    #[must_use]
    pub fn with_policy(mut self, policy: impl Policy) -> Self {
        self.policy = Arc::new(policy);
        self
    }

    /// Where an entry is counted; `None` where nothing is.
    pub fn metrics_of(&self, entry: &Arc<str>) -> Option<Arc<EntryMetrics>> {
        self.metrics.as_ref().map(|metrics| metrics.entry(entry))
    }
}

impl Default for Services {
    /// System clock and resolver, output to the log, the default policy, and nothing to find by id.
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock::new()),
            environment: Arc::new(NoEnvironment),
            directories: Arc::new(NoDirectories),
            resolver: Arc::new(SystemResolver::default()),
            entropy: Arc::new(SystemEntropy),
            output: Arc::new(TracingOutput),
            policy: Arc::new(DefaultPolicy),
            deterministic: false,
            sampler: None,
            traces: false,
            denials: Denials::default(),
            metrics: None,
        }
    }
}
