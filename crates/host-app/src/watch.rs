//! Tells when files of an application change.

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;
use wippy_host_core::{Error, ErrorKind, Result};

/// A change is told when nothing has changed for this long: an editor writes a file in several steps.
const QUIET: Duration = Duration::from_millis(100);

/// A change is told at the latest after this long, also where files change without a pause.
const PATIENCE: Duration = Duration::from_secs(1);

/// Paths that are kept until they are asked for. Beyond it one stands for all: everything may have changed.
const MAX_PATHS: usize = 1_000;

/// Watches the directory tree of an application.
pub struct Watcher {
    paths: mpsc::Receiver<Option<PathBuf>>,
    /// What has come and is not told yet.
    batch: Batch,
    _watcher: RecommendedWatcher,
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").field("batch", &self.batch).finish_non_exhaustive()
    }
}

/// What has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Changes {
    /// These paths.
    Paths(BTreeSet<PathBuf>),
    /// More than can be told one by one.
    Anything,
}

impl Watcher {
    /// Watches everything below `root`, hidden files apart.
    ///
    /// # Errors
    /// Kind `Unavailable`, where the operating system watches no more.
    pub fn new(root: &Path) -> Result<Self> {
        let failed = |error: notify::Error| {
            Error::new(ErrorKind::Unavailable, format!("the application's files cannot be watched: {error}"))
                .with_remedy(
                    "run it without --watch, or raise the system's limit of watches (fs.inotify.max_user_watches)",
                )
        };
        let (sender, paths) = mpsc::channel(MAX_PATHS);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // A full channel already says that a lot has changed.
            match event {
                Ok(event) if is_change(event.kind) => {
                    event.paths.into_iter().for_each(|path| drop(sender.try_send(Some(path))));
                }
                Ok(_) => {}
                Err(_) => drop(sender.try_send(None)),
            }
        })
        .map_err(failed)?;
        watcher.watch(root, RecursiveMode::Recursive).map_err(failed)?;
        Ok(Self { paths, batch: Batch::default(), _watcher: watcher })
    }

    /// Waits until something has changed and then nothing for a tenth of a second, at most a second.
    ///
    /// Dropping the future loses nothing: what had come is told by the next one, after a pause of its own.
    pub async fn changed(&mut self) -> Changes {
        let Self { paths, batch, .. } = self;
        if batch.is_empty() {
            match paths.recv().await {
                Some(path) => batch.add(path),
                // The watcher goes away with this value alone.
                None => std::future::pending().await,
            }
        }
        let gathered = async {
            while let Ok(Some(path)) = tokio::time::timeout(QUIET, paths.recv()).await {
                batch.add(path);
            }
        };
        // Changes without a pause are told too.
        let _ = tokio::time::timeout(PATIENCE, gathered).await;
        std::mem::take(batch).finish()
    }
}

#[derive(Debug, Default)]
struct Batch {
    paths: BTreeSet<PathBuf>,
    anything: bool,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.paths.is_empty() && !self.anything
    }

    fn add(&mut self, path: Option<PathBuf>) {
        match path {
            Some(path) if self.paths.len() < MAX_PATHS => drop(self.paths.insert(path)),
            _ => self.anything = true,
        }
    }

    fn finish(self) -> Changes {
        if self.anything || self.paths.len() >= MAX_PATHS { Changes::Anything } else { Changes::Paths(self.paths) }
    }
}

/// Reading a file changes nothing.
fn is_change(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Access(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn what_had_come_when_a_future_is_dropped_is_told_by_the_next_one() {
        let directory = tempfile::tempdir().unwrap();
        let mut watcher = Watcher::new(&directory.path().canonicalize().unwrap()).unwrap();
        let (sender, paths) = mpsc::channel(MAX_PATHS);
        watcher.paths = paths;
        for path in ["first", "second"] {
            sender.try_send(Some(path.into())).unwrap();
            // It takes the path, and waits for a pause.
            assert!(std::pin::pin!(watcher.changed()).now_or_never().is_none());
        }
        let told = watcher.changed().await;
        assert_eq!(told, Changes::Paths(BTreeSet::from(["first".into(), "second".into()])));
        assert!(std::pin::pin!(watcher.changed()).now_or_never().is_none(), "each is told once");
    }

    #[tokio::test]
    async fn a_written_a_new_and_a_removed_file_are_told() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("below")).unwrap();
        std::fs::write(root.join("below/old"), "1").unwrap();
        let mut watcher = Watcher::new(&root).unwrap();
        std::fs::write(root.join("below/old"), "2").unwrap();
        std::fs::write(root.join("new"), "").unwrap();
        let mut seen = BTreeSet::new();
        while seen.len() < 2 {
            let Changes::Paths(paths) = watcher.changed().await else { panic!("few files changed") };
            seen.extend(paths);
        }
        assert!(seen.contains(&root.join("below/old")) && seen.contains(&root.join("new")), "{seen:?}");
        std::fs::remove_file(root.join("new")).unwrap();
        let Changes::Paths(paths) = watcher.changed().await else { panic!("one file changed") };
        assert_eq!(paths, BTreeSet::from([root.join("new")]));
    }
}
