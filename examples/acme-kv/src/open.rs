//! The databases that this process has open. A file can be open once, and is shared by all entries that name it: the old and
//! the new one of an application that is loaded again, too.

use crate::error::KvError;
use cap_primitives::fs::{OpenOptions, open, open_ambient_dir};
use redb::backends::FileBackend;
use redb::{DatabaseError, TableDefinition};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};

/// Values by bucket and key.
pub(crate) const VALUES: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("values");
/// What all values together take.
pub(crate) const TOTALS: TableDefinition<'_, &str, u64> = TableDefinition::new("totals");

/// Bytes that one database keeps in memory; redb itself would keep up to a gibibyte.
const CACHE: usize = 4 << 20;

/// A database that is open. To be dropped where blocking is no harm.
pub(crate) struct Database {
    /// None while it is closed.
    inner: Option<redb::Database>,
    path: PathBuf,
}

static OPEN: Mutex<BTreeMap<PathBuf, Weak<Database>>> = Mutex::new(BTreeMap::new());
static CLOSED: Condvar = Condvar::new();

impl Database {
    /// Opens the file `file` of a directory, and makes it where `create` says so. Blocks.
    pub(crate) fn open(directory: &Path, file: &str, create: bool) -> Result<Arc<Self>, KvError> {
        let failed = |error: io::Error| {
            let missing = error.kind() == io::ErrorKind::NotFound;
            let why = if missing { "it does not exist".to_owned() } else { error.to_string() };
            KvError::unavailable(format_args!("the database {file} cannot be opened: {why}"))
        };
        let folder = open_ambient_dir(directory, cap_primitives::ambient_authority()).map_err(failed)?;
        let path = directory.canonicalize().map_err(failed)?.join(file);
        let mut all = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        // One that nobody holds any more is about to be closed, by whoever held it last.
        while let Some(known) = all.get(&path) {
            match known.upgrade() {
                Some(known) => return Ok(known),
                None => all = CLOSED.wait(all).unwrap_or_else(PoisonError::into_inner),
            }
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(create);
        // A link leads nowhere outside of the directory, whoever has put it there and when.
        let opened = open(&folder, Path::new(file), &options).map_err(failed)?;
        let inner = tables(opened).map_err(|error| match error {
            redb::Error::DatabaseAlreadyOpen => KvError::unavailable(format_args!(
                "the database {file} is locked by another process; stop that one, or name another file in config.acme:kv.file"
            )),
            error => KvError::unavailable(format_args!("the database {file} cannot be opened: {error}")),
        })?;
        let database = Arc::new(Self { inner: Some(inner), path: path.clone() });
        all.insert(path, Arc::downgrade(&database));
        Ok(database)
    }

    pub(crate) fn redb(&self) -> Result<&redb::Database, KvError> {
        self.inner.as_ref().ok_or_else(|| KvError::unavailable("the database is closed"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        drop(self.inner.take());
        OPEN.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.path);
        CLOSED.notify_all();
    }
}

/// The database in a file, with its tables.
fn tables(file: std::fs::File) -> Result<redb::Database, redb::Error> {
    let backend = FileBackend::new(file).map_err(|error: DatabaseError| redb::Error::from(error))?;
    let database = redb::Database::builder().set_cache_size(CACHE).create_with_backend(backend)?;
    let begin = database.begin_write()?;
    begin.open_table(VALUES)?;
    begin.open_table(TOTALS)?;
    begin.commit()?;
    Ok(database)
}
