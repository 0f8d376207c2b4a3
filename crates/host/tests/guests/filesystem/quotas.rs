//! Quotas of mounts: what is beyond them is refused, what is given back may be used again.

use super::bare;
use crate::support::{Folder, Guest, World, component, host, within};
use futures::future::join_all;
use serde_json::{Value as Json, json};
use wippy_host::{CallContext, Function, Value, WasmFunction};

const TIB: u64 = 1 << 40;

/// A mount with these quotas as `/data`.
pub(super) fn limited(folder: &Folder, quotas: &[(&str, u64)]) -> Guest {
    bare().wasi(json!({"mounts": [mount(folder, "/data", quotas)]}))
}

fn mount(folder: &Folder, guest: &str, quotas: &[(&str, u64)]) -> Json {
    let mut mount = folder.mount(guest, false);
    for (key, max) in quotas {
        mount[*key] = json!(max);
    }
    mount
}

/// What the steps of `script` answer, in one instance.
pub(super) async fn steps(guest: &Guest, steps: &[&str]) -> Vec<String> {
    serde_json::from_value(guest.call("script", json!(["/data", steps])).await).unwrap()
}

async fn assert_steps(guest: &Guest, expected: &[(&str, &str)]) {
    let asked: Vec<&str> = expected.iter().map(|(step, _)| *step).collect();
    let answers = steps(guest, &asked).await;
    let told: Vec<(&str, &str)> = asked.iter().copied().zip(answers.iter().map(String::as_str)).collect();
    assert_eq!(told, expected);
}

async fn write(function: &WasmFunction, path: &str, bytes: usize) -> Json {
    let arguments: Vec<Value> = vec!["/data".into(), path.into(), "x".repeat(bytes).as_str().into()];
    within(function.call(&CallContext::new(), arguments)).await.unwrap().into_json().unwrap()
}

fn length(folder: &Folder, name: &str) -> u64 {
    folder.path().join(name).metadata().unwrap().len()
}

#[tokio::test]
async fn a_write_beyond_the_quota_is_refused_and_changes_nothing() {
    let folder = Folder::new();
    folder.write("a.txt", "12345678");
    let guest = limited(&folder, &[("max_bytes", 10)]);
    assert_eq!(guest.err("write-via-stream", json!(["/data", "a.txt", 8, "abc"])).await, "quota");
    assert_eq!(guest.err("write-via-stream", json!(["/data", "a.txt", 100, "a"])).await, "quota");
    assert_eq!(guest.err("append-via-stream", json!(["/data", "a.txt", "abc"])).await, "quota");
    assert_eq!(guest.err("set-size", json!(["/data", "a.txt", 11])).await, "quota");
    assert_eq!(guest.err("set-size", json!(["/data", "a.txt", TIB])).await, "quota");
    assert_eq!(guest.err("set-size", json!(["/data", "a.txt", u64::MAX])).await, "quota");
    assert_eq!(folder.read("a.txt"), "12345678");
    assert_eq!(guest.err("write", json!(["/data", "b.txt", "abc"])).await, "quota");
    assert_eq!(folder.read("b.txt"), "", "the file was made, and nothing written");
    assert_eq!(
        guest.err("write-via-folder", json!(["/data", ".", ["directory", "read"], "c.txt", "abc"])).await,
        "quota"
    );
    // What fits is written, over what is there already too.
    guest.ok("write-via-stream", json!(["/data", "a.txt", 6, "WXYZ"])).await;
    guest.ok("write-via-stream", json!(["/data", "a.txt", 0, "abcdefghij"])).await;
    assert_eq!(folder.read("a.txt"), "abcdefghij");
    assert_eq!(guest.ok("read", json!(["/data", "a.txt"])).await, "abcdefghij");
}

