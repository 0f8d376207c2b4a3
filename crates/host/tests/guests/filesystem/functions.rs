//! Every function and the errors that it names.

use super::{bare, modified, mounted, seconds};
use crate::support::Folder;
use serde_json::json;
use std::time::{Duration, SystemTime};

#[tokio::test]
async fn a_file_is_opened_as_the_flags_say() {
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    let open = |path: &str, how: &[&str]| json!(["/data", path, how]);
    guest.ok("open", open("a.txt", &["read"])).await;
    guest.ok("open", open("sub", &["read", "directory"])).await;
    guest.ok("open", open("new.txt", &["create", "exclusive", "write"])).await;
    assert!(folder.has("new.txt"));
    guest.ok("open", open("a.txt", &["truncate", "write"])).await;
    assert_eq!(folder.read("a.txt"), "");
    for (path, how, code) in [
        ("missing", &["read"][..], "no-entry"),
        ("missing/a.txt", &["create", "write"], "no-entry"),
        ("a.txt", &["create", "exclusive", "write"], "exist"),
        ("a.txt", &["read", "directory"], "not-directory"),
        ("a.txt/b.txt", &["read"], "not-directory"),
        ("sub", &["write"], "is-directory"),
        ("", &["read"], "no-entry"),
        ("sub", &["create", "read", "directory"], "invalid"),
    ] {
        assert_eq!(guest.err("open", open(path, how)).await, json!(code), "{path} {how:?}");
    }
    let long = "x".repeat(300);
    assert_eq!(guest.err("open", open(&long, &["create", "write"])).await, json!("name-too-long"));
}

#[tokio::test]
async fn a_descriptor_tells_the_flags_that_it_was_opened_with() {
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    for (how, flags) in
        [(&["read"][..], &["read"][..]), (&["write"], &["write"]), (&["read", "write"], &["read", "write"])]
    {
        assert_eq!(guest.ok("get-flags", json!(["/data", "a.txt", how])).await, json!(flags));
    }
    assert_eq!(guest.ok("get-flags", json!(["/data", ".", ["read", "directory"]])).await, json!(["read"]));
    assert_eq!(guest.err("get-flags", json!(["/data", "missing", ["read"]])).await, json!("no-entry"));
}

#[tokio::test]
async fn a_file_is_read_and_written() {
    let (folder, guest) = mounted();
    let text = "día\n".repeat(100_000);
    assert_eq!(guest.ok("write", json!(["/data", "a.txt", text])).await, json!(text.len()));
    assert_eq!(folder.read("a.txt"), text);
    assert_eq!(guest.ok("read", json!(["/data", "a.txt"])).await, json!(text));
    assert_eq!(guest.ok("write", json!(["/data", "a.txt", "short"])).await, json!(5));
    assert_eq!(guest.ok("read", json!(["/data", "a.txt"])).await, json!("short"));
    folder.write("empty.txt", "");
    assert_eq!(guest.ok("read", json!(["/data", "empty.txt"])).await, json!(""));
    assert_eq!(guest.err("read", json!(["/data", "missing.txt"])).await, json!("no-entry"));
    assert_eq!(guest.err("write", json!(["/data", ".", "x"])).await, json!("is-directory"));
}

#[tokio::test]
async fn a_file_is_read_and_written_by_streams() {
    let (folder, guest) = mounted();
    let text = "0123456789".repeat(50_000);
    folder.write("a.txt", &text);
    assert_eq!(guest.ok("read-via-stream", json!(["/data", "a.txt", 0])).await, json!(text));
    assert_eq!(guest.ok("read-via-stream", json!(["/data", "a.txt", text.len() - 3])).await, json!("789"));
    assert_eq!(guest.ok("read-via-stream", json!(["/data", "a.txt", text.len() + 3])).await, json!(""));
    folder.write("b.txt", "abcdef");
    guest.ok("write-via-stream", json!(["/data", "b.txt", 2, "XY"])).await;
    assert_eq!(folder.read("b.txt"), "abXYef");
    guest.ok("write-via-stream", json!(["/data", "b.txt", 7, "Z"])).await;
    assert_eq!(folder.read("b.txt"), "abXYef\0Z");
    guest.ok("write-via-stream", json!(["/data", "b.txt", 0, text])).await;
    assert_eq!(folder.read("b.txt"), text);
    folder.write("c.txt", "one");
    guest.ok("append-via-stream", json!(["/data", "c.txt", "two"])).await;
    guest.ok("append-via-stream", json!(["/data", "c.txt", ""])).await;
    assert_eq!(folder.read("c.txt"), "onetwo");
    for export in ["write-via-stream", "append-via-stream", "read-via-stream"] {
        let arguments = match export {
            "write-via-stream" => json!(["/data", "missing", 0, "x"]),
            "append-via-stream" => json!(["/data", "missing", "x"]),
            _ => json!(["/data", "missing", 0]),
        };
        assert_eq!(guest.err(export, arguments).await, json!("no-entry"), "{export}");
    }
    assert_eq!(guest.err("read-via-stream", json!(["/data", ".", 0])).await, json!("is-directory"));
}

