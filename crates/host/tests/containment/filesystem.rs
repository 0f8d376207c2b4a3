//! Ways out of a mount, and ways to change what is mounted for reading.

use crate::support::{Entry, add_directory, call};
use serde_json::{Value as Json, json};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

/// A directory with `secret.txt` and `outside/`, in which `data/` and `other/` are what is mounted.
struct World {
    root: TempDir,
    id: &'static str,
}

impl World {
    fn new(id: &'static str) -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["outside", "data", "data/sub", "other"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        for (file, text) in [
            ("secret.txt", "secret"),
            ("outside/file.txt", "outside"),
            ("data/in.txt", "inside"),
            ("data/sub/deep.txt", "deep"),
            ("other/o.txt", "other"),
        ] {
            fs::write(root.path().join(file), text).unwrap();
        }
        add_directory(&format!("app:{id}-data"), &root.path().join("data"));
        add_directory(&format!("app:{id}-other"), &root.path().join("other"));
        add_directory(&format!("app:{id}-sub"), &root.path().join("data/sub"));
        Self { root, id }
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.root.path().join(path)
    }

    /// Mounts, each as `(directory, guest path, read_only)`.
    fn entry(&self, guest: &str, mounts: &[(&str, &str, bool)]) -> Entry {
        let mounts: Vec<Json> = mounts
            .iter()
            .map(|(name, path, read_only)| json!({"fs": format!("app:{}-{name}", self.id), "guest": path, "read_only": read_only}))
            .collect();
        Entry::new(guest).imports(&grants()).section("wasi", json!({"mounts": mounts}))
    }

    /// Every file below the root with its content: what must not have changed.
    fn snapshot(&self) -> Vec<(String, Vec<u8>)> {
        fn walk(at: &Path, root: &Path, found: &mut Vec<(String, Vec<u8>)>) {
            for entry in fs::read_dir(at).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(root).unwrap().display().to_string();
                let kind = fs::symlink_metadata(&path).unwrap();
                if kind.is_dir() {
                    found.push((name, Vec::new()));
                    walk(&path, root, found);
                } else if kind.is_symlink() {
                    found.push((name, fs::read_link(&path).unwrap().as_os_str().as_bytes().to_vec()));
                } else {
                    let time = kind.modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
                    found.push((format!("{name} {time:?}"), fs::read(&path).unwrap()));
                }
            }
        }
        let mut found = Vec::new();
        walk(self.root.path(), self.root.path(), &mut found);
        found.sort();
        found
    }
}

/// What the two guests need, as far as this build has it.
fn grants() -> Vec<&'static str> {
    let needed = ["wasi:filesystem", "wasi:io", "wasi:cli", "wasi:clocks"];
    wippy_host::ENABLED.iter().copied().filter(|name| needed.contains(name)).collect()
}

fn ways_out(world: &World) -> Vec<String> {
    let secret = world.path("secret.txt").display().to_string();
    symlink("../secret.txt", world.path("data/up")).unwrap();
    symlink(&secret, world.path("data/absolute")).unwrap();
    symlink("..", world.path("data/parent")).unwrap();
    symlink("parent", world.path("data/chain1")).unwrap();
    symlink("chain1", world.path("data/chain2")).unwrap();
    symlink("sub/../..", world.path("data/winding")).unwrap();
    symlink("/", world.path("data/rootlink")).unwrap();
    symlink("../../secret.txt", world.path("data/sub/far")).unwrap();
    symlink("/proc/self/root", world.path("data/proc")).unwrap();
    vec![
        "../secret.txt".into(),
        "./../secret.txt".into(),
        "sub/../../secret.txt".into(),
        "sub/../sub/../../secret.txt".into(),
        ".//..//secret.txt".into(),
        "in.txt/../../secret.txt".into(),
        "nowhere/../../secret.txt".into(),
        "../data/../secret.txt".into(),
        secret.clone(),
        format!("/{secret}"),
        format!(".{}{secret}", "/..".repeat(40)),
        format!("rootlink{secret}"),
        format!("proc{secret}"),
        "up".into(),
        "up/".into(),
        "absolute".into(),
        "absolute/.".into(),
        "parent/secret.txt".into(),
        "parent/data/../secret.txt".into(),
        "chain2/secret.txt".into(),
        "chain2/".into(),
        "winding/secret.txt".into(),
        "sub/far".into(),
        "sub/../up".into(),
        "..".into(),
        "../".into(),
        "parent".into(),
        "parent/".into(),
        "../outside".into(),
        "chain2/outside/file.txt".into(),
        "../other/o.txt".into(),
        "..\0/secret.txt".into(),
    ]
}

