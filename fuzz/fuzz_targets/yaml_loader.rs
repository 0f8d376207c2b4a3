#![no_main]

use std::sync::OnceLock;
use tempfile::TempDir;

libfuzzer_sys::fuzz_target!(|content: &[u8]| {
    static DIRECTORY: OnceLock<TempDir> = OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| tempfile::tempdir().expect("a temporary directory"));
    wippy_host_fuzz::load(directory.path(), content);
});
