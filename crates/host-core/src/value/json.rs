//! Values and JSON.

use serde_json::{Map, Number, Value as Json};

use super::bytes::encoded;
use super::number::float_name;
use super::{MAX_DEPTH, Object, Value, ValueError};

impl Value {
    /// The value that `json` holds, its text moved.
    ///
    /// Nothing is guessed: `{"base64": "…"}` stays an object and `"NaN"` text until a WIT type asks for bytes or for a
    /// float.
    ///
    /// # Errors
    /// When `json` nests deeper than [`MAX_DEPTH`].
    pub fn from_json(json: Json) -> Result<Self, ValueError> {
        from_json(json, MAX_DEPTH)
    }

    /// The value that the JSON document `text` holds.
    ///
    /// # Errors
    /// When `text` is not JSON, with line and column, or nests deeper than [`MAX_DEPTH`].
    pub fn from_json_text(text: &str) -> Result<Self, ValueError> {
        match serde_json::from_str(text) {
            Ok(json) => Self::from_json(json),
            Err(error) => Err(ValueError::malformed("JSON", &Value::Text(text.to_owned()), error)),
        }
    }

    /// The value as JSON, its text moved: bytes as `{"base64": "…"}`, floats that are no numbers as `"NaN"`,
    /// `"Infinity"` and `"-Infinity"`, every integer as a number.
    ///
    /// # Errors
    /// When the value nests deeper than [`MAX_DEPTH`].
    pub fn into_json(self) -> Result<Json, ValueError> {
        into_json(self, MAX_DEPTH)
    }

    /// The value as JSON text on one line.
    ///
    /// # Errors
    /// As [`into_json`](Self::into_json).
    pub fn into_json_text(self) -> Result<String, ValueError> {
        Ok(self.into_json()?.to_string())
    }
}

fn from_json(json: Json, depth: usize) -> Result<Value, ValueError> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => from_number(&number)?,
        Json::String(text) => Value::Text(text),
        Json::Array(items) => {
            let depth = depth.checked_sub(1).ok_or_else(ValueError::too_deep)?;
            Value::List(items.into_iter().map(|item| from_json(item, depth)).collect::<Result<_, _>>()?)
        }
        Json::Object(entries) => {
            let depth = depth.checked_sub(1).ok_or_else(ValueError::too_deep)?;
            let convert = |(name, json)| Ok((name, from_json(json, depth)?));
            Value::Object(Object::from_unique(entries.into_iter().map(convert).collect::<Result<_, _>>()?))
        }
    })
}

fn from_number(number: &Number) -> Result<Value, ValueError> {
    let integer = number.as_i64().map(Value::from).or_else(|| number.as_u64().map(Value::from));
    // Only a build that keeps numbers as text has one that is no float.
    let float = || number.as_f64().map(Value::from);
    integer.or_else(float).ok_or_else(|| ValueError::mismatch("a number", &Value::Text(number.to_string())))
}

fn into_json(value: Value, depth: usize) -> Result<Json, ValueError> {
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(value),
        Value::Integer(number) => Json::Number(number.into()),
        Value::Unsigned(number) => Json::Number(number.into()),
        Value::Float(number) => match Number::from_f64(number) {
            Some(number) => Json::Number(number),
            None => float_name(number).into(),
        },
        Value::Text(text) => Json::String(text),
        Value::Bytes(bytes) => {
            let (name, text) = encoded(&bytes);
            Json::Object(Map::from_iter([(name, Json::String(text))]))
        }
        Value::List(items) => {
            let depth = depth.checked_sub(1).ok_or_else(ValueError::too_deep)?;
            Json::Array(items.into_iter().map(|item| into_json(item, depth)).collect::<Result<_, _>>()?)
        }
        Value::Object(object) => {
            let depth = depth.checked_sub(1).ok_or_else(ValueError::too_deep)?;
            let convert = |(name, value)| Ok((name, into_json(value, depth)?));
            Json::Object(object.into_iter().map(convert).collect::<Result<_, _>>()?)
        }
    })
}
