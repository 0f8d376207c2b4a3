//! `wasi:clocks`: a clock that a test advances by hand, and the system's.

use crate::support::{Guest, LONG, builder, until, within};
use serde_json::{Value as Json, json};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use wippy_host::{CallContext, Clock, EngineOptions, ErrorKind, Function, Host, ManualClock, Reason};

const SECOND: u64 = 1_000_000_000;
/// 2001-09-09T01:46:40Z.
const WALL: Duration = Duration::new(1_000_000_000, 5);

fn guest() -> Guest {
    Guest::new("probe-clocks").imports(["wasi:clocks", "wasi:io"])
}

fn by(clock: &ManualClock) -> CallContext {
    CallContext::builder().clock(Arc::new(clock.clone())).build()
}

/// A host whose guests all see this clock.
fn host_with(clock: impl Clock) -> Host {
    builder().clock(clock).build().unwrap()
}

fn on(host: &Host) -> Guest {
    Guest::on(host, "probe-clocks").imports(["wasi:clocks", "wasi:io"])
}

#[tokio::test]
async fn a_calls_own_clock_is_what_its_guest_sees() {
    let clock = ManualClock::new(WALL);
    let guest = guest().context(by(&clock));
    assert_eq!(guest.call("wall-now", json!([])).await, json!({"seconds": 1_000_000_000, "nanoseconds": 5}));
    assert_eq!(guest.call("monotonic-now", json!([])).await, json!(0));
    clock.advance(Duration::new(2, 7));
    assert_eq!(guest.call("wall-now", json!([])).await, json!({"seconds": 1_000_000_002, "nanoseconds": 12}));
    assert_eq!(guest.call("monotonic-now", json!([])).await, json!(2 * SECOND + 7));
}

#[tokio::test]
async fn a_hosts_clock_is_what_its_guests_see_unless_a_call_brings_its_own() {
    let clock = ManualClock::new(WALL);
    let guest = on(&host_with(clock.clone()));
    clock.advance(Duration::from_secs(1));
    assert_eq!(guest.call("wall-now", json!([])).await["seconds"], 1_000_000_001);
    assert_eq!(guest.call("monotonic-now", json!([])).await, json!(SECOND));
    let own = ManualClock::new(Duration::from_secs(5));
    assert_eq!(guest.clone().context(by(&own)).call("wall-now", json!([])).await["seconds"], 5);
}

/// The seconds of a clock on a wall: coarse, and never asleep.
struct Coarse;

impl Clock for Coarse {
    fn wall(&self) -> Duration {
        WALL
    }

    fn wall_resolution(&self) -> Duration {
        Duration::new(1, 500)
    }

    fn monotonic(&self) -> u64 {
        42
    }

    fn monotonic_resolution(&self) -> u64 {
        1_000_000
    }