#[tokio::test]
async fn advice_is_taken_and_data_is_synced() {
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    for advice in ["normal", "sequential", "random", "will-need", "dont-need", "no-reuse"] {
        guest.ok("advise", json!(["/data", "a.txt", advice])).await;
    }
    assert_eq!(guest.err("advise", json!(["/data", "missing", "normal"])).await, json!("no-entry"));
    guest.ok("sync-data", json!(["/data", "a.txt"])).await;
    guest.ok("sync", json!(["/data", "a.txt"])).await;
    assert_eq!(guest.err("sync-data", json!(["/data", "missing"])).await, json!("no-entry"));
    assert_eq!(guest.err("sync", json!(["/data", "missing"])).await, json!("no-entry"));
}

#[tokio::test]
async fn types_and_stats_are_those_of_the_files() {
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    guest.ok("symlink-at", json!(["/data", "a.txt", "link"])).await;
    assert_eq!(guest.ok("get-type", json!(["/data", "a.txt"])).await, json!("regular-file"));
    assert_eq!(guest.ok("get-type", json!(["/data", "sub"])).await, json!("directory"));
    assert_eq!(guest.ok("get-type", json!(["/data", "link"])).await, json!("regular-file"));
    assert_eq!(guest.err("get-type", json!(["/data", "missing"])).await, json!("no-entry"));

    let by_handle = guest.ok("stat", json!(["/data", "a.txt"])).await;
    assert_eq!(by_handle["kind"], "regular-file");
    assert_eq!(by_handle["size"], 4);
    assert_eq!(by_handle["links"], 1);
    assert_eq!(by_handle["modified"], modified(&folder, "a.txt"));
    assert!(by_handle["accessed"].is_u64(), "{by_handle}");
    assert_eq!(guest.ok("stat-at", json!(["/data", "a.txt", false])).await, by_handle);
    assert_eq!(guest.ok("stat-at", json!(["/data", "link", true])).await["kind"], "regular-file");
    assert_eq!(guest.ok("stat-at", json!(["/data", "link", false])).await["kind"], "symbolic-link");
    assert_eq!(guest.ok("stat-at", json!(["/data", "sub", false])).await["kind"], "directory");
    assert_eq!(guest.err("stat", json!(["/data", "missing"])).await, json!("no-entry"));
    assert_eq!(guest.err("stat-at", json!(["/data", "missing", true])).await, json!("no-entry"));
}

#[tokio::test]
async fn a_size_is_set_both_ways() {
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    guest.ok("set-size", json!(["/data", "a.txt", 2])).await;
    assert_eq!(folder.read("a.txt"), "te");
    guest.ok("set-size", json!(["/data", "a.txt", 4])).await;
    assert_eq!(folder.read("a.txt"), "te\0\0");
    assert_eq!(guest.err("set-size", json!(["/data", "missing", 1])).await, json!("no-entry"));
}

