//! A function's result, or an argument that a guest passes on, as a value.

use std::collections::HashMap;

use wasmtime::component::types::{Field, Map};
use wasmtime::component::{Type, Val};

use super::bytes::from_vals;
use super::error::ValueProblem;
use super::{MAX_DEPTH, Object, Value, ValueError, type_name};

/// Converts `val`, a value of `ty`, into a [`Value`]. Text and names are moved.
///
/// # Errors
/// Resources, streams, futures and error contexts belong to one instance and are refused. A `val` of another type is
/// an error, too.
pub fn from_val(val: Val, ty: &Type) -> Result<Value, ValueError> {
    convert(val, ty, MAX_DEPTH)
}

fn convert(val: Val, ty: &Type, depth: usize) -> Result<Value, ValueError> {
    let depth = depth.checked_sub(1).ok_or_else(ValueError::too_deep)?;
    Ok(match (ty, val) {
        (Type::Bool, Val::Bool(value)) => Value::Bool(value),
        (Type::S8, Val::S8(value)) => value.into(),
        (Type::U8, Val::U8(value)) => value.into(),
        (Type::S16, Val::S16(value)) => value.into(),
        (Type::U16, Val::U16(value)) => value.into(),
        (Type::S32, Val::S32(value)) => value.into(),
        (Type::U32, Val::U32(value)) => value.into(),
        (Type::S64, Val::S64(value)) => value.into(),
        (Type::U64, Val::U64(value)) => value.into(),
        (Type::Float32, Val::Float32(value)) => value.into(),
        (Type::Float64, Val::Float64(value)) => value.into(),
        (Type::Char, Val::Char(value)) => value.into(),
        (Type::String, Val::String(text)) => Value::Text(text),
        (Type::List(list), Val::List(items)) => elements(items, &list.ty(), ty, depth)?,
        (Type::FixedLengthList(list), Val::FixedLengthList(items)) => elements(items, &list.ty(), ty, depth)?,
        (Type::Map(map), Val::Map(pairs)) => map_value(pairs, map, depth)?,
        (Type::Tuple(tuple), Val::Tuple(items)) => {
            let convert_at = |(index, (item, ty)): (usize, (Val, Type))| {
                convert(item, &ty, depth).map_err(|error| error.at_index(index))
            };
            Value::List(items.into_iter().zip(tuple.types()).enumerate().map(convert_at).collect::<Result<_, _>>()?)
        }
        (Type::Record(record), Val::Record(vals)) => fields(vals, &record.fields().collect::<Vec<_>>(), depth)?,
        (Type::Variant(_), Val::Variant(name, None)) => Value::Text(name),
        (Type::Variant(variant), Val::Variant(name, Some(val))) => {
            let case = variant.cases().find(|case| case.name == name).and_then(|case| case.ty);
            let value = payload(Some(val), case, &name, ty, depth)?;
            Value::Object(Object::case(name, value))
        }
        (Type::Enum(_), Val::Enum(name)) => Value::Text(name),
        (Type::Flags(_), Val::Flags(names)) => Value::List(names.into_iter().map(Value::Text).collect()),
        (Type::Option(option), Val::Option(val)) => {
            let inner = option.ty();
            match (matches!(inner, Type::Option(_)), val) {
                (false, None) => Value::Null,
                (false, Some(val)) => convert(*val, &inner, depth)?,
                (true, None) => tagged("none", Value::Null),
                (true, Some(val)) => {
                    let value = convert(*val, &inner, depth).map_err(|error| error.in_field("some"))?;
                    tagged("some", value)
                }
            }
        }
        (Type::Result(result), Val::Result(Ok(val))) => tagged("ok", payload(val, result.ok(), "ok", ty, depth)?),
        (Type::Result(result), Val::Result(Err(val))) => tagged("err", payload(val, result.err(), "err", ty, depth)?),
        (Type::Own(_) | Type::Borrow(_) | Type::Future(_) | Type::Stream(_) | Type::ErrorContext, _) => {
            return Err(ValueError::new(ValueProblem::Handle { ty: type_name(ty) }));
        }
        _ => return Err(other_type(ty)),
    })
}

