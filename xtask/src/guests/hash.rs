//! Hashes of binaries and of sources.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

/// Deeper than any source tree here; a loop of symbolic links ends at it.
const MAX_DEPTH: usize = 16;

#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}: {source}")]
pub(crate) struct SourceError {
    path: String,
    source: io::Error,
}

/// As an entry's `hash` has it.
pub(crate) fn text(bytes: &[u8]) -> String {
    finish(Sha256::new_with_prefix(bytes))
}

/// Over every file below `paths` (relative to `root`): its path, its length and its content, in the order of the paths.
///
/// Line ends count as a line feed, so that a checkout with other ones has the same hash. `target` is left out.
pub(crate) fn sources(root: &Path, paths: &[String]) -> Result<String, SourceError> {
    let mut files = BTreeMap::new();
    for path in paths {
        collect(root, path, 0, &mut files)?;
    }
    let mut hash = Sha256::new();
    for (path, content) in &files {
        hash.update(path.as_bytes());
        hash.update([0]);
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(content);
    }
    Ok(finish(hash))
}

fn collect(root: &Path, path: &str, depth: usize, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), SourceError> {
    let failed = |source| SourceError { path: path.into(), source };
    let full = root.join(path);
    if !full.is_dir() {
        let mut content = std::fs::read(&full).map_err(failed)?;
        if std::str::from_utf8(&content).is_ok() {
            content.retain(|byte| *byte != b'\r');
        }
        files.insert(path.into(), content);
        return Ok(());
    }
    if depth == MAX_DEPTH {
        return Err(failed(io::Error::other("folders are nested too deeply")));
    }
    for entry in std::fs::read_dir(&full).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let name = name.to_str().ok_or_else(|| failed(io::Error::other("a file name is not UTF-8")))?;
        if name != "target" {
            collect(root, &format!("{path}/{name}"), depth + 1, files)?;
        }
    }
    Ok(())
}

fn finish(hash: Sha256) -> String {
    hash.finalize().iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::{sources, text};
    use std::path::Path;

    #[test]
    fn a_hash_is_written_as_an_entry_has_it() {
        assert_eq!(text(b""), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn sources_have_one_hash_in_whatever_order_they_are_named() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (there, back) =
            (["src/guests".to_owned(), "Cargo.toml".to_owned()], ["Cargo.toml".into(), "src/guests".into()]);
        assert_eq!(sources(root, &there).unwrap(), sources(root, &back).unwrap());
        assert_ne!(sources(root, &there).unwrap(), sources(root, &there[..1]).unwrap());
    }

    #[test]
    fn a_source_that_is_not_there_is_named() {
        let error = sources(Path::new(env!("CARGO_MANIFEST_DIR")), &["nowhere".into()]).unwrap_err();
        assert!(error.to_string().starts_with("cannot read nowhere: "), "{error}");
    }
}