    fn sleep_until(&self, _: u64) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn a_clock_says_its_resolution() {
    let guest = on(&host_with(Coarse));
    assert_eq!(guest.call("wall-resolution", json!([])).await, json!({"seconds": 1, "nanoseconds": 500}));
    assert_eq!(guest.call("monotonic-resolution", json!([])).await, json!(1_000_000));
    let fine = guest.context(by(&ManualClock::default()));
    assert_eq!(fine.call("wall-resolution", json!([])).await, json!({"seconds": 0, "nanoseconds": 1}));
    assert_eq!(fine.call("monotonic-resolution", json!([])).await, json!(1));
}

#[tokio::test]
async fn the_time_zone_is_utc_at_any_moment() {
    for seconds in [0, 1_000_000_000, 1_720_000_000, u64::MAX] {
        assert_eq!(
            guest().call("timezone", json!([seconds])).await,
            json!({"utc-offset": 0, "name": "UTC", "in-daylight-saving-time": false})
        );
        assert_eq!(guest().call("timezone-offset", json!([seconds])).await, json!(0));
    }
}

#[tokio::test]
async fn a_sleeper_wakes_when_the_clock_reaches_its_moment_and_not_before() {
    for export in ["sleep-for", "sleep-until"] {
        let clock = ManualClock::new(WALL);
        let guest = guest().context(by(&clock));
        let mut sleep = Box::pin(guest.call(export, json!([3600 * SECOND])));
        tokio::select! {
            slept = &mut sleep => panic!("{export} returned {slept} before its time"),
            () = until("the guest sleeps", || clock.sleepers() == 1) => {}
        }
        clock.advance(Duration::from_secs(3600) - Duration::from_nanos(1));
        // Whatever woke would have run by the time that another guest has come and gone.
        let other = guest.call("monotonic-now", json!([]));
        tokio::select! {
            biased;
            slept = &mut sleep => panic!("{export} returned {slept} before its time"),
            _ = other => {}
        }
        assert_eq!(clock.sleepers(), 1);
        clock.advance(Duration::from_nanos(1));
        assert_eq!(sleep.await, json!(3600 * SECOND));
        assert_eq!(clock.sleepers(), 0);
    }
}

#[tokio::test]
async fn a_sleep_of_nothing_returns_at_once() {
    let guest = guest().context(by(&ManualClock::default()));
    assert_eq!(guest.call("sleep-for", json!([0])).await, json!(0));
    assert_eq!(guest.call("sleep-until", json!([0])).await, json!(0));
}

#[tokio::test]
async fn a_host_without_a_clock_of_its_own_has_the_systems() {
    let before = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let seen = guest().call("wall-now", json!([])).await["seconds"].as_u64().unwrap();
    let after = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert!((before..=after).contains(&seen), "{before} {seen} {after}");
    let first = guest().call("monotonic-now", json!([])).await.as_u64().unwrap();
    assert!(guest().call("monotonic-now", json!([])).await.as_u64().unwrap() > first);
    for export in ["sleep-for", "sleep-until"] {
        let started = Instant::now();
        let slept = guest().call(export, json!([20_000_000])).await.as_u64().unwrap();
        assert!(slept >= 20_000_000, "{export} took {slept} ns by the guest's clock");
        assert!(started.elapsed() >= Duration::from_millis(20), "{export} took {:?}", started.elapsed());
    }
}

#[test]
fn a_thousand_sleeping_guests_hold_no_thread() {
    const GUESTS: usize = 1000;
    let clock = ManualClock::new(WALL);
    let mut options = EngineOptions::default();
    options.max_instances = 2000;
    options.pooling = false;
    let host = builder().engine(options).clock(clock.clone()).build().unwrap();
    // One thread for everything, and one more for what blocks: a guest that held one would stop the rest.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let sleep = Arc::new(on(&host).function("sleep-for").await);
        let mut sleepers = tokio::task::JoinSet::new();
        for number in 0..GUESTS {
            let sleep = sleep.clone();
            sleepers.spawn(async move {
                let duration = (1 + number as u64) * SECOND;
                let slept = sleep.call(&CallContext::new(), vec![duration.into()]).await.unwrap();
                assert!(slept.as_u64().unwrap() >= duration, "slept {slept:?} instead of {duration}");
            });
        }
        until("all guests sleep", || clock.sleepers() == GUESTS).await;
        assert_eq!(on(&host).call("monotonic-now", json!([])).await, json!(0), "another guest runs meanwhile");
        clock.advance(Duration::from_secs(400));
        for _ in 0..400 {
            within(sleepers.join_next()).await.unwrap().unwrap();
        }
        assert_eq!(clock.sleepers(), GUESTS - 400, "the others sleep on");
        clock.advance(Duration::from_secs(600));
        assert_eq!(within(sleepers.join_all()).await.len(), GUESTS - 400);
    });
}

#[tokio::test]
async fn a_deadline_is_real_time_whatever_the_clock_shows() {
    let clock = ManualClock::new(WALL);
    let guest = guest().context(by(&clock));
    // The clock stands still, and the call ends nevertheless.
    let short = guest.clone().limits(|limits| limits.max_execution = Some(Duration::from_millis(50)));
    for duration in [SECOND, u64::MAX] {
        let error = short.fails("sleep-for", json!([duration])).await;
        assert_eq!(error.message(), "test:probe-clocks: no result within 50 ms");
        assert_eq!((error.kind(), error.reason()), (ErrorKind::Timeout, Reason::ExecutionTime));
    }
    assert_eq!(clock.sleepers(), 0, "the sleep ended with its call");
    // The clock runs ahead of every limit, and the call goes on.
    let patient = guest.limits(|limits| limits.max_execution = Some(2 * LONG));
    let mut sleep = Box::pin(patient.call("sleep-for", json!([1_000_000 * SECOND])));
    tokio::select! {
        slept = &mut sleep => panic!("returned {slept} before its time"),
        () = until("the guest sleeps", || clock.sleepers() == 1) => {}
    }
    clock.advance(Duration::from_secs(1_000_000));
    assert_eq!(sleep.await, Json::from(1_000_000 * SECOND));
}

#[tokio::test]
async fn a_clock_is_read_without_the_grant_of_what_only_its_sleep_needs() {
    let guest = Guest::new("probe-clocks").imports(["wasi:clocks"]).context(by(&ManualClock::new(WALL)));
    assert_eq!(guest.call("wall-now", json!([])).await["seconds"], 1_000_000_000);
    let error = guest.fails("sleep-for", json!([1])).await;
    assert_eq!(
        error.message(),
        "guest called wasi:io/poll#[method]pollable.block, but entry test:probe-clocks does not import it; \
         add \"wasi:io\" to its imports"
    );
    assert_eq!((error.kind(), error.reason()), (ErrorKind::PermissionDenied, Reason::NotGranted));
}
