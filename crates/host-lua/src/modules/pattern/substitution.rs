//! The steps of `gsub`. A replacement text is put in here; a function or a table is asked by `string.lua`, in Lua, so
//! that it may wait, yield and be interrupted like any other Lua code.

use super::arguments::{Unfit, integer, text, type_name, unexpected};
use super::class::ESCAPE;
use super::functions::{answer, caught, done, paused};
use super::matcher::{Capture, Fault};
use super::meter::Meter;
use super::search::{Found, Wanted, anchored, next};
use crate::modules::memory;
use mlua::{Function, Lua, LuaString, MultiValue, Result, Value};
use std::ops::Range;

/// `(s, pattern, replacement, n)` gives the step, which is called with what the last match is to be replaced by. It
/// gives, besides what every function here gives, `0` and the captures to ask the replacement for.
pub(super) fn gsub(lua: &Lua, meter: &Meter) -> Result<Function> {
    let meter = meter.clone();
    lua.create_function(move |lua, (s, pattern, replacement, n): (Value, Value, Value, Value)| {
        let steps = || {
            let s = text(lua, "gsub", 1, s)?;
            let pattern = text(lua, "gsub", 2, pattern)?;
            let table = replacement.is_table();
            let replacement = match replacement {
                Value::Function(_) | Value::Table(_) => None,
                Value::String(_) | Value::Integer(_) | Value::Number(_) => Some(text(lua, "gsub", 3, replacement)?),
                other => return Err(unexpected("gsub", 3, "string/function/table", &other)),
            };
            let longest = i64::try_from(s.as_bytes().len()).map_or(i64::MAX, |length| length.saturating_add(1));
            let max = integer(lua, "gsub", 4, n, longest)?;
            let anchor = anchored(&pattern.as_bytes()).0;
            let meter = meter.clone();
            let substitution = Substitution {
                s,
                pattern,
                replacement,
                table,
                max,
                anchor,
                meter,
                count: 0,
                at: 0,
                last: None,
                copied: 0,
                out: Vec::new(),
                changed: false,
                asked: None,
            };
            Ok(done([Value::Function(substitution.into_step(lua)?)]))
        };
        answer(lua, steps())
    })
}

struct Substitution {
    s: LuaString,
    pattern: LuaString,
    replacement: Option<LuaString>,
    /// Whether it is a table, which is asked for the first capture alone.
    table: bool,
    max: i64,
    anchor: bool,
    meter: Meter,
    /// Replacements so far.
    count: i64,
    /// Where the search goes on.
    at: usize,
    last: Option<usize>,
    /// What of the subject is in `out`, or replaced there.
    copied: usize,
    out: Vec<u8>,
    changed: bool,
    /// The match that a function or table was asked about.
    asked: Option<Range<usize>>,
}

impl Substitution {
    fn into_step(mut self, lua: &Lua) -> Result<Function> {
        lua.create_function_mut(move |lua, value: Value| {
            let step = self.step(lua, value);
            answer(lua, step)
        })
    }

    fn step(&mut self, lua: &Lua, value: Value) -> std::result::Result<MultiValue, Unfit> {
        let room = memory::room(lua);
        if let Some(whole) = self.asked.take() {
            self.put_value(lua, whole, value, room)?;
        }
        if self.meter.due() {
            return Ok(paused(Value::Nil));
        }
        let (s, pattern) = (self.s.clone(), self.pattern.clone());
        let (subject, pattern) = (s.as_bytes(), pattern.as_bytes());
        let (_, items) = anchored(&pattern);
        while self.count < self.max && !(self.anchor && (self.count > 0 || self.at > 0)) {
            if self.meter.is_full(0) {
                self.meter.due();
                return Ok(paused(Value::Nil));
            }
            match next(&subject, items, self.at, self.anchor, self.last, Wanted::OwnOrWhole, &self.meter)? {
                Found::Nothing => break,
                Found::Paused(at) => {
                    self.at = at;
                    self.meter.due();
                    return Ok(paused(Value::Nil));
                }
                Found::Match(whole, captures) => {
                    self.count += 1;
                    (self.at, self.last) = (whole.end, Some(whole.end));
                    if self.replacement.is_some() {
                        self.put_text(&subject, whole, &captures, room)?;
                    } else {
                        self.asked = Some(whole);
                        let mut values = vec![Value::Integer(0)];
                        let asked_for = if self.table { 1 } else { captures.len() };
                        for capture in captures.into_iter().take(asked_for) {
                            values.push(caught(lua, &subject, capture)?);
                        }
                        return Ok(MultiValue::from_vec(values));
                    }
                }
            }
        }
        if !self.changed {
            return Ok(done([Value::String(s.clone()), Value::Integer(self.count)]));
        }
        self.keep(&subject, subject.len(), room)?;
        let out = std::mem::take(&mut self.out);
        Ok(done([Value::String(lua.create_string(out)?), Value::Integer(self.count)]))
    }

