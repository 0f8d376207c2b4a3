//! One call of a function from Lua: asked of the policy, in a context that is derived from the caller's.

use crate::convert;
use crate::errors::LuaError;
use crate::running::Running;
use mlua::{MultiValue, Value as LuaValue};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::task::AbortOnDropHandle;
use wippy_host_core::{CallContext, CallRequest, Error, ErrorKind, Function, Reason, Result, Value};

/// How an executor's calls differ from their caller's context.
#[derive(Clone, Default)]
pub(super) struct Changes {
    pub(super) values: Vec<(String, serde_json::Value)>,
    pub(super) actor: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) timeout: Option<Duration>,
}

impl Changes {
    fn apply(&self, context: &CallContext) -> CallContext {
        if self.values.is_empty() && self.actor.is_none() && self.scope.is_none() && self.timeout.is_none() {
            return context.nested();
        }
        let mut builder = context.derive();
        for (name, value) in &self.values {
            builder = builder.value(name, value.clone());
        }
        if let Some(actor) = &self.actor {
            builder = builder.actor(actor);
        }
        if let Some(scope) = &self.scope {
            builder = builder.scope(scope);
        }
        if let Some(timeout) = self.timeout {
            builder = builder.timeout(timeout);
        }
        builder.build()
    }
}

/// A call that may begin.
pub(super) struct Call {
    target: String,
    function: Arc<dyn Function>,
    context: CallContext,
    arguments: Vec<Value>,
    timeout: Option<Duration>,
}

impl Call {
    /// The call that `(target, arguments…)` says.
    ///
    /// # Errors
    /// What the policy says; `invalid function target` and `no handler registered for target`; an argument that is no
    /// value.
    pub(super) fn new(running: &Running, changes: &Changes, mut arguments: MultiValue) -> Result<Self> {
        let target = match arguments.pop_front() {
            Some(LuaValue::String(target)) => target.to_string_lossy(),
            other => {
                let got = other.as_ref().map_or("nothing", LuaValue::type_name);
                return Err(Error::invalid(format!("invalid function target: a text is needed, got {got}")));
            }
        };
        let context = running.context();
        let request = CallRequest::new(running.id(), &target).for_actor(context.actor(), context.scope());
        running.allowed(running.services().policy.call(&request))?;
        let function = running.functions().find(&target)?;
        let limit = running.limits().max_host_bytes;
        let converted = arguments.iter().enumerate().map(|(index, argument)| {
            convert::from_lua(argument, limit).map_err(|error| {
                Error::new(error.kind(), format!("argument {}: {}", index + 1, error.message()))
                    .with_reason(error.reason())
            })
        });
        let arguments = converted.collect::<Result<_>>()?;
        let context = changes.apply(context);
        Ok(Self { target, function, context, arguments, timeout: changes.timeout })
    }

    /// Runs the call. Dropping this cancels it.
    pub(super) async fn run(self) -> Result<Value, LuaError> {
        let Self { target, function, context, arguments, timeout } = self;
        let deadline = timeout.and(context.deadline());
        let called = async {
            if context.depth() % 2 == 0 {
                return function.call(&context, arguments).await;
            }
            // A script may use much of its thread's stack before it calls. So that a chain of calls is no chain on one
            // stack, every other one has a task of its own.
            let task = tokio::spawn(async move { function.call(&context, arguments).await });
            AbortOnDropHandle::new(task)
                .await
                .unwrap_or_else(|_| Err(Error::internal(format!("{target}: the function ended without a result"))))
        };
        let Some(deadline) = deadline else { return Ok(called.await?) };
        Ok(tokio::time::timeout_at(deadline.into(), called).await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Timeout, format!("{target}: no result before its deadline"))
                .with_reason(Reason::ExecutionTime)
                .with_remedy("give the call a longer timeout"))
        })?)
    }
}
