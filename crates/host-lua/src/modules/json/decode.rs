//! JSON text to Lua values, built as it is read: the tables are under the VM's own limit of memory.

use super::SLICE;
use crate::convert;
use crate::errors::{self, LuaError};
use mlua::{Function, IntoLua, Lua, LuaString, MultiValue, Result, Table, Value};
use std::borrow::Cow;
use wippy_host_core::ErrorKind;
use wippy_host_core::value::MAX_DEPTH;

/// `(text)` → `true, value, err`, or `false` and the step that goes on.
pub(super) fn steps(lua: &Lua) -> Result<Function> {
    lua.create_function(|lua, text: Value| {
        let Value::String(text) = text else {
            let message = format!("json.decode takes a text, got {}", text.type_name());
            let error = LuaError::new(Some(ErrorKind::Invalid), message);
            return Ok(MultiValue::from_vec(vec![Value::Boolean(true), Value::Nil, error.into_lua(lua)?]));
        };
        let decoder = Decoder { text, at: 0, open: Vec::new(), expected: Expected::Value };
        advance(lua, decoder)
    })
}

fn advance(lua: &Lua, mut decoder: Decoder) -> Result<MultiValue> {
    let result = match decoder.step(lua) {
        Ok(None) => {
            let mut waiting = Some(decoder);
            let step = lua.create_function_mut(move |lua, ()| match waiting.take() {
                Some(decoder) => advance(lua, decoder),
                None => Err(mlua::Error::runtime("the text is read")),
            })?;
            return Ok(MultiValue::from_vec(vec![Value::Boolean(false), Value::Function(step)]));
        }
        // At the top, `null` is nothing.
        Ok(Some(Value::LightUserData(_))) => Ok(Value::Nil),
        Ok(Some(value)) => Ok(value),
        Err(Stop::Wrong(problem)) => Err(LuaError::new(Some(ErrorKind::Invalid), decoder.place(problem))),
        Err(Stop::Failed(error)) => return Err(error),
    };
    let (value, error) = errors::pair(lua, result)?;
    Ok(MultiValue::from_vec(vec![Value::Boolean(true), value, error]))
}

enum Stop {
    Wrong(Cow<'static, str>),
    Failed(mlua::Error),
}

impl From<mlua::Error> for Stop {
    fn from(error: mlua::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<&'static str> for Stop {
    fn from(problem: &'static str) -> Self {
        Self::Wrong(Cow::Borrowed(problem))
    }
}

type Decoded<T> = std::result::Result<T, Stop>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Value,
    ValueOrEnd,
    Name,
    NameOrEnd,
    CommaOrEnd,
    Nothing,
}

enum Open {
    Array { table: Table, length: usize },
    Object { table: Table, name: Option<LuaString> },
}

struct Decoder {
    text: LuaString,
    at: usize,
    open: Vec<Open>,
    expected: Expected,
}

impl Decoder {
    /// Reads until the slice is used up, or the text ends: then there is a value.
    fn step(&mut self, lua: &Lua) -> Decoded<Option<Value>> {
        let text = self.text.clone();
        let text = text.as_bytes();
        let mut work = 0;
        let mut result = None;
        loop {
            if work >= SLICE {
                return match result {
                    // What follows the value can only be space; it is read in one go.
                    Some(_) => self.rest(&text, result),
                    None => Ok(None),
                };
            }
            let before = self.at;
            let blank = |c: &u8| matches!(c, b' ' | b'\t' | b'\n' | b'\r');
            self.at += text.get(self.at..).unwrap_or_default().iter().take_while(|c| blank(c)).count();
            if self.expected == Expected::Nothing {
                return self.rest(&text, result);
            }
            let Some(&c) = text.get(self.at) else { return Err("the text ends too early".into()) };
            if let Some(value) = self.token(lua, &text, c)? {
                result = Some(value);
            }
            work += 1 + (self.at - before) / 16;
        }
    }

    fn rest(&mut self, text: &[u8], result: Option<Value>) -> Decoded<Option<Value>> {
        let rest = text.get(self.at..).unwrap_or_default();
        match rest.iter().position(|c| !matches!(c, b' ' | b'\t' | b'\n' | b'\r')) {
            Some(offset) => {
                self.at += offset;
                Err("something follows the value".into())
            }
            None => Ok(result),
        }
    }

