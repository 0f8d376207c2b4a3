//! Wasmtime's file operations on descriptors that no store holds: they can go on when the store is gone.

use super::usage::{Named, Object};
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::filesystem::{Descriptor, Dir, File, WasiFilesystemCtx, WasiFilesystemCtxView};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorStat, DescriptorType, HostDescriptor, PathFlags};

pub(super) struct Own {
    context: WasiFilesystemCtx,
    pub(super) table: ResourceTable,
}

/// What operations are carried out with: no directories, and on which thread. What is opened inherits that.
pub(super) fn context(deterministic: bool) -> WasiFilesystemCtx {
    let mut builder = WasiCtxBuilder::new();
    builder.allow_blocking_current_thread(deterministic);
    builder.build().filesystem().clone()
}

impl Own {
    pub(super) fn new(context: &WasiFilesystemCtx) -> Self {
        Self { context: context.clone(), table: ResourceTable::new() }
    }

    pub(super) fn view(&mut self) -> WasiFilesystemCtxView<'_> {
        WasiFilesystemCtxView { ctx: &mut self.context, table: &mut self.table }
    }

    pub(super) fn file(&mut self, file: File) -> FsResult<Handle> {
        self.descriptor(Descriptor::File(file))
    }

    pub(super) fn dir(&mut self, dir: Dir) -> FsResult<Handle> {
        self.descriptor(Descriptor::Dir(dir))
    }

    pub(super) fn descriptor(&mut self, descriptor: Descriptor) -> FsResult<Handle> {
        Ok(Handle(self.table.push(descriptor)?.rep()))
    }

    pub(super) async fn stat(&mut self, handle: Handle) -> FsResult<DescriptorStat> {
        self.view().stat(handle.get()).await
    }

    pub(super) async fn object(&mut self, handle: Handle) -> FsResult<Object> {
        let hash = self.view().metadata_hash(handle.get()).await?;
        Ok((hash.lower, hash.upper))
    }

    /// What a name stands for, a link being itself.
    pub(super) async fn look(&mut self, handle: Handle, path: &str) -> Option<Named> {
        let stat = self.view().stat_at(handle.get(), PathFlags::empty(), path.to_owned()).await.ok()?;
        let hash = self.view().metadata_hash_at(handle.get(), PathFlags::empty(), path.to_owned()).await.ok()?;
        let last = stat.type_ == DescriptorType::RegularFile && stat.link_count <= 1;
        Some(Named { object: (hash.lower, hash.upper), last_of: last.then_some(stat.size) })
    }
}

/// A descriptor of [`Own`].
#[derive(Clone, Copy)]
pub(super) struct Handle(u32);

impl Handle {
    pub(super) fn get(self) -> Resource<Descriptor> {
        Resource::new_borrow(self.0)
    }
}
