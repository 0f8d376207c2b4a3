//! `guests/manifest.json`.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

const FILE: &str = "guests/manifest.json";

#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    #[error("cannot read or write {FILE}")]
    File(#[from] io::Error),
    #[error("{FILE} is not a manifest")]
    Format(#[from] serde_json::Error),
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) guests: Vec<Guest>,
}

/// One built guest. Paths are relative to the repository, with forward slashes; hashes are `sha256:` and hex digits.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Guest {
    /// The name of its folder in `guests/`.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Where the component goes.
    pub(crate) output: String,
    /// What it is built from besides its folder: WIT.
    #[serde(default)]
    pub(crate) wit: Vec<String>,
    /// Applications whose `hash:` of this file is kept in step.
    #[serde(default)]
    pub(crate) indexes: Vec<String>,
    /// The hash of the component.
    pub(crate) binary: String,
    /// The hash of everything that it was built from.
    pub(crate) sources_hash: String,
    /// Compiler and bindings, for people.
    pub(crate) built_with: String,
}

/// How a guest is built.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// Rust that imports only what its WIT names.
    Rust,
    /// Rust with the standard library on WASI.
    RustStd,
    /// A Rust program for preview 1 of WASI: a core module.
    RustPreview1,
    /// C with its standard library on WASI.
    C,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Rust => "Rust, imports by WIT only",
            Kind::RustStd => "Rust, standard library",
            Kind::RustPreview1 => "Rust, preview 1",
            Kind::C => "C",
        })
    }
}

impl Guest {
    pub(crate) fn folder(&self) -> String {
        format!("guests/{}", self.name)
    }

    pub(crate) fn sources(&self) -> Vec<String> {
        std::iter::once(self.folder()).chain(self.wit.iter().cloned()).collect()
    }

    /// As an entry's `path` names it.
    pub(crate) fn file_name(&self) -> String {
        PathBuf::from(&self.output).file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

impl Manifest {
    pub(crate) fn load(root: &Path) -> Result<Self, ManifestError> {
        Self::parse(&std::fs::read_to_string(root.join(FILE))?)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, ManifestError> {
        Ok(serde_json::from_str(text)?)
    }

    pub(crate) fn save(&self, root: &Path) -> Result<(), ManifestError> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(std::fs::write(root.join(FILE), text)?)
    }
}

#[cfg(test)]
pub(crate) const EXAMPLE: &str = r#"{"guests": [{"name": "values", "kind": "rust", "output": "guests/built/values.wasm",
    "indexes": ["examples/x/_index.yaml"], "binary": "sha256:00", "sources-hash": "sha256:11", "built-with": "rustc"}]}"#;

#[cfg(test)]
mod tests {
    use super::{EXAMPLE, Kind, Manifest};

    #[test]
    fn a_manifest_survives_being_written_and_read() {
        let manifest = Manifest::parse(EXAMPLE).unwrap();
        let again = Manifest::parse(&serde_json::to_string(&manifest).unwrap()).unwrap();
        let [guest] = again.guests.as_slice() else { panic!("one guest") };
        assert_eq!((guest.kind, guest.file_name().as_str()), (Kind::Rust, "values.wasm"));
        assert_eq!(guest.sources(), ["guests/values"]);
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let error = Manifest::parse(&EXAMPLE.replace("\"kind\"", "\"sort\"")).unwrap_err();
        assert_eq!(error.to_string(), "guests/manifest.json is not a manifest");
    }
}
