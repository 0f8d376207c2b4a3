//! Errors by their codes, beyond those beside the functions.

use super::mounted;
use serde_json::json;

#[tokio::test]
async fn each_error_has_its_code() {
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    for (export, arguments, code) in [
        ("open", json!(["/data", "a.txt", ["write", "requested-write-sync"]]), "unsupported"),
        ("link-at", json!(["/data", "missing", "new"]), "no-entry"),
        ("link-at", json!(["/data", "a.txt", "sub"]), "exist"),
        ("link-at", json!(["/data", "sub", "new"]), "not-permitted"),
        ("rename-at", json!(["/data", "sub", "sub/deeper"]), "invalid"),
        ("rename-at", json!(["/data", ".", "new"]), "busy"),
        ("unlink-file-at", json!(["/data", "sub"]), "is-directory"),
        ("remove-directory-at", json!(["/data", "."]), "invalid"),
        ("set-size", json!(["/data", "a.txt", u64::MAX]), "invalid"),
        ("stat-at", json!(["/data", "a\0b", true]), "invalid"),
        ("stat-at", json!(["/data", "x".repeat(5000), true]), "name-too-long"),
    ] {
        let shown = arguments.to_string();
        assert_eq!(guest.err(export, arguments).await, json!(code), "{export}{shown}");
    }
}

/// What the operating system refuses depends on who runs the tests and where: root reads everything, and some file systems take
/// files of any length. The guest is told what the host would be.
#[cfg(unix)]
#[tokio::test]
async fn what_the_host_itself_is_refused_has_its_code() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, guest) = mounted();
    folder.write("closed.txt", "text");
    let closed = folder.path().join("closed.txt");
    std::fs::set_permissions(&closed, PermissionsExt::from_mode(0o000)).unwrap();
    if std::fs::File::open(&closed).is_err() {
        assert_eq!(guest.err("read", json!(["/data", "closed.txt"])).await, json!("access"));
    }
    folder.write("long.txt", "text");
    let longest = i64::MAX as u64;
    if std::fs::File::create(folder.path().join("long.txt")).unwrap().set_len(longest).is_err() {
        assert_eq!(guest.err("set-size", json!(["/data", "long.txt", longest])).await, json!("file-too-large"));
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_name_that_is_no_text_is_no_name_for_a_guest() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let (folder, guest) = mounted();
    let name = OsStr::from_bytes(b"b\xff");
    std::os::unix::fs::symlink(name, folder.path().join("link")).unwrap();
    assert_eq!(guest.err("readlink-at", json!(["/data", "link"])).await, json!("illegal-byte-sequence"));
    std::fs::write(folder.path().join(name), "x").unwrap();
    assert_eq!(guest.err("read-directory", json!(["/data", "."])).await, json!("illegal-byte-sequence"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_to_an_absolute_path_is_not_read() {
    let (folder, guest) = mounted();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link")).unwrap();
    assert_eq!(guest.err("readlink-at", json!(["/data", "link"])).await, json!("not-permitted"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn files_that_are_none_fail_by_their_kind() {
    let (folder, guest) = mounted();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    // What has no code of its own is an error of input and output.
    assert_eq!(guest.err("read", json!(["/data", "socket"])).await, json!("io"));
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap();
    assert!(made.success());
    let _reader = std::fs::File::options().read(true).write(true).open(folder.path().join("pipe")).unwrap();
    assert_eq!(guest.err("write-via-stream", json!(["/data", "pipe", 0, "x"])).await, json!("invalid-seek"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_device_has_its_code() {
    use super::bare;
    use crate::support::World;
    World::add_directory("test:devices", std::path::Path::new("/dev"));
    let guest = bare().wasi(json!({"mounts": [{"fs": "test:devices", "guest": "/dev", "read_only": false}]}));
    assert_eq!(guest.err("write-via-stream", json!(["/dev", "full", 0, "x"])).await, json!("insufficient-space"));
}
