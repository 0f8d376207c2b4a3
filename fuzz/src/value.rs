//! What the source of errors names of the values.

/// Stands for the real one, which needs Wasmtime.
#[derive(Debug, thiserror::Error)]
#[error("a value that does not fit")]
pub struct ValueError;