#[tokio::test]
async fn no_path_leads_out_of_a_mount() {
    let world = World::new("out");
    let paths = ways_out(&world);
    let entry = world.entry("probe-filesystem", &[("data", "/data", false)]);
    let before = world.snapshot();
    for (method, more) in [
        ("read", json!([])),
        ("write", json!(["overwritten"])),
        ("append-via-stream", json!(["more"])),
        ("set-size", json!([0])),
        ("set-times", json!([1])),
        ("set-times-at", json!([true, 1])),
        ("read-directory", json!([])),
        ("stat-at", json!([true])),
        ("metadata-hash-at", json!([])),
        ("unlink-file-at", json!([])),
        ("remove-directory-at", json!([])),
        ("create-directory-at", json!([])),
        ("open", json!([["create", "truncate", "write", "follow"]])),
        ("open", json!([["directory", "read", "mutate-directory", "follow"]])),
        ("sync", json!([])),
    ] {
        if !has(method) {
            continue;
        }
        let function = entry.prepare(method).await;
        for path in &paths {
            // What removes a link within the mount, or looks at it, does not leave it.
            let link = ["up", "absolute", "parent", "sub/far", "sub/../up"].contains(&path.as_str());
            if link && ["unlink-file-at"].contains(&method) {
                continue;
            }
            let mut arguments = vec![json!("/data"), json!(path)];
            arguments.extend(more.as_array().unwrap().clone());
            let answer = call(&function, Json::Array(arguments))
                .await
                .unwrap_or_else(|error| panic!("{method} {path}: {error}"));
            assert!(answer.get("err").is_some(), "{method} {path:?} gave {answer}");
        }
    }
    assert_eq!(world.snapshot(), before);
}

#[tokio::test]
async fn no_link_or_rename_carries_a_file_out_or_in() {
    let world = World::new("carry");
    let paths = ways_out(&world);
    let entry = world.entry("probe-filesystem", &[("data", "/data", false)]);
    let before = world.snapshot();
    for method in ["rename-at", "link-at"] {
        let function = entry.prepare(method).await;
        for path in
            paths.iter().filter(|path| !["up", "absolute", "parent", "sub/far", "sub/../up"].contains(&path.as_str()))
        {
            for (old, new) in [(path.as_str(), "stolen"), ("in.txt", path.as_str())] {
                let answer = call(&function, json!(["/data", old, new])).await.unwrap();
                assert!(answer.get("err").is_some(), "{method} {old:?} {new:?} gave {answer}");
            }
        }
    }
    assert_eq!(world.snapshot(), before);
    // A link to a link is the link itself, never what it points to.
    entry.call("link-at", json!(["/data", "up", "copy"])).await.unwrap();
    assert!(entry.call("read", json!(["/data", "copy"])).await.unwrap().get("err").is_some());
    // The guest's own links: absolute ones are refused, and relative ones lead nowhere outside.
    for target in ["/", "/etc/passwd", "../secret.txt", "..", "sub/../../secret.txt"] {
        let made = entry.call("symlink-at", json!(["/data", target, "mine"])).await.unwrap();
        if made.get("ok").is_some() {
            for path in ["mine", "mine/secret.txt", "mine/"] {
                let answer = entry.call("read", json!(["/data", path])).await.unwrap();
                assert!(answer.get("err").is_some(), "{target} {path}: {answer}");
            }
            fs::remove_file(world.path("data/mine")).unwrap();
        }
    }
}

/// Every way to change something, on `in.txt` and `sub` of a mount.
fn mutations(mount: &str) -> Vec<(&'static str, Json)> {
    let all = [
        ("write", json!([mount, "in.txt", "changed"])),
        ("write", json!([mount, "new.txt", "new"])),
        ("write-via-stream", json!([mount, "in.txt", 0, "changed"])),
        ("append-via-stream", json!([mount, "in.txt", "changed"])),
        ("set-size", json!([mount, "in.txt", 0])),
        ("set-times", json!([mount, "in.txt", 1])),
        ("set-times", json!([mount, "in.txt", null])),
        ("set-times-at", json!([mount, "in.txt", true, 1])),
        ("set-times-at", json!([mount, "in.txt", false, null])),
        ("create-directory-at", json!([mount, "made"])),
        ("remove-directory-at", json!([mount, "empty"])),
        ("unlink-file-at", json!([mount, "in.txt"])),
        ("rename-at", json!([mount, "in.txt", "moved.txt"])),
        ("link-at", json!([mount, "in.txt", "linked.txt"])),
        ("symlink-at", json!([mount, "in.txt", "soft"])),
        ("open", json!([mount, "made.txt", ["create", "write"]])),
        ("open", json!([mount, "made.txt", ["create", "read"]])),
        ("open", json!([mount, "made.txt", ["create", "exclusive", "write"]])),
        ("open", json!([mount, "in.txt", ["truncate", "write"]])),
        ("open", json!([mount, "in.txt", ["truncate", "read"]])),
        ("open", json!([mount, "in.txt", ["truncate"]])),
        ("open", json!([mount, "in.txt", ["write"]])),
        ("open", json!([mount, "in.txt", ["read", "write"]])),
        ("write-via-folder", json!([mount, "sub", ["directory", "read"], "made.txt", "x"])),
        ("write-via-folder", json!([mount, "sub", ["directory", "read", "mutate-directory"], "made.txt", "x"])),
        ("write-via-folder", json!([mount, ".", ["directory", "read", "mutate-directory"], "made.txt", "x"])),
    ];
    all.into_iter().filter(|(method, _)| has(method)).collect()
}

