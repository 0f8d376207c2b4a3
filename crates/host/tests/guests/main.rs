//! Every import group and every kind of value, called for real: by the guests of `guests/built`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod bindings;
mod coverage;
mod support;
mod values;

#[cfg(any(feature = "cli", feature = "clocks", feature = "filesystem", feature = "http"))]
mod alone;
#[cfg(all(feature = "cli", feature = "io"))]
mod cli;
#[cfg(all(feature = "clocks", feature = "io"))]
mod clocks;
#[cfg(all(feature = "filesystem", feature = "io"))]
mod filesystem;
#[cfg(feature = "funcs")]
mod funcs;
#[cfg(all(feature = "http", feature = "io"))]
mod http;
#[cfg(all(feature = "cli", feature = "clocks", feature = "filesystem", feature = "io"))]
mod io;
#[cfg(feature = "random")]
mod modules;
#[cfg(all(feature = "all", feature = "p3"))]
mod p3;
#[cfg(feature = "all")]
mod preview1;
#[cfg(feature = "random")]
mod random;
#[cfg(all(feature = "clocks", feature = "io", feature = "sockets"))]
mod sockets;
#[cfg(feature = "funcs")]
mod structured;
#[cfg(all(feature = "funcs", feature = "p3"))]
mod structured_p3;
#[cfg(all(feature = "cli", feature = "clocks", feature = "filesystem", feature = "io", feature = "random"))]
mod toolchains;
