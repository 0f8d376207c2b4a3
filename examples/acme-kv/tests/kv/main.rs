//! What acme:kv promises, with real guests on a host full of doubles, and in the program.

#![allow(clippy::panic, clippy::unwrap_used)]

mod busy;
mod data;
mod files;
#[cfg(feature = "p3")]
mod p3;
mod policy;
#[cfg(feature = "cli")]
mod program;
mod quotas;
mod support;

use acme_kv::Kv;
use serde_json::json;
use wippy_host_test::{Harness, import_conformance};

#[cfg(feature = "p3")]
import_conformance!(
    Kv,
    wit = ["wit/0.1", "wit/0.2"],
    harness = Harness::new::<Kv>().directory("app:data").config(json!({"fs": "data"})),
);
