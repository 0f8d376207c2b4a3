//! The error object of Lua, and what it has in common with the host's errors.

use crate::{convert, sandbox};
use mlua::{FromLua, IntoLua, Lua, MetaMethod, Table, UserData, UserDataMethods, Value};
use std::fmt;
use wippy_host_core::{Error, ErrorKind};

/// The kinds as constants of `errors`, and as texts.
const KINDS: [(&str, Option<ErrorKind>); 11] = [
    ("NOT_FOUND", Some(ErrorKind::NotFound)),
    ("ALREADY_EXISTS", Some(ErrorKind::AlreadyExists)),
    ("INVALID", Some(ErrorKind::Invalid)),
    ("PERMISSION_DENIED", Some(ErrorKind::PermissionDenied)),
    ("UNAVAILABLE", Some(ErrorKind::Unavailable)),
    ("INTERNAL", Some(ErrorKind::Internal)),
    ("CANCELED", Some(ErrorKind::Canceled)),
    ("CONFLICT", Some(ErrorKind::Conflict)),
    ("TIMEOUT", Some(ErrorKind::Timeout)),
    ("RATE_LIMITED", Some(ErrorKind::RateLimited)),
    ("UNKNOWN", None),
];

/// Bytes of a message or a stack that an error keeps.
const MAX_TEXT: usize = 16 << 10;

/// An error as Lua holds it.
#[derive(Clone, Debug)]
pub(crate) struct LuaError {
    /// None is `UNKNOWN`.
    kind: Option<ErrorKind>,
    message: String,
    retryable: bool,
    details: wippy_host_core::Value,
    stack: String,
    /// Where a function of the host was called that raised it: `file:line`.
    place: Option<Box<str>>,
    /// The host's error that this one is, with its reason and remedy.
    origin: Option<Error>,
}

