#![doc = include_str!("../README.md")]

pub use wippy_host_core::*;

/// Each import group and the Cargo feature that switches it on.
pub const FEATURES: &[(&str, &str)] = &[
    ("funcs", "funcs"),
    ("wasi:cli", "cli"),
    ("wasi:clocks", "clocks"),
    ("wasi:filesystem", "filesystem"),
    ("wasi:http", "http"),
    ("wasi:io", "io"),
    ("wasi:random", "random"),
    ("wasi:sockets", "sockets"),
];

/// The import crates of the features that are on. Naming them here is what brings them into the registry.
pub mod imports {
    #[cfg(feature = "cli")]
    pub use wippy_import_cli as cli;
    #[cfg(feature = "clocks")]
    pub use wippy_import_clocks as clocks;
    #[cfg(feature = "filesystem")]
    pub use wippy_import_filesystem as filesystem;
    #[cfg(feature = "funcs")]
    pub use wippy_import_funcs as funcs;
    #[cfg(feature = "http")]
    pub use wippy_import_http as http;
    #[cfg(feature = "io")]
    pub use wippy_import_io as io;
    #[cfg(feature = "random")]
    pub use wippy_import_random as random;
    #[cfg(feature = "sockets")]
    pub use wippy_import_sockets as sockets;
}

/// The names of the import groups whose features are on.
pub const ENABLED: &[&str] = &[
    #[cfg(feature = "funcs")]
    "funcs",
    #[cfg(feature = "cli")]
    "wasi:cli",
    #[cfg(feature = "clocks")]
    "wasi:clocks",
    #[cfg(feature = "filesystem")]
    "wasi:filesystem",
    #[cfg(feature = "http")]
    "wasi:http",
    #[cfg(feature = "io")]
    "wasi:io",
    #[cfg(feature = "random")]
    "wasi:random",
    #[cfg(feature = "sockets")]
    "wasi:sockets",
];

/// The WIT of the groups, whether their features are on or not: a module that imports what is off is told so by name.
const WIT: &[&str] = &[
    include_str!("../wit/wasi-0.2/cli.wit"),
    include_str!("../wit/wasi-0.2/clocks.wit"),
    include_str!("../wit/wasi-0.2/filesystem.wit"),
    include_str!("../wit/wasi-0.2/http.wit"),
    include_str!("../wit/wasi-0.2/io.wit"),
    include_str!("../wit/wasi-0.2/random.wit"),
    include_str!("../wit/wasi-0.2/sockets.wit"),
    include_str!("../wit/wasi-0.3/cli.wit"),
    include_str!("../wit/wasi-0.3/clocks.wit"),
    include_str!("../wit/wasi-0.3/filesystem.wit"),
    include_str!("../wit/wasi-0.3/http.wit"),
    include_str!("../wit/wasi-0.3/random.wit"),
    include_str!("../wit/wasi-0.3/sockets.wit"),
    include_str!("../wit/wippy-runtime-0.1/funcs.wit"),
    include_str!("../wit/wippy-runtime-0.2/funcs.wit"),
];

/// A registry of every import that the program links, ours and third parties', which knows the features that are off, so
/// that an entry which lists one of those is told so.
///
/// # Errors
/// As [`RegistryBuilder::build`]; also where a feature is on and its import did not register itself.
pub fn registry() -> Result<Registry> {
    let builder = FEATURES
        .iter()
        .fold(Registry::builder().with_linked(), |builder, (import, feature)| builder.with_feature(import, feature));
    let builder = WIT.iter().fold(builder, |builder, package| builder.with_wit(package));
    ENABLED.iter().fold(builder, |builder, import| builder.expecting(import)).build()
}

/// A builder of a host with [`registry`].
///
/// # Errors
/// As [`registry`].
pub fn builder() -> Result<HostBuilder> {
    Ok(Host::builder().registry(registry()?))
}

/// The examples of the README at the root of the repository, which are tested with those here.
#[cfg(all(doctest, feature = "all"))]
#[doc = include_str!("../../../README.md")]
mod readme {}