/// A record. Wasmtime lifts fields in the type's order, and their names are unique.
fn fields(vals: Vec<(String, Val)>, fields: &[Field<'_>], depth: usize) -> Result<Value, ValueError> {
    let convert_field = |((name, val), field): ((String, Val), &Field<'_>)| match convert(val, &field.ty, depth) {
        Ok(value) => Ok((name, value)),
        Err(error) => Err(error.in_field(&name)),
    };
    let pairs = vals.into_iter().zip(fields).map(convert_field).collect::<Result<_, _>>()?;
    Ok(Value::Object(Object::from_unique(pairs)))
}

fn tagged(name: &str, value: Value) -> Value {
    Value::Object(Object::case(name, value))
}

/// The payload of the case `name`, or null for a case without one.
fn payload(
    val: Option<Box<Val>>,
    payload: Option<Type>,
    name: &str,
    ty: &Type,
    depth: usize,
) -> Result<Value, ValueError> {
    match (val, payload) {
        (Some(val), Some(payload)) => convert(*val, &payload, depth).map_err(|error| error.in_field(name)),
        (None, None) => Ok(Value::Null),
        _ => Err(other_type(ty)),
    }
}

fn elements(items: Vec<Val>, element: &Type, ty: &Type, depth: usize) -> Result<Value, ValueError> {
    if matches!(element, Type::U8) {
        return from_vals(&items).map(Value::Bytes).ok_or_else(|| other_type(ty));
    }
    if let Type::Record(record) = element {
        // Found once: for each record alone that takes longer than its conversion.
        let known: Vec<Field<'_>> = record.fields().collect();
        let convert_at = |(index, item)| {
            let record = match (item, depth.checked_sub(1)) {
                (_, None) => Err(ValueError::too_deep()),
                (Val::Record(vals), Some(depth)) => fields(vals, &known, depth),
                _ => Err(other_type(element)),
            };
            record.map_err(|error| error.at_index(index))
        };
        return items.into_iter().enumerate().map(convert_at).collect::<Result<_, _>>().map(Value::List);
    }
    let convert_at = |(index, item)| convert(item, element, depth).map_err(|error| error.at_index(index));
    items.into_iter().enumerate().map(convert_at).collect::<Result<_, _>>().map(Value::List)
}

/// A map with text for keys is an object, any other an array of `[key, value]`. Of a key that comes twice, which a
/// guest may return, the last value counts.
fn map_value(pairs: Vec<(Val, Val)>, map: &Map, depth: usize) -> Result<Value, ValueError> {
    let (key_ty, value_ty) = (map.key(), map.value());
    let mut entries: Vec<(String, Value)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut items = Vec::new();
    for (index, (key, val)) in pairs.into_iter().enumerate() {
        let in_pair = |position| move |error: ValueError| error.at_index(position).at_index(index);
        let key = convert(key, &key_ty, depth).map_err(in_pair(0))?;
        let value = convert(val, &value_ty, depth).map_err(in_pair(1))?;
        match key {
            Value::Text(name) if matches!(key_ty, Type::String) => match places.get(&name) {
                Some(place) => {
                    if let Some((_, slot)) = entries.get_mut(*place) {
                        *slot = value;
                    }
                }
                None => {
                    places.insert(name.clone(), entries.len());
                    entries.push((name, value));
                }
            },
            key => items.push(Value::List(vec![key, value])),
        }
    }
    match key_ty {
        Type::String => Ok(Value::Object(Object::map(entries))),
        _ => Ok(Value::List(items)),
    }
}

fn other_type(ty: &Type) -> ValueError {
    ValueError::new(ValueProblem::Mismatch { expected: type_name(ty), got: "a value of another type".to_owned() })
}
