//! A function's result, or an argument that a guest passes on, as a value.

use std::collections::HashMap;

use wasmtime::component::{Type, Val};

use super::bytes::from_vals;
use super::error::ValueProblem;
use super::known::{Kind, KnownField, KnownPair, KnownType};
use super::{MAX_DEPTH, Object, Value, ValueError, type_name};

/// Converts `val`, a value of `ty`, into a [`Value`]. Text and names are moved.
///
/// # Errors
/// Resources, streams, futures and error contexts belong to one instance and are refused. A `val` of another type is
/// an error, too.
pub fn from_val(val: Val, ty: &Type) -> Result<Value, ValueError> {
    known_from_val(val, &KnownType::of(ty))
}

/// The same where the parts of the type are known.
pub(super) fn known_from_val(val: Val, known: &KnownType) -> Result<Value, ValueError> {
    convert(val, known, MAX_DEPTH)
}

fn convert(val: Val, known: &KnownType, depth: usize) -> Result<Value, ValueError> {
    let depth = depth.checked_sub(1).ok_or_else(ValueError::too_deep)?;
    within(val, known, depth)
}

fn within(val: Val, known: &KnownType, depth: usize) -> Result<Value, ValueError> {
    // Ahead of the others, as in the other direction.
    match (&known.kind, val) {
        (Kind::Record(known), Val::Record(vals)) => fields(vals, known, depth),
        (Kind::Option(inner), Val::Option(held)) => optional(held, inner, depth),
        (_, val) => at_depth(val, known, depth),
    }
}

/// A part of a value, converted where it stands: see [`fitted`](super::to_val::fitted).
#[inline(always)]
fn lifted(
    val: Val,
    known: &KnownType,
    depth: usize,
    failed: &mut Option<ValueError>,
    place: impl FnOnce(ValueError) -> ValueError,
) -> Value {
    match (&known.kind, val) {
        (Kind::String, Val::String(text)) => Value::Text(text),
        (Kind::Bool, Val::Bool(value)) => Value::Bool(value),
        (Kind::U8, Val::U8(value)) => Value::Integer(value.into()),
        (Kind::S32, Val::S32(value)) => Value::Integer(value.into()),
        (Kind::U32, Val::U32(value)) => Value::Integer(value.into()),
        (Kind::S64, Val::S64(value)) => Value::Integer(value),
        (Kind::Float64, Val::Float64(value)) => Value::Float(value),
        _ if failed.is_some() => Value::Null,
        (_, val) => convert(val, known, depth).unwrap_or_else(|error| {
            *failed = Some(place(error));
            Value::Null
        }),
    }
}

fn at_depth(val: Val, known: &KnownType, depth: usize) -> Result<Value, ValueError> {
    let ty = &known.ty;
    Ok(match (&known.kind, val) {
        (Kind::Bool, Val::Bool(value)) => Value::Bool(value),
        (Kind::S8, Val::S8(value)) => value.into(),
        (Kind::U8, Val::U8(value)) => value.into(),
        (Kind::S16, Val::S16(value)) => value.into(),
        (Kind::U16, Val::U16(value)) => value.into(),
        (Kind::S32, Val::S32(value)) => value.into(),
        (Kind::U32, Val::U32(value)) => value.into(),
        (Kind::S64, Val::S64(value)) => value.into(),
        (Kind::U64, Val::U64(value)) => value.into(),
        (Kind::Float32, Val::Float32(value)) => value.into(),
        (Kind::Float64, Val::Float64(value)) => value.into(),
        (Kind::Char, Val::Char(value)) => value.into(),
        (Kind::String, Val::String(text)) => Value::Text(text),
        (Kind::List(element), Val::List(items)) | (Kind::FixedLengthList(element, _), Val::FixedLengthList(items)) => {
            elements(items, element, ty, depth)?
        }
        (Kind::Map(pair), Val::Map(pairs)) => map_value(pairs, pair, depth)?,
        (Kind::Tuple(types), Val::Tuple(items)) => {
            let mut values = Vec::with_capacity(items.len());
            for (index, (item, known)) in items.into_iter().zip(types).enumerate() {
                values.push(convert(item, known, depth).map_err(|error| error.at_index(index))?);
            }
            Value::List(values)
        }
        (Kind::Variant(_), Val::Variant(name, None)) => Value::Text(name),
        (Kind::Variant(cases), Val::Variant(name, Some(val))) => {
            let case = cases.iter().find(|case| *case.name == *name).and_then(|case| case.payload.as_ref());
            let value = payload(Some(val), case, &name, ty, depth)?;
            Value::Object(Object::case(name, value))
        }
        (Kind::Enum(_), Val::Enum(name)) => Value::Text(name),
        (Kind::Flags(_), Val::Flags(names)) => Value::List(names.into_iter().map(Value::Text).collect()),
        (Kind::Result(result), Val::Result(Ok(val))) => {
            tagged("ok", payload(val, result.ok.as_ref(), "ok", ty, depth)?)
        }
        (Kind::Result(result), Val::Result(Err(val))) => {
            tagged("err", payload(val, result.err.as_ref(), "err", ty, depth)?)
        }
        (Kind::Handle, _) => return Err(ValueError::new(ValueProblem::Handle { ty: type_name(ty) })),
        // The case alone: of many, none has to be found for it.
        (Kind::Later, Val::Variant(name, None)) if matches!(ty, Type::Variant(_)) => Value::Text(name),
        (Kind::Later, val) => return within(val, &KnownType::shallow(ty), depth),
        _ => return Err(other_type(ty)),
    })
}

