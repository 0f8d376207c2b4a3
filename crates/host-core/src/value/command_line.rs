//! Arguments as a shell passes them: text, which is JSON or stands for itself, as the parameter's type has it.
//!
//! | parameter | the argument |
//! |---|---|
//! | `string` | the text itself, also `5` and `{"a": 1}`; only a JSON string in double quotes, `"a\nb"`, is read as JSON |
//! | `list<u8>` | `{"base64": "…"}`, a JSON array of numbers or a JSON string; otherwise the UTF-8 of the text |
//! | `char` | one character; or a JSON string |
//! | `enum`, `variant` | the name of a case; otherwise JSON |
//! | `flags` | names with commas between; otherwise JSON |
//! | `f32`, `f64` | JSON; `NaN`, `Infinity`, `-Infinity` |
//! | `option<T>` | `null` is none, `"null"` the text; otherwise as `T` |
//! | anything else | JSON |

use wasmtime::component::Type;

use super::call::wrong_count;
use super::named::is_name;
use super::number::named_float;
use super::{Value, ValueError, type_name};

/// The arguments that `texts` stand for, one for each parameter.
///
/// # Errors
/// `argument 1 (a): expected s32, got text "x"`, or the wrong number as in [`Signature::to_vals`](super::Signature::to_vals).
pub fn arguments_from_text<T: AsRef<str>>(params: &[(String, Type)], texts: &[T]) -> Result<Vec<Value>, ValueError> {
    // Options at the end may be left away.
    let needed = params.iter().rposition(|(_, ty)| !matches!(ty, Type::Option(_))).map_or(0, |last| last + 1);
    if !(needed..=params.len()).contains(&texts.len()) {
        return Err(wrong_count(params, texts.len()));
    }
    let read = |(index, (text, (name, ty))): (usize, (&T, &(String, Type)))| {
        argument_from_text(text.as_ref(), ty).map_err(|error| error.in_argument(index, name))
    };
    texts.iter().zip(params).enumerate().map(read).collect()
}

/// The value that one argument of a command line stands for where `ty` is wanted, by the table above this module.
/// Whether it fits the type is for [`to_val`](super::to_val) to say.
///
/// # Errors
/// When the text is neither JSON nor what the type takes as text: `expected s32, got text "x"`.
pub fn argument_from_text(text: &str, ty: &Type) -> Result<Value, ValueError> {
    match ty {
        Type::String => Ok(Value::Text(json_string(text).unwrap_or_else(|| text.to_owned()))),
        Type::List(list) if list.ty() == Type::U8 => bytes(text),
        Type::FixedLengthList(list) if list.ty() == Type::U8 => bytes(text),
        Type::Char if text.chars().nth(1).is_none() => Ok(Value::Text(text.to_owned())),
        Type::Float32 | Type::Float64 if named_float(text).is_some() => Ok(Value::Text(text.to_owned())),
        Type::Option(_) if text == "null" => Ok(Value::Null),
        Type::Option(option) if !matches!(option.ty(), Type::Option(_)) => argument_from_text(text, &option.ty()),
        // Text that is no JSON goes on as a name, for the error about an unknown one is the better one.
        Type::Enum(_) | Type::Variant(_) if is_name(text) => Ok(Value::Text(text.to_owned())),
        Type::Flags(_) if text.split(',').all(|name| is_name(name.trim())) => {
            Ok(text.split(',').map(str::trim).collect())
        }
        _ => json(text, ty),
    }
}

fn json(text: &str, ty: &Type) -> Result<Value, ValueError> {
    match serde_json::from_str(text) {
        Ok(json) => Value::from_json(json),
        // What begins like JSON was meant to be JSON, and the place of the slip helps.
        Err(error) if text.starts_with(['{', '[', '"']) => {
            Err(ValueError::malformed(type_name(ty), &Value::from(text), error))
        }
        Err(_) => Err(ValueError::mismatch(type_name(ty), &Value::from(text))),
    }
}

fn json_string(text: &str) -> Option<String> {
    match text.starts_with('"') {
        true => serde_json::from_str(text).ok(),
        false => None,
    }
}

fn bytes(text: &str) -> Result<Value, ValueError> {
    use serde_json::Value as Json;

    Ok(match serde_json::from_str(text) {
        Ok(Json::String(text)) => Value::Text(text),
        Ok(Json::Array(items)) if items.iter().all(Json::is_number) => Value::from_json(Json::Array(items))?,
        Ok(Json::Object(entries)) if entries.len() == 1 && entries.get("base64").is_some_and(Json::is_string) => {
            Value::from_json(Json::Object(entries))?
        }
        _ => Value::Text(text.to_owned()),
    })
}
