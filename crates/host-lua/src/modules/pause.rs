//! Lets others run in the middle of long work of ours.

use mlua::{Function, Lua, Result, Table};

/// A function for Lua code to call every ten milliseconds or so of work that the instruction counter does not see. Where
/// the coroutine cannot be suspended (inside a comparator of `table.sort`, for example) it goes on at once.
pub(crate) fn function(lua: &Lua) -> Result<Function> {
    let coroutine: Table = lua.globals().get("coroutine")?;
    let is_yieldable: Function = coroutine.get("isyieldable")?;
    let wait = lua.create_async_function(|_, ()| async {
        tokio::task::yield_now().await;
        Ok(())
    })?;
    lua.load("local yieldable, wait = ... return function() if yieldable() then wait() end end")
        .set_name("=[pause]")
        .call((is_yieldable, wait))
}
