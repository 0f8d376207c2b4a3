//! Opens the directories of an entry.

use crate::config::{Config, Mount, cleaned};
use crate::quota::{Quota, Quotas, Usage, measure};
use std::path::PathBuf;
use std::sync::Arc;
use wasmtime_wasi::filesystem::WasiFilesystemCtx;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};
use wippy_host_core::{Error, ErrorKind, MountAccess, MountRequest, Result, SetupContext};

/// The opened directories of an entry, and its quotas if it has any.
pub(crate) async fn open(cx: &SetupContext<'_>, config: &Config) -> Result<(WasiFilesystemCtx, Option<Arc<Quotas>>)> {
    let mut builder = WasiCtxBuilder::new();
    builder.allow_blocking_current_thread(cx.services.deterministic);
    let mut quotas = Vec::new();
    for mount in &config.mounts {
        let (Some(fs), Some(guest)) = (&mount.fs, &mount.guest) else { continue };
        let (fs, guest) = (cx.resolve_id(fs), cleaned(guest));
        let request = MountRequest::new(cx.entry.id(), &fs, &guest, MountAccess::of(mount.read_only));
        let permissions = match cx.services.policy.mount(&request)? {
            MountAccess::ReadWrite if !mount.read_only => FsPerms::ReadWrite,
            _ => FsPerms::ReadOnly,
        };
        let Some(directory) = cx.services.directories.get(&fs)? else {
            return Err(Error::new(ErrorKind::NotFound, format!("no fs.directory {fs}")));
        };
        builder.preopened_dir(&directory, &guest, permissions).map_err(|error| {
            Error::new(
                ErrorKind::NotFound,
                format!("{fs}: the directory {} cannot be opened: {}", directory.display(), error.root_cause()),
            )
            .with_remedy("create it, or set auto_init: true on its entry")
        })?;
        let has_quota = mount.has_quota() && permissions == FsPerms::ReadWrite;
        quotas.push(if has_quota { Some(quota(cx, mount, fs, guest, directory).await?) } else { None });
    }
    let quotas = quotas.iter().any(Option::is_some).then(|| Arc::new(quotas));
    Ok((builder.build().filesystem().clone(), quotas))
}

async fn quota(
    cx: &SetupContext<'_>,
    mount: &Mount,
    fs: String,
    guest: String,
    directory: PathBuf,
) -> Result<Arc<Quota>> {
    let measured = tokio::task::spawn_blocking({
        let directory = directory.clone();
        move || measure(&directory)
    });
    let failed = |why: String| {
        let what = format!("{fs}: the directory {} cannot be measured for its quota: {why}", directory.display());
        Error::invalid(what).with_remedy("mount it without max_bytes and max_files, or tidy it up")
    };
    let usage: Usage =
        measured.await.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))?;
    let max = |max: Option<i64>| max.map(|max| u64::try_from(max).unwrap_or_default());
    let (max_bytes, max_files, deterministic) = (max(mount.max_bytes), max(mount.max_files), cx.services.deterministic);
    Ok(Arc::new(Quota::new(cx.entry.id().to_string(), guest, max_bytes, max_files, usage, deterministic)))
}
