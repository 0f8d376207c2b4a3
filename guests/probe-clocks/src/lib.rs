//! Every function of wasi:clocks.

wit_bindgen::generate!({
    world: "demo:probe-clocks/probe-clocks",
    path: ["../../wit/wasi-0.2/io.wit", "../../wit/wasi-0.2/clocks.wit", "wit"],
    features: ["clocks-timezone"],
    generate_all,
});

use wasi::clocks::{monotonic_clock, timezone, wall_clock};

struct Probe;
export!(Probe);

fn time(of: wall_clock::Datetime) -> Time {
    Time { seconds: of.seconds, nanoseconds: of.nanoseconds }
}

impl Guest for Probe {
    fn wall_now() -> Time {
        time(wall_clock::now())
    }

    fn wall_resolution() -> Time {
        time(wall_clock::resolution())
    }

    fn monotonic_now() -> u64 {
        monotonic_clock::now()
    }

    fn monotonic_resolution() -> u64 {
        monotonic_clock::resolution()
    }

    fn sleep_until(nanoseconds: u64) -> u64 {
        let started = monotonic_clock::now();
        monotonic_clock::subscribe_instant(started.saturating_add(nanoseconds)).block();
        monotonic_clock::now() - started
    }

    fn sleep_for(nanoseconds: u64) -> u64 {
        let started = monotonic_clock::now();
        monotonic_clock::subscribe_duration(nanoseconds).block();
        monotonic_clock::now() - started
    }

    fn timezone(seconds: u64) -> Zone {
        let zone = timezone::display(wall_clock::Datetime { seconds, nanoseconds: 0 });
        Zone { utc_offset: zone.utc_offset, name: zone.name, in_daylight_saving_time: zone.in_daylight_saving_time }
    }

    fn timezone_offset(seconds: u64) -> i32 {
        timezone::utc_offset(wall_clock::Datetime { seconds, nanoseconds: 0 })
    }
}
