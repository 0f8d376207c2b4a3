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
