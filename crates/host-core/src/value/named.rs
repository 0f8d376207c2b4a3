//! The WIT types whose parts have names: record, variant, enum and flags.

use wasmtime::component::types::{Enum, Flags};
use wasmtime::component::{Type, Val};

use super::error::ValueProblem;
use super::known::{KnownCase, KnownField};
use super::names::{same_name, unknown_name};
use super::number::integer;
use super::to_val::{convert, fitted, payload, single};
use super::type_name::type_name;
use super::{Value, ValueError};

pub(super) fn record(value: Value, fields: &[KnownField], ty: &Type, depth: usize) -> Result<Val, ValueError> {
    let entries = match value {
        Value::Object(object) => object.into_pairs(),
        Value::List(items) if items.is_empty() => Vec::new(),
        other => return Err(ValueError::mismatch(type_name(ty), &other)),
    };
    // Objects are mostly written in the type's order, and whole.
    if entries.len() == fields.len() && entries.iter().zip(fields).all(|((name, _), field)| **name == *field.name) {
        let (mut failed, mut types) = (None, fields.iter());
        let convert_field = |(name, value)| {
            let val = match types.next() {
                Some(field) => fitted(value, &field.ty, depth, &mut failed, |error| error.in_field(&field.name)),
                None => Val::Bool(false),
            };
            (name, val)
        };
        let converted: Vec<(String, Val)> = entries.into_iter().map(convert_field).collect();
        return failed.map_or(Ok(Val::Record(converted)), Err);
    }
    out_of_order(entries, fields, depth)
}

fn out_of_order(mut entries: Vec<(String, Value)>, fields: &[KnownField], depth: usize) -> Result<Val, ValueError> {
    let mut taken = 0;
    let mut converted = Vec::with_capacity(fields.len());
    for field in fields {
        let Some((name, value)) = entries.iter_mut().find(|(name, _)| same_name(name, &field.name)) else {
            if !field.ty.is_option() {
                let (name, ty) = (field.name.to_string(), type_name(&field.ty.ty));
                // A misspelt field is missing, too, and the better explanation.
                let missing = || ValueError::new(ValueProblem::MissingField { name, ty });
                return Err(unknown_field(&entries, fields).unwrap_or_else(missing));
            }
            converted.push((field.name.to_string(), Val::Option(None)));
            continue;
        };
        // The name moves into the result; the empty one that stays, which no field has, says that the entry is taken.
        let mut name = std::mem::take(name);
        let value = convert(std::mem::take(value), &field.ty, depth).map_err(|error| error.in_field(&field.name))?;
        if *name != *field.name {
            field.name.as_ref().clone_into(&mut name);
        }
        converted.push((name, value));
        taken += 1;
    }
    match taken < entries.len() {
        true => Err(unknown_field(&entries, fields).unwrap_or_else(|| second_spelling(&entries, fields))),
        false => Ok(Val::Record(converted)),
    }
}

/// An error about the first of the entries not yet taken that is no field at all.
fn unknown_field(entries: &[(String, Value)], fields: &[KnownField]) -> Option<ValueError> {
    let is_known = |name: &str| fields.iter().any(|field| same_name(name, &field.name));
    let (name, _) = entries.iter().find(|(name, _)| !name.is_empty() && !is_known(name))?;
    Some(unknown_name("field", name, fields.iter().map(|field| &*field.name)))
}

/// An error about an entry that is left over although its name is known: `tag_count` beside `tag-count`.
fn second_spelling(entries: &[(String, Value)], fields: &[KnownField]) -> ValueError {
    let again = entries.iter().map(|(name, _)| name.as_str()).find(|name| !name.is_empty()).unwrap_or_default();
    let names = fields.iter().map(|field| &*field.name);
    match names.clone().find(|field| same_name(again, field)) {
        Some(field) => ValueError::duplicate(field, again),
        None => unknown_name("field", again, names),
    }
}

/// Whether `text` has the form of a name in a WIT type, and so that of no JSON but `true`, `false` and `null`.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

pub(super) fn variant(value: Value, cases: &[KnownCase], ty: &Type, depth: usize) -> Result<Val, ValueError> {
    let (name, value, is_plain) = match value {
        Value::Text(name) => (name, Value::Null, true),
        other => match single(other) {
            Ok((name, value)) => (name, value, false),
            Err(other) => return Err(ValueError::mismatch(format!("{{\"case\": …}} for {}", type_name(ty)), &other)),
        },
    };
    let Some(case) = cases.iter().find(|case| same_name(&name, &case.name)) else {
        return Err(unknown_name("case", &name, cases.iter().map(|case| &*case.name)));
    };
    if let (true, Some(payload)) = (is_plain, &case.payload) {
        let expected = format!("{{{:?}: {}}}", case.name, type_name(&payload.ty));
        return Err(ValueError::mismatch(expected, &Value::Text(name)));
    }
    let payload = payload(value, &case.name, case.payload.as_ref(), depth)?;
    Ok(Val::Variant(case.name.to_string(), payload.map(Box::new)))
}

pub(super) fn enumeration(value: Value, cases: &Enum, ty: &Type) -> Result<Val, ValueError> {
    let names: Vec<&str> = cases.names().collect();
    let name = match &value {
        Value::Text(given) => match names.iter().find(|name| same_name(given, name)) {
            Some(name) => name,
            None => return Err(unknown_name("case", given, names.iter().copied())),
        },
        number @ (Value::Integer(_) | Value::Float(_)) => {
            let index = integer::<u32>(number).ok().and_then(|index| names.get(usize::try_from(index).ok()?));
            index.ok_or_else(|| {
                let expected = format!("{} or its index, 0 to {}", type_name(ty), names.len().saturating_sub(1));
                ValueError::mismatch(expected, number)
            })?
        }
        other => return Err(ValueError::mismatch(type_name(ty), other)),
    };
    Ok(Val::Enum(name.to_string()))
}

pub(super) fn flags(value: Value, flags: &Flags, ty: &Type) -> Result<Val, ValueError> {
    let names: Vec<&str> = flags.names().collect();
    let known = |given: &str| match names.iter().find(|name| same_name(given, name)) {
        Some(name) => Ok(name.to_string()),
        None => Err(unknown_name("flag", given, names.iter().copied())),
    };
    let set = match value {
        Value::List(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let name =
                    item.as_str().ok_or_else(|| ValueError::mismatch("the name of a flag", item)).and_then(known);
                name.map_err(|error| error.at_index(index))
            })
            .collect::<Result<_, _>>()?,
        Value::Object(object) => object
            .iter()
            .map(|(name, is_set)| {
                let known = known(name)?;
                let is_set = is_set.as_bool().ok_or_else(|| ValueError::mismatch("bool", is_set).in_field(&known))?;
                Ok(is_set.then_some(known))
            })
            .filter_map(Result::transpose)
            .collect::<Result<_, _>>()?,
        other => return Err(ValueError::mismatch(type_name(ty), &other)),
    };
    Ok(Val::Flags(set))
}
