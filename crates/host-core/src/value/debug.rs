//! A debug form that stays short: values carry megabytes, and logs are full of debug forms.

use std::fmt::{self, Write};

use super::limited::{Limited, limited, quoted};
use super::{Object, Value};

/// Bytes of text that the debug form of a whole value has at most, and of one text in it.
const DEBUG_LIMIT: usize = 1000;
const DEBUG_TEXT_LIMIT: usize = 64;

impl fmt::Debug for Value {
    /// JSON-like, at most about 1,000 bytes; bytes appear as their number alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&limited(DEBUG_LIMIT, |out| write_value(out, self)))
    }
}

impl fmt::Debug for Object {
    /// As that of [`Value`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&limited(DEBUG_LIMIT, |out| write_object(out, self)))
    }
}

// The limit on the text bounds the recursion too: every level writes a bracket before it goes deeper.
fn write_value(out: &mut Limited, value: &Value) -> fmt::Result {
    match value {
        Value::List(items) => {
            out.write_char('[')?;
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.write_str(", ")?;
                }
                write_value(out, item)?;
            }
            out.write_char(']')
        }
        Value::Object(object) => write_object(out, object),
        Value::Text(text) => out.write_str(&quoted(text, DEBUG_TEXT_LIMIT)),
        scalar => write!(out, "{}", Described(scalar)),
    }
}

fn write_object(out: &mut Limited, object: &Object) -> fmt::Result {
    out.write_char('{')?;
    for (index, (name, value)) in object.iter().enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        write!(out, "{}: ", quoted(name, DEBUG_TEXT_LIMIT))?;
        write_value(out, value)?;
    }
    out.write_char('}')
}

/// A value as an error names it: scalars themselves, text shortened, the rest by kind and size.
pub(super) struct Described<'a>(pub(super) &'a Value);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("null"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Integer(value) => write!(f, "{value}"),
            Value::Unsigned(value) => write!(f, "{value}"),
            Value::Float(value) => match super::number::float_name(*value) {
                Some(name) => f.write_str(name),
                None => write!(f, "{value:?}"),
            },
            Value::Text(text) => write!(f, "text {}", quoted(text, 40)),
            Value::Bytes(bytes) if bytes.len() == 1 => f.write_str("1 byte"),
            Value::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Value::List(items) if items.is_empty() => f.write_str("an empty array"),
            Value::List(items) => write!(f, "an array of {}", items.len()),
            Value::Object(object) if object.is_empty() => f.write_str("an empty object"),
            Value::Object(_) => f.write_str("an object"),
        }
    }
}
