//! What `require` finds beside an entry's own libraries: a file for each module.

mod base64;
mod call;
mod env;
mod funcs;
mod future;
mod hash;
#[cfg(feature = "http")]
mod http_client;
mod json;
mod logger;
mod memory;
pub(crate) mod pattern;
mod pause;
pub(crate) mod process;
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
    #[cfg(feature = "http")]
    ("http_client", http_client::module),
    ("json", json::module),
    ("logger", logger::module),
    ("process", process::module),
    ("time", time::module),
    ("uuid", uuid::module),
];

/// The names that an entry may list under `modules`. `http_client` is there with the feature `http`.
pub const MODULES: &[&str] = &[
    "base64",
    "channel",
    "env",
    "errors",
    "funcs",
    "hash",
    #[cfg(feature = "http")]
    "http_client",
    "json",
    "logger",
    "process",
    "time",
    "uuid",
];

/// What the modules share between the calls of one entry.
#[derive(Default)]
pub(crate) struct Shared {
    #[cfg(feature = "http")]
    pub(crate) http: http_client::Shared,
}

/// Opens the module of this name in this VM; `None` where there is none.
pub(crate) fn open(lua: &Lua, name: &str) -> Option<Result<Table>> {
    KNOWN.iter().find(|(known, _)| *known == name).map(|(_, open)| open(lua))
}
