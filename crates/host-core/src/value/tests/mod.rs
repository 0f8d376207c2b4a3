//! Tests against real component types, which `wit.rs` makes from WIT notation.

mod arguments;
mod command_line;
mod errors;
mod json;
mod large;
mod property;
mod results;
mod signatures;
mod text_call;
mod types;
mod wit;

use serde_json::Value as Json;
use wasmtime::component::Val;

use super::{Value, ValueError, from_val, to_val};

/// What `json` becomes as a value of the type `wit`.
fn val(json: Json, wit: &str) -> Result<Val, ValueError> {
    to_val(Value::from_json(json)?, &wit::ty(wit))
}

/// What `json` comes back as when it was a value of the type `wit`.
fn echo(json: Json, wit: &str) -> Json {
    let ty = wit::ty(wit);
    let val = to_val(Value::from_json(json).unwrap(), &ty).unwrap();
    from_val(val, &ty).unwrap().into_json().unwrap()
}

/// The message with which `json` is refused as a value of the type `wit`.
fn refusal(json: Json, wit: &str) -> String {
    match val(json, wit) {
        Ok(val) => panic!("accepted as {val:?}"),
        Err(error) => error.to_string(),
    }
}
