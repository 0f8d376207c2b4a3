//! Quotas of mounts: that the count is right whatever has been done, and what the log says.

use super::quotas::{limited, steps};
use crate::support::{Folder, component, host, within};
use serde_json::json;
use std::sync::{Arc, LazyLock, Mutex};
use wippy_host::{CallContext, Function, Value};

/// Steps like a guest's that does whatever comes to its mind, the same ones for each seed.
fn whims(seed: u64) -> Vec<String> {
    let mut state = seed;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let names = ["a", "b", "c", "d", "d/e", "d/f", "g", "d/g", "../out", "none/x"];
    let steps = (0..200).map(|_| {
        let (one, other, bytes, at) = (names[random(10)], names[random(10)], random(700), random(500));
        match random(16) {
            0 | 1 => format!("write {one} {at} {bytes}"),
            2 => format!("append {one} {bytes}"),
            3 => format!("stream {one} {at} {bytes}"),
            4 => format!("size {one} {bytes}"),
            5 => format!("cut {one}"),
            6 => format!("make {one}"),
            7 => format!("mkdir {one}"),
            8 => format!("rmdir {one}"),
            9 => format!("unlink {one}"),
            10 => format!("link {one} {other}"),
            11 => format!("symlink {one} {other}"),
            12 | 13 => format!("rename {one} {other}"),
            14 => format!("hold {one}"),
            _ if random(2) == 0 => format!("held {at} {bytes}"),
            _ => "let-go".to_owned(),
        }
    });
    steps.collect()
}

/// The bytes and names below a directory, as the host counts them.
fn counted(folder: &Folder) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    let (mut bytes, mut files, mut seen) = (0, 0, std::collections::HashSet::new());
    let mut folders = vec![folder.path().to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(Result::unwrap) {
            files += 1;
            let metadata = entry.metadata().unwrap();
            if metadata.is_dir() {
                folders.push(entry.path());
            } else if metadata.is_file() && seen.insert(metadata.ino()) {
                bytes += metadata.len();
            }
        }
    }
    (bytes, files)
}

#[tokio::test]
async fn whatever_guests_have_done_the_room_is_what_is_left() {
    const BYTES: u64 = 3000;
    const FILES: u64 = 8;
    for seed in 0..40 {
        let folder = Folder::new();
        let function = limited(&folder, &[("max_bytes", BYTES), ("max_files", FILES)]).function("script").await;
        let call = async |steps: &[String]| {
            let arguments = vec!["/data".into(), Value::from_json(json!(steps)).unwrap()];
            within(function.call(&CallContext::new(), arguments)).await.unwrap().into_json().unwrap()
        };
        // Two at once, then one more.
        let (first, second, third) = (whims(seed), whims(seed + 1000), whims(seed + 2000));
        tokio::join!(call(&first), call(&second));
        call(&third).await;
        let (bytes, files) = counted(&folder);
        assert!(bytes <= BYTES && files <= FILES, "{seed}: {bytes} bytes, {files} files");
        let left = usize::try_from(FILES - files).unwrap();
        let mut fill: Vec<String> = (0..=left).map(|index| format!("make fill{index}")).collect();
        let mut expected = vec!["ok"; left];
        expected.push("quota");
        if left > 0 {
            fill.push(format!("write fill0 0 {}", BYTES - bytes));
            fill.push("append fill0 1".to_owned());
            expected.extend(["ok", "quota"]);
        }
        assert_eq!(call(&fill).await, json!(expected), "{seed}: {bytes} bytes, {files} files, {fill:?}");
    }
}

/// One that is deeper than a path of the operating system may be long.
#[tokio::test]
async fn a_directory_that_cannot_be_measured_takes_no_quota() {
    let folder = Folder::new();
    let long = vec!["x".repeat(200); 12].join("/");
    for top in ["a", "b"] {
        std::fs::create_dir_all(folder.path().join(top).join(&long)).unwrap();
    }
    std::fs::rename(folder.path().join("b"), folder.path().join("a").join(&long).join("b")).unwrap();
    let guest = limited(&folder, &[("max_bytes", 10)]);
    let problems = host().prepare(guest.spec("preopens"), &component("probe-filesystem")).await.err().unwrap().problems;
    assert_eq!(problems.len(), 1);
    let said = format!("{}: the directory {} cannot be measured for its quota: ", folder.id, folder.path().display());
    assert!(problems[0].message.starts_with(&said), "{}", problems[0].message);
    let remedy = "mount it without max_bytes and max_files, or tidy it up";
    assert_eq!(problems[0].remedy.as_deref(), Some(remedy));
    assert_eq!(limited(&folder, &[]).call("preopens", json!([])).await, json!(["/data"]));
}

/// What was written to the log on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// While a process has had one subscriber, tracing asks only the thread that first comes to a line whether anybody wants it, once
/// and for all. With others it asks them all: a thread without a subscriber silences no line for the test that has one.
static OTHERS: LazyLock<[tracing::Dispatch; 2]> =
    LazyLock::new(|| [(); 2].map(|()| tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default())));

#[tokio::test(flavor = "current_thread")]
async fn what_is_refused_is_in_the_log_with_the_line_to_raise_and_ever_more_rarely() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    LazyLock::force(&OTHERS);
    let _logging = tracing::subscriber::set_default(subscriber);
    let folder = Folder::new();
    let guest = limited(&folder, &[("max_bytes", 10), ("max_files", 1)]);
    let mut asked = vec!["make a", "make b"];
    asked.extend(["append a 11"; 25]);
    let answers = steps(&guest, &asked).await;
    assert_eq!(answers.iter().filter(|answer| *answer == "quota").count(), 26, "{answers:?}");
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let said = |line: &str| {
        let said = format!(
            "entry test:probe-filesystem: the quota of its mount /data is used up; raise {line} of it in wasi.mounts, which is "
        );
        text.matches(&said).count()
    };
    assert_eq!((said("max_files"), said("max_bytes")), (1, 2), "{text}");
    assert!(text.contains("count=10"), "{text}");
}
