//! Values to and from Lua: integers stay integers, text and bytes are strings, a table is an array or an object.

use crate::errors::LuaError;
use mlua::{IntoLua, Lua, Table, Value as LuaValue};
use std::ffi::c_void;
use std::fmt::Write as _;
use wippy_host_core::value::{MAX_DEPTH, Object};
use wippy_host_core::{Error, ErrorKind, Reason, Result, Value};

/// Bytes that each part of a value is counted with, beside its text.
const PART: usize = size_of::<Value>();

/// The key of the metatable of empty arrays, in it and in the registry.
const EMPTY_ARRAY: &str = "wippy.array";

/// The names whose value may be nothing and is still there, also in a value that came without a WIT type: `nil` in a table
/// would be the absence of the name.
const KEPT: [&str; 4] = ["ok", "err", "some", "none"];

/// A value as Lua holds it. `null` is `nil`, and `json.null` inside a list, a `result`, a variant, a map and a nested option.
pub(crate) fn into_lua(lua: &Lua, value: Value) -> mlua::Result<LuaValue> {
    match value {
        Value::Null => Ok(LuaValue::Nil),
        Value::Bool(value) => Ok(LuaValue::Boolean(value)),
        Value::Integer(value) => Ok(LuaValue::Integer(value)),
        Value::Unsigned(value) => value.to_string().into_lua(lua),
        Value::Float(value) => Ok(LuaValue::Number(value)),
        Value::Text(text) => lua.create_string(text).map(LuaValue::String),
        Value::Bytes(bytes) => lua.create_string(bytes).map(LuaValue::String),
        Value::List(items) if items.is_empty() => empty_array(lua).map(LuaValue::Table),
        Value::List(items) => {
            let table = lua.create_table_with_capacity(items.len(), 0)?;
            for (index, item) in items.into_iter().enumerate() {
                table.raw_set(index + 1, kept(lua, item)?)?;
            }
            Ok(LuaValue::Table(table))
        }
        Value::Object(object) => {
            let table = lua.create_table_with_capacity(0, object.len())?;
            let (alone, keeps) = (object.len() == 1, object.keeps_nulls());
            for (name, value) in object {
                let keeps = keeps || alone && KEPT.contains(&name.as_str());
                let value = if keeps { kept(lua, value)? } else { into_lua(lua, value)? };
                table.raw_set(name, value)?;
            }
            Ok(LuaValue::Table(table))
        }
    }
}

/// A table without anything in it that is an array when it goes back to the host: Lua has one empty table for both.
pub(crate) fn empty_array(lua: &Lua) -> mlua::Result<Table> {
    let mark = match lua.named_registry_value::<LuaValue>(EMPTY_ARRAY)? {
        LuaValue::Table(mark) => mark,
        _ => {
            let mark = lua.create_table()?;
            mark.raw_set(EMPTY_ARRAY, true)?;
            lua.set_named_registry_value(EMPTY_ARRAY, &mark)?;
            mark
        }
    };
    let table = lua.create_table()?;
    table.set_metatable(Some(mark))?;
    Ok(table)
}

/// Whether an empty table was made by [`empty_array`].
pub(crate) fn is_empty_array(table: &Table) -> bool {
    table.metatable().is_some_and(|mark| matches!(mark.raw_get(EMPTY_ARRAY), Ok(LuaValue::Boolean(true))))
}

fn kept(lua: &Lua, value: Value) -> mlua::Result<LuaValue> {
    if value.is_null() { Ok(LuaValue::NULL) } else { into_lua(lua, value) }
}

/// The value that Lua holds, of at most `max_bytes`. Tables are read without their metamethods. An empty one is an empty
/// object, which stands for an empty array where a type asks for one; one that came as an empty array still is one.
///
/// # Errors
/// Kind `Invalid`, with the path to what has no form as a value: functions, coroutines, userdata, cycles, keys that
/// are neither text nor number, nesting beyond [`MAX_DEPTH`]. Reason `HostBytes` where the value is too large.
pub(crate) fn from_lua(value: &LuaValue, max_bytes: usize) -> Result<Value> {
    Reader { left: max_bytes, max_bytes, path: Vec::new(), open: Vec::new(), described: false }.value(value)
}

/// The same for people to read: what has no form as a value is its text.
///
/// # Errors
/// As [`from_lua`], but for functions, coroutines and userdata.
pub(crate) fn described(value: &LuaValue, max_bytes: usize) -> Result<Value> {
    Reader { left: max_bytes, max_bytes, path: Vec::new(), open: Vec::new(), described: true }.value(value)
}

enum Step {
    Name(String),
    Index(usize),
}

struct Reader {
    left: usize,
    max_bytes: usize,
    path: Vec<Step>,
    /// The tables around the present value.
    open: Vec<*const c_void>,
    /// Whether what has no form is described.
    described: bool,
}

