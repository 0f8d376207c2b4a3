//! Doubles of what an application has: directories and variables by id.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tempfile::TempDir;
use wippy_host_core::{Directories, Environment, Error, ErrorKind, Result};

/// Directories by id. The temporary ones are removed with the last clone.
#[derive(Clone, Default)]
pub(crate) struct Folders(Arc<Mutex<BTreeMap<String, Folder>>>);

enum Folder {
    Temporary(TempDir),
    Given(PathBuf),
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Given(path) => path,
        }
    }
}

impl Folders {
    /// Adds an empty one.
    #[expect(clippy::expect_used, reason = "a test without a directory to write in cannot go on")]
    pub(crate) fn add(&self, id: &str) {
        let folder = tempfile::tempdir().expect("a temporary directory can be made");
        self.insert(id, Folder::Temporary(folder));
    }

    /// Adds one that is there, and stays.
    pub(crate) fn give(&self, id: &str, path: PathBuf) {
        self.insert(id, Folder::Given(path));
    }

    fn insert(&self, id: &str, folder: Folder) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), folder);
    }

    pub(crate) fn path(&self, id: &str) -> Option<PathBuf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).map(|folder| folder.path().to_owned())
    }
}

impl Directories for Folders {
    fn get(&self, id: &str) -> Result<Option<PathBuf>> {
        Ok(self.path(id))
    }
}

/// Variables by id, which functions may change.
#[derive(Clone, Default)]
pub(crate) struct Variables(Arc<Inner>);

#[derive(Default)]
struct Inner {
    values: Mutex<BTreeMap<String, String>>,
    generation: AtomicU64,
}

impl Variables {
    pub(crate) fn put(&self, id: &str, value: &str) {
        self.0.values.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), value.to_owned());
        self.0.generation.fetch_add(1, Ordering::Relaxed);
    }
}

impl Environment for Variables {
    fn get(&self, id: &str) -> Result<Option<String>> {
        Ok(self.0.values.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned())
    }

    fn contains(&self, id: &str) -> bool {
        self.0.values.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }

    fn ids(&self) -> Vec<String> {
        self.0.values.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    fn set(&self, id: &str, value: &str) -> Result<()> {
        if !self.contains(id) {
            return Err(Error::new(ErrorKind::NotFound, format!("no such variable: {id}")));
        }
        self.put(id, value);
        Ok(())
    }

    fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Relaxed)
    }
}
