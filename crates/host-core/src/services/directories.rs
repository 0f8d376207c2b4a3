//! The directories that mounts may name.

use crate::error::Result;
use std::path::PathBuf;

/// Looks up directories by the id of their `fs.directory` entry, for example `demo:data`.
pub trait Directories: Send + Sync + 'static {
    /// The directory of this id; `None` where no such entry exists. Asked once for each mount, when an entry is prepared;
    /// an error says why the directory cannot be used.
    fn get(&self, id: &str) -> Result<Option<PathBuf>>;
}

/// No directories at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDirectories;

impl Directories for NoDirectories {
    fn get(&self, _id: &str) -> Result<Option<PathBuf>> {
        Ok(None)
    }
}
