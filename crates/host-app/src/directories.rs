//! The directories of an application: `fs.directory` entries, relative to its root.

use crate::manifest::{Declaration, Declarations, Entry, FsDirectory, Problem};
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wippy_host_core::{Directories, Error, ErrorKind, Result};

/// The directories of an application, by the id of their entry. Clones share one set.
#[derive(Clone, Default)]
pub struct ApplicationDirectories(Arc<HashMap<String, Result<PathBuf, Missing>>>);

impl fmt::Debug for ApplicationDirectories {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A directory that is declared and cannot be used; reported at its own entry.
#[derive(Clone)]
struct Missing(String);

impl ApplicationDirectories {
    /// Finds each directory, and creates those with `auto_init`. What cannot be used is a problem of its entry.
    pub(crate) fn new(root: &Path, declarations: &Declarations) -> (Self, Vec<Problem>) {
        let mut found = HashMap::new();
        let mut problems = Vec::new();
        for entry in declarations.iter() {
            let Declaration::FsDirectory(directory) = &entry.declaration else { continue };
            let opened = open(root, entry, directory).map_err(|problem| {
                let missing = Missing(problem.message.clone());
                problems.push(*problem);
                missing
            });
            found.insert(entry.id.value.to_string(), opened);
        }
        (Self(Arc::new(found)), problems)
    }
}

impl Directories for ApplicationDirectories {
    fn get(&self, id: &str) -> Result<Option<PathBuf>> {
        match self.0.get(id) {
            None => Ok(None),
            Some(Ok(path)) => Ok(Some(path.clone())),
            Some(Err(Missing(message))) => Err(Error::new(ErrorKind::NotFound, format!("{id}: {message}"))),
        }
    }
}

fn open(root: &Path, entry: &Entry, directory: &FsDirectory) -> std::result::Result<PathBuf, Box<Problem>> {
    // Without the dots that are written, since messages show it.
    let path: PathBuf = root.join(&directory.directory.value).components().collect();
    let shown = &directory.directory.value;
    let problem = |kind, message: String, remedy: String| {
        let problem = Problem::at(kind, &directory.directory.span, message);
        Box::new(problem.for_entry(&entry.id.value).with_remedy(remedy))
    };
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_dir() => Ok(path),
        Ok(_) => Err(problem(
            ErrorKind::Invalid,
            format!("{shown} is not a directory"),
            "name a directory, relative to the application's root".to_owned(),
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if directory.auto_init.as_ref().is_some_and(|auto| auto.value) {
                return create(&path, directory.mode.as_ref().map(|mode| mode.value)).map(|()| path).map_err(|error| {
                    problem(
                        ErrorKind::Unavailable,
                        format!("the directory {shown} cannot be created: {}", reason(&error)),
                        "create it by hand, or name another".to_owned(),
                    )
                });
            }
            Err(problem(
                ErrorKind::NotFound,
                format!("the directory {shown} does not exist"),
                format!("create {}, or add auto_init: true", path.display()),
            ))
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(problem(
            ErrorKind::Invalid,
            format!("the directory {shown} cannot be: its path leads through a file"),
            "name a directory, relative to the application's root".to_owned(),
        )),
        Err(error) => Err(problem(
            ErrorKind::PermissionDenied,
            format!("the directory {shown} cannot be opened: {}", reason(&error)),
            "make it readable for the user that runs the host".to_owned(),
        )),
    }
}

/// What the operating system says, without the number that the standard library adds.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((reason, _)) => reason.to_owned(),
        None => text,
    }
}

fn create(path: &Path, mode: Option<u32>) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    if let Some(mode) = mode {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(mode);
    }
    #[cfg(not(unix))]
    let _ = mode;
    builder.create(path)
}
