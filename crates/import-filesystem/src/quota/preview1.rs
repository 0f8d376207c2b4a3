//! The functions of preview 1 that quotas are about, in the place of Wasmtime's, which serve what has no quota.
//!
//! Which file a descriptor of Wasmtime's preview 1 leads to cannot be told from outside. What a module opens in a mount with
//! a quota is therefore opened here, and once more there, for reading, seeking and the number; it is changed here alone.

use super::descriptors::descriptors_of;
use super::memory::{errno, parts, path, put, vector};
use super::{Opening, Place, Quota};
use crate::filesystem;
use std::collections::HashMap;
use std::sync::Arc;
use wasmtime::{Caller, Linker};
use wasmtime_wasi::filesystem::{Descriptor, Dir, File};
use wasmtime_wasi::p1::types::{Fd, Fdflags, Filetype, Lookupflags, Oflags, Rights, Whence};
use wasmtime_wasi::p1::wasi_snapshot_preview1::{self as p1, WasiSnapshotPreview1 as _};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::preopens::Host as _;
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags, PathFlags};
use wippy_host_core::{StoreData, spans};
use wippy_wasi_context::PREVIEW1;

/// What the module has open in mounts with quotas.
pub(super) type Open = HashMap<u32, (Descriptor, Arc<Quota>)>;

/// The first mount's descriptor: those before it are the standard streams.
const FIRST_MOUNT: u32 = 3;

type Answer = wasmtime::Result<i32>;
type Guest<'a> = Caller<'a, StoreData>;

macro_rules! theirs {
    ($caller:expr, $function:ident, $($argument:expr),*) => {{
        let (mut memory, context) = parts($caller)?;
        p1::$function(context, &mut memory $(, $argument)*).await
    }};
}

macro_rules! link {
    ($linker:ident: $($function:ident($($argument:ident: $type:ty),*);)*) => {
        $($linker.func_wrap_async(
            PREVIEW1,
            stringify!($function),
            |mut caller: Guest<'_>, ($($argument,)*): ($($type,)*)| {
                let span = spans::host_call(PREVIEW1, stringify!($function));
                Box::new(spans::in_host_call(span, async move { $function(&mut caller, $($argument),*).await }))
            },
        )?;)*
    };
}

pub(crate) fn link(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    link!(linker:
        fd_close(fd: i32);
        fd_renumber(from: i32, to: i32);
        fd_write(fd: i32, vectors: i32, count: i32, result: i32);
        fd_pwrite(fd: i32, vectors: i32, count: i32, offset: i64, result: i32);
        fd_filestat_set_size(fd: i32, size: i64);
        path_open(
            fd: i32, follow: i32, at: i32, length: i32, how: i32, rights: i64, inherited: i64, flags: i32, result: i32
        );
        path_create_directory(fd: i32, at: i32, length: i32);
        path_remove_directory(fd: i32, at: i32, length: i32);
        path_unlink_file(fd: i32, at: i32, length: i32);
        path_symlink(target: i32, target_length: i32, fd: i32, at: i32, length: i32);
        path_link(fd: i32, follow: i32, at: i32, length: i32, new_fd: i32, new_at: i32, new_length: i32);
        path_rename(fd: i32, at: i32, length: i32, new_fd: i32, new_at: i32, new_length: i32);
    );
    Ok(())
}

/// What is open in mounts with quotas; `None` where the entry has no quotas.
fn opened(store: &mut StoreData) -> wasmtime::Result<Option<&mut Open>> {
    let Some(descriptors) = descriptors_of(store) else { return Ok(None) };
    if descriptors.preview1.is_none() {
        let quotas = descriptors.quotas.clone();
        let mounts = filesystem(store).get_directories()?;
        let mut open = Open::new();
        for ((number, (fd, _)), quota) in (FIRST_MOUNT..).zip(mounts).zip(quotas.iter()) {
            let mount = store.table().delete(fd)?;
            open.extend(quota.clone().map(|quota| (number, (mount, quota))));
        }
        if let Some(descriptors) = descriptors_of(store) {
            descriptors.preview1 = Some(open);
        }
    }
    Ok(descriptors_of(store).and_then(|descriptors| descriptors.preview1.as_mut()))
}

