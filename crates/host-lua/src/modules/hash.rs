//! `hash`: digests and keyed digests, in hex; with `true` as the last argument as raw bytes.

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use mlua::{Lua, LuaString, Result, Table};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::fmt::Write as _;

/// `md5`, `sha1`, `sha256`, `sha384`, `sha512` of `(data, raw)`, and `hmac_…` of `(data, key, raw)`.
pub(crate) fn module(lua: &Lua) -> Result<Table> {
    let module = lua.create_table()?;
    digest(lua, &module, "md5", |data| Md5::digest(data).to_vec())?;
    digest(lua, &module, "sha1", |data| Sha1::digest(data).to_vec())?;
    digest(lua, &module, "sha256", |data| Sha256::digest(data).to_vec())?;
    digest(lua, &module, "sha384", |data| Sha384::digest(data).to_vec())?;
    digest(lua, &module, "sha512", |data| Sha512::digest(data).to_vec())?;
    macro_rules! keyed {
        ($name:literal, $hash:ty) => {
            keyed(lua, &module, $name, |data, key| {
                // A key of any length will do: a longer one than a block is hashed first.
                Hmac::<$hash>::new_from_slice(key).map(|mac| mac.chain_update(data).finalize().into_bytes().to_vec())
            })?
        };
    }
    keyed!("hmac_md5", Md5);
    keyed!("hmac_sha1", Sha1);
    keyed!("hmac_sha256", Sha256);
    keyed!("hmac_sha384", Sha384);
    keyed!("hmac_sha512", Sha512);
    Ok(module)
}

fn digest(lua: &Lua, module: &Table, name: &str, of: fn(&[u8]) -> Vec<u8>) -> Result<()> {
    let function = lua
        .create_function(move |lua, (data, raw): (LuaString, Option<bool>)| written(lua, &of(&data.as_bytes()), raw))?;
    module.raw_set(name, function)
}

/// The digest of data under a key.
type Keyed<E> = fn(&[u8], &[u8]) -> std::result::Result<Vec<u8>, E>;

fn keyed<E: std::fmt::Display + 'static>(lua: &Lua, module: &Table, name: &str, of: Keyed<E>) -> Result<()> {
    let function = lua.create_function(move |lua, (data, key, raw): (LuaString, LuaString, Option<bool>)| {
        let digest = of(&data.as_bytes(), &key.as_bytes()).map_err(|error| mlua::Error::runtime(error.to_string()))?;
        written(lua, &digest, raw)
    })?;
    module.raw_set(name, function)
}

fn written(lua: &Lua, digest: &[u8], raw: Option<bool>) -> Result<LuaString> {
    if raw == Some(true) {
        return lua.create_string(digest);
    }
    let mut hex = String::with_capacity(digest.len() * 2);
    for byte in digest {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    lua.create_string(hex)
}
