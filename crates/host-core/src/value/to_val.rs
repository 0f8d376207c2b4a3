//! A value as an argument of a WIT type.

use wasmtime::component::{Type, Val};

use super::bytes::{bytes_from, text_from, to_vals};
use super::error::ValueProblem;
use super::known::{Kind, KnownPair, KnownResult, KnownType};
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
    known_to_val(value, &KnownType::of(ty))
}

/// The same where the parts of the type are known.
pub(super) fn known_to_val(value: Value, known: &KnownType) -> Result<Val, ValueError> {
    convert(value, known, MAX_DEPTH)
}

/// The same with `depth` levels left to go.
pub(super) fn convert(value: Value, known: &KnownType, depth: usize) -> Result<Val, ValueError> {
    let depth = depth.checked_sub(1).ok_or_else(ValueError::too_deep)?;
    // Ahead of the others, whose one large function would take longer to enter.
    match &known.kind {
        Kind::Record(fields) => named::record(value, fields, &known.ty, depth),
        Kind::Option(inner) => optional(value, inner, &known.ty, depth).map(Val::Option),
        _ => at_depth(value, known, depth),
    }
}

/// A part of a value, converted where it stands, so that the parts of one stay in the memory that they have. What fits as it is, as most
/// parts do, needs no call; a `Val` that passes through the results of several is copied in pieces at each. The first that does not
/// fit is told through `failed`, with its `place`.
#[inline(always)]
pub(super) fn fitted(
    value: Value,
    known: &KnownType,
    depth: usize,
    failed: &mut Option<ValueError>,
    place: impl FnOnce(ValueError) -> ValueError,
) -> Val {
    match (&known.kind, value) {
        (Kind::String, Value::Text(text)) => Val::String(text),
        (Kind::Bool, Value::Bool(value)) => Val::Bool(value),
        (Kind::U8, Value::Integer(number @ 0..=0xff)) => Val::U8(number as u8),
        (Kind::S32, Value::Integer(number @ -0x8000_0000..=0x7fff_ffff)) => Val::S32(number as i32),
        (Kind::U32, Value::Integer(number @ 0..=0xffff_ffff)) => Val::U32(number as u32),
        (Kind::S64, Value::Integer(number)) => Val::S64(number),
        (Kind::U64, Value::Integer(number @ 0..)) => Val::U64(number as u64),
        (Kind::Float64, Value::Float(number)) => Val::Float64(number),
        // Of those behind it, nobody asks any more.
        _ if failed.is_some() => Val::Bool(false),
        (_, value) => convert(value, known, depth).unwrap_or_else(|error| {
            *failed = Some(place(error));
            Val::Bool(false)
        }),
    }
}

