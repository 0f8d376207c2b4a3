//! `logger`: lines of the log with a level and fields, under the entry's `max_log_bytes`.

use crate::convert;
use crate::errors::LuaError;
use crate::running;
use mlua::{Lua, LuaString, Result, Table, UserData, UserDataMethods, Value};
use std::sync::Arc;
use wippy_host_core::value::Object;
use wippy_host_core::{Error, ErrorKind};

/// Bytes of one line's fields; what is larger is left out, and said so in their place.
const MAX_FIELDS: usize = 64 << 10;

#[derive(Clone, Copy)]
enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// A logger: its name and the fields of every line.
#[derive(Clone, Default)]
struct Logger {
    name: Option<Arc<str>>,
    fields: Object,
}

/// The logger itself: `require("logger")` has its methods.
pub(crate) fn module(lua: &Lua) -> Result<Table> {
    let module = lua.create_table()?;
    let logger = lua.create_userdata(Logger::default())?;
    // A table is what every module is; its methods go to the one logger.
    for name in ["debug", "info", "warn", "error", "with", "named"] {
        let logger = logger.clone();
        let method = lua.create_function(move |_, (_, first, second): (Value, Value, Value)| {
            mlua::ObjectLike::call_method::<Value>(&logger, name, (first, second))
        })?;
        module.raw_set(name, method)?;
    }
    Ok(module)
}

impl UserData for Logger {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        let levels = [("debug", Level::Debug), ("info", Level::Info), ("warn", Level::Warn), ("error", Level::Error)];
        for (name, level) in levels {
            methods.add_method(name, move |lua, logger, (text, fields): (Value, Value)| {
                let Value::String(text) = text else {
                    let message = format!("logger:{name} takes a text first, got {}", text.type_name());
                    return Err(LuaError::new(Some(ErrorKind::Invalid), message).into());
                };
                logger.write(lua, level, &text.to_string_lossy(), &fields)
            });
        }
        methods.add_method("with", |_, logger, fields: Value| {
            let mut logger = logger.clone();
            logger.add(&fields)?;
            Ok(logger)
        });
        methods.add_method("named", |_, logger, name: LuaString| {
            let name = name.to_string_lossy();
            let name = match &logger.name {
                Some(parent) => format!("{parent}.{name}"),
                None => name,
            };
            Ok(Logger { name: Some(name.into()), fields: logger.fields.clone() })
        });
    }
}

impl Logger {
    fn add(&mut self, fields: &Value) -> Result<()> {
        if fields.is_nil() {
            return Ok(());
        }
        let value = convert::described(fields, MAX_FIELDS).map_err(mlua::Error::external)?;
        let wippy_host_core::Value::Object(object) = value else {
            return Err(mlua::Error::external(Error::invalid(
                "the fields of a log line are a table of names and values",
            )));
        };
        for (name, value) in object {
            self.fields.insert(name, value);
        }
        Ok(())
    }

    /// What cannot be logged is no reason for a function to fail: the field `fields` says why the line's own are missing.
    fn write(&self, lua: &Lua, level: Level, text: &str, fields: &Value) -> Result<()> {
        let running = running::of(lua)?;
        let mut line = self.clone();
        if let Err(error) = line.add(fields) {
            line.fields.insert("fields", LuaError::of_raised(&error).message());
        }
        let fields = wippy_host_core::Value::Object(line.fields);
        let fields = fields.into_json_text().unwrap_or_else(|error| error.to_string());
        if running.output().admit(&*running.services().output, text.len().saturating_add(fields.len())) {
            level.write(running.id(), self.name.as_deref().unwrap_or_default(), text, &fields);
        }
        Ok(())
    }
}

impl Level {
    fn write(self, entry: &str, logger: &str, text: &str, fields: &str) {
        macro_rules! event {
            ($level:ident) => {
                tracing::$level!(target: "wippy::guest", entry, logger, fields, "{text}")
            };
        }
        match self {
            Self::Debug => event!(debug),
            Self::Info => event!(info),
            Self::Warn => event!(warn),
            Self::Error => event!(error),
        }
    }
}
