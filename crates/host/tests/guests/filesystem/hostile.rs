//! What guests and others do to a mount: races from outside, odd names, directories and files without end.

use super::program::Argument::{Bytes, I32, I64, Result};
use super::program::{
    BADF, BYTES, CREATE, DATA, PERM, READ, SUCCESS, TRUNCATE, WRITE, call, module, open_with, path, run, run_text,
    write, write_at,
};
use super::{bare, mounted};
use crate::support::{Folder, within};
use serde_json::{Value as Json, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use wippy_host::{CallContext, Function, Value};

/// A directory `inner` and a link `away` to one outside, and a file and a link, that take turns as `door` and as `leaf`.
pub(crate) struct Swapped {
    folder: Folder,
    outside: Folder,
    stop: Arc<AtomicBool>,
    turns: Arc<AtomicUsize>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Swapped {
    pub(crate) fn new() -> Self {
        let (folder, outside) = (Folder::new(), Folder::new());
        fs::create_dir(folder.path().join("inner")).unwrap();
        folder.write("inner/file", "inside");
        folder.write("plain", "inside");
        outside.write("file", "secret");
        symlink(outside.path(), folder.path().join("away")).unwrap();
        symlink(outside.path().join("file"), folder.path().join("secret")).unwrap();
        let (stop, turns) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let at = folder.path().to_owned();
        let (ended, turned) = (stop.clone(), turns.clone());
        let thread = std::thread::spawn(move || {
            let there_and_back = |from: &str, to: &str| {
                // A guest that has renamed or removed one of them has it its way.
                let _ = fs::rename(at.join(from), at.join(to));
                let _ = fs::rename(at.join(to), at.join(from));
            };
            while !ended.load(Ordering::Relaxed) {
                for (from, to) in [("inner", "door"), ("away", "door"), ("plain", "leaf"), ("secret", "leaf")] {
                    there_and_back(from, to);
                }
                turned.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { folder, outside, stop, turns, thread: Some(thread) }
    }

    pub(crate) fn mounts(&self) -> Json {
        json!({"mounts": [self.folder.mount("/data", false)]})
    }

    /// Until so many attempts and so many turns have been made.
    pub(crate) fn goes_on(&self, attempts: usize) -> bool {
        attempts < 200 || self.turns.load(Ordering::Relaxed) < 200
    }

    /// Whether one who follows links out of the mount reads the secret, now.
    pub(crate) fn is_open(&self) -> bool {
        fs::read_to_string(self.folder.path().join("door/file")).is_ok_and(|text| text == "secret")
    }

    fn assert_untouched(&self, by: &str) {
        assert_eq!(self.outside.read("file"), "secret", "{by}");
        assert_eq!(fs::read_dir(self.outside.path()).unwrap().count(), 1, "{by}");
    }
}

impl Drop for Swapped {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

#[tokio::test]
async fn no_race_with_a_rename_from_outside_leads_out_of_a_mount() {
    let reads: [(&str, &[&str]); 3] = [("read", &[]), ("read-via-stream", &["0"]), ("read-directory", &[])];
    for (export, more) in reads {
        let swapped = Swapped::new();
        let function = bare().wasi(swapped.mounts()).function(export).await;
        let (mut attempts, mut opened, mut found) = (0, false, false);
        while swapped.goes_on(attempts) || !opened || !found {
            opened |= swapped.is_open();
            for path in ["door/file", "leaf", "door/./file", "inner/../door/file", "door"] {
                let more = more.iter().map(|number| Value::from(number.parse::<u64>().unwrap()));
                let arguments = [Value::from("/data"), path.into()].into_iter().chain(more).collect();
                let answer = within(function.call(&CallContext::new(), arguments)).await.unwrap().into_json().unwrap();
                found |= answer.get("ok").is_some();
                assert!(!answer.to_string().contains("secret"), "{export} {path}: {answer}");
                attempts += 1;
            }
        }
    }
    for (export, more) in [
        ("write", &["written"][..]),
        ("unlink-file-at", &[]),
        ("create-directory-at", &[]),
        ("rename-at", &["taken"]),
        ("link-at", &["taken"]),
    ] {
        let swapped = Swapped::new();
        let function = bare().wasi(swapped.mounts()).function(export).await;
        let mut attempts = 0;
        while swapped.goes_on(attempts) {
            for path in ["door/file", "door/new", "leaf/new"] {
                let arguments = ["/data", path].into_iter().chain(more.iter().copied()).map(Value::from).collect();
                within(function.call(&CallContext::new(), arguments)).await.unwrap();
                attempts += 1;
            }
        }
        swapped.assert_untouched(export);
        drop(function);
        let taken = swapped.folder.path().join("taken");
        assert!(fs::read_to_string(taken).map_or(true, |text| text != "secret"), "{export}");
    }
}

#[tokio::test]
async fn no_race_leads_a_program_of_preview_1_out_of_a_mount() {
    let swapped = Swapped::new();
    // Opens and reads: exits with 1 where what was read begins with the `s` of the secret.
    let body = format!(
        "(local $left i32) (local.set $left (i32.const 500))
         (i32.store (i32.const 50000) (i32.const {BYTES})) (i32.store (i32.const 50004) (i32.const 6))
         (loop $more
            (i32.store (i32.const {BYTES}) (i32.const 0))
            (if (i32.eqz (call $path_open (i32.const {DATA}) (i32.const 1) (i32.const 0) (i32.const 9) (i32.const 0)
                    (i64.const {READ}) (i64.const {READ}) (i32.const 0) (i32.const 40000)))
                (then
                    (drop (call $fd_read (i32.load (i32.const 40000)) (i32.const 50000) (i32.const 1) (i32.const 40004)))
                    (drop (call $fd_close (i32.load (i32.const 40000))))
                    (if (i32.eq (i32.load8_u (i32.const {BYTES})) (i32.const 115))
                        (then (call $proc_exit (i32.const 1))))))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br_if $more (local.get $left)))"
    );
    let text = module("(data (i32.const 0) \"door/file\")", &body);
    let mut attempts = 0;
    while swapped.goes_on(attempts) {
        run_text(&swapped.mounts(), &text).await.unwrap();
        attempts += 500;
    }
}

#[tokio::test]
async fn no_path_leads_a_program_of_preview_1_out_of_a_mount() {
    let (folder, outside) = (Folder::new(), Folder::new());
    folder.write("a.txt", "text");
    outside.write("secret", "secret");
    fs::create_dir(folder.path().join("sub")).unwrap();
    symlink(outside.path(), folder.path().join("out")).unwrap();
    symlink("out", folder.path().join("chain")).unwrap();
    let name = outside.path().file_name().unwrap().to_str().unwrap();
    for out in [
        format!("../{name}/secret"),
        format!("sub/../../{name}/secret"),
        format!("{}/secret", outside.path().display()),
        "out/secret".to_owned(),
        "chain/secret".to_owned(),
        format!("out/../{name}/secret"),
    ] {
        let (at, inside) = (|| path(&out), || path("a.txt"));
        let steps = [
            open_with(&out, 0, READ, 0, PERM),
            open_with(&out, CREATE, READ | WRITE, 0, PERM),
            open_with(&out, TRUNCATE, READ | WRITE, 0, PERM),
            call("path_create_directory", &[I32(DATA), at()], PERM),
            call("path_remove_directory", &[I32(DATA), at()], PERM),
            call("path_unlink_file", &[I32(DATA), at()], PERM),
            call("path_filestat_get", &[I32(DATA), I32(1), at(), Result], PERM),
            call("path_filestat_set_times", &[I32(DATA), I32(1), at(), I64(0), I64(0), I32(5)], PERM),
            call("path_readlink", &[I32(DATA), at(), Bytes(16), Result], PERM),
            call("path_symlink", &[inside(), I32(DATA), at()], PERM),
            call("path_rename", &[I32(DATA), at(), I32(DATA), path("stolen")], PERM),
            call("path_rename", &[I32(DATA), inside(), I32(DATA), at()], PERM),
            call("path_link", &[I32(DATA), I32(0), at(), I32(DATA), path("stolen")], PERM),
            call("path_link", &[I32(DATA), I32(0), inside(), I32(DATA), at()], PERM),
        ];
        run(&json!({"mounts": [folder.mount("/data", false)]}), &steps).await;
    }
    assert_eq!((outside.read("secret").as_str(), folder.read("a.txt").as_str()), ("secret", "text"));
}

#[tokio::test]
async fn a_read_only_mount_refuses_every_mutation_of_preview_1() {
    let (folder, inner) = (Folder::new(), Folder::new());
    folder.write("a.txt", "text");
    fs::create_dir(folder.path().join("empty")).unwrap();
    let mounts = json!({"mounts": [folder.mount("/data", true), inner.mount("/data/inner", false)]});
    let inside = || path("a.txt");
    let opened = DATA + 2;
    let steps = [
        open_with("new.txt", CREATE, READ | WRITE, 0, PERM),
        open_with("new.txt", CREATE, READ, 0, PERM),
        open_with("a.txt", TRUNCATE, READ, 0, PERM),
        open_with("a.txt", 0, WRITE, 0, PERM),
        open_with("a.txt", 0, READ, 0, SUCCESS),
        write(opened, 3, BADF),
        write_at(opened, 0, 3, BADF),
        call("fd_filestat_set_size", &[I32(opened), I64(0)], PERM),
        call("fd_filestat_set_times", &[I32(opened), I64(0), I64(0), I32(5)], PERM),
        call("path_create_directory", &[I32(DATA), path("new")], PERM),
        call("path_remove_directory", &[I32(DATA), path("empty")], PERM),
        call("path_unlink_file", &[I32(DATA), inside()], PERM),
        call("path_filestat_set_times", &[I32(DATA), I32(1), inside(), I64(0), I64(0), I32(5)], PERM),
        call("path_symlink", &[inside(), I32(DATA), path("new")], PERM),
        call("path_rename", &[I32(DATA), inside(), I32(DATA), path("new")], PERM),
        call("path_rename", &[I32(DATA), inside(), I32(DATA + 1), path("new")], PERM),
        call("path_link", &[I32(DATA), I32(0), inside(), I32(DATA), path("new")], PERM),
        call("path_link", &[I32(DATA), I32(0), inside(), I32(DATA + 1), path("new")], PERM),
        // The mount within it is for writing, and no way into the other.
        call("path_create_directory", &[I32(DATA + 1), path("new")], SUCCESS),
        call("path_create_directory", &[I32(DATA + 1), path("../new")], PERM),
    ];
    run(&mounts, &steps).await;
    assert_eq!(folder.read("a.txt"), "text");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    assert_eq!(fs::read_dir(inner.path()).unwrap().count(), 1);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_name_that_is_no_utf_8_is_an_error_of_its_own_among_the_others() {
    use std::os::unix::ffi::OsStrExt;
    let (folder, guest) = mounted();
    folder.write("a.txt", "text");
    folder.write("z.txt", "text");
    for odd in [&b"caf\xe9.txt"[..], b"\xff\xfe"] {
        fs::write(folder.path().join(std::ffi::OsStr::from_bytes(odd)), "x").unwrap();
    }
    let answer = guest.call("script", json!(["/data", ["list .", "list ./", "list a.txt", "list gone"]])).await;
    let all = "!illegal-byte-sequence !illegal-byte-sequence a.txt z.txt";
    assert_eq!(answer, json!([all, all, "not-directory", "no-entry"]));
}

#[tokio::test]
async fn a_directory_is_listed_whole_however_long_and_while_it_changes() {
    let (folder, guest) = mounted();
    let names: Vec<String> = (0..1000).map(|index| format!("{index:04}")).collect();
    names.iter().for_each(|name| folder.write(name, ""));
    let answer = guest.call("script", json!(["/data", ["list .", "keep .", "unlink 0999", "mkdir d", "list ."]])).await;
    let mut now = names.clone();
    now[999] = "d".to_owned();
    assert_eq!(answer, json!([names.join(" "), "ok", "ok", "ok", now.join(" ")]));
}

/// Two hundred listings of two megabytes of names.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn listings_that_a_guest_keeps_take_little_of_the_hosts_memory() {
    let (folder, guest) = mounted();
    for index in 0..10_000 {
        folder.write(&format!("{index:0200}"), "");
    }
    let resident = || {
        let status = fs::read_to_string("/proc/self/statm").unwrap();
        status.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    };
    let function = guest.function("script").await;
    let before = resident();
    let steps = Value::from_json(json!(vec!["keep ."; 200])).unwrap();
    let answer = within(function.call(&CallContext::new(), vec!["/data".into(), steps])).await.unwrap();
    let taken = resident().saturating_sub(before);
    assert_eq!(answer.into_json().unwrap(), json!(vec!["ok"; 200]));
    assert!(taken < 150 << 20, "{taken} bytes");
}

#[tokio::test]
async fn a_sparse_file_is_as_long_as_it_says_and_takes_no_room() {
    let (folder, guest) = mounted();
    folder.write("a", "text");
    let far = 1u64 << 36;
    guest.ok("set-size", json!(["/data", "a", far])).await;
    guest.ok("write-via-stream", json!(["/data", "a", far, "end"])).await;
    assert_eq!(guest.ok("stat", json!(["/data", "a"])).await["size"], far + 3);
    assert_eq!(guest.ok("read-via-stream", json!(["/data", "a", far - 2])).await, "\0\0end");
    let blocks = std::os::unix::fs::MetadataExt::blocks(&folder.path().join("a").metadata().unwrap());
    assert!(blocks * 512 < 1 << 20, "{blocks} blocks");
    for (export, arguments) in [
        ("set-size", json!(["/data", "a", u64::MAX])),
        ("write-via-stream", json!(["/data", "a", u64::MAX, "x"])),
        ("write-via-stream", json!(["/data", "a", u64::MAX - 1, "long"])),
        ("read-via-stream", json!(["/data", "a", u64::MAX])),
    ] {
        let code = guest.err(export, arguments.clone()).await;
        assert!(code == "invalid" || code == "file-too-large", "{export}{arguments}: {code}");
    }
    // A guest that reads it to its end meets the limit of its memory.
    let small = guest.limits(|limits| limits.max_memory_bytes = 16 << 20);
    assert_eq!(small.fails("read", json!(["/data", "a"])).await.reason(), wippy_host::Reason::Memory);
}

/// What the operating system denies to the host's own user. The superuser is denied little: entries in `/sys`.
#[tokio::test]
async fn what_the_host_may_not_do_is_an_error_of_the_guests() {
    let (folder, guest) = mounted();
    folder.write("closed", "text");
    let closed = folder.path().join("closed");
    fs::set_permissions(&closed, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    if fs::File::open(&closed).is_err() {
        for export in ["read", "write-via-stream"] {
            let arguments =
                if export == "read" { json!(["/data", "closed"]) } else { json!(["/data", "closed", 0, "x"]) };
            assert_eq!(guest.err(export, arguments).await, "access", "{export}");
        }
        return;
    }
    let system = PathBuf::from("/sys/kernel");
    if denied(&system.join("wippy-test")).is_none() {
        return;
    }
    crate::support::World::add_directory("test:denied", &system);
    let guest = bare().wasi(json!({"mounts": [{"fs": "test:denied", "guest": "/data"}]}));
    for (export, arguments) in [
        ("write", json!(["/data", "wippy-test", "x"])),
        ("open", json!(["/data", "wippy-test", ["create", "write"]])),
        ("create-directory-at", json!(["/data", "wippy-test"])),
    ] {
        let code = guest.err(export, arguments).await;
        assert!(["access", "not-permitted", "io"].contains(&code.as_str().unwrap()), "{export}: {code}");
    }
    assert_eq!(guest.ok("get-type", json!(["/data", "."])).await, "directory");
}

fn denied(path: &Path) -> Option<std::io::Error> {
    path.parent()?.is_dir().then(|| fs::File::create_new(path).err())?
}
