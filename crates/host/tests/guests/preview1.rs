//! Programs of preview 1, whose clocks are those of their calls.

use crate::support::{guest_bytes, host, until, within};
use std::sync::Arc;
use std::time::Duration;
use wippy_host::{CallContext, EntrySpec, Function, ManualClock, StandardStreams};

#[tokio::test]
async fn a_program_of_preview_1_sleeps_by_the_clock_of_its_call() {
    let program = host().compile_program(guest_bytes("preview1")).unwrap();
    let spec = EntrySpec::new("test:preview1", "_start").with_imports(["preview1"]);
    let program = host().prepare(spec, &program).await.unwrap();
    let clock = ManualClock::new(Duration::ZERO);
    let (streams, stdout, _) = StandardStreams::captured("");
    let arguments = ["preview1", "sleep", "600000"].map(str::to_owned).to_vec();
    let context = CallContext::builder().clock(Arc::new(clock.clone())).arguments(arguments).streams(streams).build();
    let call = tokio::spawn(async move { program.call(&context, Vec::new()).await });
    until("it sleeps", || clock.sleepers() == 1).await;
    clock.advance(Duration::from_secs(599));
    assert_eq!(clock.sleepers(), 1);
    clock.advance(Duration::from_secs(1));
    within(call).await.unwrap().unwrap();
    assert_eq!(String::from_utf8(stdout.bytes().to_vec()).unwrap().trim(), "600000");
}

/// Polls a sleep of an hour and its standard output, which is ready at once, and traps where it is told anything else.
const POLLS: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (i64.store (i32.const 0) (i64.const 1))
        (i32.store (i32.const 16) (i32.const 1))
        (i64.store (i32.const 24) (i64.const 3600000000000))
        (i64.store (i32.const 48) (i64.const 2))
        (i32.store8 (i32.const 56) (i32.const 2))
        (i32.store (i32.const 64) (i32.const 1))
        (if (call $poll (i32.const 0) (i32.const 200) (i32.const 2) (i32.const 300)) (then unreachable))
        (if (i32.ne (i32.load (i32.const 300)) (i32.const 1)) (then unreachable))
        (if (i64.ne (i64.load (i32.const 200)) (i64.const 2)) (then unreachable))))"#;

#[tokio::test]
async fn a_program_of_preview_1_polls_its_streams_and_a_sleep_together() {
    let program = host().compile_program(POLLS).unwrap();
    let spec = EntrySpec::new("test:polls", "_start").with_imports(["preview1"]);
    let program = host().prepare(spec, &program).await.unwrap();
    let (streams, _, _) = StandardStreams::captured("");
    within(program.call(&CallContext::builder().streams(streams).build(), Vec::new())).await.unwrap();
}
