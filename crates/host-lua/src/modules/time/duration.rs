//! Durations: text in Go's syntax, a number of milliseconds, or the object that `time.parse_duration` gives.

use crate::errors::LuaError;
use mlua::{MetaMethod, UserData, UserDataMethods, UserDataRef, Value};
use std::fmt;
use wippy_host_core::ErrorKind;

/// A duration in nanoseconds, up to 292 years in either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LuaDuration(pub(crate) i64);

const UNITS: [(&str, i64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

impl LuaDuration {
    /// Text such as `1h2m3.5s`, a number of milliseconds, or a duration object.
    pub(crate) fn of(value: &Value) -> Result<Self, LuaError> {
        match value {
            Value::Integer(millis) => millis.checked_mul(1_000_000).map(Self).ok_or_else(|| too_long(&millis)),
            Value::Number(millis) => Self::from_nanos(millis * 1e6).ok_or_else(|| too_long(millis)),
            Value::String(text) => Self::parse(&text.to_string_lossy()),
            Value::UserData(data) => match data.borrow::<Self>() {
                Ok(duration) => Ok(*duration),
                Err(_) => Err(invalid("a duration is text, a number of milliseconds, or time.parse_duration's object")),
            },
            other => Err(invalid(format!(
                "a duration is text such as \"250ms\" or a number of milliseconds, not a {}",
                other.type_name()
            ))),
        }
    }

    /// A number of seconds.
    pub(crate) fn of_seconds(value: &Value) -> Result<Self, LuaError> {
        match value {
            Value::Integer(seconds) => {
                seconds.checked_mul(1_000_000_000).map(Self).ok_or_else(|| too_long(&format_args!("{seconds} s")))
            }
            Value::Number(seconds) => {
                Self::from_nanos(seconds * 1e9).ok_or_else(|| too_long(&format_args!("{seconds} s")))
            }
            other => Self::of(other),
        }
    }

    /// Text in Go's syntax: numbers with units (`h`, `m`, `s`, `ms`, `us`, `ns`), a sign in front, or `0`.
    pub(crate) fn parse(text: &str) -> Result<Self, LuaError> {
        let not = || invalid(format!("{text:.64?} is not a duration; write, for example, \"250ms\" or \"1h2m3.5s\""));
        let (negative, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (true, text.get(1..).unwrap_or_default()),
            Some(b'+') => (false, text.get(1..).unwrap_or_default()),
            _ => (false, text),
        };
        if rest == "0" {
            return Ok(Self(0));
        }
        if rest.is_empty() {
            return Err(not());
        }
        let mut total = 0_i128;
        while !rest.is_empty() {
            let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(not)?;
            let (digits, behind) = rest.split_at(number);
            let unit = behind.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(behind.len());
            let (unit, behind) = behind.split_at(unit);
            let scale = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, scale)| *scale).ok_or_else(not)?;
            total = total.saturating_add(nanos(digits, scale).ok_or_else(not)?);
            rest = behind;
        }
        let total = if negative { -total } else { total };
        i64::try_from(total).map(Self).map_err(|_| too_long(&text))
    }

    /// For waiting: a negative one is none at all.
    pub(crate) fn wait(self) -> u64 {
        u64::try_from(self.0).unwrap_or(0)
    }

    fn from_nanos(nanos: f64) -> Option<Self> {
        (nanos.abs() < 9.2e18).then_some(Self(nanos as i64))
    }
}

/// `1.5` of a unit, without a float's rounding.
fn nanos(digits: &str, scale: i64) -> Option<i128> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if (whole.is_empty() && fraction.is_empty()) || digits.len() > 64 || fraction.contains('.') {
        return None;
    }
    let scale = i128::from(scale);
    let whole = if whole.is_empty() { 0 } else { whole.parse::<i128>().ok()?.checked_mul(scale)? };
    let mut part = 0;
    let mut unit = scale;
    for digit in fraction.bytes() {
        unit /= 10;
        part += i128::from(digit - b'0') * unit;
    }
    whole.checked_add(part)
}

fn invalid(message: impl Into<String>) -> LuaError {
    LuaError::new(Some(ErrorKind::Invalid), message)
}

fn too_long(what: &dyn fmt::Display) -> LuaError {
    invalid(format!("a duration of {what:.64} is beyond 292 years"))
}

impl fmt::Display for LuaDuration {
    /// As Go writes it: `1h2m3.5s`, `250ms`, `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        if nanos < 1_000_000_000 {
            let (scale, unit) = match nanos {
                0 => return f.write_str("0s"),
                1..1_000 => (1, "ns"),
                1_000..1_000_000 => (1_000, "µs"),
                _ => (1_000_000, "ms"),
            };
            return write!(f, "{}{unit}", decimal(nanos, scale));
        }
        let (hours, minutes) = (nanos / 3_600_000_000_000, nanos / 60_000_000_000 % 60);
        if hours > 0 {
            write!(f, "{hours}h")?;
        }
        if hours > 0 || minutes > 0 {
            write!(f, "{minutes}m")?;
        }
        write!(f, "{}s", decimal(nanos % 60_000_000_000, 1_000_000_000))
    }
}

fn decimal(nanos: u64, scale: u64) -> String {
    let (whole, part) = (nanos / scale, nanos % scale);
    if part == 0 {
        return whole.to_string();
    }
    let width = scale.ilog10() as usize;
    format!("{whole}.{part:0width$}").trim_end_matches('0').to_owned()
}

impl UserData for LuaDuration {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("nanoseconds", |_, duration, ()| Ok(duration.0));
        methods.add_method("microseconds", |_, duration, ()| Ok(duration.0 / 1_000));
        methods.add_method("milliseconds", |_, duration, ()| Ok(duration.0 / 1_000_000));
        methods.add_method("seconds", |_, duration, ()| Ok(duration.0 as f64 / 1e9));
        methods.add_method("minutes", |_, duration, ()| Ok(duration.0 as f64 / 60e9));
        methods.add_method("hours", |_, duration, ()| Ok(duration.0 as f64 / 3600e9));
        methods.add_meta_method(MetaMethod::ToString, |_, duration, ()| Ok(duration.to_string()));
        methods.add_meta_method(MetaMethod::Eq, |_, one, other: UserDataRef<Self>| Ok(*one == *other));
        methods.add_meta_method(MetaMethod::Lt, |_, one, other: UserDataRef<Self>| Ok(*one < *other));
        methods.add_meta_method(MetaMethod::Le, |_, one, other: UserDataRef<Self>| Ok(*one <= *other));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_as_go_does() {
        for (text, nanos, written) in [
            ("3s", 3_000_000_000, "3s"),
            ("250ms", 250_000_000, "250ms"),
            ("1h2m3.5s", 3_723_500_000_000, "1h2m3.5s"),
            ("-1.5h", -5_400_000_000_000, "-1h30m0s"),
            (".5s", 500_000_000, "500ms"),
            ("1us", 1_000, "1µs"),
            ("1µs2ns", 1_002, "1.002µs"),
            ("0", 0, "0s"),
            ("+90s", 90_000_000_000, "1m30s"),
        ] {
            let duration = LuaDuration::parse(text).unwrap();
            assert_eq!((duration.0, duration.to_string().as_str()), (nanos, written), "{text}");
        }
        for text in ["", "-", "3", "s", "3 s", "1.2.3s", "3x", "1h-2m", ".s", "9999999h", "é"] {
            assert!(LuaDuration::parse(text).is_err(), "{text}");
        }
    }
}
