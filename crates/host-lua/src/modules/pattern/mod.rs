//! `string.find`, `match`, `gmatch` and `gsub` with the patterns of Lua 5.4 (reference manual, 6.4.1), on a matcher of
//! ours: the C functions backtrack for years where a pattern asks for it, and nothing can interrupt them.
//!
//! Results and messages are Lua's own. What differs:
//!
//! - **One attempt at one place takes 10 million steps at most**, beyond which the error is Lua's `pattern too complex`.
//!   A step is an item of the pattern tried at a place; a run of one class (`%a*`) takes one for each 8 bytes.
//! - **Every million steps** (about 10 ms), over all calls of the VM, the function lets others run, and its deadline and
//!   cancellation are looked at. So a search over hundreds of megabytes is fine, and an endless one ends at the deadline.
//! - **Replacement functions, and `__index` of replacement tables, are called by Lua code**: they may wait and yield.
//! - The result of `gsub` is held to the memory limit while it grows.

mod arguments;
mod class;
mod functions;
mod matcher;
mod meter;
mod search;
mod substitution;

#[cfg(test)]
mod tests;

use self::meter::Meter;
use crate::bundled::Bundled;
use mlua::{Function, Lua, Result, Table};

static CODE: Bundled = Bundled::new(include_str!("string.lua"));

/// Puts the four functions in the place of Lua's own in `string`.
pub(crate) fn install(lua: &Lua, string: &Table) -> Result<()> {
    let meter = Meter::default();
    let pause = super::pause::function(lua)?;
    let steps = (
        functions::find(lua, &meter)?,
        functions::matching(lua, &meter)?,
        functions::gmatch(lua, &meter)?,
        substitution::gsub(lua, &meter)?,
        pause,
    );
    let (find, matching, gmatch, gsub): (Function, Function, Function, Function) = CODE.load(lua)?.call(steps)?;
    string.raw_set("find", find)?;
    string.raw_set("match", matching)?;
    string.raw_set("gmatch", gmatch)?;
    string.raw_set("gsub", gsub)
}
