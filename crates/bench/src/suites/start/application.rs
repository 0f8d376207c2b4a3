//! An application of many entries, and its components compiled alone.

use crate::guests::guest;
use crate::suites::start::call::compiled_for;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wasmtime::component::Component;
use wippy_host::{CacheOptions, ENABLED};
use wippy_host_app::Application;
use wippy_host_app::manifest::LoadOptions;

/// The components, each with an export that entries call. One is of WASI 0.3.
pub(super) const COMPONENTS: [(&str, &str); 10] = [
    ("values", "add"),
    ("probe-clocks", "wall-now"),
    ("probe-cli", "arguments"),
    ("probe-random", "number"),
    ("probe-io", "write-unpermitted"),
    ("probe-filesystem", "preopens"),
    ("probe-sockets", "resolve"),
    ("probe-http", "fields"),
    ("std-calls", "now-millis"),
    ("shared-p3", "counted"),
];

/// The application's folder.
pub(super) struct Written {
    folder: TempDir,
    entries: usize,
}

impl Written {
    /// An application of so many entries, which take turns with the components.
    pub(super) fn new(entries: usize) -> Self {
        let of_each = COMPONENTS.iter().cycle().take(entries).enumerate();
        let functions: Vec<_> =
            of_each.map(|(number, (guest, method))| (format!("f{number}"), *guest, *method)).collect();
        Self { folder: write(&functions), entries }
    }
}

/// The folder of an application with these functions: name, guest and method.
pub(super) fn write(functions: &[(String, &str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("wasm")).unwrap();
    let imports = ENABLED.join(", ");
    let mut index = "version: \"1.0\"\nnamespace: bench\nentries:\n".to_owned();
    index += "  - { name: wasm, kind: fs.directory, directory: ./wasm }\n";
    let mut hashes = std::collections::HashMap::new();
    for (name, file, method) in functions {
        let hash = hashes.entry(*file).or_insert_with(|| {
            let bytes = guest(file);
            std::fs::write(folder.path().join(format!("wasm/{file}.wasm")), &bytes).unwrap();
            Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        });
        let entry = format!("  - name: {name}\n    kind: function.wasm\n    fs: wasm\n    path: /{file}.wasm\n");
        writeln!(index, "{entry}    hash: sha256:{hash}\n    method: {method}\n    imports: [{imports}]").unwrap();
    }
    std::fs::write(folder.path().join("_index.yaml"), index).unwrap();
    folder
}

/// Milliseconds until the application is ready, opened as the command line opens it.
pub(super) fn open(runtime: &Runtime, written: &Written, cache: Option<&Path>) -> f64 {
    let start = Instant::now();
    let opened = runtime.block_on(async {
        let builder = wippy_host::builder().unwrap();
        let builder = match cache {
            Some(folder) => builder.cache(CacheOptions::new(folder)),
            None => builder,
        };
        Application::open(written.folder.path(), LoadOptions::from_process_environment(), builder).await.unwrap()
    });
    let spent = start.elapsed().as_secs_f64() * 1e3;
    assert!(!opened.has_errors(), "{:?}", opened.problems.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(opened.application.host().functions().ids().len(), written.entries);
    spent
}

/// Milliseconds that compiling the components takes and nothing else, on as many threads.
pub(super) fn alone() -> f64 {
    let guests = COMPONENTS.map(|(name, _)| (name, guest(name)));
    let engines = [false, true].map(compiled_for);
    let start = Instant::now();
    for (name, bytes) in &guests {
        let engine = &engines[usize::from(*name == "shared-p3")];
        std::hint::black_box(Component::from_binary(engine, bytes).unwrap());
    }
    start.elapsed().as_secs_f64() * 1e3
}
