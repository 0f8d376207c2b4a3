//! `uuid`: random identifiers from the host's entropy and the call's clock.

use crate::errors::{self, LuaError};
use crate::running;
use mlua::{Lua, Result, Table};
use uuid::Builder;

/// `v4()` and `v7()` → text, err.
pub(crate) fn module(lua: &Lua) -> Result<Table> {
    let module = lua.create_table()?;
    let v4 = |lua: &Lua, ()| {
        let mut random = [0; 16];
        let filled = running::of(lua)?.services().entropy.fill(&mut random);
        let uuid = filled.map(|()| Builder::from_random_bytes(random).into_uuid().to_string());
        errors::pair(lua, uuid.map_err(LuaError::from))
    };
    let v7 = |lua: &Lua, ()| {
        let running = running::of(lua)?;
        let mut random = [0; 10];
        let filled = running.services().entropy.fill(&mut random);
        let millis = u64::try_from(running.clock().wall().as_millis()).unwrap_or(u64::MAX);
        let uuid = filled.map(|()| Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string());
        errors::pair(lua, uuid.map_err(LuaError::from))
    };
    module.raw_set("v4", lua.create_function(v4)?)?;
    module.raw_set("v7", lua.create_function(v7)?)?;
    Ok(module)
}
