//! Bytes and text: what `list<u8>` and `string` take, and what JSON makes of bytes.

use ::bytes::Bytes;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use wasmtime::component::Val;

use super::number::integer;
use super::{Object, Value, ValueError};

/// The one name of an object that stands for bytes in JSON.
const BASE64: &str = "base64";

/// The standard alphabet, written with padding and read with or without.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Bytes as JSON holds them: the name and the encoded text of `{"base64": "…"}`.
pub(super) fn encoded(bytes: &[u8]) -> (String, String) {
    (BASE64.to_owned(), ENGINE.encode(bytes))
}

/// The bytes in `value`, where a `list<u8>` is wanted: bytes, text (its UTF-8), an array of integers, or
/// `{"base64": "…"}`. An empty object is an empty Lua table, and so an empty array.
pub(super) fn bytes_from(value: Value, expected: impl Fn() -> String) -> Result<Bytes, ValueError> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        Value::Text(text) => Ok(Bytes::from(text)),
        Value::List(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| integer::<u8>(item).map_err(|error| error.at_index(index)))
            .collect::<Result<Vec<u8>, _>>()
            .map(Bytes::from),
        Value::Object(object) if object.is_empty() => Ok(Bytes::new()),
        Value::Object(object) => decoded(&object).unwrap_or_else(|| {
            let expected = format!("{} (an array of integers, text, or {{\"base64\": …}})", expected());
            Err(ValueError::mismatch(expected, &Value::Object(object)))
        }),
        other => Err(ValueError::mismatch(expected(), &other)),
    }
}

/// The bytes of an object that is `{"base64": "…"}`, and nothing for any other object.
fn decoded(object: &Object) -> Option<Result<Bytes, ValueError>> {
    match (object.len(), object.get(BASE64)?) {
        (1, text @ Value::Text(encoded)) => Some(match ENGINE.decode(encoded) {
            Ok(bytes) => Ok(Bytes::from(bytes)),
            Err(error) => Err(ValueError::malformed(BASE64, text, error).in_field(BASE64)),
        }),
        _ => None,
    }
}

/// The text in `value`, where a `string` is wanted: text, or bytes that are valid UTF-8. Neither is copied, unless
/// the bytes are shared with somebody else.
pub(super) fn text_from(value: Value) -> Result<String, ValueError> {
    match value {
        Value::Text(text) => Ok(text),
        Value::Bytes(bytes) => {
            utf8(bytes).map_err(|(bytes, why)| ValueError::malformed("string", &Value::Bytes(bytes), why))
        }
        other => Err(ValueError::mismatch("string", &other)),
    }
}

/// Bytes as text, or the bytes again with what makes them no UTF-8.
pub(super) fn utf8(bytes: Bytes) -> Result<String, (Bytes, std::str::Utf8Error)> {
    String::from_utf8(Vec::from(bytes)).map_err(|error| {
        let why = error.utf8_error();
        (Bytes::from(error.into_bytes()), why)
    })
}

/// The elements of a `list<u8>`.
///
/// This is where bytes cost what they should not: Wasmtime's dynamic API knows no bytes, only a `Val` (some 40 bytes)
/// for each of them, which it checks and stores one at a time. It happens here and in [`from_vals`] alone, at the edge
/// of an instance; a caller that knows a function's whole signature to be text or bytes avoids it with
/// `Func::typed`.
pub(super) fn to_vals(bytes: &[u8]) -> Vec<Val> {
    bytes.iter().copied().map(Val::U8).collect()
}

/// The bytes of a lifted `list<u8>`, or nothing if an element is something else.
pub(super) fn from_vals(items: &[Val]) -> Option<Bytes> {
    // Collecting into an option would grow the vector step by step, as it cannot know that all elements are there.
    let mut bytes = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Val::U8(byte) => bytes.push(*byte),
            _ => return None,
        }
    }
    Some(Bytes::from(bytes))
}
