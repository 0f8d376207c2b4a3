//! What `require` finds beside an entry's own libraries: a file for each module.

mod call;
mod funcs;
mod future;
pub(crate) mod memory;
pub(crate) mod pattern;
pub(crate) mod pause;

use mlua::{Lua, Table};

/// The names that an entry may list under `modules`.
pub const MODULES: &[&str] = &["channel", "errors", "funcs"];

/// Opens the module of this name in this VM; `None` where there is none.
pub(crate) fn open(lua: &Lua, name: &str) -> Option<mlua::Result<Table>> {
    Some(match name {
        "channel" => crate::channel::module(lua),
        "errors" => crate::errors::module(lua),
        "funcs" => funcs::module(lua),
        _ => return None,
    })
}
