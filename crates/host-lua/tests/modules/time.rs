//! `time`.

use crate::support::{Setting, run, run_in};
use serde_json::json;
use std::time::Duration;
use wippy_host_core::{ManualClock, Services};

/// A clock that the test moves, and services that show it.
fn clock() -> (ManualClock, Services) {
    let clock = ManualClock::new(Duration::from_secs(1_700_000_000));
    let services = Services::default().with_clock(clock.clone());
    (clock, services)
}

/// Waits until something sleeps on the clock, then moves it.
async fn advance(clock: &ManualClock, by: Duration) {
    while clock.sleepers() == 0 {
        tokio::task::yield_now().await;
    }
    clock.advance(by);
}

#[tokio::test]
async fn moments_are_compared_added_and_written() {
    let (_, services) = clock();
    let setting = Setting { services, ..Setting::default() };
    let found = run_in(
        setting,
        r#"
        local now = time.now()
        local later = now:add("1h30m")
        return {
            unix = now:unix(), nano = now:unix_nano(), text = now:format_rfc3339(),
            later = later:format_rfc3339(), between = later:sub(now):seconds(), milliseconds = later:sub(now):milliseconds(),
        }"#,
    );
    let expected = json!({
        "unix": 1_700_000_000, "nano": 1_700_000_000_000_000_000_i64, "text": "2023-11-14T22:13:20Z",
        "later": "2023-11-14T23:43:20Z", "between": 5400.0, "milliseconds": 5_400_000,
    });
    let found = found.await.unwrap();
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(found[name].as_f64(), value.as_f64(), "{name}");
        assert_eq!(found[name].as_str(), value.as_str(), "{name}");
    }
}

#[tokio::test]
async fn durations_are_text_milliseconds_or_parsed() {
    let found = run(r#"
        local parsed = time.parse_duration("1h2m3.5s")
        local nothing, err = time.parse_duration("soon")
        return { parsed:milliseconds(), parsed:seconds(), nothing == nil, err:kind() }"#);
    let found = found.await;
    assert_eq!(found[0].as_f64(), Some(3_723_500.0));
    assert_eq!(found[1].as_f64(), Some(3723.5));
    assert_eq!((found[2].as_bool(), found[3].as_str()), (Some(true), Some("Invalid")));
}

#[tokio::test]
async fn a_sleep_ends_when_the_clock_of_the_call_says_so() {
    let (clock, services) = clock();
    let setting = Setting { services, ..Setting::default() };
    let slept = tokio::spawn(run_in(
        setting,
        "local before = time.now() time.sleep('3s') return time.now():sub(before):seconds()",
    ));
    advance(&clock, Duration::from_secs(3)).await;
    assert_eq!(slept.await.unwrap().unwrap().as_f64(), Some(3.0));
}

#[tokio::test]
async fn timers_and_tickers_are_channels_for_select() {
    let (clock, services) = clock();
    let setting = Setting { services, ..Setting::default() };
    let body = r#"
        local timer, ticker = time.timer("10s"), time.ticker("1s")
        local over, tick = timer:channel(), ticker:channel()
        local ticks = 0
        while true do
            local chosen = channel.select{ over:case_receive(), tick:case_receive() }
            if chosen.channel == over then break end
            ticks = ticks + 1
            if ticks == 3 then
                assert(ticker:stop())
                assert(time.after(0):receive())
            end
        end
        assert(not timer:stop(), "it has come already")
        return ticks"#;
    let ran = tokio::spawn(run_in(setting, body));
    let mut moved = 0;
    while !ran.is_finished() && moved < 100 {
        tokio::task::yield_now().await;
        if clock.sleepers() > 0 {
            clock.advance(Duration::from_millis(500));
            moved += 1;
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        }
    }
    assert_eq!(ran.await.unwrap().unwrap(), json!(3));
}

#[tokio::test]
async fn timers_without_number_are_refused_and_end_with_the_call() {
    let error = run_in(
        Setting::default(),
        "local kept = {} for i = 1, 100000 do kept[i] = assert(time.timer('1h')) end return #kept",
    );
    let error = error.await.unwrap_err();
    assert_eq!(error.kind(), wippy_host_core::ErrorKind::RateLimited, "{error}");
}
