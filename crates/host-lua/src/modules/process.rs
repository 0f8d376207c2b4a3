//! `process`: starting processes, watching them end, and being told.
//!
//! A function has a pid and a mailbox from the first time that it needs one until its call ends. What it spawned goes on.

use crate::channel::Channel;
use crate::errors::{self, LuaError};
use crate::running::{self, Running};
use crate::{convert, wait};
use mlua::{IntoLua, Lua, MultiValue, Result, Table, Value as LuaValue, WeakLua};
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;
use wippy_host_core::{CallRequest, Error, ErrorKind, Value};
use wippy_host_process::{Attached, Event, EventKind, Events, Pid, Processes, Spawn};

/// Where the channel of events stands in the VM.
const EVENTS: &str = "wippy.process.events";

/// What one call has to do with processes: nothing, until it asks.
#[derive(Default)]
pub(crate) struct Mailbox(OnceLock<Attached>);

impl Mailbox {
    fn attached(&self, running: &Running) -> std::result::Result<&Attached, Error> {
        let processes = processes(running)?;
        Ok(self.0.get_or_init(|| processes.attach(running.id())))
    }
}

/// `id()`; `pid()` → pid, err; `spawn(id, host, …)` and `spawn_monitored(id, host, …)` → pid, err; `exec(id, host, …)` → value, err;
/// `cancel(pid, reason)`, `terminate(pid)`, `monitor(pid)`, `unmonitor(pid)` → true, err; `events()` → channel, err;
/// `event.EXIT`, `event.CANCEL`. Where the host has no processes, all of them but `id()` return nil and the error.
///
/// Bare ids are of the entry's own namespace. The policy is asked for a program as for a function that is called.
pub(crate) fn module(lua: &Lua) -> Result<Table> {
    let module = lua.create_table()?;
    module.raw_set("id", lua.create_function(|lua, ()| Ok(running::of(lua)?.id().to_string()))?)?;
    module.raw_set(
        "pid",
        lua.create_function(|lua, ()| {
            let running = running::of(lua)?;
            errors::pair(lua, running.mailbox().attached(&running).map(|attached| attached.pid().to_string()))
        })?,
    )?;
    for (name, monitored) in [("spawn", false), ("spawn_monitored", true)] {
        let spawn = move |lua: &Lua, arguments: MultiValue| errors::pair(lua, spawn(lua, arguments, monitored)?);
        module.raw_set(name, lua.create_function(spawn)?)?;
    }
    module.raw_set("exec", wait::function(lua, |lua, arguments: MultiValue| exec(lua, arguments))?)?;
    module.raw_set(
        "cancel",
        lua.create_function(|lua, (pid, reason): (String, Option<String>)| {
            let reason = reason.unwrap_or_default();
            act(lua, &pid, |processes, own, pid| processes.cancel(Some(own), pid, &reason))
        })?,
    )?;
    let action = |name, action: Action| {
        let function = lua.create_function(move |lua, pid: String| act(lua, &pid, action))?;
        module.raw_set(name, function)
    };
    action("terminate", |processes, _, pid| processes.terminate(pid))?;
    action("monitor", |processes, own, pid| processes.monitor(own, pid))?;
    action("unmonitor", |processes, own, pid| processes.unmonitor(own, pid))?;
    module.raw_set("events", lua.create_function(|lua, ()| errors::pair(lua, events(lua)?))?)?;
    let kinds = lua.create_table()?;
    kinds.raw_set("EXIT", text(EventKind::Exit))?;
    kinds.raw_set("CANCEL", text(EventKind::Cancel))?;
    module.raw_set("event", kinds)?;
    Ok(module)
}

type Action = fn(&Processes, &Pid, &Pid) -> wippy_host_core::Result<()>;

fn processes(running: &Running) -> std::result::Result<&Processes, Error> {
    running.processes().ok_or_else(|| {
        Error::new(ErrorKind::Unavailable, format!("{}: there are no processes here", running.id()))
            .with_remedy("run the function in an application")
    })
}

/// `true`, or the error, of something that this function does to a process.
fn act(
    lua: &Lua,
    pid: &str,
    action: impl FnOnce(&Processes, &Pid, &Pid) -> wippy_host_core::Result<()>,
) -> Result<(LuaValue, LuaValue)> {
    let running = running::of(lua)?;
    let done = processes(&running).and_then(|processes| {
        let pid: Pid = pid.parse()?;
        action(processes, running.mailbox().attached(&running)?.pid(), &pid)
    });
    errors::pair(lua, done.map(|()| true))
}

