//! A Lua function as a function of the registry.

use crate::convert;
use crate::driver::drive;
use crate::errors::LuaError;
use crate::modules::Shared;
use crate::running::{Entry, Running};
use crate::sandbox;
use crate::source::{Bytecode, LuaLibrary};
use crate::vm::Vm;
use crate::wait::Woken;
use crate::watch::Ended;
use mlua::{IntoLua, MultiValue, Value as LuaValue};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument;
use wippy_host_core::policy::network::{NetworkGuard, NetworkRules};
use wippy_host_core::pool::Slots;
use wippy_host_core::{
    CallContext, Error, ErrorKind, Function, FunctionRegistry, GuestOutput, Limits, Reason, Result, Services, Value,
    async_trait, in_turns, spans,
};
use wippy_host_process::Processes;

/// What a `function.lua` entry says.
#[derive(Clone)]
#[non_exhaustive]
pub struct LuaSpec {
    /// `namespace:name`.
    pub id: Arc<str>,
    /// The source: it returns a table of functions, or a function.
    pub source: String,
    /// What errors and stacks call the source, best a path relative to the application.
    pub file: String,
    /// The name of the function in the table. Not asked for where the source returns a function.
    pub method: String,
    /// What `require` may load of [`MODULES`](crate::MODULES).
    pub modules: Vec<String>,
    /// What `require` finds beside the modules, by alias.
    pub libraries: BTreeMap<String, Arc<LuaLibrary>>,
    /// The limits of each call. `max_memory_bytes` is what its Lua VM may allocate.
    pub limits: Limits,
    /// Where its HTTP requests may go.
    pub network: NetworkRules,
    /// What `process` starts and watches. Default none: its functions answer with an error.
    pub processes: Option<Processes>,
}

impl fmt::Debug for LuaSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LuaSpec")
            .field("id", &self.id)
            .field("file", &self.file)
            .field("method", &self.method)
            .field("modules", &self.modules)
            .field("libraries", &self.libraries)
            .field("limits", &self.limits)
            .field("network", &self.network)
            .finish_non_exhaustive()
    }
}

impl LuaSpec {
    /// An entry with default limits, without modules and libraries, that may reach public addresses. `file` is the id.
    pub fn new(id: impl Into<Arc<str>>, source: impl Into<String>, method: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            file: id.to_string(),
            id,
            source: source.into(),
            method: method.into(),
            modules: Vec::new(),
            libraries: BTreeMap::new(),
            limits: Limits::default(),
            network: NetworkRules::public(),
            processes: None,
        }
    }

    /// What errors and stacks call the source. Default: the id.
    #[must_use]
    pub fn with_file(mut self, file: impl Into<String>) -> Self {
        self.file = file.into();
        self
    }

    /// What `require` may load of [`MODULES`](crate::MODULES). Default none.
    #[must_use]
    pub fn with_modules<S: Into<String>>(mut self, modules: impl IntoIterator<Item = S>) -> Self {
        self.modules = modules.into_iter().map(Into::into).collect();
        self
    }

    /// What `require` finds beside the modules, by alias. Default none.
    #[must_use]
    pub fn with_libraries(mut self, libraries: BTreeMap<String, Arc<LuaLibrary>>) -> Self {
        self.libraries = libraries;
        self
    }

    /// The limits of each call. Default: see [`Limits`].
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Where its HTTP requests may go. Default: any public address.
    #[must_use]
    pub fn with_network(mut self, rules: NetworkRules) -> Self {
        self.network = rules;
        self
    }

    /// What `process` starts and watches. Default none.
    #[must_use]
    pub fn with_processes(mut self, processes: Processes) -> Self {
        self.processes = Some(processes);
        self
    }
}

/// A Lua function. Each call has a VM of its own, on the caller's task; waiting holds no thread.
///
/// Dropping a call's future drops the VM with all that it waits for: calls, timers and coroutines end where they stand, and
/// no Lua code runs any more. What the function spawned ends in the same way when it returns.
pub struct LuaFunction {
    entry: Arc<Entry>,
    code: Bytecode,
    method: String,
    slots: Option<Slots>,
}

