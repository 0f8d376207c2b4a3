//! Quotas of mounts, for programs of preview 1.

use super::program::Argument::{I32, I64};
use super::program::{
    APPEND, BADF, CREATE, DATA, DQUOT, EXIST, NOENT, NOTSUP, PERM, READ, SUCCESS, TRUNCATE, WRITE, XDEV, call, open,
    open_in, open_with, path, run, write, write_at,
};
use crate::support::{Folder, guest_bytes, host, within};
use serde_json::{Value as Json, json};
use wippy_host::{CallContext, EntrySpec, Function};

fn limited(folder: &Folder, max_bytes: u64, max_files: u64) -> Json {
    json!({"mounts": [{"fs": folder.id, "guest": "/data", "max_bytes": max_bytes, "max_files": max_files}]})
}

#[tokio::test]
async fn what_is_beyond_the_quota_is_refused() {
    let folder = Folder::new();
    let steps = [
        open("a", CREATE, SUCCESS),
        write(DATA + 1, 60, SUCCESS),
        write(DATA + 1, 41, DQUOT),
        write(DATA + 1, 30, SUCCESS),
        write_at(DATA + 1, 90, 11, DQUOT),
        write_at(DATA + 1, 80, 15, SUCCESS),
        // Elsewhere than where the other writes go on.
        write(DATA + 1, 10, SUCCESS),
        write(DATA + 1, 1, DQUOT),
        call("fd_filestat_set_size", &[I32(DATA + 1), I64(1 << 40)], DQUOT),
        call("fd_filestat_set_size", &[I32(DATA + 1), I64(101)], DQUOT),
        call("fd_allocate", &[I32(DATA + 1), I64(0), I64(1 << 40)], NOTSUP),
        call("fd_filestat_set_size", &[I32(DATA + 1), I64(90)], SUCCESS),
        open_with("a", 0, WRITE, APPEND, SUCCESS),
        write(DATA + 2, 11, DQUOT),
        write_at(DATA + 2, 0, 11, DQUOT),
        write(DATA + 2, 10, SUCCESS),
        open("a", TRUNCATE, SUCCESS),
        write(DATA + 3, 100, SUCCESS),
        write(DATA + 3, 1, DQUOT),
    ];
    run(&limited(&folder, 100, 9), &steps).await;
    assert_eq!(folder.read("a").len(), 100);
    // As the next program finds it.
    let next = [
        open("b", CREATE, SUCCESS),
        write(DATA + 1, 1, DQUOT),
        call("path_unlink_file", &[I32(DATA), path("a")], SUCCESS),
        write(DATA + 1, 100, SUCCESS),
    ];
    run(&limited(&folder, 100, 9), &next).await;
    assert_eq!(folder.read("b").len(), 100);
}

#[tokio::test]
async fn every_name_counts() {
    let folder = Folder::new();
    let steps = [
        open("a", CREATE, SUCCESS),
        call("path_create_directory", &[I32(DATA), path("d")], SUCCESS),
        call("path_symlink", &[path("a"), I32(DATA), path("s")], SUCCESS),
        call("path_link", &[I32(DATA), I32(0), path("a"), I32(DATA), path("h")], SUCCESS),
        open("e", CREATE, DQUOT),
        open("a", CREATE, SUCCESS),
        open("gone", 0, NOENT),
        call("path_create_directory", &[I32(DATA), path("e")], DQUOT),
        call("path_create_directory", &[I32(DATA), path("d")], EXIST),
        call("path_create_directory", &[I32(DATA), path("../e")], PERM),
        call("path_symlink", &[path("a"), I32(DATA), path("e")], DQUOT),
        call("path_link", &[I32(DATA), I32(0), path("a"), I32(DATA), path("e")], DQUOT),
        call("path_rename", &[I32(DATA), path("a"), I32(DATA), path("d/a")], SUCCESS),
        call("path_rename", &[I32(DATA), path("s"), I32(DATA), path("h")], SUCCESS),
        open("e", CREATE, SUCCESS),
        call("path_unlink_file", &[I32(DATA), path("d/a")], SUCCESS),
        call("path_remove_directory", &[I32(DATA), path("d")], SUCCESS),
        open("f", CREATE, SUCCESS),
        open("g", CREATE, SUCCESS),
        open("i", CREATE, DQUOT),
    ];
    run(&limited(&folder, 100, 4), &steps).await;
}

