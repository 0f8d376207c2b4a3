//! `http_client`: requests under the entry's `wasi.network` policy, on a client and connections of the entry's own.
//!
//! - A response's body is at most `max_response_body` bytes, 10 MiB by default; with `stream` it is read in pieces instead.
//! - `timeout` is 30 s by default, from the call to the last byte; with `stream` to the head, and then for each `read`.
//! - Redirects are followed, ten at most, each asked of the policy; `authorization` and `cookie` stay with their origin.
//! - Nothing is decompressed: a body arrives as the server sends it, and no encoding is asked for.

mod body;
mod exchange;
mod options;
mod redirect;
mod request;
mod response;
mod uri;

use self::exchange::exchange;
use crate::errors;
use crate::wait;
use mlua::{Lua, LuaString, Result, Table, Value};
use std::sync::OnceLock;
use wippy_import_http::HttpClient;

/// The client of one entry, made when its first request is.
#[derive(Default)]
pub(crate) struct Shared(pub(crate) OnceLock<HttpClient>);

/// `get`, `post`, `put`, `patch`, `delete`, `head` `(url, options)` and `request(method, url, options)`, each → response,
/// err; `encode_uri(s)`, `decode_uri(s)`.
pub(crate) fn module(lua: &Lua) -> Result<Table> {
    let module = lua.create_table()?;
    response::install(lua)?;
    for (name, method) in
        [("get", "GET"), ("post", "POST"), ("put", "PUT"), ("patch", "PATCH"), ("delete", "DELETE"), ("head", "HEAD")]
    {
        let request = move |lua: Lua, (url, options): (LuaString, Option<Table>)| async move {
            let response = exchange(&lua, method, &url.to_string_lossy(), options.as_ref()).await?;
            errors::pair(&lua, response)
        };
        module.raw_set(name, wait::function(lua, request)?)?;
    }
    let request = |lua: Lua, (method, url, options): (LuaString, LuaString, Option<Table>)| async move {
        let (method, url) = (method.to_string_lossy(), url.to_string_lossy());
        let response = exchange(&lua, &method, &url, options.as_ref()).await?;
        errors::pair(&lua, response)
    };
    module.raw_set("request", wait::function(lua, request)?)?;
    let encode = |lua: &Lua, text: LuaString| lua.create_string(uri::encode(&text.as_bytes()));
    module.raw_set("encode_uri", lua.create_function(encode)?)?;
    let decode = |lua: &Lua, text: LuaString| {
        let decoded = match uri::decode(&text.as_bytes()) {
            Ok(bytes) => Ok(Value::String(lua.create_string(bytes)?)),
            Err(error) => Err(error),
        };
        errors::pair(lua, decoded)
    };
    module.raw_set("decode_uri", lua.create_function(decode)?)?;
    Ok(module)
}
