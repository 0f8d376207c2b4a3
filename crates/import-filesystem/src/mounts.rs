//! Opens the directories of an entry.

use crate::config::{Config, cleaned};
use wasmtime_wasi::filesystem::WasiFilesystemCtx;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};
use wippy_host_core::{Error, ErrorKind, MountAccess, MountRequest, Result, SetupContext};

pub(crate) fn open(cx: &SetupContext<'_>, config: &Config) -> Result<WasiFilesystemCtx> {
    let mut builder = WasiCtxBuilder::new();
    builder.allow_blocking_current_thread(cx.services.deterministic);
    for mount in &config.mounts {
        let (Some(fs), Some(guest)) = (&mount.fs, &mount.guest) else { continue };
        let (fs, guest) = (cx.resolve_id(fs), cleaned(guest));
        let request = MountRequest::new(cx.entry.id(), &fs, &guest, mount.read_only);
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
    }
    Ok(builder.build().filesystem().clone())
}
