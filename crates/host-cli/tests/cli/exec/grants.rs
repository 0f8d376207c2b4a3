//! Nothing is granted that is not named, and a denial says which option to add.

use super::{STANDARD, arguments, exec, guest};
use crate::support::run;

#[test]
fn a_denied_import_names_the_option_to_add() {
    let file = guest("command");
    let ran = run(&arguments(&[], &file, &["print", "hello"]));
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains(", but it is not granted; add --import wasi:"), "{ran:?}");
    run(&arguments(&["--import", "all"], &file, &["print", "hello"])).gives("hello");
}

#[test]
fn files_are_those_that_are_mounted() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.txt"), "content").unwrap();
    let host = directory.path().to_str().unwrap();
    let read_write = format!("{host}::/data");
    let read_only = format!("{host}::/data:ro");
    exec(&["--mount", &read_only], &["read", "/data/a.txt"]).gives("content");
    assert_eq!(exec(&["--mount", &read_only], &["write", "/data/a.txt", "x"]).code, 1);
    assert_eq!(exec(&[], &["read", "/data/a.txt"]).code, 1);
    assert_eq!(std::fs::read_to_string(directory.path().join("a.txt")).unwrap(), "content");
    exec(&["--mount", &read_write], &["write", "/data/a.txt", "new"]).gives("");
    assert_eq!(std::fs::read_to_string(directory.path().join("a.txt")).unwrap(), "new");
}

#[test]
fn one_interface_grants_no_other_of_its_group() {
    assert!(STANDARD.contains(&"--import=wasi:cli"));
    let file = guest("command");
    let ran = run(&arguments(&["--import", "wasi:cli/stdout"], &file, &["print", "hello"]));
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
    assert!(ran.stderr.contains("add --import wasi:"), "{ran:?}");
}
