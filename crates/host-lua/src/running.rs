//! What a running call knows: stored in its VM, for the functions that Lua calls.

use crate::driver::Tasks;
use crate::modules::Shared;
use crate::modules::process::Mailbox;
use crate::source::LuaLibrary;
use crate::wait::Waits;
use crate::watch::Watch;
use mlua::Lua;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wippy_host_core::metrics::{EntryMetrics, GuestMemory};
use wippy_host_core::policy::network::NetworkGuard;
use wippy_host_core::{
    CallContext, Clock, FunctionRegistry, GuestOutput, Limits, Output, OutputStream, Result, Services,
    WeakFunctionRegistry,
};
use wippy_host_process::Processes;

/// One call of a Lua function.
pub(crate) struct Running {
    entry: Arc<Entry>,
    context: CallContext,
    watch: Watch,
    tasks: Tasks,
    waits: Waits,
    mailbox: Mailbox,
    /// For the operator.
    memory: Option<GuestMemory>,
}

/// What all calls of one function have in common.
pub(crate) struct Entry {
    pub(crate) id: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) services: Services,
    pub(crate) functions: WeakFunctionRegistry,
    pub(crate) network: Arc<NetworkGuard>,
    pub(crate) output: GuestOutput,
    pub(crate) metrics: Option<Arc<EntryMetrics>>,
    pub(crate) modules: BTreeSet<String>,
    pub(crate) libraries: BTreeMap<String, Arc<LuaLibrary>>,
    pub(crate) processes: Option<Processes>,
    /// What the modules keep from call to call.
    pub(crate) shared: Shared,
}

impl Running {
    pub(crate) fn new(entry: Arc<Entry>, context: CallContext) -> Self {
        let watch = Watch::new(context.deadline(), context.cancellation().cloned(), entry.services.deterministic);
        let memory = entry.metrics.clone().map(GuestMemory::new);
        Self {
            entry,
            context,
            watch,
            tasks: Tasks::default(),
            waits: Waits::default(),
            mailbox: Mailbox::default(),
            memory,
        }
    }

    /// The id of the function's entry.
    pub(crate) fn id(&self) -> &Arc<str> {
        &self.entry.id
    }

    /// The function's own context: the function is the innermost of its chain.
    pub(crate) fn context(&self) -> &CallContext {
        &self.context
    }

    /// The services of the host.
    pub(crate) fn services(&self) -> &Services {
        &self.entry.services
    }

    /// The functions that `funcs` reaches.
    pub(crate) fn functions(&self) -> FunctionRegistry {
        self.entry.functions.upgrade()
    }

    /// The processes of the application, where there are any.
    pub(crate) fn processes(&self) -> Option<&Processes> {
        self.entry.processes.as_ref()
    }

    /// The pid and the events of this call.
    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// The entry's network policy.
    #[allow(dead_code, reason = "for the module http_client")]
    pub(crate) fn network(&self) -> &Arc<NetworkGuard> {
        &self.entry.network
    }

    /// The entry's limits.
    pub(crate) fn limits(&self) -> &Limits {
        &self.entry.limits
    }

    /// The modules that the entry lists.
    pub(crate) fn modules(&self) -> &BTreeSet<String> {
        &self.entry.modules
    }

    /// The library that the entry calls `alias`.
    pub(crate) fn library(&self, alias: &str) -> Option<&Arc<LuaLibrary>> {
        self.entry.libraries.get(alias)
    }

    /// The clock of this call: its own, else the host's.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        self.context.clock().unwrap_or(&self.entry.services.clock)
    }

    /// Counts what its VM has allocated, where somebody counts.
    pub(crate) fn count_memory(&self, lua: &Lua) {
        if let Some(memory) = &self.memory {
            memory.now(lua.used_memory());
        }
    }

    /// Gives back what the policy says, and counts where it refuses.
    pub(crate) fn allowed<T>(&self, decision: Result<T>) -> Result<T> {
        if let (Err(_), Some(metrics)) = (&decision, &self.entry.metrics) {
            metrics.refused();
        }
        decision
    }

    /// Writes text to the call's output, line by line and under the entry's `max_log_bytes`.
    pub(crate) fn print(&self, stream: OutputStream, text: &str) {
        let output: &dyn Output = match self.context.output() {
            Some(output) => &**output,
            None => &*self.entry.services.output,
        };
        for line in text.split('\n') {
            self.entry.output.line(output, stream, line);
        }
    }

    /// What the modules keep from call to call of this entry.
    #[cfg(feature = "http")]
    pub(crate) fn shared(&self) -> &Shared {
        &self.entry.shared
    }

    /// What keeps the entry's output within its `max_log_bytes`.
    pub(crate) fn output(&self) -> &GuestOutput {
        &self.entry.output
    }

    /// The watch over this call's time.
    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// What its coroutines wait for.
    pub(crate) fn waits(&self) -> &Waits {
        &self.waits
    }

    /// What runs beside the function, on its task.
    pub(crate) fn tasks(&self) -> &Tasks {
        &self.tasks
    }
}

/// The call that this VM runs.
pub(crate) fn of(lua: &Lua) -> mlua::Result<Arc<Running>> {
    let running = lua.app_data_ref::<Arc<Running>>();
    running.map(|running| running.clone()).ok_or_else(|| mlua::Error::runtime("nothing runs here"))
}
