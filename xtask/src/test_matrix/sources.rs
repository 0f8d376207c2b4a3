//! The files that a build reads, and a key that says whether a step has passed for the same ones.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Deeper than any source tree here.
const MAX_DEPTH: usize = 32;
/// Variables that change what Cargo builds, by how their names start.
const BUILD_VARIABLES: [&str; 4] = ["CARGO_BUILD_", "CARGO_ENCODED_RUSTFLAGS", "CARGO_PROFILE_", "RUSTFLAGS"];

/// All files of a workspace, relative to its root and in order, without build output and hidden version control. What a link leads to
/// counts as standing where the link is: packages hold licences and interfaces of the repository that way.
pub(crate) fn files(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(root, Path::new(""), 0, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(root: &Path, folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    if depth == MAX_DEPTH {
        return Err(io::Error::other(format!("folders are nested too deeply: {}", folder.display())));
    }
    for entry in std::fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry.file_name();
        let path = folder.join(&name);
        // In a linked worktree `.git` is a file. A link may lead nowhere.
        let Some(kind) = std::fs::metadata(entry.path()).ok().filter(|_| name != ".git") else { continue };
        if kind.is_file() {
            found.push(path);
        } else if kind.is_dir() && name != "target" {
            collect(root, &path, depth + 1, found)?;
        }
    }
    Ok(())
}

/// A hash of everything that decides what a step finds, but the step itself.
pub(crate) struct Sources(Sha256);

impl Sources {
    /// Reads all files under `root` but `except`, where a run writes its report. `rustc` is what the compiler says of
    /// itself.
    pub(crate) fn read(root: &Path, except: Option<&Path>, rustc: &str) -> io::Result<Self> {
        let mut variables: Vec<(String, String)> = std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
            .filter(|(name, _)| BUILD_VARIABLES.iter().any(|start| name.starts_with(start)))
            .collect();
        variables.sort();
        let mut hash = Sha256::new();
        let mut add = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        add(rustc.as_bytes());
        for (name, value) in &variables {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        let except = except.and_then(|path| std::path::absolute(path).ok());
        for path in files(root)? {
            let full = root.join(&path);
            if except.as_ref() != Some(&full) {
                add(path.to_string_lossy().as_bytes());
                add(&std::fs::read(&full)?);
            }
        }
        Ok(Self(hash))
    }

    /// The key of the step that `command` repeats.
    pub(crate) fn key(&self, command: &str) -> String {
        let hash = self.0.clone().chain_update(command.as_bytes()).finalize();
        hash.iter().take(16).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }
}

/// Copies the files to `to`, and removes from there what is no longer among them. A file that is the same is left as it
/// is, so that Cargo builds no more than has changed.
pub(crate) fn copy(root: &Path, to: &Path) -> io::Result<()> {
    let wanted = files(root)?;
    std::fs::create_dir_all(to)?;
    for stale in files(to)?.iter().filter(|path| wanted.binary_search(path).is_err()) {
        std::fs::remove_file(to.join(stale))?;
    }
    for path in wanted {
        let (from, to) = (root.join(&path), to.join(&path));
        let content = std::fs::read(&from)?;
        if std::fs::read(&to).is_ok_and(|there| there == content) {
            continue;
        }
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&to, content)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [("Cargo.toml", "one"), ("src/lib.rs", "two"), ("target/out", "three"), (".git/HEAD", "x")]
        {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn key(root: &Path) -> String {
        Sources::read(root, Some(&root.join("report.json")), "rustc 1").unwrap().key("cargo test")
    }

    #[test]
    fn the_files_are_the_sources_without_build_output_and_version_control() {
        assert_eq!(files(workspace().path()).unwrap(), [Path::new("Cargo.toml"), Path::new("src/lib.rs")]);
    }

    #[cfg(unix)]
    #[test]
    fn what_a_link_leads_to_is_among_the_files_and_one_that_leads_nowhere_is_not() {
        let folder = workspace();
        std::os::unix::fs::symlink("src", folder.path().join("wit")).unwrap();
        std::os::unix::fs::symlink("gone", folder.path().join("lost")).unwrap();
        let found = files(folder.path()).unwrap();
        assert_eq!(found, [Path::new("Cargo.toml"), Path::new("src/lib.rs"), Path::new("wit/lib.rs")]);
    }

    #[test]
    fn a_key_changes_with_a_source_the_compiler_and_the_command() {
        let folder = workspace();
        let root = folder.path();
        let before = key(root);
        std::fs::write(root.join("target/out"), "other").unwrap();
        std::fs::write(root.join("report.json"), "{}").unwrap();
        assert_eq!(key(root), before);
        let sources = Sources::read(root, Some(&root.join("report.json")), "rustc 1").unwrap();
        assert_ne!(sources.key("cargo doc"), before);
        let newer = Sources::read(root, Some(&root.join("report.json")), "rustc 2").unwrap();
        assert_ne!(newer.key("cargo test"), before);
        std::fs::write(root.join("src/lib.rs"), "changed").unwrap();
        assert_ne!(key(root), before);
        std::fs::write(root.join("src/lib.rs"), "two").unwrap();
        assert_eq!(key(root), before);
        std::fs::rename(root.join("src/lib.rs"), root.join("src/main.rs")).unwrap();
        assert_ne!(key(root), before);
    }

    #[test]
    fn a_copy_is_the_sources_of_now_and_leaves_alone_what_is_the_same() {
        let folder = workspace();
        let to = tempfile::tempdir().unwrap();
        copy(folder.path(), to.path()).unwrap();
        let written = |path: &str| std::fs::metadata(to.path().join(path)).unwrap().modified().unwrap();
        let before = written("Cargo.toml");
        std::fs::rename(folder.path().join("src/lib.rs"), folder.path().join("src/main.rs")).unwrap();
        copy(folder.path(), to.path()).unwrap();
        assert_eq!(files(to.path()).unwrap(), [Path::new("Cargo.toml"), Path::new("src/main.rs")]);
        assert_eq!(written("Cargo.toml"), before);
    }
}
