//! `funcs`: calls of other functions.

use super::call::{Call, Changes};
use super::future::Future;
use super::time::LuaDuration;
use crate::errors::{LuaError, pair};
use crate::{convert, running, wait};
use mlua::{AnyUserData, Lua, MetaMethod, MultiValue, Table, UserData, UserDataFields, UserDataMethods, Value};
use std::time::Duration;
use wippy_host_core::{Error, Value as HostValue};

/// `funcs.new()`: calls in a context that differs from the function's own. Each change gives a new one.
#[derive(Clone, Default)]
struct Executor(Changes);

pub(crate) fn module(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    let call = |lua, arguments| call(lua, Changes::default(), arguments);
    module.raw_set("call", wait::function(lua, call)?)?;
    module.raw_set("async", lua.create_function(|lua, arguments| start(lua, &Changes::default(), arguments))?)?;
    module.raw_set("new", lua.create_function(|_, ()| Ok(Executor::default()))?)?;
    Ok(module)
}

async fn call(lua: Lua, changes: Changes, arguments: MultiValue) -> mlua::Result<(Value, Value)> {
    let called = Call::new(&*running::of(&lua)?, &changes, arguments);
    let result = match called {
        Ok(call) => call.run().await,
        Err(error) => Err(error.into()),
    };
    pair(&lua, result.and_then(|value| convert::into_lua(&lua, value).map_err(|error| LuaError::of_raised(&error))))
}

fn start(lua: &Lua, changes: &Changes, arguments: MultiValue) -> mlua::Result<(Value, Value)> {
    let running = running::of(lua)?;
    let started = match Call::new(&running, changes, arguments) {
        Ok(call) => Future::start(lua, &running, call),
        Err(error) => Err(error.into()),
    };
    pair(lua, started)
}

/// A name or an id, also of a table that has one.
fn named(what: &str, value: &Value) -> mlua::Result<String> {
    let text = match value {
        Value::String(text) => Some(text.to_string_lossy()),
        Value::Table(table) => table.raw_get::<Option<String>>("id")?,
        _ => None,
    };
    text.ok_or_else(|| LuaError::from(Error::invalid(format!("{what} is a text, or a table with an id"))).into())
}

fn timeout(options: &Table) -> mlua::Result<Option<Duration>> {
    Ok(match options.raw_get("timeout")? {
        Value::Nil => None,
        given => Some(Duration::from_nanos(LuaDuration::of(&given)?.wait())),
    })
}

impl UserData for Executor {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field_with(MetaMethod::Index, |lua| {
            let waiting = lua.create_table()?;
            let run = |lua: Lua, mut arguments: MultiValue| async move {
                let executor = arguments.pop_front().unwrap_or(Value::Nil);
                let changes = lua.unpack::<AnyUserData>(executor)?.borrow::<Self>()?.0.clone();
                call(lua, changes, arguments).await
            };
            waiting.raw_set("call", wait::function(lua, run)?)?;
            Ok(waiting)
        });
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("async", |lua, executor, arguments| start(lua, &executor.0, arguments));
        methods.add_method("with_context", |lua, executor, values: Table| {
            let limit = running::of(lua)?.limits().max_host_bytes;
            let mut changes = executor.0.clone();
            let values = convert::from_lua(&Value::Table(values), limit).map_err(LuaError::from)?;
            let HostValue::Object(values) = values else {
                return Err(LuaError::from(Error::invalid("a context is a table of names")).into());
            };
            for (name, value) in values {
                let value = value.into_json().map_err(|error| LuaError::from(Error::from(error)))?;
                changes.values.retain(|(known, _)| *known != name);
                changes.values.push((name, value));
            }
            Ok(Self(changes))
        });
        methods.add_method("with_actor", |_, executor, actor: Value| {
            Ok(Self(Changes { actor: Some(named("an actor", &actor)?), ..executor.0.clone() }))
        });
        methods.add_method("with_scope", |_, executor, scope: Value| {
            Ok(Self(Changes { scope: Some(named("a scope", &scope)?), ..executor.0.clone() }))
        });
        methods.add_method("with_options", |_, executor, options: Table| {
            Ok(Self(Changes { timeout: timeout(&options)?.or(executor.0.timeout), ..executor.0.clone() }))
        });
    }
}
