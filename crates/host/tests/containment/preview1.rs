//! Preview 1: every function belongs to a group, and without that group it is a stub.

use crate::support::host;
use wippy_host::{CallContext, EntrySpec, ErrorKind, Function, Reason};

/// Every function of `wasi_snapshot_preview1`, its parameters (`i` for i32, `I` for i64), and the groups that grant it.
/// Source: the witx of preview 1, `phases/snapshot`.
const FUNCTIONS: &[(&str, &str, &[&str])] = &[
    ("args_get", "ii", CLI),
    ("args_sizes_get", "ii", CLI),
    ("clock_res_get", "ii", CLOCKS),
    ("clock_time_get", "iIi", CLOCKS),
    ("environ_get", "ii", CLI),
    ("environ_sizes_get", "ii", CLI),
    ("fd_advise", "iIIi", FILES),
    ("fd_allocate", "iII", FILES),
    ("fd_close", "i", BOTH),
    ("fd_datasync", "i", FILES),
    ("fd_fdstat_get", "ii", BOTH),
    ("fd_fdstat_set_flags", "ii", BOTH),
    ("fd_fdstat_set_rights", "iII", FILES),
    ("fd_filestat_get", "ii", BOTH),
    ("fd_filestat_set_size", "iI", FILES),
    ("fd_filestat_set_times", "iIIi", FILES),
    ("fd_pread", "iiiIi", FILES),
    ("fd_prestat_dir_name", "iii", BOTH),
    ("fd_prestat_get", "ii", BOTH),
    ("fd_pwrite", "iiiIi", FILES),
    ("fd_read", "iiii", BOTH),
    ("fd_readdir", "iiiIi", FILES),
    ("fd_renumber", "ii", BOTH),
    ("fd_seek", "iIii", BOTH),
    ("fd_sync", "i", FILES),
    ("fd_tell", "ii", BOTH),
    ("fd_write", "iiii", BOTH),
    ("path_create_directory", "iii", FILES),
    ("path_filestat_get", "iiiii", FILES),
    ("path_filestat_set_times", "iiiiIIi", FILES),
    ("path_link", "iiiiiii", FILES),
    ("path_open", "iiiiiIIii", FILES),
    ("path_readlink", "iiiiii", FILES),
    ("path_remove_directory", "iii", FILES),
    ("path_rename", "iiiiii", FILES),
    ("path_symlink", "iiiii", FILES),
    ("path_unlink_file", "iii", FILES),
    ("poll_oneoff", "iiii", CLOCKS),
    ("proc_exit", "i", CLI),
    ("proc_raise", "i", CLI),
    ("random_get", "ii", &["wasi:random"]),
    ("sched_yield", "", CLOCKS),
    ("sock_accept", "iii", SOCKETS),
    ("sock_recv", "iiiiii", SOCKETS),
    ("sock_send", "iiiii", SOCKETS),
    ("sock_shutdown", "ii", SOCKETS),
];

const CLI: &[&str] = &["wasi:cli"];
const FILES: &[&str] = &["wasi:filesystem"];
const BOTH: &[&str] = &["wasi:cli", "wasi:filesystem"];
const CLOCKS: &[&str] = &["wasi:clocks"];
const SOCKETS: &[&str] = &["wasi:sockets"];

const GROUPS: &[&str] =
    &["funcs", "wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:http", "wasi:io", "wasi:random", "wasi:sockets"];

/// A program that calls one function. Descriptor 9 is not there; zero is a place in its memory.
fn program(function: &str, parameters: &str) -> String {
    let ty = |p: char| if p == 'I' { "i64" } else { "i32" };
    let types: Vec<_> = parameters.chars().map(ty).collect();
    let is_fd = function.starts_with("fd_") || function.starts_with("path_") || function.starts_with("sock_");
    let value = |at: usize| if at == 0 && is_fd { 9 } else { 0 };
    let arguments: Vec<_> = types.iter().enumerate().map(|(at, ty)| format!("({ty}.const {})", value(at))).collect();
    let (result, drop) = if function == "proc_exit" { ("", "") } else { ("(result i32)", "drop") };
    format!(
        r#"(module
            (import "wasi_snapshot_preview1" "{function}" (func $f (param {}) {result}))
            (memory (export "memory") 1)
            (func (export "_start") (call $f {}) {drop}))"#,
        types.join(" "),
        arguments.join(" ")
    )
}

/// Whether a program was denied the function that it called.
async fn is_denied(function: &str, parameters: &str, imports: &[&str]) -> bool {
    let program = host().compile_program(program(function, parameters)).unwrap();
    let entry = EntrySpec::new("t:program", "_start").with_imports(imports.iter().copied());
    let start = host().prepare(entry, &program).await.unwrap();
    match start.call(&CallContext::new(), Vec::new()).await {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let expected =
                format!("guest called wasi_snapshot_preview1#{function}, but entry t:program does not import it");
            assert!(error.message().starts_with(&expected), "{error}");
            assert_eq!(error.reason(), Reason::NotGranted);
            true
        }
        _ => false,
    }
}

#[tokio::test]
async fn every_function_is_granted_by_its_group_and_by_no_other() {
    for (function, parameters, owners) in FUNCTIONS {
        assert!(is_denied(function, parameters, &[]).await, "{function} is granted by nothing");
        for group in GROUPS {
            let denied = is_denied(function, parameters, &[group]).await;
            assert_eq!(denied, !owners.contains(group), "{function} with {group} alone");
        }
        let others: Vec<_> = GROUPS.iter().copied().filter(|group| !owners.contains(group)).collect();
        assert!(is_denied(function, parameters, &others).await, "{function} without its own group");
    }
}

#[tokio::test]
async fn one_interface_or_track_of_a_group_is_not_the_group() {
    for names in [&["wasi:cli/environment"][..], &["wasi:cli/stdout", "wasi:cli/stdin"], &["wasi:io/poll"]] {
        assert!(is_denied("args_get", "ii", names).await, "{names:?}");
    }
    assert!(!is_denied("args_get", "ii", &["preview1"]).await);
}

#[test]
fn a_module_of_a_hundred_thousand_imports_that_nobody_provides_is_preflighted_by_their_number_and_not_its_square() {
    let count = 100_000;
    let imports: String = (0..count).map(|index| format!("(import \"env\" \"f{index}\" (func))")).collect();
    let program = host().compile_program(format!("(module {imports} (func (export \"_start\")))")).unwrap();
    let report = host().preflight("a:b", &["wasi:cli".to_owned()], &program);
    assert_eq!(report.findings.len(), count + 1);
    assert_eq!(report.missing().count(), count);
}
