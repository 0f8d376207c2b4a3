//! The modules that `require` finds, as a Lua function uses them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod encodings;
mod env;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "http")]
mod http_edges;
mod json;
mod logger;
mod patterns;
mod support;
mod time;
mod timers;
