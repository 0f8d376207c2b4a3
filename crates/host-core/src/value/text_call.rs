//! Calls that pass one text or one run of bytes: `funcs.call-string` and `funcs.call-bytes`.
//!
//! Caller and callee know nothing of each other's types. The callee tells its [`CallShape`], which is all that the
//! rules need, also for a Rust closure or a Lua function, which have no WIT types.

use ::bytes::Bytes;
use wasmtime::component::Type;

use super::bytes::utf8;
use super::error::ValueProblem;
use super::to_val::single;
use super::{Object, Value, ValueError};

/// The one value that a caller passes: the interface has these two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextOrBytes {
    /// From `call-string`.
    Text(String),
    /// From `call-bytes`.
    Bytes(Bytes),
}

/// How the one value becomes a callee's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputShape {
    /// One argument, the text or the bytes as they are: a parameter `string` or `list<u8>`, a Rust closure, a Lua
    /// function.
    AsIs,
    /// No parameters: the input must be empty.
    Empty,
    /// One parameter of another type: it gets what the input holds as JSON.
    JsonValue,
    /// Several parameters: a JSON array is spread over them.
    JsonArguments,
}

/// Whether a callee's value is a `result`, which the value alone cannot say: an ordinary object may have a field `ok`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultShape {
    /// How many `result` types are wrapped around the payload, each the `ok` of the one before.
    levels: u8,
}

impl ResultShape {
    /// The value is the result. What a Rust closure and a Lua function give, for they fail in other ways.
    pub const PLAIN: Self = Self { levels: 0 };
    /// The value is `{"ok": …}` or `{"err": …}`.
    pub const RESULT: Self = Self { levels: 1 };

    /// The shape of a result type.
    pub fn of(ty: Option<&Type>) -> Self {
        let mut levels = 0_u8;
        let mut ty = ty.cloned();
        while let Some(Type::Result(result)) = ty {
            levels = levels.saturating_add(1);
            ty = result.ok();
        }
        Self { levels }
    }

    /// Whether the value is `{"ok": …}` or `{"err": …}`.
    pub fn is_result(self) -> bool {
        self.levels > 0
    }

    /// The payload of the innermost `ok`, or of the first `err`.
    ///
    /// # Errors
    /// The payload of an `err`.
    pub fn outcome(self, mut value: Value) -> Result<Value, Value> {
        for _ in 0..self.levels {
            value = match single(value) {
                Ok((name, payload)) if name == "ok" => payload,
                Ok((name, payload)) if name == "err" => return Err(payload),
                Ok((name, payload)) => Value::Object(Object::case(name, payload)),
                Err(other) => other,
            };
        }
        Ok(value)
    }

    /// As many times `{"ok": …}` around a value as the type has levels.
    pub(crate) fn wrap(self, value: Value) -> Value {
        (0..self.levels).fold(value, |value, _| Value::Object(Object::case("ok".to_owned(), value)))
    }
}

/// What a callee tells about itself to callers without types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallShape {
    /// How one text or bytes become its arguments.
    pub input: InputShape,
    /// What its value means.
    pub result: ResultShape,
}

impl CallShape {
    /// The shape of a function that takes one text or bytes and gives a plain value: a Rust closure, a Lua function.
    pub const UNTYPED: Self = Self { input: InputShape::AsIs, result: ResultShape::PLAIN };

    /// The shape of a function with these parameters and this result.
    pub fn of(params: &[(String, Type)], result: Option<&Type>) -> Self {
        let input = match params {
            [] => InputShape::Empty,
            [(_, Type::String)] => InputShape::AsIs,
            [(_, Type::List(list))] if list.ty() == Type::U8 => InputShape::AsIs,
            [_] => InputShape::JsonValue,
            _ => InputShape::JsonArguments,
        };
        Self { input, result: ResultShape::of(result) }
    }
}

