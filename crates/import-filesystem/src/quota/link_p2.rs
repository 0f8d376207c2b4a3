//! The functions of WASI 0.2 that quotas are about, in the place of Wasmtime's, which serve what has no quota.

use super::descriptors::{Between, between, dir, file, push, quota_of, remember_free, remember_mounts};
use super::stream::{FileStream, code_of};
use super::{Opening, Place};
use crate::filesystem;
use crate::shadow::{answer, shadowing};
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::preopens::Host as _;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, Host as _, HostDescriptor, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynOutputStream, FsError, FsResult};
use wippy_host_core::{StoreData, Traced, spans};

type Fd = Resource<Descriptor>;
type Wrapped = wasmtime::Result<()>;

pub(crate) fn link_preopens(linker: &mut Linker<StoreData>) -> Wrapped {
    shadowing(linker, "wasi:filesystem/preopens@0.2.12", |instance| {
        instance.func_wrap("get-directories", |mut store, (): ()| {
            let mounts = filesystem(store.data_mut()).get_directories()?;
            remember_mounts(store.data_mut(), &mounts);
            Ok((mounts,))
        })
    })
}

pub(crate) fn link_types(linker: &mut Linker<StoreData>) -> Wrapped {
    shadowing(linker, "wasi:filesystem/types@0.2.12", |instance| {
        instance.func_wrap("filesystem-error-code", |mut store, (error,): (Resource<wasmtime::Error>,)| {
            let code = code_of(store.data_mut().table().get(&error)?);
            match code {
                Some(code) => Ok((Some(code),)),
                None => Ok((filesystem(store.data_mut()).filesystem_error_code(error)?,)),
            }
        })?;
        link_files(instance)?;
        link_paths(instance)
    })
}

fn link_files(instance: &mut Traced<'_, '_>) -> Wrapped {
    instance.func_wrap_async("[method]descriptor.read", |mut store, (fd, length, offset): (Fd, u64, u64)| {
        Box::new(async move { answer(read(store.data_mut(), fd, length, offset).await) })
    })?;
    instance.func_wrap_async("[method]descriptor.write", |mut store, (fd, bytes, offset): (Fd, Vec<u8>, u64)| {
        Box::new(async move { answer(write(store.data_mut(), fd, bytes, offset).await) })
    })?;
    instance.func_wrap_async("[method]descriptor.set-size", |mut store, (fd, size): (Fd, u64)| {
        Box::new(async move { answer(set_size(store.data_mut(), fd, size).await) })
    })?;
    instance.func_wrap("[method]descriptor.write-via-stream", |mut store, (fd, offset): (Fd, u64)| {
        answer(stream(store.data_mut(), fd, Place::At(offset)))
    })?;
    instance.func_wrap("[method]descriptor.append-via-stream", |mut store, (fd,): (Fd,)| {
        answer(stream(store.data_mut(), fd, Place::End))
    })
}

type Open = (Fd, PathFlags, String, OpenFlags, DescriptorFlags);

fn link_paths(instance: &mut Traced<'_, '_>) -> Wrapped {
    instance.func_wrap_async("[method]descriptor.open-at", |mut store, (fd, follow, path, how, access): Open| {
        Box::new(async move { answer(open(store.data_mut(), fd, Opening { follow, path, how, access }).await) })
    })?;
    instance.func_wrap_async("[method]descriptor.create-directory-at", |mut store, (fd, path): (Fd, String)| {
        Box::new(async move { answer(create_directory(store.data_mut(), fd, path).await) })
    })?;
    instance.func_wrap_async("[method]descriptor.remove-directory-at", |mut store, (fd, path): (Fd, String)| {
        Box::new(async move { answer(remove_directory(store.data_mut(), fd, path).await) })
    })?;
    instance.func_wrap_async("[method]descriptor.unlink-file-at", |mut store, (fd, path): (Fd, String)| {
        Box::new(async move { answer(unlink_file(store.data_mut(), fd, path).await) })
    })?;
    instance.func_wrap_async(
        "[method]descriptor.symlink-at",
        |mut store, (fd, target, path): (Fd, String, String)| {
            Box::new(async move { answer(symlink(store.data_mut(), fd, target, path).await) })
        },
    )?;
    instance.func_wrap_async(
        "[method]descriptor.link-at",
        |mut store, (fd, follow, old, new_fd, new): (Fd, PathFlags, String, Fd, String)| {
            Box::new(async move { answer(link(store.data_mut(), (fd, follow, old), (new_fd, new)).await) })
        },
    )?;
    instance.func_wrap_async(
        "[method]descriptor.rename-at",
        |mut store, (fd, old, new_fd, new): (Fd, String, Fd, String)| {
            Box::new(async move { answer(rename(store.data_mut(), (fd, old), (new_fd, new)).await) })
        },
    )
}

