//! Lua values to JSON text.

use super::SLICE;
use crate::convert;
use crate::errors::{self, LuaError};
use crate::modules::memory;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mlua::{Function, Lua, MultiValue, Result, Table, Value};
use std::io::Write as _;
use std::vec::IntoIter;
use wippy_host_core::ErrorKind;
use wippy_host_core::value::MAX_DEPTH;

/// `(value)` → `true, text, err`, or `false` and the step that goes on.
pub(super) fn steps(lua: &Lua) -> Result<Function> {
    let next: Function = lua.globals().get("next")?;
    lua.create_function(move |lua, value: Value| {
        let mut encoder = Encoder { next: next.clone(), out: Vec::new(), open: Vec::new() };
        let started = encoder.value(value);
        let ended = match started {
            Ok(()) => encoder.step(lua),
            Err(error) => Err(error),
        };
        answer(lua, encoder, ended)
    })
}

fn answer(lua: &Lua, mut encoder: Encoder, ended: std::result::Result<bool, Stop>) -> Result<MultiValue> {
    let result = match ended {
        Ok(false) => {
            let mut waiting = Some(encoder);
            let step = lua.create_function_mut(move |lua, ()| {
                let Some(mut encoder) = waiting.take() else {
                    return Err(mlua::Error::runtime("the text is complete"));
                };
                let ended = encoder.step(lua);
                answer(lua, encoder, ended)
            })?;
            return Ok(MultiValue::from_vec(vec![Value::Boolean(false), Value::Function(step)]));
        }
        Ok(true) => Ok(lua.create_string(std::mem::take(&mut encoder.out))?),
        Err(Stop::Refused(message)) => Err(LuaError::new(Some(ErrorKind::Invalid), message)),
        Err(Stop::Failed(error)) => return Err(error),
    };
    let (text, error) = errors::pair(lua, result)?;
    Ok(MultiValue::from_vec(vec![Value::Boolean(true), text, error]))
}

/// Why there is no text.
enum Stop {
    Refused(String),
    Failed(mlua::Error),
}

impl From<mlua::Error> for Stop {
    fn from(error: mlua::Error) -> Self {
        Self::Failed(error)
    }
}

type Encoded<T = ()> = std::result::Result<T, Stop>;

/// A key as it is written, and as it is looked up. Values are not held: Lua has room for few references from outside.
struct Key {
    name: String,
    number: Option<Value>,
}

enum State {
    /// Its keys are being looked at.
    Scan {
        last: Value,
        count: usize,
        array: bool,
        keys: Vec<Key>,
    },
    Array {
        index: usize,
        length: usize,
    },
    Object {
        keys: IntoIter<Key>,
        name: String,
        first: bool,
    },
}

struct Encoder {
    next: Function,
    out: Vec<u8>,
    open: Vec<(Table, State)>,
}

impl Encoder {
    /// Goes on until the slice is used up; whether the text is complete.
    fn step(&mut self, lua: &Lua) -> Encoded<bool> {
        let room = memory::room(lua);
        let mut work = 0;
        while let Some((table, state)) = self.open.last_mut() {
            if work >= SLICE {
                return Ok(false);
            }
            let before = self.out.len();
            match state {
                State::Scan { last, count, array, keys } => {
                    let (key, _): (Value, Value) = self.next.call((&*table, std::mem::replace(last, Value::Nil)))?;
                    let length = table.raw_len();
                    if key.is_nil() {
                        let keys = std::mem::take(keys);
                        let empty = *count == 0 && convert::is_empty_array(table);
                        *state = if empty || *array && *count > 0 && *count == length {
                            self.out.push(b'[');
                            State::Array { index: 0, length }
                        } else {
                            self.out.push(b'{');
                            object(keys)
                        };
                    } else {
                        *count += 1;
                        *array &= matches!(&key, Value::Integer(n) if usize::try_from(*n).is_ok_and(|n| n >= 1 && n <= length));
                        match named(&key) {
                            Ok(named) => keys.push(named),
                            Err(problem) => return Err(self.refused(&problem)),
                        }
                        *last = key;
                    }
                }
                State::Array { index, length } if *index < *length => {
                    if *index > 0 {
                        self.out.push(b',');
                    }
                    *index += 1;
                    let value = table.raw_get(*index)?;
                    self.value(value)?;
                }
                State::Array { .. } => self.close(b']'),
                State::Object { keys, name, first } => match keys.next() {
                    Some(key) => {
                        if !std::mem::replace(first, false) {
                            self.out.push(b',');
                        }
                        let value = match key.number {
                            Some(number) => table.raw_get(number)?,
                            None => table.raw_get(&*key.name)?,
                        };
                        write_text(&mut self.out, &key.name)?;
                        *name = key.name;
                        self.out.push(b':');
                        self.value(value)?;
                    }
                    None => self.close(b'}'),
                },
            }
            if self.out.len() > room {
                return Err(memory::exhausted().into());
            }
            work += 1 + self.out.len().saturating_sub(before) / 16;
        }
        Ok(true)
    }

