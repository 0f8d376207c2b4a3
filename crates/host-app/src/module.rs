//! The bytes of a `function.wasm`: found in its directory, read within a limit, and held to its hash.

use crate::directories::reason;
use crate::manifest::{ContentHash, Located, Problem};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use wippy_host_core::ErrorKind;

/// The largest module that is read: 512 MiB.
const MAX_BYTES: u64 = 512 << 20;

/// Reads `path` below `directory`. A path that leaves it, also through a symbolic link, is refused.
pub(crate) fn read(
    directory: &Path,
    path: &Located<String>,
    hash: &Located<ContentHash>,
) -> Result<Vec<u8>, Box<Problem>> {
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
        _ => at_path(
            ErrorKind::Unavailable,
            format!("{written} cannot be read: {}", reason(&error)),
            "make the file readable for the user that runs the host",
        ),
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
    let mut bytes = Vec::new();
    let opened = File::open(&file).map_err(failed)?;
    opened.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(at_path(
            ErrorKind::Invalid,
            format!("{written} is larger than {} MiB", MAX_BYTES >> 20),
            "strip the module, or split it",
        ));
    }
    let actual = ContentHash(Sha256::digest(&bytes).into());
    if actual != hash.value {
        let message = format!("hash mismatch: expected {}, got {actual}", hash.value);
        let problem = Problem::at(ErrorKind::Invalid, &hash.span, message);
        return Err(Box::new(problem.with_remedy(format!("if the file is the one you mean, write hash: {actual}"))));
    }
    Ok(bytes)
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