fn find(caller: &mut Guest<'_>, fd: i32) -> wasmtime::Result<Option<(Descriptor, Arc<Quota>)>> {
    let open = opened(caller.data_mut())?;
    Ok(open.and_then(|open| open.get(&fd.cast_unsigned()).cloned()))
}

/// What a number leads to; `None` where that is not in a mount with a quota, and an error where it is of the other kind.
/// Wasmtime, for which it might be of the right kind, is not asked then.
type Found<T> = wasmtime::Result<Option<FsResult<(T, Arc<Quota>)>>>;

fn file(caller: &mut Guest<'_>, fd: i32) -> Found<File> {
    Ok(find(caller, fd)?.map(|(found, quota)| match found {
        Descriptor::File(file) => Ok((file, quota)),
        Descriptor::Dir(_) => Err(ErrorCode::BadDescriptor.into()),
    }))
}

fn dir(caller: &mut Guest<'_>, fd: i32) -> Found<Dir> {
    Ok(find(caller, fd)?.map(|(found, quota)| match found {
        Descriptor::Dir(dir) => Ok((dir, quota)),
        Descriptor::File(_) => Err(ErrorCode::BadDescriptor.into()),
    }))
}

async fn fd_close(caller: &mut Guest<'_>, fd: i32) -> Answer {
    let answer = theirs!(caller, fd_close, fd)?;
    if let (0, Some(open)) = (answer, opened(caller.data_mut())?) {
        open.remove(&fd.cast_unsigned());
    }
    Ok(answer)
}

async fn fd_renumber(caller: &mut Guest<'_>, from: i32, to: i32) -> Answer {
    let answer = theirs!(caller, fd_renumber, from, to)?;
    if let (0, true, Some(open)) = (answer, from != to, opened(caller.data_mut())?) {
        open.remove(&to.cast_unsigned());
        if let Some(moved) = open.remove(&from.cast_unsigned()) {
            open.insert(to.cast_unsigned(), moved);
        }
    }
    Ok(answer)
}

async fn fd_pwrite(caller: &mut Guest<'_>, fd: i32, vectors: i32, count: i32, offset: i64, result: i32) -> Answer {
    match file(caller, fd)? {
        None => theirs!(caller, fd_pwrite, fd, vectors, count, offset, result),
        Some(Err(error)) => errno(Err(error)),
        Some(Ok(to)) => write(caller, to, fd, (vectors, count), Some(offset.cast_unsigned()), result).await,
    }
}

async fn fd_write(caller: &mut Guest<'_>, fd: i32, vectors: i32, count: i32, result: i32) -> Answer {
    match file(caller, fd)? {
        None => theirs!(caller, fd_write, fd, vectors, count, result),
        Some(Err(error)) => errno(Err(error)),
        Some(Ok(to)) => write(caller, to, fd, (vectors, count), None, result).await,
    }
}

/// As Wasmtime's: the first part that is not empty, at the end of a file that was opened for that, whatever the offset says.
async fn write(
    caller: &mut Guest<'_>,
    (file, quota): (File, Arc<Quota>),
    number: i32,
    (vectors, count): (i32, i32),
    offset: Option<u64>,
    result: i32,
) -> Answer {
    let bytes = vector(caller, vectors, count)?;
    let fd = || Fd::from(number);
    let (mut memory, context) = parts(caller)?;
    let appends = match context.fd_fdstat_get(&mut memory, fd()).await {
        Ok(stat) => stat.fs_flags.contains(Fdflags::APPEND),
        Err(error) => return Ok(i32::from(u16::from(error.downcast()?))),
    };
    let place = match (appends, offset) {
        (true, _) => Place::End,
        (false, Some(offset)) => Place::At(offset),
        (false, None) => match context.fd_tell(&mut memory, fd()) {
            Ok(position) => Place::At(position),
            Err(error) => return Ok(i32::from(u16::from(error.downcast()?))),
        },
    };
    let written = match quota.write(&file, place, bytes).await {
        Ok(written) => written,
        Err(error) => return errno(Err(error)),
    };
    if offset.is_none() {
        let (mut memory, context) = parts(caller)?;
        let by = if appends { 0 } else { i64::try_from(written)? };
        let from = if appends { Whence::End } else { Whence::Cur };
        if let Err(error) = context.fd_seek(&mut memory, fd(), by, from).await {
            return Ok(i32::from(u16::from(error.downcast()?)));
        }
    }
    put(caller, result, u32::try_from(written)?)?;
    Ok(0)
}

