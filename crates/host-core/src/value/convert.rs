//! Values of Rust types.

use std::borrow::Cow;

use ::bytes::Bytes;

use super::bytes::{bytes_from, text_from};
use super::number::{float64, integer};
use super::{Object, Value, ValueError};

macro_rules! value_from {
    ($($rust:ty, $given:pat => $value:expr;)*) => {
        $(impl From<$rust> for Value {
            fn from($given: $rust) -> Self {
                $value
            }
        })*
    };
}

value_from! {
    (), () => Self::Null;
    bool, value => Self::Bool(value);
    i8, value => Self::Integer(value.into());
    u8, value => Self::Integer(value.into());
    i16, value => Self::Integer(value.into());
    u16, value => Self::Integer(value.into());
    i32, value => Self::Integer(value.into());
    u32, value => Self::Integer(value.into());
    i64, value => Self::Integer(value);
    u64, value => i64::try_from(value).map_or(Self::Unsigned(value), Self::Integer);
    f32, value => Self::Float(value.into());
    f64, value => Self::Float(value);
    char, value => Self::Text(value.into());
    String, value => Self::Text(value);
    &str, value => Self::Text(value.to_owned());
    &String, value => Self::Text(value.clone());
    Cow<'_, str>, value => Self::Text(value.into_owned());
    Bytes, value => Self::Bytes(value);
    Vec<u8>, value => Self::Bytes(value.into());
    &[u8], value => Self::Bytes(Bytes::copy_from_slice(value));
    Vec<Value>, value => Self::List(value);
    Object, value => Self::Object(value);
}

impl<T: Into<Value>> From<Option<T>> for Value {
    /// None is [`Value::Null`].
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Value>> FromIterator<T> for Value {
    /// A [`Value::List`].
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

// A Rust closure reads its arguments by the rules by which a WASM function gets them, and with the same errors.
macro_rules! value_into {
    ($($rust:ty, $given:pat => $read:expr;)*) => {
        $(impl TryFrom<Value> for $rust {
            type Error = ValueError;

            fn try_from($given: Value) -> Result<Self, ValueError> {
                $read
            }
        })*
    };
}

value_into! {
    bool, value => value.as_bool().ok_or_else(|| ValueError::mismatch("bool", &value));
    i8, value => integer(&value);
    u8, value => integer(&value);
    i16, value => integer(&value);
    u16, value => integer(&value);
    i32, value => integer(&value);
    u32, value => integer(&value);
    i64, value => integer(&value);
    u64, value => integer(&value);
    f64, value => float64(&value, "f64");
    String, value => text_from(value);
    Bytes, value => bytes_from(value, || "list<u8>".to_owned());
    Vec<u8>, value => bytes_from(value, || "list<u8>".to_owned()).map(Vec::from);
    Vec<Value>, value => match value {
        Value::List(items) => Ok(items),
        Value::Object(object) if object.is_empty() => Ok(Vec::new()),
        other => Err(ValueError::mismatch("an array", &other)),
    };
    Object, value => match value {
        Value::Object(object) => Ok(object),
        Value::List(items) if items.is_empty() => Ok(Object::new()),
        other => Err(ValueError::mismatch("an object", &other)),
    };
}
