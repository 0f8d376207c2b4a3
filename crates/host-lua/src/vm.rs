//! A Lua VM for one call.

use crate::running::Running;
use crate::sandbox::{self, Sandbox};
use crate::watch;
use mlua::{Lua, LuaOptions, StdLib};
use std::sync::Arc;

/// Memory, in bytes, above which a VM is freed on a thread for blocking work: freeing a million tables takes a while.
const FREED_ELSEWHERE: usize = 4 << 20;

/// A VM of its own, whose state nobody else sees.
pub(crate) struct Vm {
    lua: Option<Lua>,
    running: Arc<Running>,
}

impl Vm {
    /// A VM that is ready for `running`, with its memory limit and its watch.
    pub(crate) fn new(running: Arc<Running>) -> mlua::Result<(Self, Sandbox)> {
        let libraries = StdLib::COROUTINE | StdLib::TABLE | StdLib::STRING | StdLib::UTF8 | StdLib::MATH | StdLib::OS;
        // The first handle of a VM collects all garbage when it is dropped, which a VM that is about to be freed does not
        // need: it goes while there is nothing to collect.
        let lua = Lua::new_with(StdLib::NONE, LuaOptions::default())?.clone();
        lua.load_std_libs(libraries)?;
        // What is made here stays; the watch begins to collect when the function has run for a little. A limit of memory
        // that is reached before that collects by itself.
        lua.gc_stop();
        lua.set_memory_limit(running.limits().max_memory_bytes)?;
        lua.set_app_data(running.clone());
        let sandbox = sandbox::open(&lua)?;
        watch::install(&lua, &running)?;
        Ok((Self { lua: Some(lua), running }, sandbox))
    }

    pub(crate) fn lua(&self) -> Option<&Lua> {
        self.lua.as_ref()
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        // These hold the VM; it is freed when nobody does.
        self.running.waits().clear();
        self.running.tasks().clear();
        let Some(lua) = self.lua.take() else { return };
        if lua.used_memory() > FREED_ELSEWHERE
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn_blocking(move || drop(lua));
        }
    }
}
