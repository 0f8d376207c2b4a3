//! The attacker's side: guests, components, names and configurations that try to get out, to get more than was granted, or
//! to take the host down with them. What ends is the one call; no test may see a panic of the host.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod abi;
#[cfg(feature = "all")]
mod addresses;
mod admission;
mod compile;
mod execution;
#[cfg(all(unix, feature = "filesystem"))]
mod filesystem;
#[cfg(feature = "all")]
mod grants;
#[cfg(all(target_os = "linux", feature = "all"))]
mod handles;
mod memory;
#[cfg(feature = "all")]
mod network;
#[cfg(all(feature = "all", feature = "p3"))]
mod network_p3;
#[cfg(feature = "cli")]
mod output;
#[cfg(all(target_os = "linux", feature = "all", feature = "p3"))]
mod p3;
#[cfg(feature = "all")]
mod preview1;
mod registry;
#[cfg(feature = "all")]
mod stubs;
mod support;
mod third_party;
mod versions;
