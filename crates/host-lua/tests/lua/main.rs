//! Lua functions through the registry, as applications call them.

mod attacks;
mod calls;
mod coroutines;
mod funcs;
mod sandbox;
mod support;
mod values;