async fn fd_filestat_set_size(caller: &mut Guest<'_>, fd: i32, size: i64) -> Answer {
    match file(caller, fd)? {
        None => theirs!(caller, fd_filestat_set_size, fd, size),
        Some(Err(error)) => errno(Err(error)),
        Some(Ok((file, quota))) => errno(quota.set_size(&file, size.cast_unsigned()).await),
    }
}

#[expect(clippy::too_many_arguments, reason = "those of preview 1")]
async fn path_open(
    caller: &mut Guest<'_>,
    fd: i32,
    follow: i32,
    at: i32,
    length: i32,
    how: i32,
    rights: i64,
    inherited: i64,
    flags: i32,
    result: i32,
) -> Answer {
    let wanted = wanted(follow, how, rights, flags);
    let (Some(found), Some((follows, opens, access))) = (dir(caller, fd)?, wanted) else {
        // Not in a mount with a quota, or refused.
        return theirs!(caller, path_open, fd, follow, at, length, how, rights, inherited, flags, result);
    };
    // This function alone says it so.
    let Ok((dir, quota)) = found else { return errno(Err(ErrorCode::NotDirectory.into())) };
    let path = match path(caller, at, length) {
        Ok(path) => path,
        Err(error) => return errno(Err(error)),
    };
    let opened_here = match quota.open(&dir, Opening { follow: follows, path, how: opens, access }).await {
        Ok(opened) => opened,
        Err(error) => return errno(Err(error)),
    };
    let how = how & i32::from(Oflags::DIRECTORY.bits());
    let answer = theirs!(caller, path_open, fd, follow, at, length, how, rights, inherited, flags, result)?;
    if answer != 0 {
        return Ok(answer);
    }
    let (memory, _) = parts(caller)?;
    let number = memory.read(wiggle::GuestPtr::<u32>::new(result.cast_unsigned()))?;
    if !is_the_same(caller, number, &opened_here, &quota).await? {
        theirs!(caller, fd_close, number.cast_signed())?;
        return errno(Err(ErrorCode::Io.into()));
    }
    if let Some(open) = opened(caller.data_mut())? {
        open.insert(number, (opened_here, quota));
    }
    Ok(0)
}

/// Whether Wasmtime has opened what has been opened here: somebody may have put another in its place in between.
async fn is_the_same(caller: &mut Guest<'_>, number: u32, here: &Descriptor, quota: &Quota) -> wasmtime::Result<bool> {
    let (mut memory, context) = parts(caller)?;
    let Ok(there) = context.fd_filestat_get(&mut memory, Fd::from(number)).await else { return Ok(false) };
    let mut own = quota.own();
    let handle = own.descriptor(here.clone())?;
    let (Ok(stat), Ok((inode, _))) = (own.stat(handle).await, own.object(handle).await) else { return Ok(false) };
    Ok(there.filetype == Filetype::try_from(stat.type_)? && there.ino == inode)
}

/// The flags of `path_open` in the words of 0.2; `None` for those that it does not know.
fn wanted(follow: i32, how: i32, rights: i64, flags: i32) -> Option<(PathFlags, OpenFlags, DescriptorFlags)> {
    let follow = Lookupflags::from_bits(follow.cast_unsigned())?;
    let how = Oflags::from_bits(u16::try_from(how).ok()?)?;
    let rights = Rights::from_bits(rights.cast_unsigned())?;
    let flags = Fdflags::from_bits(u16::try_from(flags).ok()?)?;
    let mut access = DescriptorFlags::empty();
    for (given, flag) in [
        (rights.contains(Rights::FD_READ), DescriptorFlags::READ),
        (rights.contains(Rights::FD_WRITE), DescriptorFlags::WRITE),
        (flags.contains(Fdflags::SYNC), DescriptorFlags::FILE_INTEGRITY_SYNC),
        (flags.contains(Fdflags::DSYNC), DescriptorFlags::DATA_INTEGRITY_SYNC),
        (flags.contains(Fdflags::RSYNC), DescriptorFlags::REQUESTED_WRITE_SYNC),
    ] {
        if given {
            access |= flag;
        }
    }
    Some((follow.into(), how.into(), access))
}

