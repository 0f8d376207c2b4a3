//! `wasi:io`: streams and polling, over files, standard output and timers.

use crate::support::{Folder, Guest, until};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;
use wippy_host::{CallContext, CapturedOutput, ErrorKind, ManualClock, Reason};

fn guest() -> Guest {
    Guest::new("probe-io").imports(["wasi:io", "wasi:cli", "wasi:clocks", "wasi:filesystem"])
}

fn mounting(folder: &Folder) -> Guest {
    guest().wasi(json!({"mounts": [folder.mount("/data", false)]}))
}

#[tokio::test]
async fn an_output_stream_writes_in_every_way() {
    let folder = Folder::new();
    assert_eq!(
        mounting(&folder).ok("output-stream", json!(["/data"])).await,
        json!([
            "check-write: some",
            "write: 3",
            "flush: ok",
            "blocking-flush: ok",
            "blocking-write-and-flush: 3",
            "write-zeroes: 2",
            "blocking-write-zeroes-and-flush: 1",
            "splice: 4",
            "blocking-splice: 3",
            "subscribe: ready true",
            r"file: abcdef\x00\x00\x000123456",
        ])
    );
    assert_eq!(folder.read("streams.bin"), "abcdef\0\0\x000123456");
}

#[tokio::test]
async fn an_input_stream_reads_in_every_way() {
    let folder = Folder::new();
    assert_eq!(
        mounting(&folder).ok("input-stream", json!(["/data"])).await,
        json!([
            "subscribe: ready true",
            "read: abc",
            "blocking-read: de",
            "skip: 4",
            "blocking-skip: 3",
            "rest: mnop",
            "end: closed",
        ])
    );
}

#[tokio::test]
async fn a_failed_read_says_why() {
    let folder = Folder::new();
    let message = mounting(&folder).ok("failed-read", json!(["/data"])).await;
    assert_eq!(message, json!("Invalid argument (os error 22)"));
}

#[tokio::test]
async fn a_stream_that_failed_says_so_once_and_is_closed() {
    let folder = Folder::new();
    assert_eq!(
        mounting(&folder).ok("failed-streams", json!(["/data"])).await,
        json!([
            "read: last-operation-failed",
            "read: closed",
            "blocking-read: last-operation-failed",
            "blocking-read: closed",
            "skip: last-operation-failed",
            "skip: closed",
            "blocking-skip: last-operation-failed",
            "blocking-skip: closed",
            "blocking-write-and-flush: last-operation-failed",
            "blocking-write-and-flush: closed",
            "blocking-write-zeroes-and-flush: last-operation-failed",
            "blocking-write-zeroes-and-flush: closed",
            "check-write: last-operation-failed",
            "check-write: closed",
            "flush: last-operation-failed",
            "flush: closed",
            "blocking-flush: last-operation-failed",
            "blocking-flush: closed",
            "splice: last-operation-failed",
            "splice: closed",
            "blocking-splice: last-operation-failed",
            "blocking-splice: closed",
            "write: closed",
            "write-zeroes: closed",
        ])
    );
}

#[tokio::test]
async fn writing_more_than_is_permitted_ends_the_call() {
    let error = guest().fails("write-unpermitted", json!([])).await;
    assert_eq!(error.kind(), ErrorKind::Internal, "{error}");
    assert!(error.message().starts_with("test:probe-io: write-unpermitted "), "{error}");
    let captured = CapturedOutput::default();
    let context = CallContext::builder().output(Arc::new(captured.clone())).build();
    guest().context(context).ok("write-stdout", json!(["the next call works\n"])).await;
    assert_eq!(captured.lines()[0].text, "the next call works");
}

#[tokio::test]
async fn standard_output_takes_any_amount_without_waiting_calls() {
    let captured = CapturedOutput::default();
    let context = CallContext::builder().output(Arc::new(captured.clone())).build();
    let text = "0123456789\n".repeat(30_000);
    guest().context(context).limits(|limits| limits.max_log_bytes = u64::MAX).ok("write-stdout", json!([text])).await;
    assert_eq!(captured.lines().len(), 30_000);
}

#[tokio::test]
async fn standard_input_is_empty() {
    assert_eq!(guest().ok("read-stdin", json!([])).await, json!(""));
}

/// Calls under a clock that is advanced by this much once the guest sleeps on so many timers.
async fn while_advancing(export: &str, arguments: Json, timers: usize, by: Duration) -> Json {
    let clock = ManualClock::default();
    let guest = guest().context(CallContext::builder().clock(Arc::new(clock.clone())).build());
    let mut call = Box::pin(guest.call(export, arguments));
    tokio::select! {
        value = &mut call => panic!("{export} returned {value} before its time"),
        () = until("the guest polls", || clock.sleepers() == timers) => {}
    }
    clock.advance(by);
    call.await
}

#[tokio::test]
async fn a_poll_returns_those_that_are_ready_and_waits_for_one() {
    let poll = |by| while_advancing("poll-timers", json!([[50, 20, 90, 20]]), 4, Duration::from_millis(by));
    assert_eq!(poll(20).await, json!([1, 3]));
    assert_eq!(poll(60).await, json!([0, 1, 3]));
    assert_eq!(poll(1000).await, json!([0, 1, 2, 3]));
}

#[tokio::test]
async fn a_poll_with_one_ready_does_not_wait_for_the_others() {
    let clock = ManualClock::default();
    let guest = guest().context(CallContext::builder().clock(Arc::new(clock)).build());
    assert_eq!(guest.call("poll-timers", json!([[1000, 0, 1000]])).await, json!([1]));
}

#[tokio::test]
async fn a_poll_over_nothing_is_a_trap() {
    let error = guest().fails("poll-timers", json!([[]])).await;
    assert_eq!(error.kind(), ErrorKind::Internal, "{error}");
    assert!(error.message().starts_with("test:probe-io: poll-timers "), "{error}");
    assert!(error.message().contains("empty poll list"), "{error}");
}

#[tokio::test]
async fn a_poll_takes_hundreds_of_pollables() {
    let milliseconds: Vec<u64> = (0..500).map(|number| 1000 - number).collect();
    let arguments = json!([milliseconds]);
    assert_eq!(while_advancing("poll-timers", arguments, 500, Duration::from_millis(501)).await, json!([499]));
}

#[tokio::test]
async fn a_poll_mixes_streams_and_timers() {
    let folder = Folder::new();
    let clock = ManualClock::default();
    let guest = mounting(&folder).context(CallContext::builder().clock(Arc::new(clock)).build());
    assert_eq!(guest.ok("poll-mixed", json!(["/data", 1000])).await, json!([0]), "the timer stands still");
    // The file is read beside the guest, so that it may be ready at once, too.
    let ready = guest.ok("poll-mixed", json!(["/data", 0])).await;
    assert!(ready == json!([1]) || ready == json!([0, 1]), "{ready}");
}

#[tokio::test]
async fn a_pollable_is_ready_once_it_was_waited_for() {
    let arguments = json!([5]);
    assert_eq!(
        while_advancing("ready-block-ready", arguments, 1, Duration::from_millis(5)).await,
        json!([false, true])
    );
}

#[tokio::test]
async fn too_many_pollables_end_the_call_with_the_limit_that_says_so() {
    let guest = guest().limits(|limits| limits.max_resources = 20);
    let error = guest.fails("poll-timers", json!([vec![0; 30]])).await;
    assert_eq!(error.message(), "test:probe-io: the guest holds too many handles");
    assert_eq!((error.kind(), error.reason()), (ErrorKind::RateLimited, Reason::Resources));
}
