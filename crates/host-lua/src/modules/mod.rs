//! What `require` finds beside an entry's own libraries: a file for each module.

mod base64;
mod call;
mod env;
mod funcs;
mod future;
mod hash;
mod json;
mod logger;
mod memory;
pub(crate) mod pattern;
mod pause;
mod time;
mod uuid;

use mlua::{Lua, Result, Table};

type Open = fn(&Lua) -> Result<Table>;

/// The modules by name.
const KNOWN: &[(&str, Open)] = &[
    ("base64", base64::module),
    ("channel", crate::channel::module),
    ("env", env::module),
    ("errors", crate::errors::module),
    ("funcs", funcs::module),
    ("hash", hash::module),
    ("json", json::module),
    ("logger", logger::module),
    ("time", time::module),
    ("uuid", uuid::module),
];

pub const MODULES: &[&str] = &[
    "base64",
    "channel",
    "env",
    "errors",
    "funcs",
    "hash",
    "json",
    "logger",
    "time",
    "uuid",
];

/// Opens the module of this name in this VM; `None` where there is none.
pub(crate) fn open(lua: &Lua, name: &str) -> Option<Result<Table>> {
    KNOWN.iter().find(|(known, _)| *known == name).map(|(_, open)| open(lua))
}
