//! `read-directory` of WASI 0.2. Wasmtime's reads all names of a directory at once and keeps them for as long as the guest
//! keeps the stream; this one reads them as they are asked for.

use crate::shadow::{answer, shadowing};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, openat, statat};
use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use wasmtime::component::{Linker, Resource, ResourceType};
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorType, DirectoryEntry, ErrorCode};
use wasmtime_wasi::p2::{FsError, FsResult};
use wippy_host_core::{StoreData, Traced};

/// How many names are read at a time.
const NAMES: usize = 32;

/// A directory that a guest lists.
pub(crate) struct Listing {
    folder: Arc<std::fs::File>,
    /// `None` when all has been read, and while some is.
    rest: Option<Dir>,
    read: VecDeque<Result<DirectoryEntry, ErrorCode>>,
}

type Fd = Resource<Descriptor>;

/// Puts the resource and its functions in the place of Wasmtime's.
pub(crate) fn link(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    shadowing(linker, "wasi:filesystem/types@0.2.12", link_into)
}

fn link_into(instance: &mut Traced<'_, '_>) -> wasmtime::Result<()> {
    instance.resource("directory-entry-stream", ResourceType::host::<Listing>(), |mut store, number| {
        let listing = Resource::<Listing>::new_own(number);
        store.data_mut().table().delete(listing)?;
        Ok(())
    })?;
    instance.func_wrap_async("[method]descriptor.read-directory", |mut store, (fd,): (Fd,)| {
        Box::new(async move { answer(begin(store.data_mut(), fd).await) })
    })?;
    instance.func_wrap_async(
        "[method]directory-entry-stream.read-directory-entry",
        |mut store, (listing,): (Resource<Listing>,)| {
            Box::new(async move { answer(next(store.data_mut(), listing).await) })
        },
    )
}

async fn begin(store: &mut StoreData, fd: Fd) -> FsResult<Resource<Listing>> {
    let folder = match store.table().get(&fd)? {
        Descriptor::Dir(dir) => dir.dir.clone(),
        Descriptor::File(_) => return Err(ErrorCode::NotDirectory.into()),
    };
    let opened = folder.clone();
    let here = store.services().deterministic;
    let rest = blocking(here, move || open(&opened)).await??;
    Ok(store.table().push(Listing { folder, rest: Some(rest), read: VecDeque::new() })?)
}

async fn next(store: &mut StoreData, number: Resource<Listing>) -> FsResult<Option<DirectoryEntry>> {
    let listing = store.table().get_mut(&number)?;
    if listing.read.is_empty()
        && let Some(mut rest) = listing.rest.take()
    {
        let folder = listing.folder.clone();
        let here = store.services().deterministic;
        let (read, rest) = blocking(here, move || {
            let read = rest.by_ref().filter(|entry| !is_dots(entry)).take(NAMES);
            let read: VecDeque<_> = read.map(|entry| named(&folder, entry)).collect();
            (read, rest)
        })
        .await?;
        let listing = store.table().get_mut(&number)?;
        listing.rest = (!read.is_empty()).then_some(rest);
        listing.read = read;
    }
    Ok(store.table().get_mut(&number)?.read.pop_front().transpose()?)
}

/// A directory opened to be read, which that of a mount is not.
fn open(folder: &std::fs::File) -> io::Result<Dir> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(Dir::new(openat(folder, ".", flags, Mode::empty())?)?)
}

/// On a thread for such work; of a host whose runs repeat on this one, as Wasmtime's own operations are.
async fn blocking<T: Send + 'static>(here: bool, work: impl FnOnce() -> T + Send + 'static) -> FsResult<T> {
    match here {
        true => Ok(work()),
        false => tokio::task::spawn_blocking(work).await.map_err(FsError::trap),
    }
}

fn is_dots(entry: &rustix::io::Result<rustix::fs::DirEntry>) -> bool {
    entry.as_ref().is_ok_and(|entry| matches!(entry.file_name().to_bytes(), b"." | b".."))
}

fn named(folder: &std::fs::File, entry: rustix::io::Result<rustix::fs::DirEntry>) -> Result<DirectoryEntry, ErrorCode> {
    let entry = entry.map_err(io::Error::from)?;
    let name = entry.file_name().to_str().map_err(|_| ErrorCode::IllegalByteSequence)?.to_owned();
    let kind = match entry.file_type() {
        // Some file systems do not say.
        FileType::Unknown => match statat(folder.as_fd(), entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => FileType::from_raw_mode(stat.st_mode),
            Err(_) => FileType::Unknown,
        },
        known => known,
    };
    Ok(DirectoryEntry { type_: kind_of(kind), name })
}

/// As `get-type` names them.
fn kind_of(kind: FileType) -> DescriptorType {
    match kind {
        FileType::RegularFile => DescriptorType::RegularFile,
        FileType::Directory => DescriptorType::Directory,
        FileType::Symlink => DescriptorType::SymbolicLink,
        FileType::BlockDevice => DescriptorType::BlockDevice,
        FileType::CharacterDevice => DescriptorType::CharacterDevice,
        FileType::Fifo | FileType::Socket | FileType::Unknown => DescriptorType::Unknown,
    }
}
