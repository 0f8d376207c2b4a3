//! The signature of a component's function, and a whole call's arguments and result.

use std::fmt::{self, Write};

use wasmtime::component::types::ComponentFunc;
use wasmtime::component::{Type, Val};

use super::error::ValueProblem;
use super::limited::limited;
use super::{CallShape, Value, ValueError, from_val, handle_in, to_val, type_name};

/// Bytes of a parameter list that an error shows at most.
const PARAMETERS_LIMIT: usize = 400;

/// What a component's function takes and gives, kept beside the function so that a call need not look it up.
#[derive(Clone, Debug)]
pub struct Signature {
    params: Vec<(String, Type)>,
    result: Option<Type>,
    is_async: bool,
}

impl Signature {
    /// The signature of `func`.
    pub fn of(func: &ComponentFunc) -> Self {
        Self {
            params: func.params().map(|(name, ty)| (name.to_owned(), ty)).collect(),
            // The component model allows one result; the iterator is left from drafts with several.
            result: func.results().next(),
            is_async: func.async_(),
        }
    }

    /// The signature of a function that takes nothing and returns nothing.
    pub(crate) fn empty() -> Self {
        Self { params: Vec::new(), result: None, is_async: false }
    }

    /// The parameters in order, with their names.
    pub fn params(&self) -> &[(String, Type)] {
        &self.params
    }

    /// The type of the result, if there is one.
    pub fn result(&self) -> Option<&Type> {
        self.result.as_ref()
    }

    /// Whether the function is declared `async`.
    pub fn is_async(&self) -> bool {
        self.is_async
    }

    /// What a caller that has no types needs to know of it.
    pub fn shape(&self) -> CallShape {
        CallShape::of(&self.params, self.result())
    }

    /// The first type among those of its parameters and its result that belongs to one instance.
    pub(crate) fn handle(&self) -> Option<String> {
        self.params.iter().map(|(_, ty)| ty).chain(&self.result).find_map(handle_in)
    }

    /// Converts a call's arguments, see [`convert_args`].
    ///
    /// # Errors
    /// As [`convert_args`].
    pub fn to_vals(&self, args: Vec<Value>) -> Result<Vec<Val>, ValueError> {
        convert_args(&self.params, args)
    }

    /// Converts what a call returned, see [`convert_result`].
    ///
    /// # Errors
    /// As [`convert_result`].
    pub fn to_value(&self, result: Option<Val>) -> Result<Value, ValueError> {
        convert_result(self.result(), result)
    }
}

impl fmt::Display for Signature {
    /// `(a: s32, b: s32) -> s32`, with `async` in front where the function is declared so.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_async { "async (" } else { "(" })?;
        write_parameters(f, &self.params)?;
        f.write_char(')')?;
        match &self.result {
            Some(ty) => write!(f, " -> {}", type_name(ty)),
            None => Ok(()),
        }
    }
}

/// The signature of `func` as text, `(a: s32, b: s32) -> s32`; each type as [`type_name`] writes it.
pub fn signature(func: &ComponentFunc) -> String {
    Signature::of(func).to_string()
}

fn write_parameters(out: &mut impl Write, params: &[(String, Type)]) -> fmt::Result {
    for (index, (name, ty)) in params.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        write!(out, "{comma}{name}: {}", type_name(ty))?;
    }
    Ok(())
}

/// Converts a call's arguments to the types of its parameters, by position. Options at the end may be left away: for
/// an option, absent is none, and a Lua caller cannot tell a trailing `nil` from nothing.
///
/// # Errors
/// `expected 2 arguments (a: s32, b: s32), got 1`, or `argument 1 (a): expected s32, got text "x"`.
pub fn convert_args(params: &[(String, Type)], args: Vec<Value>) -> Result<Vec<Val>, ValueError> {
    let got = args.len();
    let left_away = params.get(got..).map(|rest| rest.iter().all(|(_, ty)| matches!(ty, Type::Option(_))));
    if left_away != Some(true) {
        return Err(wrong_count(params, got));
    }
    let mut vals = Vec::with_capacity(params.len());
    for (index, (value, (name, ty))) in args.into_iter().zip(params).enumerate() {
        vals.push(to_val(value, ty).map_err(|error| error.in_argument(index, name))?);
    }
    vals.resize(params.len(), Val::Option(None));
    Ok(vals)
}

pub(super) fn wrong_count(params: &[(String, Type)], got: usize) -> ValueError {
    let parameters = limited(PARAMETERS_LIMIT, |out| write_parameters(out, params));
    ValueError::new(ValueProblem::ArgumentCount { expected: params.len(), parameters, got })
}

/// Converts what a function of result type `ty` returned. A function without a result gives [`Value::Null`]; a
/// `result` stays one, `{"ok": …}` or `{"err": …}`, and its [`CallShape`](super::CallShape) says that it is.
///
/// # Errors
/// `result (handle): own<resource> belongs to one instance and cannot be passed as a value`.
pub fn convert_result(ty: Option<&Type>, result: Option<Val>) -> Result<Value, ValueError> {
    match (ty, result) {
        (Some(ty), Some(val)) => from_val(val, ty).map_err(ValueError::in_result),
        (None, None) => Ok(Value::Null),
        (ty, val) => {
            let expected = ty.map_or_else(|| "no result".to_owned(), type_name);
            let got = if val.is_some() { "a result" } else { "none" }.to_owned();
            Err(ValueError::new(ValueProblem::Mismatch { expected, got }).in_result())
        }
    }
}
