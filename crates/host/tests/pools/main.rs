//! Pools through the real path: who waits, who is refused, which instance serves whom, and how it all ends.

#![cfg(all(feature = "cli", feature = "funcs", feature = "io"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod cycles;
mod drain;
mod memory;
mod metrics;
mod queue;
mod removed;
mod replace;
mod reuse;
#[cfg(feature = "p3")]
mod shared;
mod support;
mod third_party;
mod warm;
