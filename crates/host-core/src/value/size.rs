//! What a value takes where the component model lays it out.

use super::Value;
use wasmtime::component::Val;

/// A pointer and a length.
const LIST: usize = 8;

/// The bytes of a value in a guest's memory, without padding: text and lists with their pointer and length, whatever is one of
/// several cases with one byte for the case.
pub(crate) fn size(value: &Val) -> usize {
    match value {
        Val::Bool(_) | Val::S8(_) | Val::U8(_) | Val::Enum(_) => 1,
        Val::S16(_) | Val::U16(_) => 2,
        Val::S64(_) | Val::U64(_) | Val::Float64(_) => 8,
        Val::String(text) => LIST + text.len(),
        Val::List(items) => LIST + items.iter().map(size).sum::<usize>(),
        Val::Map(pairs) => LIST + pairs.iter().map(|(key, value)| size(key) + size(value)).sum::<usize>(),
        Val::Tuple(items) | Val::FixedLengthList(items) => items.iter().map(size).sum(),
        Val::Record(fields) => fields.iter().map(|(_, value)| size(value)).sum(),
        Val::Variant(_, payload) | Val::Option(payload) | Val::Result(Ok(payload) | Err(payload)) => {
            1 + payload.as_deref().map_or(0, size)
        }
        // Numbers of 32 bits, characters, handles, and flags, of which nobody has more than 32.
        _ => 4,
    }
}

/// The same of text, bytes, and a `result` of them.
pub(crate) fn size_of_plain(value: &Value) -> usize {
    match value {
        Value::Text(text) => LIST + text.len(),
        Value::Bytes(bytes) => LIST + bytes.len(),
        Value::Object(object) => 1 + object.iter().map(|(_, value)| size_of_plain(value)).sum::<usize>(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_as_large_as_its_layout_without_padding() {
        let record = Val::Record(vec![
            ("name".into(), Val::String("four".into())),
            ("bytes".into(), Val::List(vec![Val::U8(1); 100])),
            ("some".into(), Val::Option(Some(Box::new(Val::U64(7))))),
        ]);
        assert_eq!(size(&record), (8 + 4) + (8 + 100) + (1 + 8));
        assert_eq!(size(&Val::Tuple(vec![Val::S16(1), Val::Char('a'), Val::Enum("long name".into())])), 2 + 4 + 1);
        assert_eq!(size_of_plain(&Value::from(vec![0_u8; 10])), 18);
    }
}
