//! The signature of a component's function, and a whole call's arguments and result.

use std::fmt::{self, Write};
use std::sync::Arc;

use wasmtime::component::types::ComponentFunc;
use wasmtime::component::{Type, Val};

use super::error::ValueProblem;
use super::from_val::known_from_val;
use super::known::KnownType;
use super::limited::limited;
use super::to_val::{fitted, known_to_val};
use super::{CallShape, MAX_DEPTH, Value, ValueError, handle_in, type_name};

/// Bytes of a parameter list that an error shows at most.
const PARAMETERS_LIMIT: usize = 400;

/// What a component's function takes and gives, kept beside the function so that a call need not look it up.
#[derive(Clone, Debug)]
pub struct Signature {
    params: Vec<(String, Type)>,
    result: Option<Type>,
    is_async: bool,
    known: Arc<Known>,
}

/// The types of both, with their parts.
#[derive(Debug)]
struct Known {
    params: Vec<KnownType>,
    result: Option<KnownType>,
}

impl Signature {
    /// The signature of `func`.
    pub fn of(func: &ComponentFunc) -> Self {
        // The component model allows one result; the iterator is left from drafts with several.
        let (params, result) = (func.params(), func.results().next());
        Self::new(params.map(|(name, ty)| (name.to_owned(), ty)).collect(), result, func.async_())
    }

    fn new(params: Vec<(String, Type)>, result: Option<Type>, is_async: bool) -> Self {
        let known = Known {
            params: params.iter().map(|(_, ty)| KnownType::of(ty)).collect(),
            result: result.as_ref().map(KnownType::of),
        };
        Self { params, result, is_async, known: Arc::new(known) }
    }

    /// The signature of a function that takes nothing and returns nothing.
    pub(crate) fn empty() -> Self {
        Self::new(Vec::new(), None, false)
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

    /// Converts a call's arguments to the types of its parameters, by position. Options at the end may be left away: for
    /// an option, absent is none, and a Lua caller cannot tell a trailing `nil` from nothing.
    ///
    /// # Errors
    /// `expected 2 arguments (a: s32, b: s32), got 1`, or `argument 1 (a): expected s32, got text "x"`.
    pub fn to_vals(&self, args: Vec<Value>) -> Result<Vec<Val>, ValueError> {
        let (got, params) = (args.len(), &self.params);
        let left_away = params.get(got..).map(|rest| rest.iter().all(|(_, ty)| matches!(ty, Type::Option(_))));
        if left_away != Some(true) {
            return Err(wrong_count(params, got));
        }
        let (mut failed, mut types) = (None, self.known.params.iter().enumerate());
        let convert = |value| match types.next() {
            Some((index, known)) => {
                fitted(value, known, MAX_DEPTH, &mut failed, |error| self.in_argument(error, index))
            }
            None => Val::Bool(false),
        };
        let mut vals: Vec<Val> = args.into_iter().map(convert).collect();
        vals.resize(params.len(), Val::Option(None));
        failed.map_or(Ok(vals), Err)
    }

    /// Converts what a call returned. A function without a result gives [`Value::Null`]; a `result` stays one, `{"ok": …}` or
    /// `{"err": …}`, and its [`CallShape`] says that it is.
    ///
    /// # Errors
    /// `result (handle): own<resource> belongs to one instance and cannot be passed as a value`.
    pub fn to_value(&self, result: Option<Val>) -> Result<Value, ValueError> {
        match (&self.known.result, result) {
            (Some(known), Some(val)) => known_from_val(val, known).map_err(ValueError::in_result),
            (None, None) => Ok(Value::Null),
            (known, val) => {
                let expected = known.as_ref().map_or_else(|| "no result".to_owned(), |known| type_name(&known.ty));
                let got = if val.is_some() { "a result" } else { "none" }.to_owned();
                Err(ValueError::new(ValueProblem::Mismatch { expected, got }).in_result())
            }
        }
    }

    /// Converts the arguments that a guest passes to a function of this signature.
    pub(crate) fn to_values(&self, args: &[Val]) -> Result<Vec<Value>, ValueError> {
        let mut values = Vec::with_capacity(args.len());
        for (index, (val, known)) in args.iter().zip(&self.known.params).enumerate() {
            values.push(known_from_val(val.clone(), known).map_err(|error| self.in_argument(error, index))?);
        }
        Ok(values)
    }

    /// Converts what such a function gives back; nothing where it returns nothing.
    pub(crate) fn to_result(&self, value: Value) -> Result<Option<Val>, ValueError> {
        let converted =
            self.known.result.as_ref().map(|known| known_to_val(value, known).map_err(ValueError::in_result));
        converted.transpose()
    }

    fn in_argument(&self, error: ValueError, index: usize) -> ValueError {
        let name = self.params.get(index).map_or("", |(name, _)| name);
        error.in_argument(index, name)
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

pub(super) fn wrong_count(params: &[(String, Type)], got: usize) -> ValueError {
    let parameters = limited(PARAMETERS_LIMIT, |out| write_parameters(out, params));
    ValueError::new(ValueProblem::ArgumentCount { expected: params.len(), parameters, got })
}