    /// Copies the subject up to `end`.
    fn keep(&mut self, subject: &[u8], end: usize, room: usize) -> Result<()> {
        let kept = subject.get(self.copied..end).unwrap_or_default();
        self.copied = end;
        append(&mut self.out, kept, room)
    }

    /// Puts the replacement text in, with its `%0` to `%9`.
    fn put_text(
        &mut self,
        subject: &[u8],
        whole: Range<usize>,
        captures: &[Capture],
        room: usize,
    ) -> std::result::Result<(), Unfit> {
        self.keep(subject, whole.start, room)?;
        self.copied = whole.end;
        self.changed = true;
        let Some(replacement) = self.replacement.clone() else { return Ok(()) };
        let replacement = replacement.as_bytes();
        self.meter.add(replacement.len() as u64);
        let mut rest: &[u8] = &replacement;
        while let Some(escape) = memchr::memchr(ESCAPE, rest) {
            let (before, escaped) = rest.split_at(escape);
            append(&mut self.out, before, room)?;
            match escaped.get(1) {
                Some(&ESCAPE) => append(&mut self.out, b"%", room)?,
                Some(b'0') => append(&mut self.out, subject.get(whole.clone()).unwrap_or_default(), room)?,
                Some(digit @ b'1'..=b'9') => match captures.get(usize::from(digit - b'1')) {
                    Some(Capture::Text(range)) => {
                        append(&mut self.out, subject.get(range.clone()).unwrap_or_default(), room)?;
                    }
                    Some(Capture::Position(at)) => append(&mut self.out, at.to_string().as_bytes(), room)?,
                    Some(Capture::Unfinished) => return Err(Fault::from("unfinished capture").into()),
                    None => {
                        let message = format!("invalid capture index %{}", digit - b'0');
                        return Err(Fault(message.into()).into());
                    }
                },
                _ => return Err(Fault::from("invalid use of '%' in replacement string").into()),
            }
            rest = escaped.get(2..).unwrap_or_default();
        }
        Ok(append(&mut self.out, rest, room)?)
    }

    /// Puts in what the function or the table gave; `nil` and `false` keep the match.
    fn put_value(
        &mut self,
        lua: &Lua,
        whole: Range<usize>,
        value: Value,
        room: usize,
    ) -> std::result::Result<(), Unfit> {
        let text = match value {
            Value::Nil | Value::Boolean(false) => return Ok(()),
            Value::String(text) => Some(text),
            number @ (Value::Integer(_) | Value::Number(_)) => lua.coerce_string(number)?,
            other => {
                let message = format!("invalid replacement value (a {})", type_name(&other));
                return Err(Fault(message.into()).into());
            }
        };
        let s = self.s.clone();
        self.keep(&s.as_bytes(), whole.start, room)?;
        self.copied = whole.end;
        self.changed = true;
        if let Some(text) = text {
            append(&mut self.out, &text.as_bytes(), room)?;
        }
        Ok(())
    }
}

/// The result grows outside Lua's own memory, so that its limit has to be kept here.
fn append(out: &mut Vec<u8>, bytes: &[u8], room: usize) -> Result<()> {
    if out.len().saturating_add(bytes.len()) > room {
        return Err(memory::exhausted());
    }
    out.extend_from_slice(bytes);
    Ok(())
}