#[tokio::test]
async fn times_are_set_to_a_moment_or_to_now() {
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    guest.ok("symlink-at", json!(["/data", "a.txt", "link"])).await;
    guest.ok("set-times", json!(["/data", "a.txt", 1_000_000_000])).await;
    assert_eq!(modified(&folder, "a.txt"), 1_000_000_000);
    // The kernel's clock for files may lag the precise one by a tick.
    let now = seconds(SystemTime::now() - Duration::from_secs(1));
    guest.ok("set-times", json!(["/data", "a.txt", null])).await;
    assert!(modified(&folder, "a.txt") >= now);
    guest.ok("set-times-at", json!(["/data", "a.txt", false, 1_100_000_000])).await;
    assert_eq!(modified(&folder, "a.txt"), 1_100_000_000);
    guest.ok("set-times-at", json!(["/data", "link", false, 1_200_000_000])).await;
    assert_eq!(modified(&folder, "a.txt"), 1_100_000_000, "the link's own time was meant");
    guest.ok("set-times-at", json!(["/data", "link", true, 1_300_000_000])).await;
    assert_eq!(modified(&folder, "a.txt"), 1_300_000_000);
    guest.ok("set-times-at", json!(["/data", "a.txt", true, null])).await;
    assert!(modified(&folder, "a.txt") >= now);
    assert_eq!(guest.err("set-times", json!(["/data", "missing", 1])).await, json!("no-entry"));
    assert_eq!(guest.err("set-times-at", json!(["/data", "missing", true, 1])).await, json!("no-entry"));
}

#[tokio::test]
async fn a_directory_is_made_listed_and_removed() {
    let (folder, guest) = mounted();
    guest.ok("create-directory-at", json!(["/data", "sub"])).await;
    guest.ok("create-directory-at", json!(["/data", "sub/deep"])).await;
    guest.ok("write", json!(["/data", "sub/a.txt", "x"])).await;
    guest.ok("symlink-at", json!(["/data", "a.txt", "sub/link"])).await;
    assert_eq!(
        guest.ok("read-directory", json!(["/data", "sub"])).await,
        json!(["a.txt regular-file", "deep directory", "link symbolic-link"])
    );
    assert_eq!(guest.ok("read-directory", json!(["/data", "sub/deep"])).await, json!([]));
    assert_eq!(guest.ok("read-directory", json!(["/data", "."])).await, json!(["sub directory"]));
    assert_eq!(guest.err("read-directory", json!(["/data", "missing"])).await, json!("no-entry"));
    assert_eq!(guest.err("read-directory", json!(["/data", "sub/a.txt"])).await, json!("not-directory"));
    assert_eq!(guest.err("create-directory-at", json!(["/data", "sub"])).await, json!("exist"));
    assert_eq!(guest.err("create-directory-at", json!(["/data", "no/sub"])).await, json!("no-entry"));
    assert_eq!(guest.err("remove-directory-at", json!(["/data", "sub"])).await, json!("not-empty"));
    assert_eq!(guest.err("remove-directory-at", json!(["/data", "sub/a.txt"])).await, json!("not-directory"));
    assert_eq!(guest.err("remove-directory-at", json!(["/data", "missing"])).await, json!("no-entry"));
    guest.ok("remove-directory-at", json!(["/data", "sub/deep"])).await;
    assert!(!folder.has("sub/deep"));
}

#[tokio::test]
async fn a_directory_of_thousands_of_files_is_listed_whole() {
    let (folder, guest) = mounted();
    for number in 0..3000 {
        folder.write(&format!("file-{number:04}"), "");
    }
    let listed = guest.ok("read-directory", json!(["/data", "."])).await;
    assert_eq!(listed.as_array().unwrap().len(), 3000);
    assert_eq!(listed[2999], "file-2999 regular-file");
}

#[tokio::test]
async fn a_file_is_linked_renamed_and_unlinked() {
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    guest.ok("create-directory-at", json!(["/data", "sub"])).await;
    guest.ok("link-at", json!(["/data", "a.txt", "hard.txt"])).await;
    assert_eq!(guest.ok("stat", json!(["/data", "hard.txt"])).await["links"], 2);
    assert_eq!(guest.err("link-at", json!(["/data", "missing", "x"])).await, json!("no-entry"));
    assert_eq!(guest.err("link-at", json!(["/data", "a.txt", "hard.txt"])).await, json!("exist"));
    guest.ok("rename-at", json!(["/data", "a.txt", "sub/b.txt"])).await;
    assert!(!folder.has("a.txt"));
    assert_eq!(folder.read("sub/b.txt"), "text");
    assert_eq!(guest.err("rename-at", json!(["/data", "a.txt", "c.txt"])).await, json!("no-entry"));
    assert_eq!(guest.err("rename-at", json!(["/data", "hard.txt", "sub"])).await, json!("is-directory"));
    assert_eq!(guest.err("rename-at", json!(["/data", "sub", "hard.txt"])).await, json!("not-directory"));
    guest.ok("unlink-file-at", json!(["/data", "sub/b.txt"])).await;
    assert!(!folder.has("sub/b.txt"));
    assert_eq!(guest.err("unlink-file-at", json!(["/data", "sub/b.txt"])).await, json!("no-entry"));
    assert_eq!(guest.err("unlink-file-at", json!(["/data", "sub"])).await, json!("is-directory"));
}

