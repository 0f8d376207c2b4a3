//! Compiled components on disk, so that a second start compiles nothing.
//!
//! Compiled code is native code, and Wasmtime runs what it is given. So the folder must belong to this user and be
//! writable by nobody else; each file must be this user's alone and is reached without following links; and the bytes
//! that are handed to Wasmtime are the very bytes, in memory, whose digest was compared. Whoever can write there despite
//! that could as well replace the host.
//!
//! What is stored has passed every check of the compiler (how large it unfolds), and a
//! name holds our version, so a verdict is never older than the rules: a hit is not checked again.

mod entry;
#[cfg(unix)]
mod folder;
#[cfg(not(unix))]
#[path = "no_folder.rs"]
mod folder;

use super::Program;
use crate::engine::Engines;
use crate::error::Error;
use crate::import::Registry;
use crate::spans;
use folder::Folder;
use sha2::{Digest, Sha256};
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::Engine;

/// Goes up when what a file holds, or what the compiler lets through, changes within one version of the host.
const FORMAT: &str = "wippy-host cache 1";

/// Where compiled components are kept, and how many.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CacheOptions {
    /// The folder. Made with mode 0700 where it is missing; one of another user, or that others may write to, is not
    /// used.
    pub directory: PathBuf,
    /// Bytes of all files; beyond it those unused for longest go. Default 2 GiB: some hundred large components.
    pub max_bytes: u64,
    /// Files; beyond it those unused for longest go. Default 1,000: listing more takes longer than it saves.
    pub max_files: usize,
}

impl CacheOptions {
    /// The default limits, in this folder.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), max_bytes: 2 << 30, max_files: 1000 }
    }

    /// Bytes of all files together. Default 2 GiB.
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Files. Default 1,000.
    #[must_use]
    pub fn with_max_files(mut self, files: usize) -> Self {
        self.max_files = files;
        self
    }
}

/// How a host came by its components.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Compilations {
    /// Compiled.
    pub compiled: u64,
    /// Taken from the cache.
    pub cached: u64,
    /// The first thing that was wrong with the cache, if anything: it costs time and nothing else.
    pub remark: Option<Error>,
}

/// The cache of a host, and its counts; without a folder it only counts.
pub(crate) struct Cache {
    folder: Option<Folder>,
    /// Hashed already: whatever two components of equal bytes may differ by.
    base: Sha256,
    compiled: AtomicU64,
    cached: AtomicU64,
    remark: OnceLock<Error>,
}

impl Cache {
    pub(crate) fn new(engine: &Engine, options: Option<CacheOptions>, registry: &Registry) -> Self {
        let mut base = Feed(Sha256::new());
        for text in [FORMAT, env!("CARGO_PKG_VERSION")] {
            text.hash(&mut base);
        }
        engine.precompile_compatibility_hash().hash(&mut base);
        registry.wit().hash(&mut base);
        // They decide which engine a component is compiled for.
        let interfaces = registry.imports().iter().flat_map(|import| import.meta().interfaces);
        interfaces.filter(|interface| interface.concurrent).for_each(|interface| interface.full_name().hash(&mut base));
        let (compiled, cached) = (AtomicU64::new(0), AtomicU64::new(0));
        let mut cache = Self { folder: None, base: base.0, compiled, cached, remark: OnceLock::new() };
        match options.map(Folder::open) {
            None => {}
            Some(Ok(folder)) => cache.folder = Some(folder),
            Some(Err(error)) => cache.remark(error),
        }
        cache
    }

    /// What this code compiles to from the cache, else as `compile` makes it, which is kept.
    pub(crate) fn get<E>(
        &self,
        engines: &Engines,
        code: &[u8],
        wit: Option<&str>,
        compile: impl FnOnce() -> Result<Program, E>,
    ) -> Result<Program, E> {
        let span = spans::compile().entered();
        let name = self.folder.as_ref().map(|_| self.name(code, wit));
        if let Some((folder, name)) = self.folder.as_ref().zip(name.as_deref()) {
            match folder.read(name).and_then(|file| file.map(|file| entry::load(engines, file)).transpose()) {
                Ok(Some(program)) => {
                    self.cached.fetch_add(1, Ordering::Relaxed);
                    span.record("cached", true);
                    return Ok(program);
                }
                Ok(None) => {}
                Err(error) => self.remark(error),
            }
        }
        let program = compile()?;
        self.compiled.fetch_add(1, Ordering::Relaxed);
        span.record("cached", false);
        if let Some((folder, name)) = self.folder.as_ref().zip(name) {
            let stored = entry::store(engines, &program).and_then(|file| folder.write(&name, &file));
            if let Err(error) = stored {
                self.remark(error);
            }
        }
        Ok(program)
    }

    pub(crate) fn compilations(&self) -> Compilations {
        Compilations {
            compiled: self.compiled.load(Ordering::Relaxed),
            cached: self.cached.load(Ordering::Relaxed),
            remark: self.remark.get().cloned(),
        }
    }

    fn name(&self, code: &[u8], wit: Option<&str>) -> String {
        let mut key = Feed(self.base.clone());
        code.hash(&mut key);
        wit.hash(&mut key);
        let digest: [u8; 32] = key.0.finalize().into();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn remark(&self, error: Error) {
        tracing::debug!(%error, "the cache of compiled components");
        // The first says enough: what is wrong with a folder is wrong for every file in it.
        let _ = self.remark.set(error);
    }
}

/// Hashes what is only [`Hash`], which marks where each value ends, with a hash that cannot be aimed at.
struct Feed(Sha256);

impl Hasher for Feed {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}
