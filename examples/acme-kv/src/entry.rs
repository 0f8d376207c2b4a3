//! What the instances of one entry share: where its database is, what they may do with it, and how many at a time.

use crate::config::{Config, file_of};
use crate::error::KvError;
use crate::open::Database;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use wippy_host_core::{Error, ErrorKind, MountAccess, MountRequest, Result, SetupContext};

/// Pieces of database work of one entry that run at a time; the others wait, without a thread.
const WORKERS: usize = 4;

/// One entry.
pub struct Entry {
    pub(crate) id: Arc<str>,
    directory: PathBuf,
    file: String,
    pub(crate) quota: Quota,
    pub(crate) max_open_buckets: u64,
    read_only: bool,
    /// Whether work is done on the guest's own thread.
    deterministic: bool,
    /// Opened for the first guest that asks: to check an application opens nothing.
    database: Mutex<Option<Arc<Database>>>,
    workers: Arc<Semaphore>,
}

/// What a file may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quota {
    pub(crate) max_value_bytes: u64,
    pub(crate) max_keys: u64,
    pub(crate) max_bytes: u64,
}

impl Entry {
    pub(crate) fn new(cx: &SetupContext<'_>, config: Config) -> Result<Self> {
        let id = cx.entry.id().clone();
        let fs = cx.resolve_id(&config.fs);
        let file = config.file.unwrap_or_else(|| file_of(&id));
        let request = MountRequest::new(&id, &fs, &file, MountAccess::of(config.read_only));
        let access = cx.services.policy.mount(&request)?;
        let Some(directory) = cx.services.directories.get(&fs)? else {
            return Err(Error::new(ErrorKind::NotFound, format!("no fs.directory {fs}")));
        };
        let Config { max_value_bytes, max_keys, max_bytes, max_open_buckets, .. } = config;
        Ok(Self {
            id,
            directory,
            file,
            quota: Quota { max_value_bytes, max_keys, max_bytes },
            max_open_buckets,
            read_only: config.read_only || access == MountAccess::ReadOnly,
            deterministic: cx.services.deterministic,
            database: Mutex::new(None),
            workers: Arc::new(Semaphore::new(WORKERS)),
        })
    }

    /// That nothing may be changed, if so.
    pub(crate) fn writable(&self) -> Result<(), KvError> {
        if self.read_only {
            return Err(KvError::Denied(format!(
                "entry {} may not change {}; remove read_only from its config.acme:kv",
                self.id, self.file
            )));
        }
        Ok(())
    }

    /// Works with the database, on a thread where that blocks nobody. Work that has begun goes on where the guest's call ends,
    /// and counts as one of the workers until it is done.
    pub(crate) async fn work<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Entry, &redb::Database) -> Result<R, KvError> + Send + 'static,
    ) -> Result<R, KvError> {
        if self.deterministic {
            return work(self, self.database()?.redb()?);
        }
        let closed = |error: &dyn std::fmt::Display| KvError::unavailable(format_args!("the host gave it up: {error}"));
        let worker = self.workers.clone().acquire_owned().await.map_err(|error| closed(&error))?;
        let entry = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let done = entry.database().and_then(|database| work(&entry, database.redb()?));
            drop((entry, worker));
            done
        });
        done.await.map_err(|error| closed(&error))?
    }

    /// The database. One that could not be opened is tried again by the next who asks.
    fn database(&self) -> Result<Arc<Database>, KvError> {
        let mut database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(database) = &*database {
            return Ok(database.clone());
        }
        let opened = Database::open(&self.directory, &self.file, !self.read_only)?;
        *database = Some(opened.clone());
        Ok(opened)
    }
}

impl Drop for Entry {
    /// To close a database takes a write.
    fn drop(&mut self) {
        let database = self.database.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let (Some(database), Ok(runtime)) = (database, tokio::runtime::Handle::try_current()) {
            runtime.spawn_blocking(move || drop(database));
        }
    }
}
