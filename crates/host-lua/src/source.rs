//! Lua source, compiled once: to the bytecode that each call loads.

use mlua::chunk::ChunkMode;
use mlua::{Lua, StdLib};
use std::sync::Arc;
use wippy_host_core::{Error, ErrorKind, Result};

/// A compiled source. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Bytecode {
    /// Made here and nowhere else: Lua does not check what it loads, so no bytecode of other origin may get in.
    code: Arc<[u8]>,
}

impl Bytecode {
    /// Compiles `source`; errors and stacks call it `file`.
    pub(crate) fn compile(entry: &str, file: &str, source: &str) -> Result<Self> {
        let lua = Lua::new_with(StdLib::NONE, mlua::LuaOptions::default()).map_err(|error| internal(entry, &error))?;
        let chunk = lua.load(source).set_name(format!("@{file}")).set_mode(ChunkMode::Text);
        let function = chunk.into_function().map_err(|error| match error {
            mlua::Error::SyntaxError { message, .. } => Error::new(ErrorKind::Invalid, format!("{entry}: {message}"))
                .with_remedy("mend the Lua source at that line"),
            other => internal(entry, &other),
        })?;
        Ok(Self { code: function.dump(false).into() })
    }

    /// The chunk as a function of this VM, with these globals.
    pub(crate) fn load(&self, lua: &Lua, globals: &mlua::Table) -> mlua::Result<mlua::Function> {
        lua.load(&self.code[..]).set_mode(ChunkMode::Binary).set_environment(globals.clone()).into_function()
    }
}

fn internal(entry: &str, error: &mlua::Error) -> Error {
    Error::internal(format!("{entry}: {error}"))
}

/// A `library.lua`: a source whose value `require` gives. Each call that requires it runs it anew, with the globals,
/// modules and limits of the function that requires it.
pub struct LuaLibrary {
    code: Bytecode,
}

impl LuaLibrary {
    /// Compiles the library `id`; errors and stacks call it `file`, best a path relative to the application.
    ///
    /// # Errors
    /// Kind `Invalid`, with file and line, where the source is not Lua.
    pub fn new(id: &str, file: &str, source: &str) -> Result<Self> {
        Ok(Self { code: Bytecode::compile(id, file, source)? })
    }

    pub(crate) fn code(&self) -> &Bytecode {
        &self.code
    }
}
