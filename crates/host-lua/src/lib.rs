#![doc = include_str!("../README.md")]

mod bundled;
mod channel;
mod convert;
mod driver;
mod errors;
mod function;
mod modules;
mod running;
mod sandbox;
mod source;
#[cfg(test)]
mod threads;
mod vm;
mod wait;
mod watch;

pub use function::{LuaFunction, LuaSpec};
pub use modules::MODULES;
pub use source::{LuaLibrary, LuaSyntaxError};
