//! The bytes of a `function.wasm`: found in its directory, read within a limit, and held to its hash.

use crate::manifest::{ContentHash, Located, ProblemKind};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

/// The largest module that is read: 512 MiB.
const MAX_BYTES: u64 = 512 << 20;

/// Why a module cannot be used.
pub(crate) struct ModuleProblem {
    pub(crate) kind: ProblemKind,
    pub(crate) at: At,
    pub(crate) message: String,
    pub(crate) remedy: Option<String>,
}

/// The key that the problem is about.
pub(crate) enum At {
    Path,
    Hash,
}

/// Reads `path` below `directory`. A path that leaves it, also through a symbolic link, is refused.
pub(crate) fn read(directory: &Path, path: &str, hash: &Located<ContentHash>) -> Result<Vec<u8>, ModuleProblem> {
    let at_path = |kind, message: String, remedy: &str| ModuleProblem {
        kind,
        at: At::Path,
        message,
        remedy: Some(remedy.to_owned()),
    };
    let Some(relative) = relative(path) else {
        return Err(at_path(
            ProblemKind::PermissionDenied,
            format!("path {path} leaves its directory"),
            "name a file below the directory of `fs`, without ..",
        ));
    };
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => at_path(
            ProblemKind::NotFound,
            format!("no file {path} in {}", directory.display()),
            "build the guest into that directory, or correct `path`",
        ),
        _ => at_path(
            ProblemKind::Unavailable,
            format!("{path} cannot be read: {error}"),
            "make the file readable for the user that runs the host",
        ),
    };
    let root = directory.canonicalize().map_err(failed)?;
    let file = root.join(relative).canonicalize().map_err(failed)?;
    if !file.starts_with(&root) {
        return Err(at_path(
            ProblemKind::PermissionDenied,
            format!("path {path} leaves its directory through a symbolic link"),
            "put the file itself into the directory",
        ));
    }
    let mut bytes = Vec::new();
    let opened = File::open(&file).map_err(failed)?;
    opened.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(at_path(
            ProblemKind::Invalid,
            format!("{path} is larger than {} MiB", MAX_BYTES >> 20),
            "strip the module, or split it",
        ));
    }
    let actual = ContentHash(Sha256::digest(&bytes).into());
    if actual != hash.value {
        return Err(ModuleProblem {
            kind: ProblemKind::Invalid,
            at: At::Hash,
            message: format!("hash mismatch: expected {}, got {actual}", hash.value),
            remedy: Some(format!("if the file is the one you mean, write hash: {actual}")),
        });
    }
    Ok(bytes)
}

/// The path below its directory: a leading slash is that directory. `None` where it leads out.
fn relative(path: &str) -> Option<PathBuf> {
    let mut relative = PathBuf::new();
    for component in Path::new(path).components() {
        match component {
            Component::RootDir | Component::CurDir => {}
            Component::Normal(part) => relative.push(part),
            Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    (!relative.as_os_str().is_empty()).then_some(relative)
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn a_module_path_stays_in_its_directory() {
        assert_eq!(relative("/a/b.wasm"), Some("a/b.wasm".into()));
        assert_eq!(relative("./b.wasm"), Some("b.wasm".into()));
        for path in ["", "/", "..", "/../b.wasm", "a/../../b.wasm"] {
            assert_eq!(relative(path), None, "{path}");
        }
    }
}