impl fmt::Debug for LuaFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LuaFunction").field("id", self.id()).field("method", &self.method).finish_non_exhaustive()
    }
}

impl LuaFunction {
    /// Compiles the source of `spec`. The function calls others through `functions`, which it does not keep
    /// alive, and asks `services`.
    ///
    /// # Errors
    /// Kind `Invalid`, with file and line, where the source is not Lua. What the source returns is known only when it
    /// runs: a method that is not there is an error of the call.
    pub fn new(spec: LuaSpec, services: Services, functions: FunctionRegistry) -> Result<Self> {
        let code = Bytecode::compile(&spec.id, &spec.file, &spec.source)?;
        let network = NetworkGuard::new(spec.id.clone(), spec.network)
            .with_policy(services.policy.clone())
            .with_metrics(services.metrics_of(&spec.id))
            .with_log(services.denials.log());
        let entry = Entry {
            output: GuestOutput::new(spec.id.clone(), spec.limits.max_log_bytes),
            metrics: services.metrics_of(&spec.id),
            id: spec.id,
            limits: spec.limits,
            modules: spec.modules.into_iter().collect(),
            libraries: spec.libraries,
            processes: spec.processes,
            shared: Shared::default(),
            services,
            functions: functions.downgrade(),
            network: Arc::new(network),
        };
        Ok(Self { entry: Arc::new(entry), code, method: spec.method, slots: None })
    }

    /// The same function under a pool: how many calls run at one time, and how many wait. Without, there is no limit. Each
    /// call has a VM of its own whatever the pool says; `warm_start` and `reuse` mean nothing here.
    #[must_use]
    pub fn with_slots(mut self, slots: Slots) -> Self {
        self.slots = Some(slots);
        self
    }

    /// The id of its entry.
    pub fn id(&self) -> &Arc<str> {
        &self.entry.id
    }

    /// A call under its chain, pool, deadline and cancellation, which drop what they end.
    async fn guarded(&self, context: &CallContext, arguments: Vec<Value>) -> Result<Value> {
        let Some(metrics) = &self.entry.metrics else { return self.bounded(context, arguments).await };
        let counted = metrics.begin(Instant::now());
        let result = self.bounded(context, arguments).await;
        match &result {
            Ok(_) => counted.ended(),
            Err(error) => counted.failed(error),
        }
        result
    }

    async fn bounded(&self, context: &CallContext, arguments: Vec<Value>) -> Result<Value> {
        let limits = &self.entry.limits;
        let own = limits.max_execution.and_then(|limit| Instant::now().checked_add(limit));
        let caller = context.deadline();
        let context = context.enter(&self.entry.id, limits.max_call_depth)?.until(own);
        let deadline = context.deadline();
        let cancellation = context.cancellation().cloned();
        let ended = |why| self.ended(why, deadline != caller);
        let span = spans::call(&self.entry.id);
        let context = if self.entry.services.traces && !span.is_disabled() { context.traced(&span) } else { context };
        let work = async {
            let Some(slots) = &self.slots else { return self.run(context, arguments, &ended).await };
            let (context, slot) = slots.acquire(context).await?;
            slot.run(self.run(context, arguments, &ended)).await
        };
        let work = in_turns(work);
        let result = tokio::select! {
            biased;
            result = work.instrument(span.clone()) => result,
            () = until(deadline) => Err(ended(Ended::Deadline)),
            () = canceled(cancellation.as_ref()) => Err(ended(Ended::Canceled)),
        };
        spans::called(&span, &result);
        result
    }