impl LuaError {
    /// An error of this kind; `None` is `UNKNOWN`.
    pub(crate) fn new(kind: Option<ErrorKind>, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: shortened(message.into()),
            retryable: kind.is_some_and(retryable),
            details: wippy_host_core::Value::Null,
            stack: String::new(),
            place: None,
            origin: None,
        }
    }

    /// The same error, with the stack where it was raised.
    pub(crate) fn with_stack(mut self, stack: String) -> Self {
        if self.stack.is_empty() {
            self.stack = shortened(stack);
        }
        self
    }

    /// The message.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Whether a value is an error object.
    pub(crate) fn is(value: &Value) -> bool {
        matches!(value, Value::UserData(data) if data.is::<Self>()) || matches!(value, Value::Error(_))
    }

    /// The host's error for what the function of `id` raised: a text alone says nothing of the function.
    pub(crate) fn raised_in(self, id: &str) -> Error {
        let message = match &self.place {
            _ if self.origin.is_some() => return self.into(),
            Some(place) => format!("{id}: {place}: {}", self.message),
            None if self.kind == Some(ErrorKind::Internal) => format!("{id}: {}", self.message),
            None => return self.into(),
        };
        Error::new(self.kind.unwrap_or(ErrorKind::Internal), message).with_source(self)
    }

    /// The error behind whatever a function raised or returned in second place.
    pub(crate) fn of_value(value: &Value) -> Self {
        match value {
            Value::UserData(data) => match data.borrow::<Self>() {
                Ok(error) => error.clone(),
                Err(_) => Self::new(None, "(an error object of an unknown type)"),
            },
            Value::Error(error) => Self::of_raised(error),
            Value::String(text) => {
                // The sandbox's own code has neither name nor lines.
                let text = text.to_string_lossy();
                Self::new(Some(ErrorKind::Internal), text.strip_prefix("?:-1: ").unwrap_or(&text))
            }
            Value::Table(table) => Self::of_table(table, Some(ErrorKind::Internal)),
            Value::Nil => Self::new(Some(ErrorKind::Internal), "nil"),
            Value::Boolean(value) => Self::new(Some(ErrorKind::Internal), value.to_string()),
            Value::Integer(value) => Self::new(Some(ErrorKind::Internal), value.to_string()),
            Value::Number(value) => Self::new(Some(ErrorKind::Internal), value.to_string()),
            other => Self::new(Some(ErrorKind::Internal), format!("(an error that is a {})", other.type_name())),
        }
    }

    /// The error that a Rust function raised.
    pub(crate) fn of_raised(error: &mlua::Error) -> Self {
        match error {
            mlua::Error::CallbackError { traceback, cause } => {
                let frames: Vec<&str> = traceback.lines().filter_map(frame).collect();
                let mut error = Self::of_raised(cause);
                error.place = error.place.or_else(|| frames.first().and_then(|frame| place(frame)));
                error.with_stack(frames.join("\n"))
            }
            mlua::Error::WithContext { context, cause } => {
                let inner = Self::of_raised(cause);
                Self { message: shortened(format!("{context}: {}", inner.message)), ..inner }
            }
            mlua::Error::BadArgument { to, pos, cause, .. } => {
                let why = Self::of_raised(cause).message;
                let message = match to.as_deref().and_then(|to| to.rsplit('.').next()) {
                    // Of a method, the object itself is the first.
                    Some(method) if *pos <= 1 => format!("write object:{method}(…), with a colon: {why}"),
                    Some(method) => format!("bad argument #{} to '{method}': {why}", pos - 1),
                    None => format!("bad argument #{pos}: {why}"),
                };
                Self::new(Some(ErrorKind::Invalid), message)
            }
            mlua::Error::ExternalError(error) => {
                if let Some(error) = error.downcast_ref::<Self>() {
                    error.clone()
                } else if let Some(error) = error.downcast_ref::<Error>() {
                    Self::from(error.clone())
                } else {
                    Self::new(Some(ErrorKind::Internal), error.to_string())
                }
            }
            mlua::Error::RuntimeError(message) => {
                let (message, stack) = message.split_once("\nstack traceback:").unwrap_or((message, ""));
                Self::new(Some(ErrorKind::Internal), message).with_stack(stack.trim().to_owned())
            }
            mlua::Error::FromLuaConversionError { from, to, .. } => {
                Self::new(Some(ErrorKind::Invalid), format!("expected {}, got {from}", in_words(to)))
            }
            mlua::Error::MemoryError(_) => Self::new(Some(ErrorKind::RateLimited), "not enough memory"),
            other => Self::new(Some(ErrorKind::Internal), other.to_string()),
        }
    }

    /// An error of `{message=, kind=, retryable=, details=}`, read without metamethods; `otherwise` is the kind of one that
    /// says none.
    fn of_table(table: &Table, otherwise: Option<ErrorKind>) -> Self {
        let text = |name| match table.raw_get::<Value>(name) {
            Ok(Value::String(text)) => Some(text.to_string_lossy()),
            _ => None,
        };
        let kind = match text("kind") {
            Some(kind) => kind_of(&kind),
            None => otherwise,
        };
        let mut error = Self::new(kind, text("message").unwrap_or_else(|| "(an error that is a table)".to_owned()));
        if let Ok(Value::Boolean(retryable)) = table.raw_get("retryable") {
            error.retryable = retryable;
        }
        if let Ok(details) = table.raw_get::<Value>("details") {
            error.details = convert::from_lua(&details, DETAILS_BYTES).unwrap_or_default();
        }
        error
    }
}

/// Bytes of details that an error keeps; larger ones are dropped.
const DETAILS_BYTES: usize = 1 << 20;

fn retryable(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Unavailable | ErrorKind::RateLimited | ErrorKind::Timeout)
}

fn kind_of(text: &str) -> Option<ErrorKind> {
    let known = KINDS.iter().filter_map(|(_, kind)| *kind);
    known.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(text))
}

/// A line of a traceback that stands in code of the function's own.
fn frame(line: &str) -> Option<&str> {
    let line = line.trim();
    let foreign =
        line.is_empty() || line == "stack traceback:" || ["[C]:", "?:", "..."].iter().any(|own| line.starts_with(own));
    (!foreign).then_some(line)
}

/// `file:line` of a frame such as `file:line: in function 'f'`.
fn place(frame: &str) -> Option<Box<str>> {
    let (place, _) = frame.split_once(": in ")?;
    Some(place.into())
}