#[tokio::test]
async fn many_small_writes_come_to_the_same_end() {
    let folder = Folder::new();
    let guest = limited(&folder, &[("max_bytes", 100)]);
    assert_steps(
        &guest,
        &[
            ("write a 0 60", "ok"),
            ("append a 20", "ok"),
            ("stream a 80 10", "ok"),
            ("write a 90 11", "quota"),
            ("append a 11", "quota"),
            ("stream a 90 11", "quota"),
            ("write b 0 11", "quota"),
            ("size a 101", "quota"),
            // Bytes that are written over are none more.
            ("write a 0 90", "ok"),
            ("write a 90 10", "ok"),
            ("append a 0", "ok"),
            ("append a 1", "quota"),
            ("stream a 100 1", "quota"),
        ],
    )
    .await;
    assert_eq!((length(&folder, "a"), length(&folder, "b")), (100, 0));
    // A stream takes what fits in pieces of its own: the first that does not fit is refused.
    let folder = Folder::new();
    folder.write("a.txt", "");
    let guest = limited(&folder, &[("max_bytes", 10_000)]);
    assert_eq!(guest.err("write-via-stream", json!(["/data", "a.txt", 0, "x".repeat(100_000)])).await, "quota");
    assert!(length(&folder, "a.txt") <= 10_000);
}

#[tokio::test]
async fn what_is_cut_or_removed_gives_room() {
    let folder = Folder::new();
    let guest = limited(&folder, &[("max_bytes", 100), ("max_files", 3)]);
    assert_steps(
        &guest,
        &[
            ("write a 0 100", "ok"),
            ("write b 0 1", "quota"),
            ("size a 40", "ok"),
            ("write b 0 60", "ok"),
            ("write b 60 1", "quota"),
            ("cut b", "ok"),
            ("write b 0 60", "ok"),
            ("unlink a", "ok"),
            ("write b 60 40", "ok"),
            ("append b 1", "quota"),
            // In the place of another file: that one is gone.
            ("size b 50", "ok"),
            ("write c 0 50", "ok"),
            ("rename c b", "ok"),
            ("write b 50 50", "ok"),
            ("append b 1", "quota"),
            ("rename b d", "ok"),
            ("append d 1", "quota"),
            ("unlink d", "ok"),
            ("write a 0 100", "ok"),
        ],
    )
    .await;
}