async fn path_create_directory(caller: &mut Guest<'_>, fd: i32, at: i32, length: i32) -> Answer {
    let Some(found) = dir(caller, fd)? else { return theirs!(caller, path_create_directory, fd, at, length) };
    errno(
        async {
            let (dir, quota) = found?;
            quota.create_directory(&dir, path(caller, at, length)?).await
        }
        .await,
    )
}

async fn path_remove_directory(caller: &mut Guest<'_>, fd: i32, at: i32, length: i32) -> Answer {
    let Some(found) = dir(caller, fd)? else { return theirs!(caller, path_remove_directory, fd, at, length) };
    errno(
        async {
            let (dir, quota) = found?;
            quota.remove_directory(&dir, path(caller, at, length)?).await
        }
        .await,
    )
}

async fn path_unlink_file(caller: &mut Guest<'_>, fd: i32, at: i32, length: i32) -> Answer {
    let Some(found) = dir(caller, fd)? else { return theirs!(caller, path_unlink_file, fd, at, length) };
    errno(
        async {
            let (dir, quota) = found?;
            quota.unlink_file(&dir, path(caller, at, length)?).await
        }
        .await,
    )
}

async fn path_symlink(
    caller: &mut Guest<'_>,
    target: i32,
    target_length: i32,
    fd: i32,
    at: i32,
    length: i32,
) -> Answer {
    let Some(found) = dir(caller, fd)? else {
        return theirs!(caller, path_symlink, target, target_length, fd, at, length);
    };
    errno(
        async {
            let (dir, quota) = found?;
            let target = path(caller, target, target_length)?;
            quota.symlink(&dir, target, path(caller, at, length)?).await
        }
        .await,
    )
}

#[expect(clippy::too_many_arguments, reason = "those of preview 1")]
async fn path_link(
    caller: &mut Guest<'_>,
    fd: i32,
    follow: i32,
    at: i32,
    length: i32,
    new_fd: i32,
    new_at: i32,
    new_length: i32,
) -> Answer {
    let follows = Lookupflags::from_bits(follow.cast_unsigned());
    let (Some(follows), Some(between)) = (follows, between(caller, fd, new_fd).await?) else {
        return theirs!(caller, path_link, fd, follow, at, length, new_fd, new_at, new_length);
    };
    errno(
        async {
            let (quota, from, to) = between?;
            let (old, new) = (path(caller, at, length)?, path(caller, new_at, new_length)?);
            quota.link((&from, follows.into(), old), (&to, new)).await
        }
        .await,
    )
}

async fn path_rename(
    caller: &mut Guest<'_>,
    fd: i32,
    at: i32,
    length: i32,
    new_fd: i32,
    new_at: i32,
    new_length: i32,
) -> Answer {
    let Some(between) = between(caller, fd, new_fd).await? else {
        return theirs!(caller, path_rename, fd, at, length, new_fd, new_at, new_length);
    };
    errno(
        async {
            let (quota, from, to) = between?;
            let (old, new) = (path(caller, at, length)?, path(caller, new_at, new_length)?);
            quota.rename((&from, old), (&to, new)).await
        }
        .await,
    )
}

type Between = FsResult<(Arc<Quota>, Dir, Dir)>;

/// As [`super::descriptors::between`]; `None` where no mount with a quota is concerned.
async fn between(caller: &mut Guest<'_>, old: i32, new: i32) -> wasmtime::Result<Option<Between>> {
    Ok(match (dir(caller, old)?, dir(caller, new)?) {
        (None, None) => None,
        (Some(Err(error)), _) | (_, Some(Err(error))) => Some(Err(error)),
        (Some(Ok((from, quota))), Some(Ok((to, other)))) if Arc::ptr_eq(&quota, &other) => Some(Ok((quota, from, to))),
        (None, _) if !is_directory(caller, old).await? => Some(Err(ErrorCode::BadDescriptor.into())),
        (_, None) if !is_directory(caller, new).await? => Some(Err(ErrorCode::BadDescriptor.into())),
        _ => Some(Err(ErrorCode::CrossDevice.into())),
    })
}

async fn is_directory(caller: &mut Guest<'_>, fd: i32) -> wasmtime::Result<bool> {
    let (mut memory, context) = parts(caller)?;
    let stat = context.fd_fdstat_get(&mut memory, Fd::from(fd)).await;
    Ok(stat.is_ok_and(|stat| stat.fs_filetype == Filetype::Directory))
}
