//! Lua code of ours: compiled once in a process, and loaded by every VM.

use mlua::chunk::ChunkMode;
use mlua::{Function, Lua, Result};
use std::sync::OnceLock;

/// One source that is a part of this crate.
pub(crate) struct Bundled {
    source: &'static str,
    code: OnceLock<Vec<u8>>,
}

impl Bundled {
    pub(crate) const fn new(source: &'static str) -> Self {
        Self { source, code: OnceLock::new() }
    }

    /// The source as a function of this VM.
    pub(crate) fn load(&self, lua: &Lua) -> Result<Function> {
        let code = match self.code.get() {
            Some(code) => code,
            None => {
                // Without names and lines it loads in a fraction of the time.
                let code = Lua::new().load(self.source).into_function()?.dump(true);
                self.code.get_or_init(|| code)
            }
        };
        lua.load(&code[..]).set_mode(ChunkMode::Binary).into_function()
    }
}