impl Reader {
    fn value(&mut self, value: &LuaValue) -> Result<Value> {
        self.take(PART)?;
        Ok(match value {
            LuaValue::Nil => Value::Null,
            LuaValue::LightUserData(pointer) if pointer.0.is_null() => Value::Null,
            LuaValue::Boolean(value) => Value::Bool(*value),
            LuaValue::Integer(value) => Value::Integer(*value),
            LuaValue::Number(value) => Value::Float(*value),
            LuaValue::String(text) => {
                let bytes = text.as_bytes();
                self.take(bytes.len())?;
                match str::from_utf8(&bytes) {
                    Ok(text) => Value::Text(text.to_owned()),
                    Err(_) => Value::Bytes(bytes.to_vec().into()),
                }
            }
            LuaValue::Table(table) => self.nested(table)?,
            other if self.described => {
                let text = match other {
                    // The host's own objects: errors, times, durations.
                    LuaValue::UserData(_) | LuaValue::Error(_) => other.to_string().unwrap_or_default(),
                    other => format!("({})", other.type_name()),
                };
                self.take(text.len())?;
                Value::Text(text)
            }
            error if LuaError::is(error) => {
                return Err(
                    self.refused(format_args!("an error object cannot be passed as a value: pass tostring(err)"))
                );
            }
            other => return Err(self.refused(format_args!("a {} cannot be passed as a value", other.type_name()))),
        })
    }

    fn nested(&mut self, table: &Table) -> Result<Value> {
        let pointer = table.to_pointer();
        if self.open.contains(&pointer) {
            return Err(self.refused(format_args!("the table contains itself")));
        }
        if self.open.len() + 1 >= MAX_DEPTH {
            return Err(self.refused(format_args!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.open.push(pointer);
        let value = self.table(table);
        self.open.pop();
        value
    }

    fn table(&mut self, table: &Table) -> Result<Value> {
        // An array has as many keys as its border says, and they are all integers up to it.
        let length = table.raw_len();
        let mut count = 0_usize;
        let mut array = length > 0;
        for pair in table.pairs::<LuaValue, LuaValue>() {
            let (key, _) = pair.map_err(|error| Error::internal(error.to_string()))?;
            count += 1;
            array &= matches!(key, LuaValue::Integer(index) if usize::try_from(index).is_ok_and(|index| index >= 1 && index <= length));
            if !array {
                break;
            }
        }
        if array && count == length {
            self.array(table, length)
        } else if count == 0 && is_empty_array(table) {
            Ok(Value::List(Vec::new()))
        } else {
            self.object(table)
        }
    }

    fn array(&mut self, table: &Table, length: usize) -> Result<Value> {
        let mut items = Vec::new();
        for index in 1..=length {
            let item: LuaValue = table.raw_get(index).map_err(|error| Error::internal(error.to_string()))?;
            self.path.push(Step::Index(index));
            items.push(self.value(&item)?);
            self.path.pop();
        }
        Ok(Value::List(items))
    }

    fn object(&mut self, table: &Table) -> Result<Value> {
        let mut pairs = Vec::new();
        for pair in table.pairs::<LuaValue, LuaValue>() {
            let (key, value) = pair.map_err(|error| Error::internal(error.to_string()))?;
            let name = match key {
                LuaValue::String(text) => match text.to_str() {
                    Ok(text) => text.to_owned(),
                    Err(_) => return Err(self.refused(format_args!("a key is not valid UTF-8"))),
                },
                LuaValue::Integer(key) => key.to_string(),
                LuaValue::Number(key) => key.to_string(),
                other => {
                    return Err(self.refused(format_args!("a key is a {}, and must be text", other.type_name())));
                }
            };
            self.take(PART + name.len())?;
            self.path.push(Step::Name(name.clone()));
            let value = self.value(&value)?;
            self.path.pop();
            pairs.push((name, value));
        }
        // Lua has no order of its own: the same table gives the same object.
        pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
        Object::from_pairs(pairs).map(Value::Object).map_err(|error| self.refused(format_args!("{error}")))
    }

    fn take(&mut self, bytes: usize) -> Result<()> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| {
            Error::new(
                ErrorKind::RateLimited,
                format!("{}the value is larger than {} bytes", self.place(), self.max_bytes),
            )
            .with_reason(Reason::HostBytes)
            .with_remedy("raise limits.max_host_bytes of the entry, or pass less at a time")
        })?;
        Ok(())
    }

    fn refused(&self, why: std::fmt::Arguments<'_>) -> Error {
        Error::invalid(format!("{}{why}", self.place()))
    }

    /// The path with a colon, as Lua would write it; nothing for the value itself.
    fn place(&self) -> String {
        let mut place = String::new();
        for step in &self.path {
            // Writing to a string does not fail.
            let _ = match step {
                Step::Name(name) if place.is_empty() => write!(place, "{:.64}", name),
                Step::Name(name) => write!(place, ".{:.64}", name),
                Step::Index(index) => write!(place, "[{index}]"),
            };
        }
        if place.is_empty() { place } else { place + ": " }
    }
}
