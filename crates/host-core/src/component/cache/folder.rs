//! A folder that only its owner can write, opened once: everything in it is reached through the open folder.

use super::CacheOptions;
use crate::error::{Error, ErrorKind, Result};
use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, RawMode, Stat, Timespec, Timestamps};
use rustix::io::Errno;
use std::ffi::CString;
use std::fs::{DirBuilder, File};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

const UNFINISHED: &str = "unfinished-";

/// How old an unfinished file is, in seconds, before it is taken for that of a process which was killed.
const ABANDONED: i64 = 3600;

/// How much is left after a sweep, in per cent of the limits: else every file that is added would cost another.
const SWEPT: u64 = 90;

pub(super) struct Folder {
    folder: OwnedFd,
    options: CacheOptions,
    /// Files and bytes that are here, as far as this process knows; `None` until it has looked.
    holds: Mutex<Option<(usize, u64)>>,
}

/// A file of the folder.
struct Listed {
    name: CString,
    bytes: u64,
    used: i64,
}

impl Folder {
    /// Opens a folder, and makes it where it is missing.
    pub(super) fn open(options: CacheOptions) -> Result<Self> {
        let path = &options.directory;
        make(path).map_err(|error| unusable(path, &format!("it cannot be made: {error}")))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = fs::open(path, flags, Mode::empty())
            .map_err(|error| unusable(path, &format!("it cannot be opened: {error}")))?;
        let found = fs::fstat(&folder).map_err(|error| unusable(path, &error.to_string()))?;
        if !is_own(&found) {
            return Err(unusable(path, "it belongs to another user"));
        }
        if mode(&found) & 0o022 != 0 {
            return Err(unusable(path, "others may write to it").with_remedy(format!("chmod 700 {}", path.display())));
        }
        Ok(Self { folder, options, holds: Mutex::new(None) })
    }

    /// What a file holds; `None` where there is none. A hit counts as use.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match fs::openat(&self.folder, name, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(self.unreadable(name, &error.to_string())),
        };
        let found = fs::fstat(&file).map_err(|error| self.unreadable(name, &error.to_string()))?;
        let size = u64::try_from(found.st_size).unwrap_or(u64::MAX);
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile
            || !is_own(&found)
            || mode(&found) & 0o077 != 0
        {
            return Err(self.unreadable(name, "it is not a file of this user alone"));
        }
        if size > self.options.max_bytes {
            return Err(self.unreadable(name, "it is larger than the whole cache may be"));
        }
        // What was used last goes last. A file system that keeps no times only sweeps less well.
        let now = Timespec { tv_sec: seconds(), tv_nsec: 0 };
        let _ = fs::futimens(&file, &Timestamps { last_access: now, last_modification: now });
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        let read = File::from(file).take(self.options.max_bytes).read_to_end(&mut bytes);
        read.map_err(|error| self.unreadable(name, &error.to_string()))?;
        Ok(Some(bytes))
    }

    /// Writes a file, whole or not at all: under a name of its own first, which nobody reads, and then renamed. It need
    /// not reach the disk before that: what a loss of power leaves behind does not have its digest.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let size = bytes.len() as u64;
        if size > self.options.max_bytes {
            return Ok(());
        }
        self.make_room(size);
        let failed = |error: &dyn std::fmt::Display| {
            unusable(&self.options.directory, &format!("it cannot be written to: {error}"))
        };
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| failed(&error))?;
        let unfinished = format!("{UNFINISHED}{:016x}", u64::from_ne_bytes(random));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file =
            fs::openat(&self.folder, &unfinished, flags, Mode::RUSR | Mode::WUSR).map_err(|error| failed(&error))?;
        let written = File::from(file)
            .write_all(bytes)
            .map_err(|error| failed(&error))
            .and_then(|()| fs::renameat(&self.folder, &unfinished, &self.folder, name).map_err(|error| failed(&error)));
        if written.is_err() {
            let _ = fs::unlinkat(&self.folder, &unfinished, AtFlags::empty());
        }
        written
    }

    /// Keeps the folder within its limits: looks at it at the first file of a process, and then whenever it is full.
    fn make_room(&self, more: u64) {
        let mut holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        let (files, bytes) =
            holds.map_or((usize::MAX, u64::MAX), |(files, bytes)| (files + 1, bytes.saturating_add(more)));
        *holds = Some(if files > self.options.max_files || bytes > self.options.max_bytes {
            let (files, bytes) = self.sweep(more);
            (files + 1, bytes.saturating_add(more))
        } else {
            (files, bytes)
        });
    }

    /// Removes what is abandoned, and what was unused for longest until there is room. Another process may do the same.
    fn sweep(&self, more: u64) -> (usize, u64) {
        let mut all = self.list();
        all.sort_unstable_by_key(|file| file.used);
        let (mut files, mut bytes) = (all.len(), all.iter().map(|file| file.bytes).sum::<u64>());
        let full = |files: usize, bytes: u64| {
            files + 1 > self.options.max_files || bytes.saturating_add(more) > self.options.max_bytes
        };
        if !full(files, bytes) {
            return (files, bytes);
        }
        let percent = |limit: u64| limit / 100 * SWEPT;
        let max_files = usize::try_from(percent(self.options.max_files as u64))
            .unwrap_or(0)
            .min(self.options.max_files.saturating_sub(1));
        for file in all {
            if files <= max_files && bytes.saturating_add(more) <= percent(self.options.max_bytes) {
                break;
            }
            if fs::unlinkat(&self.folder, &*file.name, AtFlags::empty()).is_ok() {
                (files, bytes) = (files - 1, bytes.saturating_sub(file.bytes));
            }
        }
        (files, bytes)
    }

    /// The files of the cache. Others are none of our business; unfinished ones that are old are removed.
    fn list(&self) -> Vec<Listed> {
        let mut all = Vec::new();
        let Ok(entries) = fs::Dir::read_from(&self.folder) else { return all };
        let now = seconds();
        for entry in entries.flatten() {
            let name = entry.file_name();
            let unfinished = name.to_bytes().starts_with(UNFINISHED.as_bytes());
            let own = name.to_bytes().len() == 64 && name.to_bytes().iter().all(u8::is_ascii_hexdigit);
            if !unfinished && !own {
                continue;
            }
            let Ok(found) = fs::statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            let used = found.st_mtime;
            if unfinished {
                if now.saturating_sub(used) > ABANDONED {
                    let _ = fs::unlinkat(&self.folder, name, AtFlags::empty());
                }
                continue;
            }
            all.push(Listed { name: name.to_owned(), bytes: u64::try_from(found.st_size).unwrap_or(0), used });
        }
        all
    }

    fn unreadable(&self, name: &str, why: &str) -> Error {
        let path = self.options.directory.join(name);
        Error::new(
            ErrorKind::Unavailable,
            format!("{} of the cache of compiled components is not used: {why}", path.display()),
        )
        .with_remedy("remove it")
    }
}

fn make(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn is_own(found: &Stat) -> bool {
    found.st_uid == rustix::process::geteuid().as_raw()
}

fn mode(found: &Stat) -> RawMode {
    found.st_mode & 0o7777
}

fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn unusable(path: &Path, why: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!("the cache of compiled components in {} is not used: {why}", path.display()),
    )
    .with_remedy("name a folder of your own with --cache-dir or WIPPY_CACHE_DIR, or use --no-cache")
}
