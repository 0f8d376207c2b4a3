//! The memory limit, for what grows outside Lua's own allocator until it is handed over.

use crate::running;
use mlua::{Error, Lua};
use wippy_host_core::Limits;

/// Bytes that the call may still take of its `limits.max_memory_bytes`.
pub(crate) fn room(lua: &Lua) -> usize {
    let limit = running::of(lua)
        .map_or_else(|_| Limits::default().max_memory_bytes, |running| running.limits().max_memory_bytes);
    limit.saturating_sub(lua.used_memory())
}

/// The error of work that would need more; the engine ends the call with it.
pub(crate) fn exhausted() -> Error {
    Error::MemoryError("not enough memory".to_owned())
}
