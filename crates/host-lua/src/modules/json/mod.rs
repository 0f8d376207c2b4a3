//! `json`: text to and from Lua values, in steps that never run long.
//!
//! - Integers stay integers; one above 2^63-1 is read as decimal text, as every caller does, and one beyond 64 bits as a
//!   float. NaN and the infinities are refused.
//! - A table whose keys are 1 to n is an array, any other an object with its names in order; an empty one is `{}`,
//!   unless it came as an empty array.
//! - `null` is `json.null` inside an array, and `nil` elsewhere. Text that is no UTF-8 is written as `{"base64": "…"}`.
//! - Nesting is limited to 128 levels, in both directions; tables are read without their metamethods.
//! - The limit of size is the call's `max_memory_bytes`. Every 20,000 values the function lets others run.

mod decode;
mod encode;

use super::pause;
use crate::bundled::Bundled;
use mlua::{Function, Lua, Result, Table, Value};

static CODE: Bundled = Bundled::new(include_str!("json.lua"));

/// What one step may do: values, or 16 bytes of text each.
const SLICE: usize = 20_000;

/// `encode(v)` and `decode(s)` → value, err; `null`.
pub(crate) fn module(lua: &Lua) -> Result<Table> {
    let pause = pause::function(lua)?;
    let steps = (encode::steps(lua)?, decode::steps(lua)?, pause);
    let (encode, decode): (Function, Function) = CODE.load(lua)?.call(steps)?;
    let module = lua.create_table()?;
    module.raw_set("encode", encode)?;
    module.raw_set("decode", decode)?;
    module.raw_set("null", Value::NULL)?;
    Ok(module)
}
