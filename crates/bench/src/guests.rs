//! The guests that are measured, built.

use std::path::{Path, PathBuf};

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The bytes of `guests/built/<name>.wasm`.
pub(crate) fn guest(name: &str) -> Vec<u8> {
    file(&format!("guests/built/{name}.wasm"))
}

/// The bytes of a file of the repository.
pub(crate) fn file(path: &str) -> Vec<u8> {
    std::fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