fn at_depth(value: Value, known: &KnownType, depth: usize) -> Result<Val, ValueError> {
    let ty = &known.ty;
    Ok(match &known.kind {
        Kind::Bool => match value {
            Value::Bool(value) => Val::Bool(value),
            other => return Err(ValueError::mismatch("bool", &other)),
        },
        Kind::S8 => Val::S8(integer(&value)?),
        Kind::U8 => Val::U8(integer(&value)?),
        Kind::S16 => Val::S16(integer(&value)?),
        Kind::U16 => Val::U16(integer(&value)?),
        Kind::S32 => Val::S32(integer(&value)?),
        Kind::U32 => Val::U32(integer(&value)?),
        Kind::S64 => Val::S64(integer(&value)?),
        Kind::U64 => Val::U64(integer(&value)?),
        Kind::Float32 => Val::Float32(float32(&value)?),
        Kind::Float64 => Val::Float64(float64(&value, "f64")?),
        Kind::Char => Val::Char(character(&value)?),
        Kind::String => Val::String(text_from(value)?),
        Kind::List(element) => Val::List(elements(value, element, ty, depth)?),
        Kind::FixedLengthList(element, len) => {
            // The length is known before the elements are converted only for arrays; bytes and text show it after.
            let got = value_len(&value);
            let items = elements(value, element, ty, depth)?;
            if u32::try_from(items.len()) != Ok(*len) {
                let got = got.unwrap_or_else(|| format!("an array of {}", items.len()));
                return Err(ValueError::new(ValueProblem::Mismatch { expected: type_name(ty), got }));
            }
            Val::FixedLengthList(items)
        }
        Kind::Map(pair) => Val::Map(pairs(value, pair, ty, depth)?),
        Kind::Tuple(types) => {
            let items = match value {
                Value::List(items) if items.len() == types.len() => items,
                other => return Err(ValueError::mismatch(type_name(ty), &other)),
            };
            let mut vals = Vec::with_capacity(types.len());
            for (index, (item, known)) in items.into_iter().zip(types).enumerate() {
                vals.push(convert(item, known, depth).map_err(|error| error.at_index(index))?);
            }
            Val::Tuple(vals)
        }
        Kind::Record(fields) => named::record(value, fields, ty, depth)?,
        Kind::Variant(cases) => named::variant(value, cases, ty, depth)?,
        Kind::Enum(names) => named::enumeration(value, names, ty)?,
        Kind::Flags(names) => named::flags(value, names, ty)?,
        Kind::Option(inner) => Val::Option(optional(value, inner, ty, depth)?),
        Kind::Result(result) => Val::Result(either(value, result, ty, depth)?),
        Kind::Handle => return Err(ValueError::new(ValueProblem::Handle { ty: type_name(ty) })),
        Kind::Later => return at_depth(value, &KnownType::shallow(ty), depth),
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
fn elements(value: Value, element: &KnownType, ty: &Type, depth: usize) -> Result<Vec<Val>, ValueError> {
    if matches!(element.kind, Kind::U8) {
        return Ok(to_vals(&bytes_from(value, || type_name(ty))?));
    }
    let items = match value {
        Value::List(items) => items,
        Value::Object(object) if object.is_empty() => Vec::new(),
        other => return Err(ValueError::mismatch(type_name(ty), &other)),
    };
    let mut failed = None;
    let mut index = 0;
    let vals: Vec<Val> = items
        .into_iter()
        .map(|item| {
            let val = fitted(item, element, depth, &mut failed, |error| error.at_index(index));
            index += 1;
            val
        })
        .collect();
    failed.map_or(Ok(vals), Err)
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
fn pairs(value: Value, pair: &KnownPair, ty: &Type, depth: usize) -> Result<Vec<(Val, Val)>, ValueError> {
    match value {
        Value::Object(object) => object
            .into_iter()
            .map(|(name, value)| {
                let value = convert(value, &pair.value, depth).map_err(|error| error.in_key(&name))?;
                // A key that does not fit names itself.
                Ok((convert(Value::Text(name), &pair.key, depth)?, value))
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
                let key = convert(key, &pair.key, depth).map_err(in_pair(0))?;
                Ok((key, convert(value, &pair.value, depth).map_err(in_pair(1))?))
            })
            .collect(),
        other => Err(ValueError::mismatch(type_name(ty), &other)),
    }
}

/// What an option holds. An option directly inside another is written out, for `null` could not say which is none.
fn optional(value: Value, inner: &KnownType, ty: &Type, depth: usize) -> Result<Option<Box<Val>>, ValueError> {
    if value.is_null() {
        return Ok(None);
    }
    if !inner.is_option() {
        let mut failed = None;
        let val = fitted(value, inner, depth, &mut failed, |error| error);
        return failed.map_or_else(|| Ok(Some(Box::new(val))), Err);
    }
    match single(value) {
        Ok((name, value)) if name == "some" => {
            convert(value, inner, depth).map(|val| Some(Box::new(val))).map_err(|error| error.in_field("some"))
        }
        Ok((name, Value::Null)) if name == "none" => Ok(None),
        Ok((name, value)) => Err(tagged_mismatch("{\"some\": …} or {\"none\": null}", ty, name, value)),
        Err(other) => {
            Err(ValueError::mismatch(format!("{{\"some\": …}} or {{\"none\": null}} for {}", type_name(ty)), &other))
        }
    }
}

type Either = Result<Option<Box<Val>>, Option<Box<Val>>>;

fn either(value: Value, result: &KnownResult, ty: &Type, depth: usize) -> Result<Either, ValueError> {
    const FORMS: &str = "{\"ok\": …} or {\"err\": …}";
    match single(value) {
        Ok((name, value)) if name == "ok" => Ok(Ok(payload(value, &name, result.ok.as_ref(), depth)?.map(Box::new))),
        Ok((name, value)) if name == "err" => Ok(Err(payload(value, &name, result.err.as_ref(), depth)?.map(Box::new))),
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
pub(super) fn payload(
    value: Value,
    name: &str,
    known: Option<&KnownType>,
    depth: usize,
) -> Result<Option<Val>, ValueError> {
    match (known, value) {
        (Some(known), value) => convert(value, known, depth).map(Some),
        (None, Value::Null) => Ok(None),
        (None, value) => Err(ValueError::mismatch("null, for there is no payload", &value)),
    }
    .map_err(|error| error.in_field(name))
}