#[tokio::test]
async fn a_descriptor_keeps_its_quota_under_another_number() {
    let (folder, free) = (Folder::new(), Folder::new());
    let mounts = json!({"mounts": [
        {"fs": folder.id, "guest": "/data", "max_bytes": 100},
        {"fs": free.id, "guest": "/free"},
    ]});
    let in_free = |name| open_in(DATA + 1, name, CREATE, READ | WRITE, 0, SUCCESS);
    let steps = [
        open("a", CREATE, SUCCESS),
        in_free("b"),
        write(DATA + 2, 101, DQUOT),
        write(DATA + 3, 5000, SUCCESS),
        // The file with a quota in the place of the one without.
        call("fd_renumber", &[I32(DATA + 2), I32(DATA + 3)], SUCCESS),
        write(DATA + 3, 101, DQUOT),
        write(DATA + 2, 1, BADF),
        // The number of a file with a quota is given to one without.
        call("fd_close", &[I32(DATA + 3)], SUCCESS),
        in_free("c"),
        in_free("d"),
        write(DATA + 2, 5000, SUCCESS),
        write(DATA + 3, 5000, SUCCESS),
        // Nothing passes from the one mount to the other.
        call("path_rename", &[I32(DATA), path("a"), I32(DATA + 1), path("a")], XDEV),
        call("path_rename", &[I32(DATA + 1), path("b"), I32(DATA), path("b")], XDEV),
        call("path_link", &[I32(DATA + 1), I32(0), path("b"), I32(DATA), path("b")], XDEV),
        // The mount itself under the number of the other.
        call("fd_renumber", &[I32(DATA), I32(DATA + 1)], SUCCESS),
        call("path_create_directory", &[I32(DATA + 1), path("in-data")], SUCCESS),
    ];
    run(&mounts, &steps).await;
    assert!(folder.has("in-data") && folder.has("a") && free.has("b"));
}

#[tokio::test]
async fn a_file_that_is_held_open_keeps_its_room() {
    let folder = Folder::new();
    let steps = [
        open("a", CREATE, SUCCESS),
        write(DATA + 1, 60, SUCCESS),
        call("path_unlink_file", &[I32(DATA), path("a")], SUCCESS),
        open("b", CREATE, SUCCESS),
        write(DATA + 2, 41, DQUOT),
        call("fd_close", &[I32(DATA + 1)], SUCCESS),
        write(DATA + 2, 100, SUCCESS),
    ];
    run(&limited(&folder, 100, 9), &steps).await;
}

/// By the standard library, which writes what is left once more.
#[tokio::test]
async fn a_long_write_is_taken_in_parts() {
    let folder = Folder::new();
    let text = "x".repeat(3_000_000);
    let program = host().compile_program(guest_bytes("preview1")).unwrap();
    let write_all = async |max: u64| {
        let mut section = limited(&folder, max, 1);
        section["args"] = json!(["preview1", "write", "/data/a", text]);
        let entry = EntrySpec::new("test:preview1", "_start").with_imports(["preview1"]).with_section("wasi", section);
        let start = host().prepare(entry, &program).await.unwrap();
        within(start.call(&CallContext::new(), Vec::new())).await
    };
    write_all(3_000_000).await.unwrap();
    assert_eq!(folder.read("a"), text);
    write_all(2_999_999).await.unwrap_err();
    assert!(folder.read("a").len() < 3_000_000);
}