    fn close(&mut self, end: u8) {
        self.out.push(end);
        self.open.pop();
    }

    fn value(&mut self, value: Value) -> Encoded {
        match value {
            Value::Nil => self.out.extend_from_slice(b"null"),
            Value::LightUserData(pointer) if pointer.0.is_null() => self.out.extend_from_slice(b"null"),
            Value::Boolean(true) => self.out.extend_from_slice(b"true"),
            Value::Boolean(false) => self.out.extend_from_slice(b"false"),
            Value::Integer(number) => write!(self.out, "{number}").map_err(mlua::Error::external)?,
            Value::Number(number) if number.is_finite() => {
                serde_json::to_writer(&mut self.out, &number).map_err(mlua::Error::external)?;
            }
            Value::Number(number) => return Err(self.refused(&format!("{number} has no form in JSON"))),
            Value::String(text) => {
                let bytes = text.as_bytes();
                match str::from_utf8(&bytes) {
                    Ok(text) => write_text(&mut self.out, text)?,
                    Err(_) => {
                        let encoded = STANDARD.encode(&bytes[..]);
                        write!(self.out, "{{\"base64\":\"{encoded}\"}}").map_err(mlua::Error::external)?;
                    }
                }
            }
            Value::Table(table) => {
                if self.open.iter().any(|(open, _)| open.to_pointer() == table.to_pointer()) {
                    return Err(self.refused("the table contains itself"));
                }
                if self.open.len() >= MAX_DEPTH {
                    return Err(self.refused(&format!("nested deeper than {MAX_DEPTH} levels")));
                }
                self.open.push((table, State::Scan { last: Value::Nil, count: 0, array: true, keys: Vec::new() }));
            }
            error if LuaError::is(&error) => {
                return Err(self.refused("an error object has no form in JSON: encode tostring(err)"));
            }
            other => return Err(self.refused(&format!("a {} has no form in JSON", other.type_name()))),
        }
        Ok(())
    }

    /// With the path to the place, as Lua would write it.
    fn refused(&self, problem: &str) -> Stop {
        let mut place = String::new();
        for (_, state) in &self.open {
            match state {
                State::Array { index, .. } => place.push_str(&format!("[{index}]")),
                State::Object { name, .. } if place.is_empty() => place.push_str(&format!("{name:.64}")),
                State::Object { name, .. } => place.push_str(&format!(".{name:.64}")),
                State::Scan { .. } => {}
            }
        }
        let colon = if place.is_empty() { "" } else { ": " };
        Stop::Refused(format!("json.encode: {place}{colon}{problem}"))
    }
}

fn named(key: &Value) -> std::result::Result<Key, String> {
    match key {
        Value::String(text) => match text.to_str() {
            Ok(text) => Ok(Key { name: text.to_owned(), number: None }),
            Err(_) => Err("a key is not valid UTF-8".to_owned()),
        },
        Value::Integer(number) => Ok(Key { name: number.to_string(), number: Some(key.clone()) }),
        Value::Number(number) => Ok(Key { name: number.to_string(), number: Some(key.clone()) }),
        other => Err(format!("a key is a {}, and must be text", other.type_name())),
    }
}

/// The same table gives the same text, in the order of the names.
fn object(mut keys: Vec<Key>) -> State {
    keys.sort_by(|left, right| left.name.cmp(&right.name));
    State::Object { keys: keys.into_iter(), name: String::new(), first: true }
}

fn write_text(out: &mut Vec<u8>, text: &str) -> Result<()> {
    serde_json::to_writer(out, text).map_err(mlua::Error::external)
}