    async fn run(
        &self,
        context: CallContext,
        arguments: Vec<Value>,
        ended: &(dyn Fn(Ended) -> Error + Sync),
    ) -> Result<Value> {
        let limits = &self.entry.limits;
        let running = Arc::new(Running::new(self.entry.clone(), context));
        let failed = |error: &mlua::Error| match running.watch().ended() {
            Some(why) => ended(why),
            None if sandbox::is_memory_error(error) => ended(Ended::Memory),
            None => LuaError::of_raised(error).into(),
        };
        let (vm, sandbox) = Vm::new(running.clone()).map_err(|error| failed(&error))?;
        let Some(lua) = vm.lua() else { return Err(Error::internal("a VM that is dropped cannot be used")) };
        let begun = || {
            let chunk = self.code.load(lua, &sandbox.globals)?;
            let mut values = MultiValue::with_capacity(arguments.len() + 2);
            values.push_back(LuaValue::Function(chunk));
            values.push_back(lua.create_string(&self.method)?.into_lua(lua)?);
            for argument in arguments {
                values.push_back(convert::into_lua(lua, argument)?);
            }
            lua.create_thread(sandbox.enter.clone())?.into_async::<MultiValue>(values)
        };
        let thread = begun().map_err(|error| failed(&error))?;

        let results = drive(&running, Woken::new(running.clone(), thread), || running.count_memory(lua)).await;
        if let Some(why) = running.watch().ended() {
            return Err(ended(why));
        }
        let Some(results) = results else { return Err(Error::internal("a call that is over went on")) };
        let mut results = results.map_err(|error| failed(&error))?;
        let returned = matches!(results.pop_front(), Some(LuaValue::Boolean(true)));
        let first = results.pop_front().unwrap_or(LuaValue::Nil);
        let second = results.pop_front().unwrap_or(LuaValue::Nil);
        if !returned {
            if sandbox::is_memory(&first) {
                return Err(ended(Ended::Memory));
            }
            return Err(LuaError::of_value(&first).raised_in(&self.entry.id));
        }
        if LuaError::is(&second) || (first.is_nil() && !second.is_nil()) {
            return Err(LuaError::of_value(&second).into());
        }
        convert::from_lua(&first, limits.max_host_bytes).map_err(|error| {
            let message = format!("{}: result: {}", self.entry.id, error.message());
            let named = Error::new(error.kind(), message).with_reason(error.reason());
            match error.remedy() {
                Some(remedy) => named.with_remedy(remedy),
                None => named,
            }
        })
    }

    /// The error of a call that the host ended.
    fn ended(&self, why: Ended, own_deadline: bool) -> Error {
        let (id, limits) = (&self.entry.id, &self.entry.limits);
        match why {
            Ended::Deadline => {
                let error = match limits.max_execution {
                    Some(limit) if own_deadline => {
                        Error::new(ErrorKind::Timeout, format!("{id}: no result within {} ms", limit.as_millis()))
                            .with_remedy("raise limits.max_execution_ms of the entry if it needs longer")
                    }
                    _ => Error::new(ErrorKind::Timeout, format!("{id}: the caller's deadline passed")),
                };
                error.with_reason(Reason::ExecutionTime)
            }
            Ended::Canceled => Error::new(ErrorKind::Canceled, format!("{id}: the call was canceled")),
            Ended::Memory => Error::new(
                ErrorKind::RateLimited,
                format!("{id}: the function asked for more than {} bytes of memory", limits.max_memory_bytes),
            )
            .with_reason(Reason::Memory)
            .with_remedy("raise limits.max_memory_bytes of the entry if the function needs more"),
            Ended::Unsuspended => Error::new(
                ErrorKind::RateLimited,
                format!("{id}: computed for more than 100 ms where Lua cannot be suspended"),
            )
            .with_reason(Reason::ExecutionTime)
            .with_remedy("compute less in a __close handler, a metamethod, or a callback of a library function"),
        }
    }
}

#[async_trait]
impl Function for LuaFunction {
    async fn call(&self, context: &CallContext, arguments: Vec<Value>) -> Result<Value> {
        self.guarded(context, arguments).await
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}

async fn canceled(token: Option<&tokio_util::sync::CancellationToken>) {
    match token {
        Some(token) => token.cancelled().await,
        None => std::future::pending().await,
    }
}
