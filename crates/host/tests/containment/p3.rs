//! WASI 0.3: a guest that makes streams, waits and handles without end ends its own call, and leaves nothing behind.

use crate::support::{Entry, resident, told};
use serde_json::json;
use std::time::Duration;
use wippy_host::{ErrorKind, Reason};

const ALL: [&str; 7] =
    ["wasi:cli", "wasi:io", "wasi:clocks", "wasi:filesystem", "wasi:random", "wasi:sockets", "wasi:http"];

/// What the host may take besides while a guest hoards as much as its limits allow.
const SLACK: usize = 512 << 20;

#[tokio::test]
async fn whatever_is_made_without_end_ends_the_call_at_the_limit() {
    let entry = Entry::new("probe-p3").imports(&ALL);
    let before = resident();
    for (export, arguments) in [
        ("hoard-streams", json!([])),
        ("hoard-waits", json!([])),
        ("hoard", json!(["stdin"])),
        ("hoard", json!(["fields"])),
        ("hoard", json!(["sockets"])),
    ] {
        let error = entry.fails(export, arguments.clone()).await;
        let (kind, reason, said) = told(&error);
        assert_eq!((kind, reason), (ErrorKind::RateLimited, Reason::Resources), "{export}{arguments}: {said}");
        assert!(resident() < before + SLACK, "{export}{arguments}");
    }
    // The host is as it was: a second round finds nothing of the first.
    let after = resident();
    for _ in 0..5 {
        entry.fails("hoard-streams", json!([])).await;
        entry.fails("hoard-waits", json!([])).await;
    }
    assert!(resident() < after + (64 << 20), "{} after {after}", resident());
}

#[tokio::test]
async fn a_guest_that_waits_for_much_at_once_is_ended_with_all_its_waits() {
    let entry =
        Entry::new("probe-p3").imports(&ALL).limits(|limits| limits.max_execution = Some(Duration::from_millis(200)));
    let error = entry.fails("wait-together", json!([5000, u64::MAX])).await;
    assert_eq!(told(&error).0, ErrorKind::Timeout, "{error}");
}
