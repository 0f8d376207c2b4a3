//! `cargo xtask guests`: builds the committed test and example guests, and tells when one is stale.
//!
//! `guests/manifest.json` lists every built guest with what it is made of and two hashes: of the binary, and of the
//! sources it was built from. Tests use the binaries; only who changes a guest needs a toolchain for it.

mod build;
mod check;
mod hash;
mod index;
mod manifest;
mod toolchain;

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;

use crate::progress;
use manifest::{Guest, Manifest};

/// Rebuild the guests whose toolchain is there, or check that the committed ones are current
///
/// Rust guests need `rustup target add wasm32-unknown-unknown wasm32-wasip2`, or a toolchain named by
/// WIPPY_WASM_TOOLCHAIN; C guests need zig, ziglang or clang with a WASI sysroot, or a command in WIPPY_WASM_CC.
#[derive(Args)]
pub(crate) struct GuestsArgs {
    /// The guests of guests/manifest.json to rebuild or check; all of them without a name
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Build nothing: fail when a binary or its sources differ from the manifest
    #[arg(long)]
    check: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum GuestsError {
    #[error(transparent)]
    Manifest(#[from] manifest::ManifestError),
    #[error("no guest is called {name}; the manifest knows {known}")]
    Unknown { name: String, known: String },
    #[error("not everything is as the manifest says")]
    Stale,
    #[error("not built: {0}")]
    NotBuilt(String),
}

pub(crate) fn run(args: &GuestsArgs) -> Result<(), GuestsError> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let mut manifest = Manifest::load(root)?;
    let names = chosen(&manifest, &args.names)?;
    if args.check {
        check(root, &manifest, &names, args.names.is_empty())
    } else {
        rebuild(root, &mut manifest, &names)
    }
}

fn chosen(manifest: &Manifest, names: &[String]) -> Result<BTreeSet<String>, GuestsError> {
    let known: BTreeSet<String> = manifest.guests.iter().map(|guest| guest.name.clone()).collect();
    if names.is_empty() {
        return Ok(known);
    }
    if let Some(name) = names.iter().find(|name| !known.contains(*name)) {
        let known = known.into_iter().collect::<Vec<_>>().join(", ");
        return Err(GuestsError::Unknown { name: name.clone(), known });
    }
    Ok(names.iter().cloned().collect())
}

fn check(root: &Path, manifest: &Manifest, names: &BTreeSet<String>, all: bool) -> Result<(), GuestsError> {
    let guests = manifest.guests.iter().filter(|guest| names.contains(&guest.name));
    let mut problems: Vec<String> = guests.flat_map(|guest| check::problems(root, guest)).collect();
    if all {
        problems.extend(check::unlisted(root, manifest));
    }
    for problem in &problems {
        progress(format_args!("{problem}"));
    }
    if !problems.is_empty() {
        return Err(GuestsError::Stale);
    }
    progress(format_args!("as the manifest says: {}", names.iter().cloned().collect::<Vec<_>>().join(", ")));
    Ok(())
}

/// Writes the manifest after each guest, so that a failure later on loses nothing.
fn rebuild(root: &Path, manifest: &mut Manifest, names: &BTreeSet<String>) -> Result<(), GuestsError> {
    let mut builder = build::Builder::new(root);
    let mut failed = Vec::new();
    let mut done = 0;
    for index in 0..manifest.guests.len() {
        let Some(guest) = manifest.guests.get_mut(index).filter(|guest| names.contains(&guest.name)) else { continue };
        done += 1;
        progress(format_args!("[{done}/{}] {} ({})", names.len(), guest.name, guest.kind));
        match rebuild_one(root, &mut builder, guest) {
            Ok(line) => progress(format_args!("    {line}")),
            Err(error) => {
                failed.push(guest.name.clone());
                progress(format_args!("    not built: {error}"));
            }
        }
        manifest.save(root)?;
    }
    if failed.is_empty() { Ok(()) } else { Err(GuestsError::NotBuilt(failed.join(", "))) }
}

fn rebuild_one(root: &Path, builder: &mut build::Builder<'_>, guest: &mut Guest) -> Result<String, build::BuildError> {
    let built = builder.build(guest)?;
    let binary = hash::text(&built.bytes);
    let changed = guest.binary != binary;
    guest.sources_hash = hash::sources(root, &guest.sources()).map_err(build::BuildError::Sources)?;
    guest.built_with = built.with;
    guest.binary = binary;
    for path in &guest.indexes {
        index::update(&root.join(path), &guest.file_name(), &guest.binary)?;
    }
    let state = if changed { "changed" } else { "the same as before" };
    Ok(format!("{}: {} bytes, {state}", guest.output, built.bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::{Path, check};
    use crate::guests::manifest::Manifest;

    #[test]
    fn the_committed_guests_are_as_the_manifest_says() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let manifest = Manifest::load(root).unwrap();
        let mut problems: Vec<String> = manifest.guests.iter().flat_map(|guest| check::problems(root, guest)).collect();
        problems.extend(check::unlisted(root, &manifest));
        assert_eq!(problems, Vec::<String>::new());
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let manifest = Manifest::parse(crate::guests::manifest::EXAMPLE).unwrap();
        let error = super::chosen(&manifest, &["vlaues".into()]).unwrap_err();
        assert_eq!(error.to_string(), "no guest is called vlaues; the manifest knows values");
    }
}
