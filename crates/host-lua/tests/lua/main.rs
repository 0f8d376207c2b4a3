//! Lua functions through the registry, as applications call them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod attacks;
mod calls;
mod coroutines;
mod funcs;
mod process;
mod sandbox;
mod support;
mod values;
mod wit;
