//! What is in a directory when it is mounted.

use super::Usage;
use std::collections::HashSet;
use std::fs::Metadata;
use std::io;
use std::path::Path;

/// How many names are counted at most, so that an entry is prepared within seconds. A directory with more cannot be given a
/// quota.
pub(crate) const MAX_NAMES: u64 = 1_000_000;

/// Walks through a directory, through no link.
pub(crate) fn measure(root: &Path) -> io::Result<Usage> {
    let mut usage = Usage::default();
    let mut linked = HashSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            // Removed meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder != root => continue,
            found => found?,
        };
        for entry in entries {
            let entry = entry?;
            let metadata = match entry.metadata() {
                // Removed meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                found => found?,
            };
            usage.files += 1;
            if usage.files > MAX_NAMES {
                return Err(io::Error::other(format!("it holds more than {MAX_NAMES} names")));
            }
            if metadata.is_dir() {
                folders.push(entry.path());
            } else if metadata.is_file() && names_of(&metadata).is_none_or(|object| linked.insert(object)) {
                usage.bytes = usage.bytes.saturating_add(metadata.len());
            }
        }
    }
    Ok(usage)
}

/// A file that has several names, by what tells it from others.
#[cfg(unix)]
fn names_of(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    (metadata.nlink() > 1).then(|| (metadata.dev(), metadata.ino()))
}

/// Without a way to tell, each name counts.
#[cfg(not(unix))]
fn names_of(_: &Metadata) -> Option<(u64, u64)> {
    None
}
