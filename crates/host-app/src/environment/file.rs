//! `env.storage.file`: variables in a file that others may change, too.

use super::lines::{self, BadLine};
use crate::directories::reason;
use crate::manifest::{EntryId, EnvironmentFile, Problem};
use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};
use wippy_host_core::{Error, ErrorKind, Result};

/// The largest file: reading it must not hold up a call.
const MAX_BYTES: u64 = 1 << 20;

/// The file is looked at no more often than this, so that asking for variables at each call stays cheap.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A file that was being written when its process was killed is left behind for this long: it may be another process that
/// is writing it now.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

/// A file of variables, read again when it has changed.
pub(super) struct FileStorage {
    /// The storage's entry, for messages.
    id: String,
    root: PathBuf,
    /// As messages show it: relative to the root.
    shown: PathBuf,
    auto_create: bool,
    opened: Instant,
    /// When the file is to be looked at next, in milliseconds since `opened`.
    next_look: AtomicU64,
    state: RwLock<State>,
    /// Held while the file is replaced, so that no change of ours undoes another.
    writing: Mutex<()>,
}

struct State {
    stamp: Option<Stamp>,
    values: Result<Arc<HashMap<String, String>>>,
}

/// What tells two contents of a file apart without reading them.
#[derive(PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    /// A file that was renamed over another may have its length and time.
    inode: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self { modified: metadata.modified().ok(), length: metadata.len(), inode }
    }
}

impl FileStorage {
    /// Reads the file, which must be there and well formed, or creates it where it is missing and `auto_create` is set.
    pub(super) fn open(root: &Path, id: &EntryId, declared: &EnvironmentFile) -> Result<Self, Box<Problem>> {
        let storage = Self {
            id: id.to_string(),
            root: root.to_path_buf(),
            shown: declared.file_path.value.clone(),
            auto_create: declared.auto_create.as_ref().is_some_and(|auto| auto.value),
            opened: Instant::now(),
            next_look: AtomicU64::new(millis(LOOK_EVERY)),
            state: RwLock::new(State { stamp: None, values: Ok(Arc::default()) }),
            writing: Mutex::new(()),
        };
        let problem = |error: &Error| {
            let problem = Problem::at(error.kind(), &declared.file_path.span, error.message());
            Box::new(problem.with_remedy(error.remedy().unwrap_or("name another file")))
        };
        match storage.locate() {
            Ok(Some(path)) => storage.clean_up(&path),
            Ok(None) if storage.auto_create => {
                storage.replace("").map_err(|error| problem(&error))?;
            }
            Ok(None) => {
                let message = format!("the file {} does not exist", storage.shown.display());
                let remedy = format!("create {}, or add auto_create: true", root.join(&storage.shown).display());
                let problem = Problem::at(ErrorKind::NotFound, &declared.file_path.span, message);
                return Err(Box::new(problem.with_remedy(remedy)));
            }
            Err(error) => return Err(problem(&error)),
        }
        let state = storage.load();
        if let Err(error) = &state.values {
            return Err(problem(error));
        }
        storage.put(state);
        Ok(storage)
    }

    pub(super) fn get(&self, id: &str, name: &str) -> Result<Option<String>> {
        match &self.state.read().unwrap_or_else(PoisonError::into_inner).values {
            Ok(values) => Ok(values.get(name).cloned()),
            Err(error) => {
                let told = Error::new(error.kind(), format!("{id}: {}", error.message()));
                Err(match error.remedy() {
                    Some(remedy) => told.with_remedy(remedy),
                    None => told,
                })
            }
        }
    }