/// A record. Wasmtime lifts fields in the type's order, and their names are unique.
fn fields(vals: Vec<(String, Val)>, fields: &[KnownField], depth: usize) -> Result<Value, ValueError> {
    let (mut failed, mut types) = (None, fields.iter());
    let convert_field = |(name, val)| {
        let value = match types.next() {
            Some(field) => lifted(val, &field.ty, depth, &mut failed, |error| error.in_field(&field.name)),
            None => Value::Null,
        };
        (name, value)
    };
    let pairs: Vec<(String, Value)> = vals.into_iter().map(convert_field).collect();
    failed.map_or(Ok(Value::Object(Object::from_unique(pairs))), Err)
}

fn optional(held: Option<Box<Val>>, inner: &KnownType, depth: usize) -> Result<Value, ValueError> {
    match (inner.is_option(), held) {
        (false, None) => Ok(Value::Null),
        (false, Some(held)) => {
            let mut failed = None;
            let value = lifted(*held, inner, depth, &mut failed, |error| error);
            failed.map_or(Ok(value), Err)
        }
        (true, None) => Ok(tagged("none", Value::Null)),
        (true, Some(held)) => {
            convert(*held, inner, depth).map(|value| tagged("some", value)).map_err(|error| error.in_field("some"))
        }
    }
}

fn tagged(name: &str, value: Value) -> Value {
    Value::Object(Object::case(name, value))
}

/// The payload of the case `name`, or null for a case without one.
fn payload(
    val: Option<Box<Val>>,
    payload: Option<&KnownType>,
    name: &str,
    ty: &Type,
    depth: usize,
) -> Result<Value, ValueError> {
    match (val, payload) {
        (Some(val), Some(payload)) => convert(*val, payload, depth).map_err(|error| error.in_field(name)),
        (None, None) => Ok(Value::Null),
        _ => Err(other_type(ty)),
    }
}

fn elements(items: Vec<Val>, element: &KnownType, ty: &Type, depth: usize) -> Result<Value, ValueError> {
    if matches!(element.kind, Kind::U8) {
        return from_vals(&items).map(Value::Bytes).ok_or_else(|| other_type(ty));
    }
    let (mut failed, mut index) = (None, 0);
    let values: Vec<Value> = items
        .into_iter()
        .map(|item| {
            let value = lifted(item, element, depth, &mut failed, |error| error.at_index(index));
            index += 1;
            value
        })
        .collect();
    failed.map_or(Ok(Value::List(values)), Err)
}

/// A map with text for keys is an object, any other an array of `[key, value]`. Of a key that comes twice, which a
/// guest may return, the last value counts.
fn map_value(pairs: Vec<(Val, Val)>, pair: &KnownPair, depth: usize) -> Result<Value, ValueError> {
    let has_text = matches!(pair.key.kind, Kind::String);
    let mut entries: Vec<(String, Value)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut items = Vec::new();
    for (index, (key, val)) in pairs.into_iter().enumerate() {
        let in_pair = |position| move |error: ValueError| error.at_index(position).at_index(index);
        let key = convert(key, &pair.key, depth).map_err(in_pair(0))?;
        let value = convert(val, &pair.value, depth).map_err(in_pair(1))?;
        match key {
            Value::Text(name) if has_text => match places.get(&name) {
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
    Ok(if has_text { Value::Object(Object::map(entries)) } else { Value::List(items) })
}

fn other_type(ty: &Type) -> ValueError {
    ValueError::new(ValueProblem::Mismatch { expected: type_name(ty), got: "a value of another type".to_owned() })
}
