//! `--check`: needs no toolchain.

use std::path::Path;

use super::hash;
use super::index;
use super::manifest::{Guest, Manifest};

/// Host tools that live beside the guests.
const NOT_GUESTS: [&str; 2] = ["encode", "wat"];

/// What is wrong with one guest, each with what to do.
pub(crate) fn problems(root: &Path, guest: &Guest) -> Vec<String> {
    let Guest { name, output, .. } = guest;
    let remedy = format!("run `cargo xtask guests {name}`");
    let mut problems = Vec::new();
    match std::fs::read(root.join(output)) {
        Ok(bytes) if hash::text(&bytes) == guest.binary => {}
        Ok(_) => problems.push(format!("{output}: not the file of the manifest; {remedy}")),
        Err(error) => problems.push(format!("{output}: {error}; {remedy}")),
    }
    match hash::sources(root, &guest.sources()) {
        Ok(hash) if hash == guest.sources_hash => {}
        Ok(_) => problems.push(format!("{output}: built from other sources than are there now; {remedy}")),
        Err(error) => problems.push(format!("{name}: {error}")),
    }
    for path in &guest.indexes {
        let text = std::fs::read_to_string(root.join(path)).unwrap_or_default();
        if !index::is_current(&text, &guest.file_name(), &guest.binary) {
            problems.push(format!("{path}: not the hash of {output}; {remedy}"));
        }
    }
    problems
}

/// Guests and components that the manifest does not list.
pub(crate) fn unlisted(root: &Path, manifest: &Manifest) -> Vec<String> {
    let folders = names(root, "guests", |path| path.join("Cargo.toml").exists() || path.join("wit").is_dir());
    let folders = folders.into_iter().filter(|name| !NOT_GUESTS.contains(&name.as_str()));
    let folders = folders.filter(|name| !manifest.guests.iter().any(|guest| guest.name == *name));
    let mut problems: Vec<String> =
        folders.map(|name| format!("guests/{name}: not in guests/manifest.json; add it there")).collect();

    let examples = names(root, "examples", Path::is_dir).into_iter().map(|name| format!("examples/{name}/wasm"));
    for folder in examples.chain(["guests/built".to_owned()]) {
        for file in names(root, &folder, |path| path.extension().is_some_and(|extension| extension == "wasm")) {
            let path = format!("{folder}/{file}");
            if !manifest.guests.iter().any(|guest| guest.output == path) {
                problems.push(format!("{path}: not in guests/manifest.json; add it there or remove it"));
            }
        }
    }
    problems
}

/// Sorted; nothing where there is no such folder.
fn names(root: &Path, folder: &str, wanted: impl Fn(&Path) -> bool) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else { return Vec::new() };
    let entries = entries.flatten().filter(|entry| wanted(&entry.path()));
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::problems;
    use crate::guests::manifest::{EXAMPLE, Manifest};
    use std::path::Path;

    #[test]
    fn a_stale_guest_is_named_with_the_command_that_mends_it() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let manifest = Manifest::parse(EXAMPLE).unwrap();
        let remedy = "run `cargo xtask guests values`";
        assert_eq!(
            problems(root, &manifest.guests[0]),
            [
                format!("guests/built/values.wasm: not the file of the manifest; {remedy}"),
                format!("guests/built/values.wasm: built from other sources than are there now; {remedy}"),
                format!("examples/x/_index.yaml: not the hash of guests/built/values.wasm; {remedy}"),
            ]
        );
    }
}
