//! The command line as a user meets it: the real binary, on applications that each test writes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod arguments;
mod bindings;
mod cache;
mod check;
mod code;
#[cfg(all(unix, feature = "otlp"))]
mod collector;
mod deterministic;
mod ending;
mod entries;
mod exec;
mod grants;
mod graph;
mod http;
mod init;
mod inspect;
mod least;
mod log;
mod measure;
mod modules;
mod operate;
mod orders;
mod orders_http;
#[cfg(feature = "otlp")]
mod otlp;
mod quickstart;
mod results;
mod rules;
mod run;
mod schema;
mod serve;
mod serve_p3;
mod services;
#[cfg(feature = "otlp")]
mod spans;
mod streams;
mod support;
mod trace;
mod usage;
mod wasi;
mod watch;
