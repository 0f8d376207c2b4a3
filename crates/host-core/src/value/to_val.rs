//! A value as an argument of a WIT type.

use wasmtime::component::types::{Field, Map, OptionType, ResultType};
use wasmtime::component::{Type, Val};

use super::bytes::{bytes_from, text_from, to_vals};
use super::error::ValueProblem;
use super::number::{float32, float64, integer};
use super::{MAX_DEPTH, Object, Value, ValueError, named, type_name};

/// Converts `value` into a value of `ty`. Text is moved; bytes are spread into one `Val` each, which is how Wasmtime
/// takes them.
///
/// An empty array and an empty object stand for each other, because an empty Lua table is both.
///
/// # Errors
/// When the value does not fit, with the path to the part of it that does not. Resources, streams, futures and error
/// contexts belong to one instance and are refused.
pub fn to_val(value: Value, ty: &Type) -> Result<Val, ValueError> {
    convert(value, ty, MAX_DEPTH)
}

/// As [`to_val`], with `depth` levels left to go.
pub(super) fn convert(value: Value, ty: &Type, depth: usize) -> Result<Val, ValueError> {
    let depth = depth.checked_sub(1).ok_or_else(ValueError::too_deep)?;
    Ok(match ty {
        Type::Bool => match value {
            Value::Bool(value) => Val::Bool(value),
            other => return Err(ValueError::mismatch("bool", &other)),
        },
        Type::S8 => Val::S8(integer(&value)?),
        Type::U8 => Val::U8(integer(&value)?),
        Type::S16 => Val::S16(integer(&value)?),
        Type::U16 => Val::U16(integer(&value)?),
        Type::S32 => Val::S32(integer(&value)?),
        Type::U32 => Val::U32(integer(&value)?),
        Type::S64 => Val::S64(integer(&value)?),
        Type::U64 => Val::U64(integer(&value)?),
        Type::Float32 => Val::Float32(float32(&value)?),
        Type::Float64 => Val::Float64(float64(&value, "f64")?),
        Type::Char => Val::Char(character(&value)?),
        Type::String => Val::String(text_from(value)?),
        Type::List(list) => Val::List(elements(value, &list.ty(), ty, depth)?),
        Type::FixedLengthList(list) => {
            // The length is known before the elements are converted only for arrays; bytes and text show it after.
            let got = value_len(&value);
            let items = elements(value, &list.ty(), ty, depth)?;
            if u32::try_from(items.len()) != Ok(list.len()) {
                let got = got.unwrap_or_else(|| format!("an array of {}", items.len()));
                return Err(ValueError::new(ValueProblem::Mismatch { expected: type_name(ty), got }));
            }
            Val::FixedLengthList(items)
        }
        Type::Map(map) => Val::Map(pairs(value, map, ty, depth)?),
        Type::Tuple(tuple) => {
            let types = tuple.types();
            let items = match value {
                Value::List(items) if items.len() == types.len() => items,
                other => return Err(ValueError::mismatch(type_name(ty), &other)),
            };
            let convert_at = |(index, (item, ty)): (usize, (Value, Type))| {
                convert(item, &ty, depth).map_err(|error| error.at_index(index))
            };
            Val::Tuple(items.into_iter().zip(types).enumerate().map(convert_at).collect::<Result<_, _>>()?)
        }
        Type::Record(record) => named::record(value, &record.fields().collect::<Vec<_>>(), ty, depth)?,
        Type::Variant(variant) => named::variant(value, variant, ty, depth)?,
        Type::Enum(cases) => named::enumeration(value, cases, ty)?,
        Type::Flags(flags) => named::flags(value, flags, ty)?,
        Type::Option(option) => Val::Option(optional(value, option, ty, depth)?.map(Box::new)),
        Type::Result(result) => Val::Result(either(value, result, ty, depth)?),
        Type::Own(_) | Type::Borrow(_) | Type::Future(_) | Type::Stream(_) | Type::ErrorContext => {
            return Err(ValueError::new(ValueProblem::Handle { ty: type_name(ty) }));
        }
    })
}

fn character(value: &Value) -> Result<char, ValueError> {
    let mut letters = value.as_str().unwrap_or_default().chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Ok(letter),
        _ => Err(ValueError::mismatch("char", value)),
    }
}

