//! The options of a request, each checked; a name that is none is an error.

use crate::errors::LuaError;
use crate::modules::time::LuaDuration;
use mlua::{Table, Value};
use std::time::Duration;
use wippy_host_core::ErrorKind;

/// Default of `max_response_body`, in bytes.
const MAX_RESPONSE_BODY: usize = 10 << 20;
/// Default of `timeout`.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Fields, parameters and form values of one request.
const MAX_PAIRS: usize = 1000;

pub(super) struct Options {
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) query: Vec<(String, String)>,
    pub(super) form: Option<Vec<(String, String)>>,
    pub(super) timeout: Duration,
    pub(super) auth: Option<(String, String)>,
    /// None for a body that is read in pieces, which needs no limit.
    pub(super) max_response_body: Option<usize>,
    pub(super) stream: bool,
}

impl Options {
    pub(super) fn read(table: Option<&Table>) -> Result<Self, LuaError> {
        let mut options = Self {
            headers: Vec::new(),
            body: None,
            query: Vec::new(),
            form: None,
            timeout: TIMEOUT,
            auth: None,
            max_response_body: None,
            stream: false,
        };
        let Some(table) = table else { return Ok(options) };
        for pair in table.pairs::<Value, Value>() {
            let (name, value) = pair.map_err(|error| invalid(error.to_string()))?;
            options.set(&text("an option's name", &name)?, &value)?;
        }
        if options.body.is_some() && options.form.is_some() {
            return Err(invalid("a request has a body or a form, not both"));
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), LuaError> {
        match (name, value) {
            ("headers", Value::Table(table)) => {
                for (name, value) in pairs("headers", table)? {
                    self.headers.push((name, bytes("a header field", &value)?));
                }
            }
            ("query", Value::Table(table)) => self.query = texts("query", table)?,
            ("form", Value::Table(table)) => self.form = Some(texts("form", table)?),
            ("body", value) => self.body = Some(bytes("body", value)?),
            ("timeout", value) => {
                // A number is seconds here, as applications written for Wippy have it, and not milliseconds.
                let wait = match value {
                    Value::Integer(_) | Value::Number(_) => LuaDuration::of_seconds(value)?,
                    other => LuaDuration::of(other)?,
                };
                let wait = wait.wait();
                if wait == 0 {
                    return Err(invalid("timeout must be above 0"));
                }
                self.timeout = Duration::from_nanos(wait);
            }
            ("auth", Value::Table(table)) => {
                let part = |name| table.raw_get::<Value>(name).map_err(|error| invalid(error.to_string()));
                self.auth = Some((text("auth.user", &part("user")?)?, text("auth.pass", &part("pass")?)?));
            }
            ("max_response_body", Value::Integer(bytes)) => {
                let bytes = usize::try_from(*bytes).map_err(|_| invalid("max_response_body cannot be negative"))?;
                self.max_response_body = Some(bytes);
            }
            ("stream", Value::Boolean(stream)) => self.stream = *stream,
            ("headers" | "query" | "form" | "auth" | "max_response_body" | "stream", other) => {
                return Err(invalid(format!("option {name} cannot be a {}", other.type_name())));
            }
            _ => {
                return Err(invalid(format!(
                    "unknown option {name:.64?}; the options are headers, body, query, form, timeout, auth, \
                     max_response_body, stream"
                )));
            }
        }
        Ok(())
    }

    /// Bytes that the response's body may have.
    pub(super) fn limit(&self) -> usize {
        self.max_response_body.unwrap_or(if self.stream { usize::MAX } else { MAX_RESPONSE_BODY })
    }
}

pub(super) fn invalid(message: impl Into<String>) -> LuaError {
    LuaError::new(Some(ErrorKind::Invalid), format!("http_client: {}", message.into()))
}

fn texts(what: &str, table: &Table) -> Result<Vec<(String, String)>, LuaError> {
    pairs(what, table)?.into_iter().map(|(name, value)| Ok((name, text(what, &value)?))).collect()
}

/// The names in order, and for a list of values the name once for each.
fn pairs(what: &str, table: &Table) -> Result<Vec<(String, Value)>, LuaError> {
    let mut pairs = Vec::new();
    for pair in table.pairs::<Value, Value>() {
        let (name, value) = pair.map_err(|error| invalid(error.to_string()))?;
        let name = text(what, &name)?;
        match value {
            Value::Table(values) => {
                for value in values.sequence_values::<Value>().take(MAX_PAIRS + 1) {
                    pairs.push((name.clone(), value.map_err(|error| invalid(error.to_string()))?));
                }
            }
            value => pairs.push((name, value)),
        }
        if pairs.len() > MAX_PAIRS {
            return Err(invalid(format!("{what} has more than {MAX_PAIRS} values")));
        }
    }
    pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
    Ok(pairs)
}

fn text(what: &str, value: &Value) -> Result<String, LuaError> {
    let bytes = bytes(what, value)?;
    String::from_utf8(bytes).map_err(|_| invalid(format!("{what} is not valid UTF-8")))
}

fn bytes(what: &str, value: &Value) -> Result<Vec<u8>, LuaError> {
    match value {
        Value::String(text) => Ok(text.as_bytes().to_vec()),
        Value::Integer(number) => Ok(number.to_string().into_bytes()),
        Value::Number(number) => Ok(number.to_string().into_bytes()),
        Value::Boolean(value) => Ok(value.to_string().into_bytes()),
        other => Err(invalid(format!("{what} must be text, and is a {}", other.type_name()))),
    }
}