/// Streams are another group's.
fn has(method: &str) -> bool {
    cfg!(feature = "io") || !method.ends_with("-via-stream")
}

#[tokio::test]
async fn a_read_only_mount_refuses_every_change() {
    let world = World::new("ro");
    fs::create_dir(world.path("data/empty")).unwrap();
    let entry = world.entry("probe-filesystem", &[("data", "/data", true)]);
    let before = world.snapshot();
    for (method, arguments) in mutations("/data") {
        let answer = entry.call(method, arguments.clone()).await.unwrap();
        assert!(answer.get("err").is_some(), "{method}{arguments} gave {answer}");
        assert_eq!(world.snapshot(), before, "{method}{arguments}");
    }
    assert_eq!(entry.ok("read", json!(["/data", "in.txt"])).await, "inside");
    // The same calls where the mount is for writing as well: they are the right ones.
    let writable = world.entry("probe-filesystem", &[("data", "/data", false)]);
    for (method, arguments) in mutations("/data").into_iter().take(10) {
        writable.ok(method, arguments).await;
    }
}

#[tokio::test]
async fn nothing_passes_from_a_mount_for_reading_to_one_for_writing() {
    let world = World::new("across");
    let entry = world.entry("probe-filesystem", &[("data", "/data", true), ("other", "/other", false)]);
    let before = world.snapshot();
    for method in ["rename-across", "link-across"] {
        for arguments in [
            json!(["/data", "in.txt", "/other", "stolen.txt"]),
            json!(["/other", "o.txt", "/data", "planted.txt"]),
            json!(["/data", "sub", "/other", "sub"]),
            json!(["/other", "../data/in.txt", "/other", "stolen.txt"]),
            json!(["/other", "o.txt", "/other", "../data/planted.txt"]),
        ] {
            let answer = entry.call(method, arguments.clone()).await.unwrap();
            assert!(answer.get("err").is_some(), "{method}{arguments} gave {answer}");
        }
    }
    assert_eq!(world.snapshot(), before);
    // The guest's link in the one mount to a file of the other.
    entry.call("symlink-at", json!(["/other", "../data/in.txt", "soft"])).await.unwrap();
    assert!(entry.call("write", json!(["/other", "soft", "changed"])).await.unwrap().get("err").is_some());
    assert_eq!(fs::read_to_string(world.path("data/in.txt")).unwrap(), "inside");
}

#[tokio::test]
async fn one_directory_mounted_twice_keeps_the_access_of_each_mount() {
    let world = World::new("nested");
    let entry = world.entry("probe-filesystem", &[("data", "/data", true), ("sub", "/data/sub", false)]);
    // By way of the outer mount it is for reading, the folder of the inner included.
    for (method, arguments) in [
        ("write", json!(["/data", "sub/deep.txt", "changed"])),
        ("unlink-file-at", json!(["/data", "sub/deep.txt"])),
        ("create-directory-at", json!(["/data", "sub/made"])),
        ("write-via-folder", json!(["/data", "sub", ["directory", "read", "mutate-directory"], "x", "x"])),
        ("rename-across", json!(["/data", "sub/deep.txt", "/data/sub", "moved.txt"])),
        ("link-across", json!(["/data", "in.txt", "/data/sub", "linked.txt"])),
        ("write", json!(["/data/sub", "../in.txt", "changed"])),
        ("unlink-file-at", json!(["/data/sub", "../in.txt"])),
    ] {
        let answer = entry.call(method, arguments.clone()).await.unwrap();
        assert!(answer.get("err").is_some(), "{method}{arguments} gave {answer}");
    }
    assert_eq!(fs::read_to_string(world.path("data/sub/deep.txt")).unwrap(), "deep");
    entry.ok("write", json!(["/data/sub", "made.txt", "x"])).await;
    // The other way round the outer mount would be a way to change what the inner one protects: the entry is refused.
    let entry = world.entry("probe-filesystem", &[("data", "/data", false), ("sub", "/data/sub", true)]);
    assert_eq!(
        entry.problems("write").await,
        [
            "app:nested-sub is mounted read-only, and lies in app:nested-data, which this entry mounts for writing; mount \
             app:nested-data with read_only: true too, or keep the two apart"
        ]
    );
}