/// The elements of a list of either kind.
fn elements(value: Value, element: &Type, ty: &Type, depth: usize) -> Result<Vec<Val>, ValueError> {
    if matches!(element, Type::U8) {
        return Ok(to_vals(&bytes_from(value, || type_name(ty))?));
    }
    let items = match value {
        Value::List(items) => items,
        Value::Object(object) if object.is_empty() => Vec::new(),
        other => return Err(ValueError::mismatch(type_name(ty), &other)),
    };
    if let Type::Record(record) = element {
        // Found once: for each record alone that takes longer than its conversion.
        let fields: Vec<Field<'_>> = record.fields().collect();
        let convert_at = |(index, item)| {
            let depth = depth.checked_sub(1).ok_or_else(ValueError::too_deep);
            let record = depth.and_then(|depth| named::record(item, &fields, element, depth));
            record.map_err(|error| error.at_index(index))
        };
        return items.into_iter().enumerate().map(convert_at).collect();
    }
    let convert_at = |(index, item)| convert(item, element, depth).map_err(|error| error.at_index(index));
    items.into_iter().enumerate().map(convert_at).collect()
}

/// Bytes and text as an error names them, where their length is what is wrong with them.
fn value_len(value: &Value) -> Option<String> {
    match value {
        Value::Bytes(bytes) => Some(format!("{} bytes", bytes.len())),
        Value::Text(text) => Some(format!("text of {} bytes", text.len())),
        _ => None,
    }
}

/// The pairs of a map: an object whose names are the keys, or an array of `[key, value]` for keys of any type.
fn pairs(value: Value, map: &Map, ty: &Type, depth: usize) -> Result<Vec<(Val, Val)>, ValueError> {
    let (key_ty, value_ty) = (map.key(), map.value());
    match value {
        Value::Object(object) => object
            .into_iter()
            .map(|(name, value)| {
                let value = convert(value, &value_ty, depth).map_err(|error| error.in_key(&name))?;
                // A key that does not fit names itself.
                Ok((convert(Value::Text(name), &key_ty, depth)?, value))
            })
            .collect(),
        Value::List(items) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| {
                let in_pair = |position| move |error: ValueError| error.at_index(position).at_index(index);
                let [key, value] = match item {
                    Value::List(pair) => <[Value; 2]>::try_from(pair).map_err(Value::List),
                    other => Err(other),
                }
                .map_err(|other| ValueError::mismatch("an array of key and value", &other).at_index(index))?;
                let key = convert(key, &key_ty, depth).map_err(in_pair(0))?;
                Ok((key, convert(value, &value_ty, depth).map_err(in_pair(1))?))
            })
            .collect(),
        other => Err(ValueError::mismatch(type_name(ty), &other)),
    }
}

/// What an option holds. An option directly inside another is written out, for `null` could not say which is none.
fn optional(value: Value, option: &OptionType, ty: &Type, depth: usize) -> Result<Option<Val>, ValueError> {
    let inner = option.ty();
    if value.is_null() {
        return Ok(None);
    }
    if !matches!(inner, Type::Option(_)) {
        return convert(value, &inner, depth).map(Some);
    }
    match single(value) {
        Ok((name, value)) if name == "some" => {
            convert(value, &inner, depth).map(Some).map_err(|error| error.in_field("some"))
        }
        Ok((name, Value::Null)) if name == "none" => Ok(None),
        Ok((name, value)) => Err(tagged_mismatch("{\"some\": …} or {\"none\": null}", ty, name, value)),
        Err(other) => {
            Err(ValueError::mismatch(format!("{{\"some\": …}} or {{\"none\": null}} for {}", type_name(ty)), &other))
        }
    }
}

type Either = Result<Option<Box<Val>>, Option<Box<Val>>>;

fn either(value: Value, result: &ResultType, ty: &Type, depth: usize) -> Result<Either, ValueError> {
    const FORMS: &str = "{\"ok\": …} or {\"err\": …}";
    match single(value) {
        Ok((name, value)) if name == "ok" => Ok(Ok(payload(value, &name, result.ok(), depth)?.map(Box::new))),
        Ok((name, value)) if name == "err" => Ok(Err(payload(value, &name, result.err(), depth)?.map(Box::new))),
        Ok((name, value)) => Err(tagged_mismatch(FORMS, ty, name, value)),
        Err(other) => Err(ValueError::mismatch(format!("{FORMS} for {}", type_name(ty)), &other)),
    }
}

/// The name and the value of an object that has one; any other value itself.
pub(super) fn single(value: Value) -> Result<(String, Value), Value> {
    match value {
        Value::Object(object) => object.into_single().map_err(Value::Object),
        other => Err(other),
    }
}

fn tagged_mismatch(forms: &str, ty: &Type, name: String, value: Value) -> ValueError {
    ValueError::mismatch(format!("{forms} for {}", type_name(ty)), &Value::Object(Object::case(name, value)))
}

/// The payload of a case called `name`; a case without one takes `null`.
pub(super) fn payload(value: Value, name: &str, ty: Option<Type>, depth: usize) -> Result<Option<Val>, ValueError> {
    match (ty, value) {
        (Some(ty), value) => convert(value, &ty, depth).map(Some),
        (None, Value::Null) => Ok(None),
        (None, value) => Err(ValueError::mismatch("null, for there is no payload", &value)),
    }
    .map_err(|error| error.in_field(name))
}
