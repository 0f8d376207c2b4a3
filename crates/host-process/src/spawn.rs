//! What to start, and where.

use crate::Pid;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use wippy_host_core::{CallContext, CallContextBuilder, StandardStreams, Value};

/// The settings of a process host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostOptions {
    /// How many processes may run on it at a time. Default 1,000. `host.max_processes` of an entry.
    pub max_processes: usize,
    /// How long a process that listens has to end after a CANCEL event. Default 5 s.
    pub cancel_grace: Duration,
}

impl HostOptions {
    /// How many processes may run on it at a time. Default 1,000.
    #[must_use]
    pub fn with_max_processes(mut self, processes: usize) -> Self {
        self.max_processes = processes;
        self
    }

    /// How long a process that listens has to end after a CANCEL event. Default 5 s.
    #[must_use]
    pub fn with_cancel_grace(mut self, grace: Duration) -> Self {
        self.cancel_grace = grace;
        self
    }
}

impl Default for HostOptions {
    fn default() -> Self {
        Self { max_processes: 1_000, cancel_grace: Duration::from_secs(5) }
    }
}

/// A process to be.
#[derive(Clone)]
#[non_exhaustive]
pub struct Spawn {
    /// The program: the id of a `process.wasm` entry.
    pub id: Arc<str>,
    /// The process host to run it on.
    pub host: Arc<str>,
    /// What its function is called with. Default nothing.
    pub arguments: Vec<Value>,
    /// The spawner's circumstances, of which the process inherits what the crate's page says.
    pub context: CallContext,
    /// Its arguments as of a command line, behind those of its entry. Default none.
    pub command_line: Vec<String>,
    /// Its standard streams. Default none: what it writes goes to the log.
    pub streams: Option<StandardStreams>,
    /// Who spawns it, for [`Processes::list`](crate::Processes::list). Default nobody.
    pub parent: Option<Pid>,
    /// Whether the parent gets its EXIT event, however soon it ends. Default false.
    pub monitored: bool,
}

impl fmt::Debug for Spawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawn")
            .field("id", &self.id)
            .field("host", &self.host)
            .field("context", &self.context)
            .field("parent", &self.parent)
            .field("monitored", &self.monitored)
            .finish_non_exhaustive()
    }
}

impl Spawn {
    /// A process of the program `id` on `host`.
    pub fn new(id: impl Into<Arc<str>>, host: impl Into<Arc<str>>, context: CallContext) -> Self {
        let (id, host) = (id.into(), host.into());
        let (arguments, command_line) = (Vec::new(), Vec::new());
        Self { id, host, arguments, context, command_line, streams: None, parent: None, monitored: false }
    }

    /// Sets what its function is called with.
    #[must_use]
    pub fn with_arguments(mut self, arguments: Vec<Value>) -> Self {
        self.arguments = arguments;
        self
    }

    /// Gives it arguments and standard streams, as a command has them.
    #[must_use]
    pub fn as_command(mut self, command_line: Vec<String>, streams: StandardStreams) -> Self {
        self.command_line = command_line;
        self.streams = Some(streams);
        self
    }

    /// Says who spawns it.
    #[must_use]
    pub fn spawned_by(mut self, parent: &Pid) -> Self {
        self.parent = Some(parent.clone());
        self
    }

    /// Says who spawns it, and that it gets the EXIT event.
    #[must_use]
    pub fn monitored_by(mut self, parent: &Pid) -> Self {
        self.monitored = true;
        self.spawned_by(parent)
    }

    /// The context of the process, of what it inherits.
    pub(crate) fn context(&self, inherited: CallContextBuilder, end: &CancellationToken) -> CallContext {
        let mut context = inherited.cancellation(end.clone());
        if !self.command_line.is_empty() {
            context = context.arguments(self.command_line.clone());
        }
        match &self.streams {
            Some(streams) => context.streams(streams.clone()).build(),
            None => context.build(),
        }
    }
}
