//! Arguments as Lua's own string functions take them, with its messages.

use mlua::{Lua, LuaString, Value};

/// A message for Lua's `error`, or a failure of the VM itself.
pub(super) enum Unfit {
    Message(String),
    Failed(mlua::Error),
}

impl From<mlua::Error> for Unfit {
    fn from(error: mlua::Error) -> Self {
        Self::Failed(error)
    }
}

/// Text, or a number as text.
pub(super) fn text(lua: &Lua, function: &str, index: usize, value: Value) -> Result<LuaString, Unfit> {
    match value {
        Value::String(text) => Ok(text),
        number @ (Value::Integer(_) | Value::Number(_)) => match lua.coerce_string(number)? {
            Some(text) => Ok(text),
            None => Err(unfit(function, index, "string expected, got number")),
        },
        other => Err(unexpected(function, index, "string", &other)),
    }
}

/// An integer, or what Lua takes for one; `default` where the argument is nil.
pub(super) fn integer(lua: &Lua, function: &str, index: usize, value: Value, default: i64) -> Result<i64, Unfit> {
    if value.is_nil() {
        return Ok(default);
    }
    if let Some(integer) = lua.coerce_integer(value.clone())? {
        return Ok(integer);
    }
    Err(match lua.coerce_number(value.clone())? {
        Some(_) => unfit(function, index, "number has no integer representation"),
        None => unexpected(function, index, "number", &value),
    })
}

/// `init` as an index from 0; one behind the end counts as `length + 1`.
pub(super) fn start(init: i64, length: usize) -> usize {
    let from_end = || usize::try_from(init.unsigned_abs()).ok().and_then(|back| length.checked_sub(back));
    match init {
        1.. => usize::try_from(init - 1).map_or(length + 1, |start| start.min(length + 1)),
        0 => 0,
        _ => from_end().unwrap_or(0),
    }
}

pub(super) fn unexpected(function: &str, index: usize, expected: &str, got: &Value) -> Unfit {
    unfit(function, index, &format!("{expected} expected, got {}", type_name(got)))
}

/// The name that `type` gives, or what the value's metatable calls itself.
pub(super) fn type_name(value: &Value) -> String {
    match value {
        Value::Integer(_) | Value::Number(_) => "number".to_owned(),
        Value::LightUserData(_) => "light userdata".to_owned(),
        Value::UserData(_) | Value::Error(_) => "userdata".to_owned(),
        other => other.type_name().to_owned(),
    }
}

fn unfit(function: &str, index: usize, problem: &str) -> Unfit {
    Unfit::Message(format!("bad argument #{index} to '{function}' ({problem})"))
}
