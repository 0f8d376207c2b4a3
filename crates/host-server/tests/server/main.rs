//! Services on the loopback, with real sockets and real guests.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests, which clippy.toml does not take for tests"
)]

mod attacks;
mod client;
mod functions;
mod handlers;
mod stopping;
mod support;
mod tls;
