//! The future of `funcs.async`: a call that runs beside the function.

use super::call::Call;
use crate::channel::Channel;
use crate::convert;
use crate::errors::{LuaError, pair};
use crate::running::Running;
use mlua::{IntoLua, Lua, UserData, UserDataMethods, Value};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;
use wippy_host_core::{ErrorKind, Value as HostValue};

/// A call that runs, or has run. Dropping it does not end the call; the end of the function's own call does.
#[derive(Clone)]
pub(super) struct Future(Arc<State>);

struct State {
    outcome: Mutex<Option<Result<HostValue, LuaError>>>,
    channel: Value,
    cancel: CancellationToken,
}

/// What a future gives, by its channel and by `result()`; in the place of an error, the channel gives the error object.
struct Payload(HostValue);

impl UserData for Payload {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("data", |lua, payload, ()| convert::into_lua(lua, payload.0.clone()));
    }
}

impl Future {
    /// Starts `call`.
    ///
    /// # Errors
    /// Where too much runs beside the function already.
    pub(super) fn start(lua: &Lua, running: &Running, call: Call) -> Result<Self, LuaError> {
        let channel = Channel::new(1);
        let failed = |error: mlua::Error| LuaError::of_raised(&error);
        let value = channel.clone().into_lua(lua).map_err(failed)?;
        let future =
            Self(Arc::new(State { outcome: Mutex::default(), channel: value, cancel: CancellationToken::new() }));
        let (state, lua) = (future.0.clone(), lua.clone());
        running.tasks().spawn(async move {
            let outcome = tokio::select! {
                biased;
                () = state.cancel.cancelled() => Err(LuaError::new(Some(ErrorKind::Canceled), "the call was canceled")),
                outcome = call.run() => outcome,
            };
            let answer = match &outcome {
                Ok(value) => Payload(value.clone()).into_lua(&lua),
                Err(error) => error.clone().into_lua(&lua),
            };
            if let Ok(answer) = answer {
                // The channel has room for the one value that it ever gets.
                let _ = channel.try_send(answer);
            }
            *state.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
            channel.close();
        })?;
        Ok(future)
    }

    fn outcome(&self) -> Option<Result<HostValue, LuaError>> {
        self.0.outcome.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl UserData for Future {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("response", |_, future, ()| Ok(future.0.channel.clone()));
        methods.add_method("channel", |_, future, ()| Ok(future.0.channel.clone()));
        methods.add_method("is_complete", |_, future, ()| Ok(future.outcome().is_some()));
        methods.add_method("is_canceled", |_, future, ()| Ok(future.0.cancel.is_cancelled()));
        methods.add_method("result", |lua, future, ()| match future.outcome() {
            Some(Ok(value)) => Ok((Payload(value).into_lua(lua)?, Value::Nil)),
            Some(Err(error)) => pair(lua, Err::<Value, _>(error)),
            None => Ok((Value::Nil, Value::Nil)),
        });
        methods.add_method("error", |lua, future, ()| match future.outcome() {
            Some(Err(error)) => Ok((error.into_lua(lua)?, true)),
            _ => Ok((Value::Nil, false)),
        });
        methods.add_method("cancel", |_, future, ()| {
            let open = future.outcome().is_none();
            if open {
                future.0.cancel.cancel();
            }
            Ok(open)
        });
    }
}