fn spawn(lua: &Lua, arguments: MultiValue, monitored: bool) -> Result<std::result::Result<String, Error>> {
    let running = running::of(lua)?;
    Ok(requested(&running, arguments).and_then(|spawn| {
        let own = running.mailbox().attached(&running)?.pid();
        let spawn = if monitored { spawn.monitored_by(own) } else { spawn.spawned_by(own) };
        Ok(processes(&running)?.spawn(spawn)?.to_string())
    }))
}

async fn exec(lua: Lua, arguments: MultiValue) -> Result<(LuaValue, LuaValue)> {
    let running = running::of(&lua)?;
    let result = match requested(&running, arguments) {
        Ok(spawn) => match processes(&running) {
            Ok(processes) => processes.exec(spawn).await,
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    match result {
        Ok(value) => {
            let value = convert::into_lua(&lua, value)?;
            errors::pair(&lua, Ok::<_, Error>(value))
        }
        Err(error) => errors::pair::<LuaValue>(&lua, Err(error)),
    }
}

/// What `(id, host, arguments…)` asks for, where the policy allows it.
fn requested(running: &Running, mut arguments: MultiValue) -> std::result::Result<Spawn, Error> {
    let mut name = |what: &str| match arguments.pop_front() {
        Some(LuaValue::String(text)) => Ok(resolved(running, &text.to_string_lossy())),
        other => {
            let got = other.as_ref().map_or("nothing", LuaValue::type_name);
            Err(Error::invalid(format!("{what} must be a text, got {got}"))
                .with_remedy("write process.spawn(\"namespace:program\", \"namespace:host\", …)"))
        }
    };
    let (id, host) = (name("the id of the program")?, name("the id of the process host")?);
    let context = running.context();
    let request = CallRequest::new(running.id(), &id).for_actor(context.actor(), context.scope());
    running.allowed(running.services().policy.call(&request))?;
    let limit = running.limits().max_host_bytes;
    let arguments = arguments.iter().enumerate().map(|(index, argument)| {
        convert::from_lua(argument, limit).map_err(|error| {
            Error::new(error.kind(), format!("argument {}: {}", index + 1, error.message())).with_reason(error.reason())
        })
    });
    let arguments = arguments.collect::<std::result::Result<Vec<Value>, Error>>()?;
    Ok(Spawn::new(id, host, context.nested()).with_arguments(arguments))
}

fn resolved(running: &Running, id: &str) -> String {
    match running.id().split_once(':') {
        Some((namespace, _)) if !id.contains(':') => format!("{namespace}:{id}"),
        _ => id.to_owned(),
    }
}

/// The channel of this function's events, the same one each time.
fn events(lua: &Lua) -> Result<std::result::Result<LuaValue, Error>> {
    if let Ok(known @ LuaValue::UserData(_)) = lua.named_registry_value::<LuaValue>(EVENTS) {
        return Ok(Ok(known));
    }
    let running = running::of(lua)?;
    let attached = match running.mailbox().attached(&running) {
        Ok(attached) => attached,
        Err(error) => return Ok(Err(error)),
    };
    // The mailbox is the buffer, and bounded; the channel takes one event after the other out of it.
    let channel = Channel::new(0);
    running.tasks().spawn(deliver(lua.weak(), attached.events(), channel.clone()))?;
    let channel = channel.into_lua(lua)?;
    lua.set_named_registry_value(EVENTS, channel.clone())?;
    Ok(Ok(channel))
}

async fn deliver(lua: WeakLua, events: Events, channel: Channel) {
    loop {
        let event = events.recv().await;
        let Some(event) = lua.try_upgrade().and_then(|lua| table(&lua, event).ok()) else { break };
        if channel.send(event).await.is_err() {
            return;
        }
    }
    // No memory for another event: nobody is to wait for it.
    channel.close();
}

/// `{kind=, from=, at=, result={value=, error=}, reason=}`; `at` is in seconds since 1970.
fn table(lua: &Lua, event: Event) -> Result<LuaValue> {
    let table = lua.create_table()?;
    table.raw_set("kind", text(event.kind))?;
    table.raw_set("from", event.from.to_string())?;
    table.raw_set("at", event.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64())?;
    table.raw_set("reason", event.reason)?;
    if let Some(result) = event.result {
        let outcome = lua.create_table()?;
        match result {
            Ok(value) => outcome.raw_set("value", convert::into_lua(lua, value)?)?,
            Err(error) => outcome.raw_set("error", LuaError::from(error))?,
        }
        table.raw_set("result", outcome)?;
    }
    Ok(LuaValue::Table(table))
}

fn text(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Cancel => "pid.cancel",
        // The one other kind that there is.
        _ => "pid.exit",
    }
}
