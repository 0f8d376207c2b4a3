//! What Lua gets of a response.

use crate::bundled::Bundled;
use http::HeaderMap;
use mlua::{Lua, Result, Table};

/// The key of the metatable that makes the names of header fields equal in any case.
const ANY_CASE: &str = "wippy.http_client.headers";

static CODE: Bundled = Bundled::new(include_str!("headers.lua"));

/// Prepares the VM.
pub(super) fn install(lua: &Lua) -> Result<()> {
    let any_case: Table = CODE.load(lua)?.call(())?;
    lua.set_named_registry_value(ANY_CASE, any_case)
}

/// Fields by name (`Content-Type`), found in any case. Several values of one are joined by a comma, those of `Set-Cookie`,
/// which have commas of their own, by a line's end.
pub(super) fn headers(lua: &Lua, headers: &HeaderMap) -> Result<Table> {
    let table = lua.create_table()?;
    for name in headers.keys() {
        let between: &[u8] = if *name == http::header::SET_COOKIE { b"\n" } else { b", " };
        let values: Vec<&[u8]> = headers.get_all(name).iter().map(http::HeaderValue::as_bytes).collect();
        table.raw_set(canonical(name.as_str()), lua.create_string(values.join(between))?)?;
    }
    table.set_metatable(Some(lua.named_registry_value(ANY_CASE)?))?;
    Ok(table)
}

/// Upper case after each hyphen, as people write the names.
fn canonical(name: &str) -> String {
    let mut upper = true;
    let spell = |c: char| {
        let spelt = if upper { c.to_ascii_uppercase() } else { c };
        upper = c == '-';
        spelt
    };
    name.chars().map(spell).collect()
}
