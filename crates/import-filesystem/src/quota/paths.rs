//! What makes, moves and removes names.

use super::Quota;
use super::own::{Handle, Own};
use super::usage::{Named, Usage};
use std::sync::Arc;
use wasmtime_wasi::filesystem::{Descriptor, Dir};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, HostDescriptor, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{FsError, FsResult};

/// What [`Quota::open`] is told.
#[derive(Clone)]
pub(crate) struct Opening {
    pub(crate) follow: PathFlags,
    pub(crate) path: String,
    pub(crate) how: OpenFlags,
    pub(crate) access: DescriptorFlags,
}

impl Quota {
    pub(crate) async fn open(self: &Arc<Self>, dir: &Dir, opening: Opening) -> FsResult<Descriptor> {
        let mut own = self.own();
        let at = own.dir(dir.clone())?;
        if own.stat_at(at, &opening).await.is_ok_and(|stat| !is_plain(stat.type_)) {
            return self.open_special(own, at, opening).await;
        }
        let (quota, mut usage) = (self.clone(), self.usage().await);
        self.finish(async move {
            let before = own.stat_at(at, &opening).await;
            if before.as_ref().is_ok_and(|stat| !is_plain(stat.type_)) {
                drop(usage);
                return quota.open_special(own, at, opening).await;
            }
            let creates = opening.how.contains(OpenFlags::CREATE) && before.is_err();
            let before = match before {
                Err(error) if creates && quota.is_full_of_files(&usage) => return Err(quota.instead(error)),
                found => found.ok(),
            };
            let cuts = opening.how.contains(OpenFlags::TRUNCATE);
            let opened = own.open(at, opening).await?;
            usage.files = usage.files.saturating_add(creates.into());
            if let Descriptor::File(file) = &opened {
                let handle = own.file(file.clone())?;
                if let Some(before) = before.filter(|before| cuts && before.type_ == DescriptorType::RegularFile) {
                    usage.resize(before.size, 0);
                }
                usage.opened(own.object(handle).await?, &file.file);
            }
            Ok(opened)
        })
        .await
    }

    /// A pipe may take as long as it likes to be opened: nobody is kept waiting for it. Should a file have come in its place,
    /// it is neither made nor cut here, where that is not counted.
    async fn open_special(&self, mut own: Own, at: Handle, mut opening: Opening) -> FsResult<Descriptor> {
        if opening.how.contains(OpenFlags::CREATE | OpenFlags::EXCLUSIVE) {
            return Err(ErrorCode::Exist.into());
        }
        opening.how &= !(OpenFlags::CREATE | OpenFlags::TRUNCATE);
        let opened = own.open(at, opening).await?;
        if let Descriptor::File(file) = &opened {
            let handle = own.file(file.clone())?;
            if own.stat(handle).await?.type_ == DescriptorType::RegularFile {
                let object = own.object(handle).await?;
                self.usage().await.opened(object, &file.file);
            }
        }
        Ok(opened)
    }

    pub(crate) async fn create_directory(self: &Arc<Self>, dir: &Dir, path: String) -> FsResult<()> {
        let (quota, mut usage, mut own, at) = self.begin(dir).await?;
        self.finish(async move {
            quota.room_for_file(&mut own, at, &path, &usage).await?;
            own.view().create_directory_at(at.get(), path).await?;
            usage.files = usage.files.saturating_add(1);
            Ok(())
        })
        .await
    }

    pub(crate) async fn symlink(self: &Arc<Self>, dir: &Dir, target: String, path: String) -> FsResult<()> {
        let (quota, mut usage, mut own, at) = self.begin(dir).await?;
        self.finish(async move {
            quota.room_for_file(&mut own, at, &path, &usage).await?;
            own.view().symlink_at(at.get(), target, path).await?;
            usage.files = usage.files.saturating_add(1);
            Ok(())
        })
        .await
    }