#[tokio::test]
async fn every_name_counts_as_a_file() {
    let folder = Folder::new();
    let guest = limited(&folder, &[("max_files", 4)]);
    assert_steps(
        &guest,
        &[
            ("make a", "ok"),
            ("mkdir d", "ok"),
            ("symlink a s", "ok"),
            ("link a h", "ok"),
            ("make e", "quota"),
            ("mkdir e", "quota"),
            ("symlink a e", "quota"),
            ("link a e", "quota"),
            ("make d/e", "quota"),
            // What is wrong with a name beside the quota is said.
            ("make a", "exist"),
            ("mkdir d", "exist"),
            ("mkdir ../e", "not-permitted"),
            // Opening what is there, writing to it and moving it takes no name.
            ("write a 0 1000", "ok"),
            ("rename a d/a", "ok"),
            ("rename d/a a", "ok"),
            ("rename a h", "ok"),
            ("rename s t", "ok"),
            ("unlink a", "ok"),
            ("make d/e", "ok"),
            ("make e", "quota"),
            ("unlink d/e", "ok"),
            ("rmdir d", "ok"),
            ("unlink t", "ok"),
            ("unlink h", "ok"),
            ("make a", "ok"),
            ("make b", "ok"),
            ("make c", "ok"),
            ("make d", "ok"),
            ("make e", "quota"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_directory_in_the_place_of_another_counts_once() {
    let folder = Folder::new();
    let guest = limited(&folder, &[("max_files", 2)]);
    let there = [("mkdir a", "ok"), ("mkdir b", "ok"), ("rename a b", "ok"), ("mkdir c", "ok"), ("mkdir d", "quota")];
    assert_steps(&guest, &there).await;
}

#[tokio::test]
async fn the_bytes_of_a_file_are_given_back_with_its_last_name() {
    let folder = Folder::new();
    let guest = limited(&folder, &[("max_bytes", 100)]);
    assert_steps(
        &guest,
        &[
            ("write a 0 100", "ok"),
            ("link a b", "ok"),
            ("rename a b", "ok"),
            ("unlink a", "ok"),
            ("write c 0 1", "quota"),
            ("unlink b", "ok"),
            ("write c 0 100", "ok"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_file_that_is_held_open_keeps_its_room() {
    let folder = Folder::new();
    let guest = limited(&folder, &[("max_bytes", 100)]);
    assert_steps(
        &guest,
        &[
            ("write a 0 60", "ok"),
            ("hold a", "ok"),
            ("unlink a", "ok"),
            ("write b 0 41", "quota"),
            // It still grows, at the cost of the mount.
            ("held 60 30", "ok"),
            ("held 90 11", "quota"),
            ("write b 0 11", "quota"),
            ("let-go", "ok"),
            ("write b 0 100", "ok"),
            ("append b 1", "quota"),
            // The same for one that another takes the place of.
            ("size b 50", "ok"),
            ("hold b", "ok"),
            ("write c 0 50", "ok"),
            ("rename c b", "ok"),
            ("append b 1", "quota"),
            ("let-go", "ok"),
            ("append b 50", "ok"),
            ("append b 1", "quota"),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_there_already_counts() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path().join("deep/er")).unwrap();
    folder.write("deep/er/a.txt", &"x".repeat(90));
    std::fs::hard_link(folder.path().join("deep/er/a.txt"), folder.path().join("b.txt")).unwrap();
    let outside = Folder::new();
    outside.write("big.txt", &"x".repeat(1000));
    // Links out of the mount lead to nothing that counts.
    std::os::unix::fs::symlink(outside.path(), folder.path().join("out")).unwrap();
    let guest = limited(&folder, &[("max_bytes", 100), ("max_files", 6)]);
    assert_steps(&guest, &[("write c 0 10", "ok"), ("append c 1", "quota"), ("make d", "quota")]).await;
    // Prepared anew: the same, and not twice.
    assert_steps(&guest, &[("append c 1", "quota"), ("unlink c", "ok"), ("write c 0 10", "ok")]).await;
    // More than the quota is no reason not to open the mount: it shrinks, and grows no more.
    let tight = limited(&folder, &[("max_bytes", 50), ("max_files", 1)]);
    let shrinks = [("append c 1", "quota"), ("write c 0 10", "ok"), ("size c 1", "ok"), ("unlink c", "ok")];
    assert_steps(&tight, &shrinks).await;
    assert_steps(&tight, &[("make c", "quota"), ("append b.txt 1", "quota")]).await;
}

#[tokio::test]
async fn all_instances_of_an_entry_have_one_quota() {
    let folder = Folder::new();
    let function = limited(&folder, &[("max_bytes", 1000)]).function("write").await;
    let names: Vec<String> = (0..16).map(|index| format!("{index}.txt")).collect();
    let answers = join_all(names.iter().map(|name| write(&function, name, 300))).await;
    let written = answers.iter().filter(|answer| **answer == json!({"ok": 300})).count();
    assert_eq!(written, 3, "{answers:?}");
    assert!(
        answers.iter().all(|answer| answer.get("ok").is_some() || *answer == json!({"err": "quota"})),
        "{answers:?}"
    );
    assert_eq!(names.iter().map(|name| length(&folder, name)).sum::<u64>(), 900);
    // All at one file: its length counts, not what was written to it.
    let folder = Folder::new();
    let function = limited(&folder, &[("max_bytes", 1000), ("max_files", 1)]).function("write").await;
    let answers = join_all((0..16).map(|_| write(&function, "one.txt", 900))).await;
    assert!(answers.iter().all(|answer| *answer == json!({"ok": 900})), "{answers:?}");
    assert_eq!(write(&function, "one.txt", 1000).await, json!({"ok": 1000}));
    assert_eq!(write(&function, "one.txt", 1001).await, json!({"err": "quota"}));
}

#[tokio::test]
async fn each_mount_has_its_own_quota_and_nothing_passes_between_two() {
    let (small, large, free) = (Folder::new(), Folder::new(), Folder::new());
    for folder in [&small, &large, &free] {
        folder.write("a.txt", "text");
    }
    let guest = bare().wasi(json!({"mounts": [
        mount(&small, "/small", &[("max_bytes", 10)]),
        mount(&large, "/large", &[("max_bytes", 100)]),
        mount(&free, "/free", &[]),
    ]}));
    for (folder, bytes, fits) in
        [("/small", 6, true), ("/small", 7, false), ("/large", 90, true), ("/free", 5000, true)]
    {
        let answer = guest.call("write", json!([folder, "b.txt", "x".repeat(bytes)])).await;
        assert_eq!(answer.get("ok").is_some(), fits, "{folder} {bytes}: {answer}");
    }
    for export in ["rename-across", "link-across"] {
        for (from, to) in [("/small", "/large"), ("/large", "/small"), ("/free", "/small"), ("/small", "/free")] {
            assert_eq!(
                guest.err(export, json!([from, "a.txt", to, "new.txt"])).await,
                "cross-device",
                "{export} {from} {to}"
            );
        }
    }
    for folder in [&small, &large, &free] {
        assert!(folder.has("a.txt") && !folder.has("new.txt"));
    }
    // Within one mount both are what they were.
    guest.ok("rename-across", json!(["/small", "a.txt", "/small", "c.txt"])).await;
    guest.ok("link-across", json!(["/large", "a.txt", "/large", "c.txt"])).await;
}

#[tokio::test]
async fn a_quota_neither_opens_a_mount_for_reading_nor_a_way_out() {
    let (folder, inner) = (Folder::new(), Folder::new());
    folder.write("a.txt", "text");
    inner.write("b.txt", "text");
    std::os::unix::fs::symlink("../x", inner.path().join("out")).unwrap();
    let mounts = json!({"mounts": [folder.mount("/data", true), mount(&inner, "/data/inner", &[("max_bytes", 100)])]});
    let guest = bare().wasi(mounts);
    for (export, arguments) in [
        ("write", json!(["/data", "a.txt", "x"])),
        ("rename-across", json!(["/data", "a.txt", "/data/inner", "stolen"])),
        ("link-across", json!(["/data/inner", "b.txt", "/data", "planted"])),
        ("write", json!(["/data/inner", "../a.txt", "x"])),
        ("write", json!(["/data/inner", "out", "x"])),
        ("unlink-file-at", json!(["/data/inner", "../a.txt"])),
        ("rename-at", json!(["/data/inner", "b.txt", "../stolen"])),
    ] {
        assert_eq!(guest.err(export, arguments.clone()).await, "not-permitted", "{export}{arguments}");
    }
    assert_eq!((folder.read("a.txt").as_str(), inner.read("b.txt").as_str()), ("text", "text"));
}

#[tokio::test]
async fn mounts_for_writing_that_overlap_have_no_quota() {
    let outer = Folder::new();
    std::fs::create_dir(outer.path().join("sub")).unwrap();
    World::add_directory("test:quota-inner", &outer.path().join("sub"));
    let inner = json!({"fs": "test:quota-inner", "guest": "/sub"});
    let said = async |mounts: Json| {
        let guest = bare().wasi(json!({"mounts": mounts}));
        let problems = host().prepare(guest.spec("preopens"), &component("probe-filesystem")).await.err().unwrap();
        let message = |problem: &wippy_host::EntryProblem| problem.message.clone();
        problems.problems.iter().map(message).collect::<Vec<_>>()
    };
    let id = &outer.id;
    assert_eq!(
        said(json!([mount(&outer, "/data", &[("max_files", 5)]), inner])).await,
        [format!("{id} has a quota, and overlaps with test:quota-inner, which this entry mounts for writing too")]
    );
    assert_eq!(
        said(json!([mount(&outer, "/data", &[("max_bytes", 5)]), outer.mount("/again", false)])).await,
        [format!("{id} has a quota, and this entry mounts the same directory for writing again")]
    );
    // For reading is no harm.
    let guest = bare().wasi(json!({"mounts": [
        outer.mount("/outer", true),
        {"fs": "test:quota-inner", "guest": "/data", "max_bytes": 5},
    ]}));
    assert_steps(&guest, &[("write a 0 5", "ok"), ("append a 1", "quota")]).await;
}