    /// Looks whether the file has changed, if it is time to. Whoever asks meanwhile goes on with what is known.
    pub(super) fn refresh(&self) -> bool {
        let now = millis(self.opened.elapsed());
        let due = self.next_look.load(Ordering::Relaxed);
        let next = now.saturating_add(millis(LOOK_EVERY));
        if now < due || self.next_look.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            return false;
        }
        let stamp = fs::metadata(self.root.join(&self.shown)).ok().map(|metadata| Stamp::of(&metadata));
        if self.state.read().unwrap_or_else(PoisonError::into_inner).stamp == stamp {
            return false;
        }
        // Whoever writes puts what it wrote; what is read here may be older.
        let Ok(_writing) = self.writing.try_lock() else { return false };
        self.put(self.load());
        true
    }

    /// Writes a variable into the file: the file is the old one or the new one at every moment, also to whoever reads it
    /// when this process is killed. Comments and permissions stay.
    pub(super) fn set(&self, id: &str, name: &str, value: &str) -> Result<()> {
        if !lines::is_name(name) {
            let message = format!("{id}: a file cannot hold a variable of the name {name:?}");
            return Err(Error::invalid(message).with_remedy("give it a `variable` of letters, digits and `_`"));
        }
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let text = match self.locate()? {
            Some(path) => self.text(&path)?.0,
            None if self.auto_create => String::new(),
            None => return Err(self.failed(&io::ErrorKind::NotFound.into())),
        };
        // What cannot be read cannot be changed without loss.
        lines::read(&text).map_err(|bad| self.malformed(&bad))?;
        let text = lines::with(&text, name, value);
        if text.len() as u64 > MAX_BYTES {
            return Err(self.too_large());
        }
        self.replace(&text)?;
        self.put(self.load());
        Ok(())
    }

    fn put(&self, state: State) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// The file with symbolic links resolved; none where there is no such file.
    fn locate(&self) -> Result<Option<PathBuf>> {
        match self.root.join(&self.shown).canonicalize() {
            Ok(path) if path.starts_with(&self.root) => Ok(Some(path)),
            Ok(_) => {
                let message =
                    format!("a symbolic link in {} leads out of the application's directory", self.shown.display());
                let error = Error::new(ErrorKind::PermissionDenied, message);
                Err(error.with_remedy("put the file itself into the application's directory"))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn load(&self) -> State {
        let read = self.locate().and_then(|path| match path {
            Some(path) => self.text(&path),
            None => Err(self.failed(&io::ErrorKind::NotFound.into())),
        });
        match read {
            Ok((text, stamp)) => {
                let values = lines::read(&text).map(Arc::new).map_err(|bad| self.malformed(&bad));
                State { stamp: Some(stamp), values }
            }
            Err(error) => {
                let stamp = fs::metadata(self.root.join(&self.shown)).ok().map(|metadata| Stamp::of(&metadata));
                State { stamp, values: Err(error) }
            }
        }
    }

    fn text(&self, path: &Path) -> Result<(String, Stamp)> {
        let failed = |error: io::Error| self.failed(&error);
        // Opening a pipe would wait for whoever writes to it.
        if !fs::metadata(path).map_err(failed)?.is_file() {
            return Err(Error::invalid(format!("{} is not a file", self.shown.display())).with_remedy("name a file"));
        }
        let file = File::open(path).map_err(failed)?;
        // Of the file that is read, and before it is: a change meanwhile shows in the next stamp.
        let stamp = Stamp::of(&file.metadata().map_err(failed)?);
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(self.too_large());
        }
        let text = String::from_utf8(bytes).map_err(|_| {
            Error::invalid(format!("{} is not UTF-8 text", self.shown.display())).with_remedy("save it as UTF-8")
        })?;
        Ok((text, stamp))
    }

    /// Puts a new file in the place of the old one.
    fn replace(&self, text: &str) -> Result<()> {
        let target = match self.locate()? {
            Some(path) => path,
            None => self.new_file()?,
        };
        let write = || {
            let (directory, prefix) = temporary(&target);
            let mut file = tempfile::Builder::new().prefix(&prefix).suffix(TEMPORARY).tempfile_in(directory)?;
            file.write_all(text.as_bytes())?;
            if let Ok(old) = fs::metadata(&target) {
                file.as_file().set_permissions(old.permissions())?;
            }
            file.as_file().sync_all()?;
            file.persist(&target)?;
            Ok(())
        };
        write().map_err(|error: io::Error| self.failed(&error))
    }

    /// Where the file is to be created, with the directories before it.
    fn new_file(&self) -> Result<PathBuf> {
        let written = self.root.join(&self.shown);
        let (Some(directory), Some(name)) = (written.parent(), written.file_name()) else {
            return Err(self.failed(&io::ErrorKind::InvalidInput.into()));
        };
        fs::create_dir_all(directory).map_err(|error| self.failed(&error))?;
        let directory = directory.canonicalize().map_err(|error| self.failed(&error))?;
        if !directory.starts_with(&self.root) {
            let message =
                format!("a symbolic link in {} leads out of the application's directory", self.shown.display());
            let error = Error::new(ErrorKind::PermissionDenied, message);
            return Err(error.with_remedy("put the file itself into the application's directory"));
        }
        Ok(directory.join(name))
    }

    /// Removes what a process that was killed left behind beside the file.
    fn clean_up(&self, target: &Path) {
        let (directory, prefix) = temporary(target);
        let Ok(entries) = fs::read_dir(directory) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let ours = name.to_str().is_some_and(|name| name.starts_with(&prefix) && name.ends_with(TEMPORARY));
            let old = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
            if ours && old().is_some_and(|age| age > LEFT_BEHIND) {
                // A file that cannot be removed does no harm.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn failed(&self, error: &io::Error) -> Error {
        let (shown, id) = (self.shown.display(), &self.id);
        if error.kind() == io::ErrorKind::NotFound {
            let error = Error::new(ErrorKind::NotFound, format!("the file {shown} of {id} does not exist"));
            return error.with_remedy(format!("create {}", self.root.join(&self.shown).display()));
        }
        let message = format!("the file {shown} of {id} cannot be used: {}", reason(error));
        Error::new(ErrorKind::Unavailable, message)
            .with_remedy("make the file and its directory accessible for the user that runs the host")
    }

    fn malformed(&self, bad: &BadLine) -> Error {
        let message = format!("{}:{}: the line cannot be read: {}", self.shown.display(), bad.number, bad.why);
        Error::invalid(message).with_remedy("write `NAME=value` or `NAME=\"value\"`")
    }

    fn too_large(&self) -> Error {
        let message = format!("{} is larger than {} MiB", self.shown.display(), MAX_BYTES >> 20);
        Error::invalid(message).with_remedy("keep large values in files that a function reads when it runs")
    }
}

const TEMPORARY: &str = ".tmp";

/// The directory in which a file is prepared, and how its name begins.
fn temporary(target: &Path) -> (&Path, String) {
    let name = target.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    (target.parent().unwrap_or(Path::new(".")), format!(".{name}."))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