    /// Within the mount.
    pub(crate) async fn link(
        self: &Arc<Self>,
        (old_dir, follow, old): (&Dir, PathFlags, String),
        (new_dir, new): (&Dir, String),
    ) -> FsResult<()> {
        let (quota, mut usage, mut own, from) = self.begin(old_dir).await?;
        let to = own.dir(new_dir.clone())?;
        self.finish(async move {
            quota.room_for_file(&mut own, to, &new, &usage).await?;
            own.view().link_at(from.get(), follow, old, to.get(), new).await?;
            usage.files = usage.files.saturating_add(1);
            Ok(())
        })
        .await
    }

    /// Within the mount.
    pub(crate) async fn rename(
        self: &Arc<Self>,
        (old_dir, old): (&Dir, String),
        (new_dir, new): (&Dir, String),
    ) -> FsResult<()> {
        let (_, mut usage, mut own, from) = self.begin(old_dir).await?;
        let to = own.dir(new_dir.clone())?;
        self.finish(async move {
            let (moved, replaced) = (own.look(from, &old).await, own.look(to, &new).await);
            own.view().rename_at(from.get(), old, to.get(), new).await?;
            // Two names of one file: nothing happens.
            let same = |replaced: &Named| moved.as_ref().is_some_and(|moved| moved.object == replaced.object);
            if let Some(replaced) = replaced.filter(|replaced| !same(replaced)) {
                usage.removed(Some(replaced));
            }
            Ok(())
        })
        .await
    }

    pub(crate) async fn unlink_file(self: &Arc<Self>, dir: &Dir, path: String) -> FsResult<()> {
        let (_, mut usage, mut own, at) = self.begin(dir).await?;
        self.finish(async move {
            let named = own.look(at, &path).await;
            own.view().unlink_file_at(at.get(), path).await?;
            usage.removed(named);
            Ok(())
        })
        .await
    }

    pub(crate) async fn remove_directory(self: &Arc<Self>, dir: &Dir, path: String) -> FsResult<()> {
        let (_, mut usage, mut own, at) = self.begin(dir).await?;
        self.finish(async move {
            own.view().remove_directory_at(at.get(), path).await?;
            usage.removed(None);
            Ok(())
        })
        .await
    }

    async fn begin(self: &Arc<Self>, dir: &Dir) -> FsResult<(Arc<Self>, super::OwnedMutexGuard<Usage>, Own, Handle)> {
        let mut own = self.own();
        let at = own.dir(dir.clone())?;
        Ok((self.clone(), self.usage().await, own, at))
    }

    /// Room for a new name. Of one that is taken, or that leads nowhere, the operation itself says more.
    async fn room_for_file(&self, own: &mut Own, at: Handle, path: &str, usage: &Usage) -> FsResult<()> {
        if !self.is_full_of_files(usage) {
            return Ok(());
        }
        match own.view().stat_at(at.get(), PathFlags::empty(), path.to_owned()).await {
            Ok(_) => Err(ErrorCode::Exist.into()),
            Err(error) => Err(self.instead(error)),
        }
    }

    /// The quota, where the only thing wrong with a name is that there is nothing yet.
    fn instead(&self, error: FsError) -> FsError {
        match error.downcast_ref() {
            Some(ErrorCode::NoEntry) => self.refuse_file(),
            _ => error,
        }
    }
}

impl Own {
    async fn stat_at(&mut self, at: Handle, opening: &Opening) -> FsResult<DescriptorStat> {
        self.view().stat_at(at.get(), opening.follow, opening.path.clone()).await
    }

    async fn open(&mut self, at: Handle, opening: Opening) -> FsResult<Descriptor> {
        let Opening { follow, path, how, access } = opening;
        let opened = self.view().open_at(at.get(), follow, path, how, access).await?;
        Ok(self.table.delete(opened)?)
    }
}

fn is_plain(kind: DescriptorType) -> bool {
    matches!(kind, DescriptorType::RegularFile | DescriptorType::Directory | DescriptorType::SymbolicLink)
}
