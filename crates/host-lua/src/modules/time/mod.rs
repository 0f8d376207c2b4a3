//! `time`: the clock of the call, sleeping, timers. A wait is a future; dropping the call ends it.

mod duration;
mod moment;
mod timer;

pub(super) use self::duration::LuaDuration;

use self::moment::Moment;
use self::timer::Timer;
use crate::errors;
use crate::running;
use crate::wait;
use mlua::{Lua, LuaString, Result, Table, Value};

/// `now()`, `sleep(d)`, `after(d)`, `timer(d)`, `ticker(d)`, `parse_duration(s)` → value, err.
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
        lua.create_function(|lua, duration: Value| Ok(Timer::once(lua, LuaDuration::of(&duration)?)?.channel()))?,
    )?;
    module
        .raw_set("timer", lua.create_function(|lua, duration: Value| Timer::once(lua, LuaDuration::of(&duration)?))?)?;
    module.raw_set(
        "ticker",
        lua.create_function(|lua, duration: Value| Timer::repeated(lua, LuaDuration::of(&duration)?))?,
    )?;
    module.raw_set(
        "parse_duration",
        lua.create_function(|lua, text: LuaString| errors::pair(lua, LuaDuration::parse(&text.to_string_lossy())))?,
    )?;
    Ok(module)
}