#[tokio::test]
async fn files_move_and_are_linked_from_one_mount_to_another() {
    let (one, two) = (Folder::new(), Folder::new());
    let guest = bare().wasi(json!({"mounts": [one.mount("/one", false), two.mount("/two", false)]}));
    one.write("a.txt", "text");
    guest.ok("link-across", json!(["/one", "a.txt", "/two", "linked.txt"])).await;
    guest.ok("rename-across", json!(["/one", "a.txt", "/two", "moved.txt"])).await;
    assert!(!one.has("a.txt"));
    assert_eq!((two.read("linked.txt"), two.read("moved.txt")), ("text".to_owned(), "text".to_owned()));
}

#[tokio::test]
async fn a_symbolic_link_is_made_read_and_followed_within_the_mount() {
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    guest.ok("create-directory-at", json!(["/data", "sub"])).await;
    guest.ok("symlink-at", json!(["/data", "../a.txt", "sub/link"])).await;
    assert_eq!(guest.ok("readlink-at", json!(["/data", "sub/link"])).await, json!("../a.txt"));
    assert_eq!(guest.ok("read", json!(["/data", "sub/link"])).await, json!("text"));
    assert_eq!(guest.err("open", json!(["/data", "sub/link", ["read"]])).await, json!("loop"), "not followed");
    assert_eq!(guest.err("symlink-at", json!(["/data", "a.txt", "sub/link"])).await, json!("exist"));
    assert_eq!(guest.err("readlink-at", json!(["/data", "a.txt"])).await, json!("invalid"));
    assert_eq!(guest.err("readlink-at", json!(["/data", "missing"])).await, json!("no-entry"));
    guest.ok("symlink-at", json!(["/data", "circle", "circle"])).await;
    assert_eq!(guest.err("read", json!(["/data", "circle"])).await, json!("loop"));
    guest.ok("symlink-at", json!(["/data", "nowhere", "dangling"])).await;
    assert_eq!(guest.err("read", json!(["/data", "dangling"])).await, json!("no-entry"));
}

#[tokio::test]
async fn the_same_object_is_the_same_under_every_name() {
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    folder.write("b.txt", "text");
    guest.ok("link-at", json!(["/data", "a.txt", "hard.txt"])).await;
    assert_eq!(guest.ok("is-same-object", json!(["/data", "a.txt", "a.txt"])).await, json!(true));
    assert_eq!(guest.ok("is-same-object", json!(["/data", "a.txt", "hard.txt"])).await, json!(true));
    assert_eq!(guest.ok("is-same-object", json!(["/data", "a.txt", "b.txt"])).await, json!(false));
    let hash = guest.ok("metadata-hash", json!(["/data", "a.txt"])).await;
    assert_eq!(guest.ok("metadata-hash-at", json!(["/data", "a.txt"])).await, hash);
    assert_ne!(guest.ok("metadata-hash", json!(["/data", "b.txt"])).await, hash);
    assert_eq!(guest.err("metadata-hash", json!(["/data", "missing"])).await, json!("no-entry"));
    assert_eq!(guest.err("metadata-hash-at", json!(["/data", "missing"])).await, json!("no-entry"));
}

#[tokio::test]
async fn a_file_is_written_through_a_folder_that_was_opened_before() {
    let (folder, guest) = mounted();
    guest.ok("create-directory-at", json!(["/data", "sub"])).await;
    let how = ["read", "directory", "mutate-directory"];
    guest.ok("write-via-folder", json!(["/data", "sub", how, "a.txt", "text"])).await;
    assert_eq!(folder.read("sub/a.txt"), "text");
    assert_eq!(guest.err("write-via-folder", json!(["/data", "missing", how, "a.txt", "x"])).await, json!("no-entry"));
}
