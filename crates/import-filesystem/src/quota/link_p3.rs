//! The functions of WASI 0.3 that quotas are about, in the place of Wasmtime's, which serve what has no quota.

use super::descriptors::{Between, between, dir, file, push, quota_of, remember_free, remember_mounts};
use super::stream_p3::FileConsumer;
use super::{Opening, Place, Quota, codes_p3};
use crate::filesystem;
use crate::shadow::shadowing;
use std::sync::Arc;
use tokio::sync::oneshot;
use wasmtime::StoreContextMut;
use wasmtime::component::{Access, Accessor, FutureReader, Linker, Resource, StreamReader};
use wasmtime_wasi::filesystem::{Descriptor, Dir, File, WasiFilesystem};
use wasmtime_wasi::p2::{FsError, FsResult};
use wasmtime_wasi::p3::bindings::filesystem::preopens::Host as _;
use wasmtime_wasi::p3::bindings::filesystem::types::{
    DescriptorFlags, ErrorCode, HostDescriptorWithStore, OpenFlags, PathFlags,
};
use wasmtime_wasi::p3::filesystem::FilesystemError;
use wippy_host_core::{StoreData, Traced};

type Fd = Resource<Descriptor>;
type Wrapped = wasmtime::Result<()>;
type Answer<T> = wasmtime::Result<(Result<T, ErrorCode>,)>;
type Store = Accessor<StoreData>;

pub(crate) fn link_preopens(linker: &mut Linker<StoreData>) -> Wrapped {
    shadowing(linker, "wasi:filesystem/preopens@0.3.0", |instance| {
        instance.func_wrap("get-directories", |mut store, (): ()| {
            let mounts = filesystem(store.data_mut()).get_directories()?;
            remember_mounts(store.data_mut(), &mounts);
            Ok((mounts,))
        })
    })
}

pub(crate) fn link_types(linker: &mut Linker<StoreData>) -> Wrapped {
    shadowing(linker, "wasi:filesystem/types@0.3.0", |instance| {
        link_files(instance)?;
        link_names(instance)?;
        link_pairs(instance)
    })
}

fn link_files(instance: &mut Traced<'_, '_>) -> Wrapped {
    instance.func_wrap_concurrent("[method]descriptor.set-size", |store: &Store, (fd, size): (Fd, u64)| {
        Box::pin(async move {
            match store.with(|mut store| in_file(store.data_mut(), &fd)) {
                Ok(None) => answer(WasiFilesystem::set_size(&theirs(store), fd, size).await),
                Ok(Some((quota, file))) => ours(quota.set_size(&file, size).await),
                Err(error) => ours(Err(error)),
            }
        })
    })?;
    instance.func_wrap(
        "[method]descriptor.write-via-stream",
        |mut store, (fd, data, offset): (Fd, StreamReader<u8>, u64)| match in_file(store.data_mut(), &fd) {
            Ok(None) => Ok((WasiFilesystem::write_via_stream(
                Access::<_, WasiFilesystem>::new(store, filesystem),
                fd,
                data,
                offset,
            )?,)),
            found => consume(store, found, data, Place::At(offset)),
        },
    )?;
    instance.func_wrap("[method]descriptor.append-via-stream", |mut store, (fd, data): (Fd, StreamReader<u8>)| {
        match in_file(store.data_mut(), &fd) {
            Ok(None) => {
                Ok((WasiFilesystem::append_via_stream(Access::<_, WasiFilesystem>::new(store, filesystem), fd, data)?,))
            }
            found => consume(store, found, data, Place::End),
        }
    })
}

type Open = (Fd, PathFlags, String, OpenFlags, DescriptorFlags);

fn link_names(instance: &mut Traced<'_, '_>) -> Wrapped {
    instance.func_wrap_concurrent("[method]descriptor.open-at", |store: &Store, opening: Open| {
        Box::pin(open(store, opening))
    })?;
    instance.func_wrap_concurrent("[method]descriptor.create-directory-at", |store: &Store, (fd, path)| {
        Box::pin(async move {
            match store.with(|mut store| in_dir(store.data_mut(), &fd)) {
                Ok(None) => answer(WasiFilesystem::create_directory_at(&theirs(store), fd, path).await),
                Ok(Some((quota, dir))) => ours(quota.create_directory(&dir, path).await),
                Err(error) => ours(Err(error)),
            }
        })
    })?;
    instance.func_wrap_concurrent("[method]descriptor.remove-directory-at", |store: &Store, (fd, path)| {
        Box::pin(async move {
            match store.with(|mut store| in_dir(store.data_mut(), &fd)) {
                Ok(None) => answer(WasiFilesystem::remove_directory_at(&theirs(store), fd, path).await),
                Ok(Some((quota, dir))) => ours(quota.remove_directory(&dir, path).await),
                Err(error) => ours(Err(error)),
            }
        })
    })?;
    instance.func_wrap_concurrent("[method]descriptor.unlink-file-at", |store: &Store, (fd, path)| {
        Box::pin(async move {
            match store.with(|mut store| in_dir(store.data_mut(), &fd)) {
                Ok(None) => answer(WasiFilesystem::unlink_file_at(&theirs(store), fd, path).await),
                Ok(Some((quota, dir))) => ours(quota.unlink_file(&dir, path).await),
                Err(error) => ours(Err(error)),
            }
        })
    })?;
    instance.func_wrap_concurrent("[method]descriptor.symlink-at", |store: &Store, (fd, target, path)| {
        Box::pin(async move {
            match store.with(|mut store| in_dir(store.data_mut(), &fd)) {
                Ok(None) => answer(WasiFilesystem::symlink_at(&theirs(store), fd, target, path).await),
                Ok(Some((quota, dir))) => ours(quota.symlink(&dir, target, path).await),
                Err(error) => ours(Err(error)),
            }
        })
    })
}

