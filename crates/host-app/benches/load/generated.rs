//! An application of many functions over few components.

use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// Components that every generated application has.
pub(crate) const COMPONENTS: usize = 10;

/// So many entries, spread evenly over [`COMPONENTS`] folders of a component each: a guest compiled from Rust, told apart
/// by a section of its own.
pub(crate) fn application(entries: usize) -> TempDir {
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guests/built/probe-cli.wasm");
    let guest = fs::read(guest).unwrap();
    let root = tempfile::tempdir().unwrap();
    for component in 0..COMPONENTS {
        // A custom section: number 0, two bytes long, with a name of one.
        let bytes = [&guest[..], &[0, 2, 1, b'a' + u8::try_from(component).unwrap()]].concat();
        let digits: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let mut index = format!(
            "version: \"1.0\"\nnamespace: load.c{component}\nentries:\n  - name: code\n    kind: fs.directory\n    directory: ./c{component}\n"
        );
        for entry in (component..entries).step_by(COMPONENTS) {
            write!(
                index,
                "  - name: f{entry}\n    kind: function.wasm\n    fs: code\n    path: /guest.wasm\n    hash: sha256:{digits}\n    \
                 method: write-stdout\n    imports: [wasi:cli, wasi:io]\n    limits: {{ max_execution_ms: 1000 }}\n"
            )
            .unwrap();
        }
        let folder = root.path().join(format!("c{component}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("guest.wasm"), bytes).unwrap();
        fs::write(folder.join("_index.yaml"), index).unwrap();
    }
    fs::write(root.path().join("_index.yaml"), "version: \"1.0\"\nnamespace: load\nentries: []\n").unwrap();
    root
}
