//! Numbers: which of them a WIT type takes.

use super::Value;
use super::debug::Described;
use super::error::{ValueError, ValueProblem};

/// A WIT integer type.
pub(super) trait WitInteger: TryFrom<i128> + Copy {
    const NAME: &'static str;
    const MIN: i128;
    const MAX: i128;
    /// Whether decimal text is taken: for `u64` alone, whose upper half neither Lua nor JavaScript can hold as a number.
    const DECIMAL_TEXT: bool = false;
}

macro_rules! wit_integer {
    ($($rust:ty => $name:literal $(, $text:literal)?;)*) => {
        $(impl WitInteger for $rust {
            const NAME: &'static str = $name;
            const MIN: i128 = <$rust>::MIN as i128;
            const MAX: i128 = <$rust>::MAX as i128;
            $(const DECIMAL_TEXT: bool = $text;)?
        })*
    };
}

wit_integer! {
    i8 => "s8"; u8 => "u8"; i16 => "s16"; u16 => "u16"; i32 => "s32"; u32 => "u32"; i64 => "s64"; u64 => "u64", true;
}

/// The integer in `value`: an integer, or a float without a fraction.
pub(super) fn integer<T: WitInteger>(value: &Value) -> Result<T, ValueError> {
    let wide = match value {
        Value::Integer(number) => i128::from(*number),
        Value::Unsigned(number) => i128::from(*number),
        // The cast saturates, far outside of every range; the fraction of an infinity is NaN.
        Value::Float(number) if number.fract() == 0.0 => *number as i128,
        Value::Text(text) if T::DECIMAL_TEXT && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            text.parse().unwrap_or(i128::MAX)
        }
        _ => return Err(ValueError::mismatch(T::NAME, value)),
    };
    T::try_from(wide).map_err(|_| out_of_range(T::NAME, value, format!("{} to {}", T::MIN, T::MAX)))
}

/// The number in `value` as an `f64`; an integer beyond 2^53 is rounded, as everywhere in JSON.
pub(super) fn float64(value: &Value, name: &'static str) -> Result<f64, ValueError> {
    match value {
        Value::Float(number) => Ok(*number),
        Value::Integer(number) => Ok(*number as f64),
        Value::Unsigned(number) => Ok(*number as f64),
        Value::Text(text) => named_float(text).ok_or_else(|| ValueError::mismatch(name, value)),
        _ => Err(ValueError::mismatch(name, value)),
    }
}

/// The number in `value` as an `f32`, rounded; one that only infinity would be near is out of range.
pub(super) fn float32(value: &Value) -> Result<f32, ValueError> {
    let wide = float64(value, "f32")?;
    let narrow = wide as f32;
    if narrow.is_infinite() && wide.is_finite() {
        return Err(out_of_range("f32", value, format!("{:e} to {:e}", f32::MIN, f32::MAX)));
    }
    Ok(narrow)
}

fn out_of_range(expected: &'static str, value: &Value, range: String) -> ValueError {
    ValueError::new(ValueProblem::OutOfRange { expected, got: Described(value).to_string(), range })
}

/// The names of the floats that JSON has no number for.
pub(super) fn float_name(number: f64) -> Option<&'static str> {
    match number {
        _ if number.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

/// The float of such a name.
pub(super) fn named_float(name: &str) -> Option<f64> {
    match name {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}
