//! Lua source, compiled once: to the bytecode that each call loads.

use mlua::chunk::ChunkMode;
use mlua::{Lua, StdLib};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use wippy_host_core::{Error, ErrorKind, Result};

/// What is wrong with a Lua source, at its line. It is the source of the [`Error`] that [`LuaFunction::new`] and
/// [`LuaLibrary::new`] give.
///
/// [`LuaFunction::new`]: crate::LuaFunction::new
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LuaSyntaxError {
    /// What is wrong, without the place.
    pub message: String,
    /// The line in the source, from 1.
    pub line: u32,
}

impl fmt::Display for LuaSyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at line {}", self.message, self.line)
    }
}

impl std::error::Error for LuaSyntaxError {}

impl LuaSyntaxError {
    /// Reads Lua's `FILE:LINE: MESSAGE`, whose file may be shortened, and may have colons.
    fn read(said: &str) -> Option<Self> {
        let mut colons = said.match_indices(':').map(|(at, _)| at);
        let mut from = colons.next()?;
        for to in colons {
            if let (Ok(line), Some(message)) = (said.get(from + 1..to)?.parse(), said.get(to..)?.strip_prefix(": ")) {
                return Some(Self { message: message.to_owned(), line });
            }
            from = to;
        }
        None
    }
}

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
            mlua::Error::SyntaxError { message, .. } => {
                let error = Error::new(ErrorKind::Invalid, format!("{entry}: {message}"))
                    .with_remedy("mend the Lua source at that line");
                match LuaSyntaxError::read(&message) {
                    Some(place) => error.with_source(place),
                    None => error,
                }
            }
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

/// A `library.lua`: a source whose value `require` gives. Each call that requires it runs it anew, once, with the globals
/// and limits of the function that requires it.
///
/// It finds its own modules and imports, and those of the function.
pub struct LuaLibrary {
    id: String,
    code: Bytecode,
    modules: BTreeSet<String>,
    imports: BTreeMap<String, Arc<LuaLibrary>>,
}

impl fmt::Debug for LuaLibrary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LuaLibrary")
            .field("id", &self.id)
            .field("modules", &self.modules)
            .field("imports", &self.imports)
            .finish_non_exhaustive()
    }
}

impl LuaLibrary {
    /// Compiles the library `id`; errors and stacks call it `file`, best a path relative to the application.
    ///
    /// # Errors
    /// Kind `Invalid`, with file and line, where the source is not Lua.
    pub fn new(id: &str, file: &str, source: &str) -> Result<Self> {
        let code = Bytecode::compile(id, file, source)?;
        Ok(Self { id: id.to_owned(), code, modules: BTreeSet::new(), imports: BTreeMap::new() })
    }

    /// The modules of the host that it may require beside those of the function.
    #[must_use]
    pub fn with_modules<S: Into<String>>(mut self, modules: impl IntoIterator<Item = S>) -> Self {
        self.modules = modules.into_iter().map(Into::into).collect();
        self
    }

    /// The libraries that it knows, by alias. They go before those of the function.
    #[must_use]
    pub fn with_imports(mut self, imports: BTreeMap<String, Arc<LuaLibrary>>) -> Self {
        self.imports = imports;
        self
    }

    /// The id of its entry.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn code(&self) -> &Bytecode {
        &self.code
    }

    pub(crate) fn modules(&self) -> &BTreeSet<String> {
        &self.modules
    }

    pub(crate) fn imports(&self) -> &BTreeMap<String, Arc<LuaLibrary>> {
        &self.imports
    }
}

#[cfg(test)]
mod tests {
    use super::LuaSyntaxError;

    #[test]
    fn the_line_of_a_syntax_error_is_read_from_what_lua_says() {
        for (said, line, message) in [
            ("a.lua:3: unexpected symbol near 'end'", 3, "unexpected symbol near 'end'"),
            ("demo:a:12: '=' expected near ':'", 12, "'=' expected near ':'"),
            ("...long:1:7: x: y", 7, "x: y"),
        ] {
            assert_eq!(LuaSyntaxError::read(said), Some(LuaSyntaxError { message: message.into(), line }), "{said}");
        }
        for said in ["", "a.lua", "a.lua: 3", "chunk has too many syntax levels"] {
            assert_eq!(LuaSyntaxError::read(said), None, "{said}");
        }
    }
}