#[cfg(all(feature = "io", feature = "cli", feature = "clocks"))]
#[tokio::test]
async fn the_standard_library_does_not_get_out_either() {
    let world = World::new("std");
    let entry = world.entry("std-calls", &[("data", "/data", false), ("other", "/other", true)]);
    ways_out(&world);
    let before = world.snapshot();
    let secret = world.path("secret.txt").display().to_string();
    for path in [
        "/data/../secret.txt",
        "/data/../../etc/passwd",
        "/../secret.txt",
        "/etc/passwd",
        "/proc/self/environ",
        "../secret.txt",
        "/data/up",
        "/data/parent/secret.txt",
        "/data/absolute",
        "/data/chain2/secret.txt",
        "/data/sub/far",
        "/data/rootlink/etc/passwd",
        "/dataa",
        "/data\0/x",
        "",
        ".",
        "/",
        "//",
        &secret,
    ] {
        for (method, arguments) in [
            ("read-file", json!([path])),
            ("write-file", json!([path, "x"])),
            ("append-file", json!([path, "x"])),
            ("create-dir", json!([path])),
        ] {
            let answer = entry.call(method, arguments).await.unwrap();
            assert!(answer.get("err").is_some(), "{method} {path:?}: {answer}");
        }
    }
    for path in ["/other/x", "/other/o.txt"] {
        for method in ["write-file", "append-file"] {
            assert!(entry.call(method, json!([path, "x"])).await.unwrap().get("err").is_some(), "{method} {path}");
        }
    }
    assert!(entry.call("remove-file", json!(["/other/o.txt"])).await.unwrap().get("err").is_some());
    assert_eq!(world.snapshot(), before);
    // A folder of the host under the guest path of a mount is not the mount.
    assert_eq!(entry.ok("read-file", json!(["/data/in.txt"])).await, "inside");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn names_that_are_no_utf_8_and_odd_files_are_answered() {
    let world = World::new("odd");
    let odd = std::ffi::OsStr::from_bytes(b"caf\xe9.txt");
    fs::write(world.path("data").join(odd), "x").unwrap();
    symlink(std::ffi::OsStr::from_bytes(b"\xff\xfe"), world.path("data/odd-link")).unwrap();
    symlink("loop", world.path("data/loop")).unwrap();
    let entry = world.entry("probe-filesystem", &[("data", "/data", false)]);
    for (method, arguments) in [
        ("read-directory", json!(["/data", "."])),
        ("readlink-at", json!(["/data", "odd-link"])),
        ("read", json!(["/data", "odd-link"])),
        ("read", json!(["/data", "loop"])),
        ("stat-at", json!(["/data", "loop", true])),
        ("read", json!(["/data", ""])),
        ("read", json!(["/data", "a\0b"])),
        ("read", json!(["/data", "x".repeat(1 << 20)])),
        ("read", json!(["/data", "a/".repeat(100_000)])),
        ("create-directory-at", json!(["/data", "x".repeat(5000)])),
        ("read-via-stream", json!(["/data", "in.txt", u64::MAX])),
        ("write-via-stream", json!(["/data", "in.txt", u64::MAX, "x"])),
        ("set-size", json!(["/data", "in.txt", u64::MAX])),
        ("set-times", json!(["/data", "in.txt", u64::MAX])),
    ] {
        if !has(method) {
            continue;
        }
        // An error of the guest's, or a result: but an answer, and no panic of the host (the call checks that).
        let answer = entry.call(method, arguments.clone()).await;
        assert!(answer.is_ok(), "{method}: {answer:?}");
    }
    assert_eq!(entry.ok("read", json!(["/data", "in.txt"])).await, "inside");
}

/// Opening a pipe waits for its other end, on a thread that nothing can end: only what is left of the call must be answered.
#[cfg(target_os = "linux")]
#[test]
fn a_pipe_in_a_mount_holds_no_call_beyond_its_limit() {
    let world = World::new("pipe");
    let made = std::process::Command::new("mkfifo").arg(world.path("data/pipe")).status();
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let entry = world.entry("probe-filesystem", &[("data", "/data", false)]);
        let entry = entry.limits(|limits| limits.max_execution = Some(std::time::Duration::from_millis(300)));
        match entry.call("read", json!(["/data", "pipe"])).await {
            Ok(answer) => println!("answered {answer}"),
            Err(error) => assert_eq!(error.reason(), wippy_host::Reason::ExecutionTime),
        }
        let patient = entry.limits(|limits| limits.max_execution = Some(crate::support::LONG));
        assert_eq!(patient.ok("read", json!(["/data", "in.txt"])).await, "inside");
    });
    runtime.shutdown_background();
}
