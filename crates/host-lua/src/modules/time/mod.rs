//! `time`: the clock of the call, sleeping, timers. A wait is a future; dropping the call ends it.

mod duration;
mod moment;
mod timer;

pub(super) use self::duration::LuaDuration;

use self::moment::Moment;
use self::timer::Timer;
use crate::errors::{self, LuaError};
use crate::running;
use crate::wait;
use mlua::{Lua, Result, Table, Value};

/// `now()`, `sleep(d)`; `after(d)`, `timer(d)`, `ticker(d)`, `parse_duration(d)` → value, err.
pub(crate) fn module(lua: &Lua) -> Result<Table> {
    let module = lua.create_table()?;
    module.raw_set("now", lua.create_function(|lua, ()| Ok(Moment::new(running::of(lua)?.clock().wall())))?)?;
    module.raw_set(
        "sleep",
        wait::function(lua, |lua, duration: Value| async move {
            let wait = LuaDuration::of(&duration)?.wait();
            let running = running::of(&lua)?;
            let clock = running.clock();
            clock.sleep_until(clock.monotonic().saturating_add(wait)).await;
            Ok(())
        })?,
    )?;
    module.raw_set(
        "after",
        lua.create_function(|lua, duration: Value| {
            errors::pair(lua, started(&duration, |duration| Timer::once(lua, duration)).map(|timer| timer.channel()))
        })?,
    )?;
    module.raw_set(
        "timer",
        lua.create_function(|lua, duration: Value| {
            errors::pair(lua, started(&duration, |duration| Timer::once(lua, duration)))
        })?,
    )?;
    module.raw_set(
        "ticker",
        lua.create_function(|lua, duration: Value| {
            errors::pair(lua, started(&duration, |duration| Timer::repeated(lua, duration)))
        })?,
    )?;
    module.raw_set(
        "parse_duration",
        lua.create_function(|lua, duration: Value| errors::pair(lua, LuaDuration::of(&duration)))?,
    )?;
    Ok(module)
}

fn started(duration: &Value, start: impl FnOnce(LuaDuration) -> Result<Timer>) -> std::result::Result<Timer, LuaError> {
    start(LuaDuration::of(duration)?).map_err(|error| LuaError::of_raised(&error))
}
