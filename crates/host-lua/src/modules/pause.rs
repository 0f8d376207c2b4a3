//! Lets others run in the middle of long work of ours.

use crate::bundled::Bundled;
use crate::running;
use mlua::{Function, Lua, Result, Table};

static CODE: Bundled = Bundled::new(include_str!("pause.lua"));

/// A function for Lua code of ours to call after every ten milliseconds or so of work that the instruction counter does
/// not see. It raises where the call is over. Where the coroutine cannot be suspended the work goes on at once, under the
/// watch's limit for that.
pub(crate) fn function(lua: &Lua) -> Result<Function> {
    let coroutine: Table = lua.globals().get("coroutine")?;
    let is_yieldable: Function = coroutine.get("isyieldable")?;
    let suspend: Function = coroutine.get("yield")?;
    let look = lua.create_function(|lua, yieldable: bool| {
        let Ok(running) = running::of(lua) else { return Ok(()) };
        if yieldable {
            // The turn ends here, however long it was: only code that cannot be suspended is blamed for a long one.
            running.watch().begin_turn();
        }
        running.watch().look().map(|_| ())
    })?;
    CODE.load(lua)?.call((is_yieldable, suspend, look))
}
