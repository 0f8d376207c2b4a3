//! Lua functions through the registry, as applications call them.

mod attacks;
mod calls;
mod coroutines;
mod sandbox;
mod support;