type Link = (Fd, PathFlags, String, Fd, String);
type Rename = (Fd, String, Fd, String);

fn link_pairs(instance: &mut Traced<'_, '_>) -> Wrapped {
    instance.func_wrap_concurrent(
        "[method]descriptor.link-at",
        |store: &Store, (fd, follow, old, new_fd, new): Link| {
            Box::pin(async move {
                match store.with(|mut store| between(store.data_mut(), &fd, &new_fd)) {
                    Ok(Between::Free) => {
                        answer(WasiFilesystem::link_at(&theirs(store), fd, follow, old, new_fd, new).await)
                    }
                    Ok(Between::Within(quota, from, to)) => {
                        ours(quota.link((&from, codes_p3::follow(follow), old), (&to, new)).await)
                    }
                    Err(error) => ours(Err(error)),
                }
            })
        },
    )?;
    instance.func_wrap_concurrent("[method]descriptor.rename-at", |store: &Store, (fd, old, new_fd, new): Rename| {
        Box::pin(async move {
            match store.with(|mut store| between(store.data_mut(), &fd, &new_fd)) {
                Ok(Between::Free) => answer(WasiFilesystem::rename_at(&theirs(store), fd, old, new_fd, new).await),
                Ok(Between::Within(quota, from, to)) => ours(quota.rename((&from, old), (&to, new)).await),
                Err(error) => ours(Err(error)),
            }
        })
    })
}

async fn open(store: &Store, (fd, follow, path, how, access): Open) -> Answer<Fd> {
    match store.with(|mut store| in_dir(store.data_mut(), &fd)) {
        Ok(None) => {
            let opened = WasiFilesystem::open_at(&theirs(store), fd, follow, path, how, access).await;
            if let Ok(opened) = &opened {
                store.with(|mut store| remember_free(store.data_mut(), opened));
            }
            answer(opened)
        }
        Ok(Some((quota, dir))) => {
            let (follow, how, access) = (codes_p3::follow(follow), codes_p3::how(how), codes_p3::access(access));
            let opened = quota.open(&dir, Opening { follow, path, how, access }).await;
            ours(opened.and_then(|opened| store.with(|mut store| push(store.data_mut(), opened, quota))))
        }
        Err(error) => ours(Err(error)),
    }
}

fn consume(
    mut store: StoreContextMut<'_, StoreData>,
    found: FsResult<Option<(Arc<Quota>, File)>>,
    mut data: StreamReader<u8>,
    place: Place,
) -> wasmtime::Result<(FutureReader<Result<(), ErrorCode>>,)> {
    let (ended, end) = oneshot::channel();
    match found {
        Ok(Some((quota, file))) => data.pipe(&mut store, FileConsumer::new(file, place, quota, ended))?,
        other => {
            data.close(&mut store)?;
            let code = other.err().map_or(Ok(ErrorCode::Io), |error| error.downcast().map(codes_p3::code))?;
            let _ = ended.send(Err(code));
        }
    }
    Ok((FutureReader::new(&mut store, end)?,))
}

fn in_file(store: &mut StoreData, fd: &Fd) -> FsResult<Option<(Arc<Quota>, File)>> {
    let Some(quota) = quota_of(store, fd).map_err(FsError::trap)? else { return Ok(None) };
    Ok(Some((quota, file(store, fd)?)))
}

fn in_dir(store: &mut StoreData, fd: &Fd) -> FsResult<Option<(Arc<Quota>, Dir)>> {
    let Some(quota) = quota_of(store, fd).map_err(FsError::trap)? else { return Ok(None) };
    Ok(Some((quota, dir(store, fd)?)))
}

fn theirs(store: &Store) -> Accessor<StoreData, WasiFilesystem> {
    store.with_getter::<WasiFilesystem>(filesystem)
}

fn answer<T>(result: Result<T, FilesystemError>) -> Answer<T> {
    Ok((match result {
        Ok(value) => Ok(value),
        Err(error) => Err(error.downcast()?),
    },))
}

fn ours<T>(result: FsResult<T>) -> Answer<T> {
    Ok((match result {
        Ok(value) => Ok(value),
        Err(error) => Err(codes_p3::code(error.downcast()?)),
    },))
}
