//! What a guest sees: its mounts, for reading alone where they say so, and nothing around them.

use super::{GUEST, bare, mounted, seconds};
use crate::support::{Folder, World, component, host};
use serde_json::json;
use wippy_host::{CallContext, ErrorKind, Function};

#[tokio::test]
async fn the_guest_sees_the_mounts_of_its_entry_and_no_other() {
    assert_eq!(bare().call("preopens", json!([])).await, json!([]));
    let (one, two) = (Folder::new(), Folder::new());
    two.write("a.txt", "two");
    let guest = bare().wasi(json!({"mounts": [one.mount("/one", false), two.mount("/deep/./two/", true)]}));
    assert_eq!(guest.call("preopens", json!([])).await, json!(["/one", "/deep/two"]));
    assert_eq!(guest.ok("read", json!(["/deep/two", "a.txt"])).await, json!("two"));
    assert_eq!(guest.err("read", json!(["/one", "a.txt"])).await, json!("no-entry"));
}

/// A mount with something of everything in it, what is outside of it, and what is in it, to compare with afterwards.
struct Guarded {
    folder: Folder,
    outside: Folder,
    before: Vec<(String, String, u64)>,
}

impl Guarded {
    fn new() -> Self {
        let (folder, outside) = (Folder::new(), Folder::new());
        folder.write("a.txt", "text");
        folder.write("b.txt", "more");
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        std::fs::create_dir(folder.path().join("empty")).unwrap();
        folder.write("sub/c.txt", "deep");
        outside.write("secret.txt", "secret");
        let before = listing(&folder);
        Self { folder, outside, before }
    }

    fn assert_untouched(&self, by: &str) {
        assert_eq!(listing(&self.folder), self.before, "{by}");
    }
}

fn listing(folder: &Folder) -> Vec<(String, String, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.path().to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let (path, entry) = (entry.as_ref().unwrap().path(), entry.as_ref().unwrap());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path.clone());
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let time = seconds(path.symlink_metadata().unwrap().modified().unwrap());
            found.push((path.display().to_string(), text, time));
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn a_read_only_mount_refuses_every_mutation() {
    let guarded = Guarded::new();
    let other = Folder::new();
    other.write("x.txt", "other");
    let guest = bare().wasi(json!({"mounts": [guarded.folder.mount("/data", true), other.mount("/other", false)]}));
    for (export, arguments) in [
        ("open", json!(["/data", "new.txt", ["create", "write"]])),
        ("open", json!(["/data", "new.txt", ["create", "read"]])),
        ("open", json!(["/data", "a.txt", ["write"]])),
        ("open", json!(["/data", "a.txt", ["read", "write"]])),
        ("open", json!(["/data", "a.txt", ["truncate", "write"]])),
        ("write", json!(["/data", "a.txt", "x"])),
        ("write", json!(["/data", "new.txt", "x"])),
        ("write", json!(["/data", "sub/c.txt", "x"])),
        ("write-via-stream", json!(["/data", "a.txt", 0, "x"])),
        ("append-via-stream", json!(["/data", "a.txt", "x"])),
        ("set-size", json!(["/data", "a.txt", 0])),
        ("set-times", json!(["/data", "a.txt", 1])),
        ("set-times-at", json!(["/data", "a.txt", true, 1])),
        ("set-times-at", json!(["/data", "sub", false, null])),
        ("create-directory-at", json!(["/data", "new"])),
        ("create-directory-at", json!(["/data", "sub/new"])),
        ("link-at", json!(["/data", "a.txt", "new.txt"])),
        ("link-across", json!(["/data", "a.txt", "/other", "new.txt"])),
        ("link-across", json!(["/other", "x.txt", "/data", "new.txt"])),
        ("remove-directory-at", json!(["/data", "empty"])),
        ("rename-at", json!(["/data", "a.txt", "new.txt"])),
        ("rename-at", json!(["/data", "a.txt", "b.txt"])),
        ("rename-across", json!(["/data", "a.txt", "/other", "new.txt"])),
        ("rename-across", json!(["/other", "x.txt", "/data", "new.txt"])),
        ("symlink-at", json!(["/data", "a.txt", "link"])),
        ("unlink-file-at", json!(["/data", "a.txt"])),
        ("write-via-folder", json!(["/data", "sub", ["read", "directory"], "new.txt", "x"])),
        ("write-via-folder", json!(["/data", "sub", ["read", "directory"], "c.txt", "x"])),
        ("write-via-folder", json!(["/data", "sub", ["read", "directory", "mutate-directory"], "new.txt", "x"])),
    ] {
        let code = guest.err(export, arguments.clone()).await;
        assert!(code == json!("not-permitted") || code == json!("read-only"), "{export}{arguments} gave {code}");
        guarded.assert_untouched(&format!("{export}{arguments}"));
    }
    assert_eq!(listing(&other).len(), 1, "nothing came out of the mount");
    assert_eq!(guest.ok("read", json!(["/data", "sub/c.txt"])).await, json!("deep"));
    assert_eq!(guest.ok("get-flags", json!(["/data", "a.txt", ["read"]])).await, json!(["read"]));
}

#[tokio::test]
async fn a_writable_mount_within_a_read_only_one_does_not_open_it() {
    let folder = Folder::new();
    folder.write("a.txt", "text");
    let inner = Folder::new();
    let guest = bare().wasi(json!({"mounts": [folder.mount("/data", true), inner.mount("/data/inner", false)]}));
    guest.ok("write", json!(["/data/inner", "new.txt", "x"])).await;
    for path in ["new.txt", "inner/new.txt", "a.txt"] {
        let code = guest.err("write", json!(["/data", path, "x"])).await;
        assert!(["not-permitted", "read-only", "no-entry"].contains(&code.as_str().unwrap()), "{path}: {code}");
    }
    assert_eq!(guest.err("write", json!(["/data/inner", "../a.txt", "x"])).await, json!("not-permitted"));
    assert_eq!(folder.read("a.txt"), "text");
}

