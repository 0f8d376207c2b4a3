//! `wasi:filesystem`.

mod errors;
mod functions;
pub(crate) mod hostile;
mod mounts;
mod only_p2;
#[cfg(feature = "p3")]
mod p3;
mod program;
mod quotas;
mod quotas_counted;
mod quotas_preview1;

use crate::support::{Folder, Guest};
use serde_json::json;
use std::time::SystemTime;

const GUEST: &str = "probe-filesystem";

/// The wall clock is imported for a type alone, and needs no grant.
fn bare() -> Guest {
    Guest::new(GUEST).imports(["wasi:filesystem", "wasi:io"])
}

/// A directory that the guest sees as `/data`.
fn mounted() -> (Folder, Guest) {
    let folder = Folder::new();
    let guest = bare().wasi(json!({"mounts": [folder.mount("/data", false)]}));
    (folder, guest)
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

fn modified(folder: &Folder, name: &str) -> u64 {
    seconds(folder.path().join(name).metadata().unwrap().modified().unwrap())
}
