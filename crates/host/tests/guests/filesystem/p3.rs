//! The newer track: its guest has the exports of the other's, and the same tests.

#![allow(clippy::duplicate_mod, reason = "the same tests, of another guest")]

#[path = "errors.rs"]
mod errors;
#[path = "functions.rs"]
mod functions;
#[path = "mounts.rs"]
mod mounts;

use super::{modified, seconds};
use crate::support::{Folder, Guest};
use serde_json::json;

const GUEST: &str = "probe-p3-filesystem";

fn bare() -> Guest {
    Guest::new(GUEST).imports(["wasi:filesystem"])
}

fn mounted() -> (Folder, Guest) {
    let folder = Folder::new();
    let guest = bare().wasi(json!({"mounts": [folder.mount("/data", false)]}));
    (folder, guest)
}
