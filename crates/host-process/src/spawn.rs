//! What to start, and where.

use crate::Pid;
use std::sync::Arc;
use std::time::Duration;
use wippy_host_core::{CallContext, Value};

/// The settings of a process host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostOptions {
    /// How many processes may run on it at a time. Default 1,000. `host.max_processes` of an entry.
    pub max_processes: usize,
    /// How long a process that listens has to end after a CANCEL event. Default 5 s.
    pub cancel_grace: Duration,
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
    /// Who spawns it, for [`Processes::list`](crate::Processes::list). Default nobody.
    pub parent: Option<Pid>,
    /// Whether the parent gets its EXIT event, however soon it ends. Default false.
    pub monitored: bool,
}

impl Spawn {
    /// A process of the program `id` on `host`.
    pub fn new(id: impl Into<Arc<str>>, host: impl Into<Arc<str>>, context: CallContext) -> Self {
        Self { id: id.into(), host: host.into(), arguments: Vec::new(), context, parent: None, monitored: false }
    }

    /// Sets what its function is called with.
    #[must_use]
    pub fn with_arguments(mut self, arguments: Vec<Value>) -> Self {
        self.arguments = arguments;
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
}
