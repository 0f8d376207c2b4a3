//! The memory limit, for what grows outside Lua's own allocator until it is handed over.

use mlua::{Error, Lua};

/// Bytes that the call may still take.
pub(crate) fn room(lua: &Lua) -> usize {
    (256_usize << 20).saturating_sub(lua.used_memory())
}

/// The error of work that would need more.
pub(crate) fn exhausted() -> Error {
    Error::MemoryError("not enough memory".to_owned())
}
