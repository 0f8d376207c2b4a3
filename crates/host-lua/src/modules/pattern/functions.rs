//! `find`, `match` and the steps of `gmatch`, as `string.lua` calls them: `true` and results, `false` and a message, or
//! `nil` where it is time to let others run and to call again.

use super::arguments::{Unfit, integer, start, text};
use super::matcher::{Capture, Fault};
use super::meter::Meter;
use super::search::{Found, Wanted, anchored, is_plain, next, plain};
use mlua::{Function, IntoLua, Lua, LuaString, MultiValue, Result, Value};

/// `(s, pattern, init, plain)`: a paused search goes on when called with the `init` that it gave.
pub(super) fn find(lua: &Lua, meter: &Meter) -> Result<Function> {
    search(lua, meter, "find", true)
}

/// `(s, pattern, init)`, as [`find`].
pub(super) fn matching(lua: &Lua, meter: &Meter) -> Result<Function> {
    search(lua, meter, "match", false)
}

fn search(lua: &Lua, meter: &Meter, name: &'static str, find: bool) -> Result<Function> {
    let meter = meter.clone();
    lua.create_function(move |lua, (s, pattern, init, literally): (Value, Value, Value, Value)| {
        if meter.due() {
            return Ok(paused(init));
        }
        let call =
            SearchCall { s, pattern, init, literally: literally.as_boolean() != Some(false) && !literally.is_nil() };
        answer(lua, call.run(lua, &meter, name, find))
    })
}

struct SearchCall {
    s: Value,
    pattern: Value,
    init: Value,
    literally: bool,
}

impl SearchCall {
    fn run(self, lua: &Lua, meter: &Meter, name: &str, find: bool) -> std::result::Result<MultiValue, Unfit> {
        let s = text(lua, name, 1, self.s)?;
        let pattern = text(lua, name, 2, self.pattern)?;
        let init = integer(lua, name, 3, self.init, 1)?;
        let (subject, pattern) = (s.as_bytes(), pattern.as_bytes());
        let from = start(init, subject.len());
        if from > subject.len() {
            return Ok(done([Value::Nil]));
        }
        if find && (self.literally || is_plain(&pattern)) {
            let rest = subject.get(from..).unwrap_or_default();
            meter.add(rest.len() as u64 / 8);
            return Ok(match plain(rest, &pattern) {
                Some(offset) => done([position(from + offset + 1), position(from + offset + pattern.len())]),
                None => done([Value::Nil]),
            });
        }
        let (anchor, items) = anchored(&pattern);
        let wanted = if find { Wanted::Own } else { Wanted::OwnOrWhole };
        match next(&subject, items, from, anchor, None, wanted, meter)? {
            Found::Nothing => Ok(done([Value::Nil])),
            Found::Paused(at) => {
                meter.due();
                Ok(paused(position(at + 1)))
            }
            Found::Match(whole, captures) => {
                let mut values = Vec::with_capacity(captures.len() + 3);
                values.push(Value::Boolean(true));
                if find {
                    values.extend([position(whole.start + 1), position(whole.end)]);
                }
                for capture in captures {
                    values.push(caught(lua, &subject, capture)?);
                }
                Ok(MultiValue::from_vec(values))
            }
        }
    }
}

/// `(s, pattern, init)`: the step that `gmatch`'s iterator takes each time.
pub(super) fn gmatch(lua: &Lua, meter: &Meter) -> Result<Function> {
    let meter = meter.clone();
    lua.create_function(move |lua, (s, pattern, init): (Value, Value, Value)| {
        let iterator = || {
            let s = text(lua, "gmatch", 1, s)?;
            let pattern = text(lua, "gmatch", 2, pattern)?;
            let from = start(integer(lua, "gmatch", 3, init, 1)?, s.as_bytes().len());
            let matches = Matches { s, pattern, from, last: None, meter: meter.clone() };
            Ok(done([Value::Function(matches.into_step(lua)?)]))
        };
        answer(lua, iterator())
    })
}

struct Matches {
    s: LuaString,
    pattern: LuaString,
    from: usize,
    last: Option<usize>,
    meter: Meter,
}

impl Matches {
    fn into_step(mut self, lua: &Lua) -> Result<Function> {
        lua.create_function_mut(move |lua, ()| {
            if self.meter.due() {
                return Ok(paused(Value::Nil));
            }
            let found = self.next(lua);
            answer(lua, found)
        })
    }

    fn next(&mut self, lua: &Lua) -> std::result::Result<MultiValue, Unfit> {
        let (subject, pattern) = (self.s.as_bytes(), self.pattern.as_bytes());
        match next(&subject, &pattern, self.from, false, self.last, Wanted::OwnOrWhole, &self.meter)? {
            Found::Nothing => Ok(done([Value::Nil])),
            Found::Paused(at) => {
                self.from = at;
                self.meter.due();
                Ok(paused(Value::Nil))
            }
            Found::Match(whole, captures) => {
                self.from = whole.end;
                self.last = Some(whole.end);
                let mut values = vec![Value::Boolean(true)];
                for capture in captures {
                    values.push(caught(lua, &subject, capture)?);
                }
                Ok(MultiValue::from_vec(values))
            }
        }
    }
}

/// What a capture is to Lua.
pub(super) fn caught(lua: &Lua, subject: &[u8], capture: Capture) -> std::result::Result<Value, Unfit> {
    match capture {
        Capture::Text(range) => Ok(Value::String(lua.create_string(subject.get(range).unwrap_or_default())?)),
        Capture::Position(at) => Ok(position(at)),
        Capture::Unfinished => Err(Fault::from("unfinished capture").into()),
    }
}

pub(super) fn position(at: usize) -> Value {
    Value::Integer(i64::try_from(at).unwrap_or(i64::MAX))
}

pub(super) fn done<const N: usize>(results: [Value; N]) -> MultiValue {
    std::iter::once(Value::Boolean(true)).chain(results).collect()
}

pub(super) fn paused(at: Value) -> MultiValue {
    MultiValue::from_vec(vec![Value::Nil, at])
}

/// Turns a message into `false` and the message: `string.lua` raises it, where it knows the caller's line.
pub(super) fn answer(lua: &Lua, outcome: std::result::Result<MultiValue, Unfit>) -> Result<MultiValue> {
    match outcome {
        Ok(values) => Ok(values),
        Err(Unfit::Failed(error)) => Err(error),
        Err(Unfit::Message(message)) => Ok(MultiValue::from_vec(vec![Value::Boolean(false), message.into_lua(lua)?])),
    }
}

impl From<Fault> for Unfit {
    fn from(fault: Fault) -> Self {
        Self::Message(fault.0.into_owned())
    }
}