/// What mlua calls a Rust type, for people who write Lua.
fn in_words(ty: &str) -> &str {
    match ty {
        "i8" | "i16" | "i32" | "i64" | "isize" | "u8" | "u16" | "u32" | "u64" | "usize" => "an integer",
        "f32" | "f64" => "a number",
        "string" | "String" | "LuaString" | "&str" => "a text",
        "table" => "a table",
        "function" => "a function",
        "boolean" | "bool" => "a boolean",
        "userdata" => "an object of the host",
        other => other,
    }
}

fn shortened(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        text.push('…');
    }
    text
}

impl fmt::Display for LuaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for LuaError {}

impl From<Error> for LuaError {
    /// The host's error; one that a Lua function raised or returned is as it was there, whoever passed it on.
    fn from(error: Error) -> Self {
        let raised = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<Self>()).cloned();
        let new = Self::new(Some(error.kind()), error.to_string());
        let inner = raised.unwrap_or_else(|| new.clone());
        Self { message: new.message, place: None, origin: Some(error), ..inner }
    }
}

impl From<LuaError> for Error {
    /// The host's error that it was, with reason and remedy; else one of its kind, `UNKNOWN` as `Internal`.
    fn from(error: LuaError) -> Self {
        if let Some(origin) = &error.origin {
            return origin.clone();
        }
        Error::new(error.kind.unwrap_or(ErrorKind::Internal), error.message.clone()).with_source(error)
    }
}

impl From<LuaError> for mlua::Error {
    fn from(error: LuaError) -> Self {
        Self::external(error)
    }
}

impl FromLua for LuaError {
    fn from_lua(value: Value, _: &Lua) -> mlua::Result<Self> {
        Ok(Self::of_value(&value))
    }
}

impl UserData for LuaError {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("kind", |_, error, ()| Ok(error.kind.map_or("Unknown", ErrorKind::as_str)));
        methods.add_method("message", |lua, error, ()| lua.create_string(&error.message));
        methods.add_method("retryable", |_, error, ()| Ok(error.retryable));
        methods.add_method("details", |lua, error, ()| convert::into_lua(lua, error.details.clone()));
        methods.add_method("stack", |lua, error, ()| lua.create_string(&error.stack));
        methods.add_meta_method(MetaMethod::ToString, |lua, error, ()| lua.create_string(error.to_string()));
        methods.add_meta_function(MetaMethod::Concat, |lua, (left, right): (Value, Value)| {
            let text = |value: &Value| match value {
                Value::String(text) => text.to_string_lossy(),
                other => Self::of_value(other).message,
            };
            lua.create_string(text(&left) + &text(&right))
        });
    }
}

/// A result in Lua's convention: the value and nil, or nil and the error object.
pub(crate) fn pair<T: IntoLua>(lua: &Lua, result: Result<T, impl Into<LuaError>>) -> mlua::Result<(Value, Value)> {
    match result {
        Ok(value) => Ok((value.into_lua(lua)?, Value::Nil)),
        Err(error) => Ok((Value::Nil, error.into().into_lua(lua)?)),
    }
}

/// The global `errors`.
pub(crate) fn module(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    for (name, kind) in KINDS {
        module.raw_set(name, kind.map_or("Unknown", ErrorKind::as_str))?;
    }
    module.raw_set(
        "new",
        lua.create_function(|lua, what: Value| {
            let error = match &what {
                Value::Table(table) => LuaError::of_table(table, None),
                Value::String(text) => LuaError::new(None, text.to_string_lossy()),
                other => LuaError::of_value(other),
            };
            Ok(error.with_stack(sandbox::stack(lua)?))
        })?,
    )?;
    module.raw_set(
        "wrap",
        lua.create_function(|lua, (inner, text): (Value, String)| {
            if inner.is_nil() {
                return Ok(Value::Nil);
            }
            let inner = match &inner {
                Value::String(text) => LuaError::new(None, text.to_string_lossy()),
                other => LuaError::of_value(other),
            };
            // The host's own error is not the wrapped one any more, except for its kind.
            let message = shortened(format!("{text}: {}", inner.message));
            let wrapped = LuaError { message, origin: None, ..inner };
            wrapped.with_stack(sandbox::stack(lua)?).into_lua(lua)
        })?,
    )?;
    Ok(module)
}