#[tokio::test]
async fn a_read_only_mount_of_what_another_mount_opens_does_not_load() {
    let outer = Folder::new();
    std::fs::create_dir(outer.path().join("sub")).unwrap();
    let inner = "test:inner-of-read-only";
    World::add_directory(inner, &outer.path().join("sub"));
    let inner_mount = json!({"fs": inner, "guest": "/sub", "read_only": true});
    let guest = bare().wasi(json!({"mounts": [outer.mount("/data", false), inner_mount]}));
    let problems = host().prepare(guest.spec("preopens"), &component(GUEST)).await.err().unwrap().problems;
    assert_eq!(problems.len(), 1);
    assert_eq!(
        problems[0].message,
        format!("{inner} is mounted read-only, and lies in {}, which this entry mounts for writing", outer.id)
    );
    let remedy = format!("mount {} with read_only: true too, or keep the two apart", outer.id);
    assert_eq!(problems[0].remedy.as_deref(), Some(remedy.as_str()));
}

#[tokio::test]
async fn no_path_leads_out_of_a_mount() {
    let guarded = Guarded::new();
    let secret = guarded.outside.path().join("secret.txt").display().to_string();
    let outside = guarded.outside.path().display().to_string();
    let climbing = format!("../{}/secret.txt", guarded.outside.path().file_name().unwrap().display());
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&secret, guarded.folder.path().join("absolute")).unwrap();
        std::os::unix::fs::symlink(&climbing, guarded.folder.path().join("climbing")).unwrap();
        std::os::unix::fs::symlink(&outside, guarded.folder.path().join("folder")).unwrap();
    }
    let guest = bare().wasi(json!({"mounts": [guarded.folder.mount("/data", false)]}));
    let deep = format!("sub/../../{}", climbing.trim_start_matches("../"));
    for path in
        [&secret, &climbing, &deep, "absolute", "climbing", "folder/secret.txt", "/", "..", "sub/../..", "/data/a.txt"]
    {
        for (export, arguments) in [
            ("open", json!(["/data", path, ["read", "follow"]])),
            ("read", json!(["/data", path])),
            ("stat-at", json!(["/data", path, true])),
            ("metadata-hash-at", json!(["/data", path])),
            ("write", json!(["/data", path, "x"])),
            ("set-times-at", json!(["/data", path, true, 1])),
        ] {
            assert_eq!(guest.err(export, arguments).await, json!("not-permitted"), "{export} of {path}");
        }
    }
    for path in [&secret, &climbing, &deep, "folder/secret.txt"] {
        for (export, arguments) in [
            ("unlink-file-at", json!(["/data", path])),
            ("readlink-at", json!(["/data", path])),
            ("rename-at", json!(["/data", path, "stolen.txt"])),
            ("rename-at", json!(["/data", "a.txt", path])),
            ("link-at", json!(["/data", path, "stolen.txt"])),
            ("link-at", json!(["/data", "a.txt", path])),
            ("symlink-at", json!(["/data", "a.txt", path])),
            ("create-directory-at", json!(["/data", path])),
            ("remove-directory-at", json!(["/data", path])),
        ] {
            assert_eq!(guest.err(export, arguments).await, json!("not-permitted"), "{export} of {path}");
        }
    }
    for target in [&secret, "/", &outside] {
        assert_eq!(guest.err("symlink-at", json!(["/data", target, "new"])).await, json!("not-permitted"), "{target}");
    }
    assert_eq!(guarded.outside.read("secret.txt"), "secret");
    assert_eq!(listing(&guarded.outside).len(), 1);
    assert!(!guarded.folder.has("stolen.txt"));
}

#[tokio::test]
async fn a_file_is_no_directory_for_a_slash_behind_its_name() {
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    for (export, arguments) in [
        ("open", json!(["/data", "a.txt/", ["read"]])),
        ("read", json!(["/data", "a.txt/"])),
        ("stat-at", json!(["/data", "a.txt/", true])),
        ("unlink-file-at", json!(["/data", "a.txt/"])),
        ("rename-at", json!(["/data", "a.txt/", "b.txt"])),
    ] {
        assert_eq!(guest.err(export, arguments).await, json!("not-directory"), "{export}");
    }
    assert_eq!(folder.read("a.txt"), "text");
}

#[tokio::test]
async fn a_mount_of_a_directory_that_is_gone_does_not_load() {
    let folder = Folder::new();
    std::fs::remove_dir(folder.path()).unwrap();
    let guest = bare().wasi(json!({"mounts": [folder.mount("/data", false)]}));
    let component = component(GUEST);
    let problems = host().prepare(guest.spec("preopens"), &component).await.err().unwrap().problems;
    assert_eq!(problems.len(), 1);
    assert_eq!(
        problems[0].message,
        format!(
            "{}: the directory {} cannot be opened: No such file or directory (os error 2)",
            folder.id,
            folder.path().display()
        )
    );
    assert_eq!(problems[0].kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn mounts_are_opened_once_for_an_entry_and_not_for_each_call() {
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    let function = guest.function("read").await;
    let moved = folder.path().with_extension("moved");
    std::fs::rename(folder.path(), &moved).unwrap();
    let read = function.call(&CallContext::new(), vec!["/data".into(), "a.txt".into()]).await.unwrap();
    std::fs::rename(&moved, folder.path()).unwrap();
    assert_eq!(read.into_json().unwrap(), json!({"ok": "text"}));
}
