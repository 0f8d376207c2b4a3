//! Timers under a clock that a test moves, and their bounds.

use crate::support::{Setting, run, run_in, within};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use wippy_host_core::{CallContext, ErrorKind, ManualClock, Services};

#[tokio::test]
async fn moments_and_durations_compute_and_compare() {
    let clock = ManualClock::new(Duration::new(1_700_000_000, 123_456_789));
    let services = Services::default().with_clock(clock);
    let result = run_in(
        Setting { services, ..Setting::default() },
        r#"
        local now = time.now()
        local later = now:add("1h2m3.5s")
        assert(now < later and later > now and now <= now and now == time.now() and now ~= later)
        local gap = later:sub(now)
        assert(gap:milliseconds() == 3723500 and gap:seconds() == 3723.5 and tostring(gap) == "1h2m3.5s")
        assert(now:sub(later):milliseconds() == -3723500 and now:add(-1500):unix() == 1699999998)
        local d, err = time.parse_duration("90s")
        assert(err == nil and d:seconds() == 90 and d:minutes() == 1.5 and math.type(d:milliseconds()) == "integer")
        assert(now:add(d):sub(now) == d and time.parse_duration("1m") < d)
        local none, wrong = time.parse_duration("soon")
        assert(none == nil and wrong:kind() == errors.INVALID)
        assert(not pcall(time.sleep, "soon") and not pcall(time.sleep, {}) )
        for _, name in ipairs({ "after", "timer", "ticker", "parse_duration" }) do
          local made, why = time[name]("soon")
          assert(made == nil and why:kind() == errors.INVALID)
        end
        assert(select(2, time.ticker(0)):kind() == errors.INVALID and time.parse_duration(d) == d)
        local timer = time.timer("1h")
        assert(timer:response() == timer:channel())
        return { now:unix(), now:unix_nano(), now:format_rfc3339(), wrong:message() }
        "#,
    )
    .await
    .unwrap();
    let message = "\"soon\" is not a duration; write, for example, \"250ms\" or \"1h2m3.5s\"";
    assert_eq!(result, json!([1_700_000_000, 1_700_000_000_123_456_789_i64, "2023-11-14T22:13:20Z", message]));
}

/// Runs `body` under a clock that is moved on by `step` whenever something sleeps on it.
async fn under_a_manual_clock(body: &str, step: Duration) -> serde_json::Value {
    let clock = ManualClock::new(Duration::from_secs(1000));
    let context = CallContext::builder().clock(Arc::new(clock.clone())).build();
    let advance = async {
        loop {
            if clock.sleepers() > 0 {
                clock.advance(step);
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        result = run_in(Setting { context, ..Setting::default() }, body) => result.unwrap(),
        () = advance => unreachable!(),
    }
}

#[tokio::test]
async fn sleeping_and_timers_follow_the_clock_of_the_call() {
    let result = under_a_manual_clock(
        r#"
        local start = time.now()
        time.sleep("3h")
        local slept = time.now():sub(start):hours()
        local at, open = time.after("250ms"):receive()
        assert(open and at >= start)
        local stopped, timer = time.timer("1h"), time.timer("2h")
        assert(stopped:stop() and not stopped:stop())
        local chosen = channel.select { stopped:channel():case_receive(), timer:channel():case_receive() }
        assert(chosen.ok and chosen.channel == timer:channel())
        assert(not timer:reset("1m"))
        timer:channel():receive()
        local ticker, ticks = time.ticker("10s"), 0
        for _ = 1, 3 do ticker:channel():receive() ticks = ticks + 1 end
        assert(ticker:stop())
        return { slept >= 3, ticks }
        "#,
        Duration::from_secs(600),
    )
    .await;
    assert_eq!(result, json!([true, 3]));
}

#[tokio::test]
async fn a_timeout_is_a_select_over_after() {
    let result = run(r#"
        local never = channel.new(0)
        local deadline = time.after("20ms")
        local chosen = channel.select { never:case_receive(), deadline:case_receive() }
        return chosen.ok and chosen.channel ~= never
    "#)
    .await;
    assert_eq!(result, json!(true));
}

#[tokio::test]
async fn timers_are_bounded_and_may_be_reset_without_end() {
    let result = run(r#"
        local timer = time.timer("1h")
        for _ = 1, 5000 do timer:reset("1h") timer:stop() timer:reset("1h") end
        local made, err = 0, nil
        for _ = 1, 5000 do
          local timer, problem = time.timer("1h")
          if not timer then err = problem break end
          made = made + 1
        end
        return { made, err:kind() }
    "#)
    .await;
    assert_eq!(result, json!([999, "RateLimited"]));
}

#[tokio::test]
async fn timers_end_with_the_call_and_waits_with_its_deadline() {
    assert_eq!(run("time.ticker('1ms') time.after('1h') return 'done'").await, json!("done"));
    let setting = Setting { limits: within(Duration::from_millis(50)), ..Setting::default() };
    let error = run_in(setting, "pcall(time.sleep, '1h')").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}
