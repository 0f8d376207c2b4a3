//! The file of a `function.wasm`: found in its directory, read within a limit, and held to its hash.

use crate::directories::reason;
use crate::manifest::{ContentHash, Located, Problem};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wippy_host_core::ErrorKind;

/// The largest module that is read: 512 MiB.
const MAX_BYTES: u64 = 512 << 20;

/// The files that were read while an application is opened: a thousand entries of one module read it once, and see the same.
#[derive(Clone, Default)]
pub(crate) struct Modules(Arc<Mutex<HashMap<PathBuf, Known>>>);

/// What is kept of a file.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    pub(crate) digest: [u8; 32],
    pub(crate) is_component: bool,
}

/// A file that holds what its entry says.
pub(crate) struct Module {
    pub(crate) known: Known,
    file: PathBuf,
    /// None where it was read for another entry.
    bytes: Option<Vec<u8>>,
}

impl Modules {
    /// Finds the file, and reads it where nobody has yet.
    pub(crate) fn look(
        &self,
        directory: &Path,
        path: &Located<String>,
        hash: &Located<ContentHash>,
    ) -> Result<Module, Box<Problem>> {
        let file = find(directory, path)?;
        let known = self.lock().get(&file).copied();
        if let Some(known) = known.filter(|known| known.digest == hash.value.0) {
            return Ok(Module { known, file, bytes: None });
        }
        let bytes = read(&file, path, hash)?;
        let known = Known { digest: hash.value.0, is_component: is_component(&bytes) };
        self.lock().insert(file.clone(), known);
        Ok(Module { known, file, bytes: Some(bytes) })
    }

    /// Forgets all files: they may be others when the application is opened again.
    pub(crate) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PathBuf, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Module {
    /// Its bytes, read again where they are not at hand.
    pub(crate) fn bytes(self, path: &Located<String>, hash: &Located<ContentHash>) -> Result<Vec<u8>, Box<Problem>> {
        self.bytes.map_or_else(|| read(&self.file, path, hash), Ok)
    }
}

/// Whether code is a component, binary or text, rather than a core module.
pub(crate) fn is_component(bytes: &[u8]) -> bool {
    match bytes.strip_prefix(b"\0asm") {
        Some(version) => !version.starts_with(&[1, 0, 0, 0]),
        None => first_word(bytes).is_some_and(|word| word == "component"),
    }
}

/// The word behind the first parenthesis of a text.
fn first_word(text: &[u8]) -> Option<&str> {
    let mut text = std::str::from_utf8(text).ok()?;
    loop {
        text = text.trim_start();
        text = if text.starts_with(";;") {
            text.split_once('\n')?.1
        } else if text.starts_with("(;") {
            text.split_once(";)")?.1
        } else {
            let word = text.strip_prefix('(')?.trim_start();
            return word.split(|c: char| !c.is_alphanumeric()).next();
        };
    }
}

/// The file that `path` names below `directory`. A path that leaves it, also through a symbolic link, is refused.
fn find(directory: &Path, path: &Located<String>) -> Result<PathBuf, Box<Problem>> {
    let written = &path.value;
    let at_path =
        |kind, message: String, remedy: &str| Box::new(Problem::at(kind, &path.span, message).with_remedy(remedy));
    let Some(relative) = relative(written) else {
        return Err(at_path(
            ErrorKind::PermissionDenied,
            format!("path {written} leaves its directory"),
            "name a file below the directory of `fs`, without ..",
        ));
    };
    let not_a_file = || {
        at_path(
            ErrorKind::Invalid,
            format!("path {written} is not a file"),
            "name the file of the compiled guest, below the directory of `fs`",
        )
    };
    if relative.as_os_str().is_empty() {
        return Err(not_a_file());
    }
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => at_path(
            ErrorKind::NotFound,
            format!("no file {written} in {}", directory.display()),
            "build the guest into that directory, or correct `path`",
        ),
        _ => unreadable(path, &error),
    };
    let root = directory.canonicalize().map_err(failed)?;
    let file = root.join(relative).canonicalize().map_err(failed)?;
    if !file.starts_with(&root) {
        return Err(at_path(
            ErrorKind::PermissionDenied,
            format!("path {written} leaves its directory through a symbolic link"),
            "put the file itself into the directory",
        ));
    }
    // Opening a pipe would wait for whoever writes to it.
    if !fs::metadata(&file).map_err(failed)?.is_file() {
        return Err(not_a_file());
    }
    Ok(file)
}

/// The bytes of a file that was found as `path`.
fn read(file: &Path, path: &Located<String>, hash: &Located<ContentHash>) -> Result<Vec<u8>, Box<Problem>> {
    let failed = |error: io::Error| unreadable(path, &error);
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(failed)?;
    opened.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("{} is larger than {} MiB", path.value, MAX_BYTES >> 20);
        let problem = Problem::at(ErrorKind::Invalid, &path.span, message);
        return Err(Box::new(problem.with_remedy("strip the module, or split it")));
    }
    let actual = ContentHash(Sha256::digest(&bytes).into());
    if actual != hash.value {
        let message = format!("hash mismatch: expected {}, got {actual}", hash.value);
        let problem = Problem::at(ErrorKind::Invalid, &hash.span, message);
        return Err(Box::new(problem.with_remedy(format!("if the file is the one you mean, write hash: {actual}"))));
    }
    Ok(bytes)
}

fn unreadable(path: &Located<String>, error: &io::Error) -> Box<Problem> {
    let message = format!("{} cannot be read: {}", path.value, reason(error));
    let problem = Problem::at(ErrorKind::Unavailable, &path.span, message);
    Box::new(problem.with_remedy("make the file readable for the user that runs the host"))
}

/// The path below its directory, which a leading slash stands for. `None` where it leads out.
fn relative(path: &str) -> Option<PathBuf> {
    let mut relative = PathBuf::new();
    for component in Path::new(path).components() {
        match component {
            Component::RootDir | Component::CurDir => {}
            Component::Normal(part) => relative.push(part),
            Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    Some(relative)
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn a_module_path_stays_in_its_directory() {
        assert_eq!(relative("/a/b.wasm"), Some("a/b.wasm".into()));
        assert_eq!(relative("./b.wasm"), Some("b.wasm".into()));
        assert_eq!(relative("/"), Some("".into()));
        for path in ["..", "/../b.wasm", "a/../../b.wasm"] {
            assert_eq!(relative(path), None, "{path}");
        }
    }
}
