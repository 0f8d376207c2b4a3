//! A small file, read and written in a few pieces: what the instructions are counted of.

use super::ours::Ours;
use super::{LARGE, commands, fill};
use crate::plain::{Command, Loops};
use tempfile::TempDir;

const PIECES: u32 = 16;

/// Both programs over one folder.
pub(crate) struct Few {
    ours: Ours,
    reads: Loops,
    writes: Command,
    _folder: TempDir,
}

impl Few {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fill(path, PIECES, 0);
        let [read, write] = commands(PIECES);
        let ours = Ours::new(path, [&read, &write]).await;
        Self { ours, reads: Loops::new(path, |_| ()), writes: Command::new(&write, path), _folder: folder }
    }

    /// Reads by WASI 0.2, or writes by preview 1.
    pub(crate) async fn ours(&self, what: &str) {
        match what {
            "read" => drop(self.ours.read("loops").await),
            _ => drop(self.ours.command(1, 0).await),
        }
    }

    pub(crate) async fn baseline(&self, what: &str) {
        match what {
            "read" => drop(self.reads.count("read-file", (LARGE.to_owned(),)).await),
            _ => self.writes.call().await,
        }
    }
}
