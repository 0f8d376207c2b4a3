//! The one dynamic value that carries arguments and results between callers and functions, and its conversions.
//!
//! A [`Value`] is what a command line, an HTTP request, a Lua script, a Rust closure and a WASM function have in common.
//! It meets three neighbours, each in files of its own:
//!
//! - **JSON** (`json.rs`): the outside. Bytes are `{"base64": "…"}` there.
//! - **WIT types** (`to_val.rs`, `from_val.rs`): a component's parameters and results, checked and converted at the
//!   moment of the call, with errors that say where in the value they lie (`error.rs`).
//! - **Text** (`command_line.rs`, `text_call.rs`): a command's arguments, and the one text or bytes that `funcs` passes.
//!
//! Conversions take values by value and move text and bytes wherever the other side can hold them.

mod bytes;
mod call;
mod command_line;
mod convert;
mod debug;
mod error;
mod from_val;
mod handle;
mod json;
mod known;
mod limited;
mod named;
mod names;
mod number;
mod object;
mod size;
mod text_call;
mod to_val;
mod type_name;

#[cfg(test)]
mod tests;

use ::bytes::Bytes;

pub use self::call::{Signature, signature};
pub use self::command_line::{argument_from_text, arguments_from_text};
pub use self::error::{ValueError, ValueProblem};
pub use self::from_val::from_val;
use self::handle::handle_in;
pub use self::object::Object;
pub(crate) use self::size::{size, size_of_plain};
pub(crate) use self::text_call::failure;
pub use self::text_call::{
    CallShape, InputShape, ResultError, ResultShape, TextOrBytes, call_input_to_args, call_result_to_bytes,
    call_result_to_text,
};
pub use self::to_val::to_val;
pub use self::type_name::type_name;

/// How deep a value may nest: 128 levels of lists, objects, options, results and variants.
///
/// It is the depth that `serde_json` reads, and more than a component type can have (100), so that only hostile input
/// meets it. Every conversion keeps to it; code that builds values in other ways (Lua, a Rust closure) must as well,
/// for the sake of the recursion in which a value is dropped.
pub const MAX_DEPTH: usize = 128;

/// A dynamic value. The kinds are all there are, so that whoever converts values handles each.
///
/// `Text` holds a `String`, not a shared text: `Val::String` and JSON own theirs, so a `String` moves through a call
/// untouched where an `Arc<str>` would be copied on each side. `Bytes` are shared, because nothing on the other side
/// can take a `Vec<u8>` over anyway, and HTTP bodies arrive as [`Bytes`].
// The tag takes a whole word, which costs no byte: beside a tag of one, a boolean would stand in the same word, and the compiler copies
// the rest of that in halves, for which the processor waits (tens of nanoseconds for a value that passes through a call).
#[derive(Clone, Default, PartialEq)]
#[repr(u64)]
pub enum Value {
    /// Nothing: JSON `null`, Lua `nil`, an option that is none, a function without a result.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer of at most 2^63-1.
    Integer(i64),
    /// An integer above 2^63-1, and no other: `Value::from(u64)` picks the variant.
    Unsigned(u64),
    /// A number that was written with a fraction or an exponent, or came from an `f32` (widened exactly) or `f64`.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes, whatever they hold. In JSON `{"base64": "…"}`.
    Bytes(Bytes),
    /// An array.
    List(Vec<Value>),
    /// Named values in order, each name once.
    Object(Object),
}

impl Value {
    /// Whether this is [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The integer, if it is one of at most 2^63-1. A float is none, also without a fraction.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// The integer, if it is one and not negative. A float is none, also without a fraction.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Integer(value) => u64::try_from(*value).ok(),
            Self::Unsigned(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if it is one; an integer beyond 2^53 is rounded.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Unsigned(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// The text, if it is text. Bytes are none, also when they are valid UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes, if it is bytes. Text is none.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The elements, if it is an array.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The value of `name`, if this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.as_object()?.get(name)
    }
}