    /// Reads what begins with `c`; gives the whole value once it is complete.
    fn token(&mut self, lua: &Lua, text: &[u8], c: u8) -> Decoded<Option<Value>> {
        match (c, self.expected) {
            (b'"', Expected::Name | Expected::NameOrEnd) => {
                let token = string_token(text, self.at)?;
                let name = lua.create_string(&*unescaped(token)?)?;
                self.at += token.len();
                let colon = text.get(self.at..).unwrap_or_default();
                let blanks = colon.iter().take_while(|c| matches!(c, b' ' | b'\t' | b'\n' | b'\r')).count();
                self.at += blanks;
                if text.get(self.at) != Some(&b':') {
                    return Err("a name is not followed by a colon".into());
                }
                self.at += 1;
                if let Some(Open::Object { name: open, .. }) = self.open.last_mut() {
                    *open = Some(name);
                }
                self.expected = Expected::Value;
                Ok(None)
            }
            (b'}', Expected::NameOrEnd | Expected::CommaOrEnd) => match self.open.pop() {
                Some(Open::Object { table, .. }) => self.closed(table),
                _ => Err("a } closes what is not an object".into()),
            },
            (b']', Expected::ValueOrEnd | Expected::CommaOrEnd) => match self.open.pop() {
                Some(Open::Array { length: 0, .. }) => self.closed(convert::empty_array(lua)?),
                Some(Open::Array { table, .. }) => self.closed(table),
                _ => Err("a ] closes what is not an array".into()),
            },
            (b',', Expected::CommaOrEnd) => {
                self.at += 1;
                let object = matches!(self.open.last(), Some(Open::Object { .. }));
                self.expected = if object { Expected::Name } else { Expected::Value };
                Ok(None)
            }
            (b'[' | b'{', Expected::Value | Expected::ValueOrEnd) => {
                if self.open.len() >= MAX_DEPTH {
                    return Err(Stop::Wrong(format!("nested deeper than {MAX_DEPTH} levels").into()));
                }
                self.at += 1;
                let table = lua.create_table()?;
                if c == b'[' {
                    self.open.push(Open::Array { table, length: 0 });
                    self.expected = Expected::ValueOrEnd;
                } else {
                    self.open.push(Open::Object { table, name: None });
                    self.expected = Expected::NameOrEnd;
                }
                Ok(None)
            }
            (_, Expected::Value | Expected::ValueOrEnd) => {
                let value = self.leaf(lua, text, c)?;
                self.put(value)
            }
            (_, Expected::Name) => Err("a name in quotes is expected".into()),
            (_, Expected::NameOrEnd) => Err("a name in quotes or a } is expected".into()),
            _ => Err("a comma or an end is expected".into()),
        }
    }

    fn closed(&mut self, table: Table) -> Decoded<Option<Value>> {
        self.at += 1;
        self.put(Value::Table(table))
    }

    /// Puts a value where it belongs; gives it back where that is nowhere but the result.
    fn put(&mut self, value: Value) -> Decoded<Option<Value>> {
        self.expected = Expected::CommaOrEnd;
        match self.open.last_mut() {
            Some(Open::Array { table, length }) => {
                *length += 1;
                table.raw_set(*length, value)?;
            }
            Some(Open::Object { table, name }) => {
                let value = if value.is_null() { Value::Nil } else { value };
                if let Some(name) = name.take() {
                    table.raw_set(name, value)?;
                }
            }
            None => {
                self.expected = Expected::Nothing;
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    fn leaf(&mut self, lua: &Lua, text: &[u8], c: u8) -> Decoded<Value> {
        let rest = text.get(self.at..).unwrap_or_default();
        let literals = [("true", Value::Boolean(true)), ("false", Value::Boolean(false)), ("null", Value::NULL)];
        for (literal, value) in literals {
            if rest.starts_with(literal.as_bytes()) {
                self.at += literal.len();
                return Ok(value);
            }
        }
        if c == b'"' {
            let token = string_token(text, self.at)?;
            let value = lua.create_string(&*unescaped(token)?)?;
            self.at += token.len();
            return Ok(Value::String(value));
        }
        let length = rest.iter().take_while(|c| matches!(c, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')).count();
        let token = rest.get(..length).unwrap_or_default();
        let number: serde_json::Number =
            serde_json::from_slice(token).map_err(|_| Stop::from("a value is expected"))?;
        self.at += length;
        if let Some(integer) = number.as_i64() {
            return Ok(Value::Integer(integer));
        }
        match number.as_u64() {
            Some(unsigned) => Ok(Value::String(lua.create_string(unsigned.to_string())?)),
            None => Ok(Value::Number(number.as_f64().ok_or("a number is out of range")?)),
        }
    }

    fn place(&self, problem: Cow<'static, str>) -> String {
        let text = self.text.as_bytes();
        let before = text.get(..self.at).unwrap_or(&text);
        let line = before.iter().filter(|c| **c == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|c| **c != b'\n').count() + 1;
        format!("json.decode: {problem} at line {line} column {column}")
    }
}

/// The text in quotes that begins at `at`, with its quotes.
fn string_token(text: &[u8], at: usize) -> Decoded<&[u8]> {
    let mut end = at + 1;
    loop {
        let rest = text.get(end..).unwrap_or_default();
        let offset = memchr::memchr2(b'"', b'\\', rest).ok_or("a text has no closing quote")?;
        end += offset + 1;
        if rest.get(offset) == Some(&b'"') {
            return Ok(text.get(at..end).unwrap_or_default());
        }
        end += 1;
    }
}

fn unescaped(token: &[u8]) -> Decoded<Cow<'_, str>> {
    #[derive(serde::Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    let text: Text<'_> = serde_json::from_slice(token)
        .map_err(|_| Stop::from("a text has an escape or a character that JSON does not have"))?;
    Ok(text.0)
}
