//! The `hash:` lines of an application's `_index.yaml`.
//!
//! Edited as text, line by line, so that comments and layout stay as somebody wrote them.

use std::io;
use std::path::Path;

#[derive(Debug, thiserror::Error)]
pub(crate) enum IndexError {
    #[error("cannot read or write {path}: {source}")]
    File { path: String, source: io::Error },
    #[error("{path} has no entry with `path: /{file}` and a `hash:`")]
    NoEntry { path: String, file: String },
}

/// Puts `hash` into every entry of the application whose `path` is the file.
pub(crate) fn update(path: &Path, file: &str, hash: &str) -> Result<(), IndexError> {
    let shown = || path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| IndexError::File { path: shown(), source })?;
    let changed =
        replaced(&text, file, hash).ok_or_else(|| IndexError::NoEntry { path: shown(), file: file.into() })?;
    if changed == text {
        return Ok(());
    }
    std::fs::write(path, changed).map_err(|source| IndexError::File { path: shown(), source })
}

/// Whether every entry with that path has that hash already.
pub(crate) fn is_current(text: &str, file: &str, hash: &str) -> bool {
    replaced(text, file, hash).is_some_and(|changed| changed == text)
}

fn replaced(text: &str, file: &str, hash: &str) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut found = false;
    let mut changed = String::with_capacity(text.len());
    for entry in lines.chunk_by(|_, next| !next.trim_start().starts_with("- name:")) {
        let is_file = |line: &&str| value(line, "path").is_some_and(|path| path.trim_start_matches('/') == file);
        let ours = entry.iter().any(is_file);
        for line in entry {
            if ours && value(line, "hash").is_some() {
                found = true;
                let indent = line.len() - line.trim_start().len();
                let end = line.len() - line.trim_end().len();
                changed.push_str(&line[..indent]);
                changed.push_str("hash: ");
                changed.push_str(hash);
                changed.push_str(&line[line.len() - end..]);
            } else {
                changed.push_str(line);
            }
        }
    }
    found.then_some(changed)
}

fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let value = line.trim().strip_prefix(key)?.strip_prefix(':')?;
    Some(value.trim().trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::{is_current, replaced};

    const TEXT: &str = "entries:\n  # one\n  - name: one\n    path: /one.wasm\n    hash: sha256:00\n    method: run\n  - name: two\n    hash: \"sha256:00\"\n    path: two.wasm\n";

    #[test]
    fn only_the_hash_of_that_file_changes() {
        let one = replaced(TEXT, "one.wasm", "sha256:11").unwrap();
        assert_eq!(one, TEXT.replacen("sha256:00", "sha256:11", 1));
        let two = replaced(TEXT, "two.wasm", "sha256:22").unwrap();
        assert_eq!(two, TEXT.replace("\"sha256:00\"", "sha256:22"));
        assert!(is_current(&two, "two.wasm", "sha256:22") && !is_current(&two, "one.wasm", "sha256:22"));
    }

    #[test]
    fn a_file_that_no_entry_names_is_reported() {
        assert_eq!(replaced(TEXT, "three.wasm", "sha256:33"), None);
    }
}
