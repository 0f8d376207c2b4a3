//! Which descriptors of an instance lead into which mount.

use super::{Quota, Quotas};
use crate::Filesystem;
use std::collections::HashMap;
use std::sync::Arc;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::{Descriptor, Dir, File};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wippy_host_core::{Slot, StoreData};

/// The descriptors of an instance of an entry that has quotas.
pub(super) struct Descriptors {
    pub(super) quotas: Arc<Quotas>,
    /// By their numbers in the table of the store. One that is used again is written over.
    known: HashMap<u32, Option<Arc<Quota>>>,
    pub(super) preview1: Option<super::preview1::Open>,
}

static DESCRIPTORS: Slot<Descriptors> = Slot::new();

/// Those of a store. `None` where its entry has no quotas.
pub(super) fn descriptors_of(store: &mut StoreData) -> Option<&mut Descriptors> {
    let quotas = store.shared::<Filesystem>()?.quotas.as_ref()?;
    if !store.has(&DESCRIPTORS) {
        let made = Descriptors::new(quotas.clone());
        store.provide(&DESCRIPTORS, made);
    }
    store.made(&DESCRIPTORS)
}

impl Descriptors {
    fn new(quotas: Arc<Quotas>) -> Self {
        Self { quotas, known: HashMap::new(), preview1: None }
    }
}

/// The quota of the mount that a descriptor leads into. A descriptor that nobody has told of is an error, not free.
pub(super) fn quota_of(store: &mut StoreData, fd: &Resource<Descriptor>) -> wasmtime::Result<Option<Arc<Quota>>> {
    let Some(descriptors) = descriptors_of(store) else { return Ok(None) };
    let known = descriptors.known.get(&fd.rep()).cloned();
    known.ok_or_else(|| wasmtime::Error::msg("a descriptor of an unknown mount"))
}

/// The mounts have been given to the guest.
pub(super) fn remember_mounts(store: &mut StoreData, mounts: &[(Resource<Descriptor>, String)]) {
    if let Some(descriptors) = descriptors_of(store) {
        let quotas = descriptors.quotas.iter().cloned();
        descriptors.known.extend(mounts.iter().map(|(fd, _)| fd.rep()).zip(quotas));
    }
}

/// A descriptor has been opened in a mount without a quota.
pub(super) fn remember_free(store: &mut StoreData, fd: &Resource<Descriptor>) {
    if let Some(descriptors) = descriptors_of(store) {
        descriptors.known.insert(fd.rep(), None);
    }
}

/// Gives the guest what has been opened in a mount with a quota.
pub(super) fn push(store: &mut StoreData, opened: Descriptor, quota: Arc<Quota>) -> FsResult<Resource<Descriptor>> {
    let fd = store.table().push(opened)?;
    if let Some(descriptors) = descriptors_of(store) {
        descriptors.known.insert(fd.rep(), Some(quota));
    }
    Ok(fd)
}

pub(super) fn dir(store: &mut StoreData, fd: &Resource<Descriptor>) -> FsResult<Dir> {
    match store.table().get(fd)? {
        Descriptor::Dir(dir) => Ok(dir.clone()),
        Descriptor::File(_) => Err(ErrorCode::NotDirectory.into()),
    }
}

pub(super) fn file(store: &mut StoreData, fd: &Resource<Descriptor>) -> FsResult<File> {
    match store.table().get(fd)? {
        Descriptor::File(file) => Ok(file.clone()),
        Descriptor::Dir(_) => Err(ErrorCode::BadDescriptor.into()),
    }
}

/// What a link or a rename crosses.
pub(super) enum Between {
    /// Mounts without quotas, or for reading, which Wasmtime refuses.
    Free,
    /// Names of one mount.
    Within(Arc<Quota>, Dir, Dir),
}

/// As between two file systems: neither a file nor a name of it passes from one quota to another, or to none.
pub(super) fn between(
    store: &mut StoreData,
    old: &Resource<Descriptor>,
    new: &Resource<Descriptor>,
) -> FsResult<Between> {
    let trap = wasmtime_wasi::p2::FsError::trap;
    let (from, to) = (quota_of(store, old).map_err(trap)?, quota_of(store, new).map_err(trap)?);
    if from.is_none() && to.is_none() {
        return Ok(Between::Free);
    }
    let (old, new) = (dir(store, old)?, dir(store, new)?);
    decide(from, to, old, new)
}

pub(super) fn decide(from: Option<Arc<Quota>>, to: Option<Arc<Quota>>, old: Dir, new: Dir) -> FsResult<Between> {
    match (from, to) {
        (None, None) => Ok(Between::Free),
        _ if old.perms.write_not_permitted() || new.perms.write_not_permitted() => Ok(Between::Free),
        (Some(from), Some(to)) if Arc::ptr_eq(&from, &to) => Ok(Between::Within(from, old, new)),
        _ => Err(ErrorCode::CrossDevice.into()),
    }
}
