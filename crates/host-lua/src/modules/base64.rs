//! `base64`: text and bytes to and from Base64 (RFC 4648, standard alphabet with padding).

use crate::errors::{self, LuaError};
use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mlua::{Lua, LuaString, Result, Table};
use wippy_host_core::ErrorKind;

use super::memory;

/// Writes padding; reads with or without it.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `encode(s)` and `decode(s)` → value, err.
pub(crate) fn module(lua: &Lua) -> Result<Table> {
    let module = lua.create_table()?;
    let encode = |lua: &Lua, text: LuaString| {
        let text = text.as_bytes();
        if text.len() / 3 * 4 > memory::room(lua) {
            return Err(memory::exhausted());
        }
        lua.create_string(ENGINE.encode(&text[..]))
    };
    let decode = |lua: &Lua, text: LuaString| {
        let text = text.as_bytes();
        if text.len() / 4 * 3 > memory::room(lua) {
            return Err(memory::exhausted());
        }
        let decoded = match ENGINE.decode(&text[..]) {
            Ok(bytes) => Ok(lua.create_string(bytes)?),
            Err(error) => {
                let message = format!("base64.decode: the text is not Base64: {error}");
                Err(LuaError::new(Some(ErrorKind::Invalid), message))
            }
        };
        errors::pair(lua, decoded)
    };
    module.raw_set("encode", lua.create_function(encode)?)?;
    module.raw_set("decode", lua.create_function(decode)?)?;
    Ok(module)
}