/// Not about quotas: it says how much it copies.
async fn read(store: &mut StoreData, fd: Fd, length: u64, offset: u64) -> FsResult<(Vec<u8>, bool)> {
    let read = filesystem(store).read(fd, length, offset).await?;
    spans::copied(0, read.0.len());
    Ok(read)
}

async fn write(store: &mut StoreData, fd: Fd, bytes: Vec<u8>, offset: u64) -> FsResult<u64> {
    spans::copied(bytes.len(), 0);
    match quota_of(store, &fd).map_err(FsError::trap)? {
        None => filesystem(store).write(fd, bytes, offset).await,
        Some(quota) => quota.write(&file(store, &fd)?, Place::At(offset), bytes.into()).await,
    }
}

async fn set_size(store: &mut StoreData, fd: Fd, size: u64) -> FsResult<()> {
    match quota_of(store, &fd).map_err(FsError::trap)? {
        None => filesystem(store).set_size(fd, size).await,
        Some(quota) => quota.set_size(&file(store, &fd)?, size).await,
    }
}

fn stream(store: &mut StoreData, fd: Fd, place: Place) -> FsResult<Resource<DynOutputStream>> {
    match (quota_of(store, &fd).map_err(FsError::trap)?, place) {
        (None, Place::At(offset)) => filesystem(store).write_via_stream(fd, offset),
        (None, Place::End) => filesystem(store).append_via_stream(fd),
        (Some(quota), place) => {
            let stream: DynOutputStream = Box::new(FileStream::new(file(store, &fd)?, place, quota));
            Ok(store.table().push(stream)?)
        }
    }
}

async fn open(store: &mut StoreData, fd: Fd, opening: Opening) -> FsResult<Fd> {
    match quota_of(store, &fd).map_err(FsError::trap)? {
        None => {
            let Opening { follow, path, how, access } = opening;
            let opened = filesystem(store).open_at(fd, follow, path, how, access).await?;
            remember_free(store, &opened);
            Ok(opened)
        }
        Some(quota) => {
            let opened = quota.open(&dir(store, &fd)?, opening).await?;
            push(store, opened, quota)
        }
    }
}

async fn create_directory(store: &mut StoreData, fd: Fd, path: String) -> FsResult<()> {
    match quota_of(store, &fd).map_err(FsError::trap)? {
        None => filesystem(store).create_directory_at(fd, path).await,
        Some(quota) => quota.create_directory(&dir(store, &fd)?, path).await,
    }
}

async fn remove_directory(store: &mut StoreData, fd: Fd, path: String) -> FsResult<()> {
    match quota_of(store, &fd).map_err(FsError::trap)? {
        None => filesystem(store).remove_directory_at(fd, path).await,
        Some(quota) => quota.remove_directory(&dir(store, &fd)?, path).await,
    }
}

async fn unlink_file(store: &mut StoreData, fd: Fd, path: String) -> FsResult<()> {
    match quota_of(store, &fd).map_err(FsError::trap)? {
        None => filesystem(store).unlink_file_at(fd, path).await,
        Some(quota) => quota.unlink_file(&dir(store, &fd)?, path).await,
    }
}

async fn symlink(store: &mut StoreData, fd: Fd, target: String, path: String) -> FsResult<()> {
    match quota_of(store, &fd).map_err(FsError::trap)? {
        None => filesystem(store).symlink_at(fd, target, path).await,
        Some(quota) => quota.symlink(&dir(store, &fd)?, target, path).await,
    }
}

async fn link(
    store: &mut StoreData,
    (fd, follow, old): (Fd, PathFlags, String),
    (new_fd, new): (Fd, String),
) -> FsResult<()> {
    match between(store, &fd, &new_fd)? {
        Between::Free => filesystem(store).link_at(fd, follow, old, new_fd, new).await,
        Between::Within(quota, from, to) => quota.link((&from, follow, old), (&to, new)).await,
    }
}

async fn rename(store: &mut StoreData, (fd, old): (Fd, String), (new_fd, new): (Fd, String)) -> FsResult<()> {
    match between(store, &fd, &new_fd)? {
        Between::Free => filesystem(store).rename_at(fd, old, new_fd, new).await,
        Between::Within(quota, from, to) => quota.rename((&from, old), (&to, new)).await,
    }
}