/// The arguments that `input` stands for; they are checked against the parameters when they are converted.
///
/// # Errors
/// When the input has to be empty and is not, or has to be JSON and is not.
pub fn call_input_to_args(input: TextOrBytes, shape: InputShape) -> Result<Vec<Value>, ValueError> {
    match (shape, input) {
        (InputShape::AsIs, TextOrBytes::Text(text)) => Ok(vec![Value::Text(text)]),
        (InputShape::AsIs, TextOrBytes::Bytes(bytes)) => Ok(vec![Value::Bytes(bytes)]),
        (InputShape::Empty, input) => match input.is_empty() {
            true => Ok(Vec::new()),
            false => {
                Err(ValueError::new(ValueProblem::ArgumentCount { expected: 0, parameters: String::new(), got: 1 }))
            }
        },
        (InputShape::JsonValue, input) => Ok(vec![json(input)?]),
        (InputShape::JsonArguments, input) => match json(input)? {
            Value::List(items) => Ok(items),
            one => Ok(vec![one]),
        },
    }
}

impl TextOrBytes {
    fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
        }
    }
}

fn json(input: TextOrBytes) -> Result<Value, ValueError> {
    let text = match input {
        TextOrBytes::Text(text) => Ok(text),
        TextOrBytes::Bytes(bytes) => {
            utf8(bytes).map_err(|(bytes, why)| ValueError::malformed("JSON", &Value::Bytes(bytes), why))
        }
    };
    text.and_then(|text| Value::from_json_text(&text)).map_err(ValueError::in_input)
}

/// Why a call through text has no result to give.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResultError {
    /// The callee returned `err`: its payload if that is text, otherwise as JSON.
    #[error("{0}")]
    Failed(String),
    /// The callee's value has no form as text or bytes.
    #[error(transparent)]
    Value(#[from] ValueError),
}

/// A callee's value as text: text itself, bytes that are valid UTF-8, nothing for null, the payload of `ok` by the
/// same rules, anything else as JSON.
///
/// # Errors
/// [`ResultError::Failed`] for `err`; [`ResultError::Value`] for bytes that are no text, and for a value that nests
/// too deep for JSON.
pub fn call_result_to_text(value: Value, shape: ResultShape) -> Result<String, ResultError> {
    match unwrapped(value, shape)? {
        TextOrBytes::Text(text) => Ok(text),
        TextOrBytes::Bytes(bytes) => {
            Ok(utf8(bytes)
                .map_err(|(bytes, why)| ValueError::malformed("text", &Value::Bytes(bytes), why).in_result())?)
        }
    }
}

/// A callee's value as bytes: bytes themselves, the UTF-8 of text, otherwise as [`call_result_to_text`].
///
/// # Errors
/// [`ResultError::Failed`] for `err`; [`ResultError::Value`] for a value that nests too deep for JSON.
pub fn call_result_to_bytes(value: Value, shape: ResultShape) -> Result<Bytes, ResultError> {
    Ok(match unwrapped(value, shape)? {
        TextOrBytes::Text(text) => Bytes::from(text),
        TextOrBytes::Bytes(bytes) => bytes,
    })
}

fn unwrapped(value: Value, shape: ResultShape) -> Result<TextOrBytes, ResultError> {
    match shape.outcome(value) {
        Ok(Value::Text(text)) => Ok(TextOrBytes::Text(text)),
        Ok(Value::Bytes(bytes)) => Ok(TextOrBytes::Bytes(bytes)),
        Ok(Value::Null) => Ok(TextOrBytes::Text(String::new())),
        Ok(other) => Ok(TextOrBytes::Text(other.into_json_text().map_err(ValueError::in_result)?)),
        Err(payload) => Err(ResultError::Failed(failure(payload)?)),
    }
}

/// What an `err` says, as text: its payload if that is text, otherwise as JSON.
pub(crate) fn failure(payload: Value) -> Result<String, ValueError> {
    match payload {
        Value::Text(text) => Ok(text),
        // An empty message would leave the caller with nothing at all to go by.
        Value::Null => Ok("the function failed without a message".to_owned()),
        Value::Bytes(bytes) => match utf8(bytes) {
            Ok(text) => Ok(text),
            Err((bytes, _)) => Value::Bytes(bytes).into_json_text(),
        },
        other => other.into_json_text().map_err(ValueError::in_result),
    }
}
