//! Counts the calls of its instance.

wit_bindgen::generate!({
    world: "demo:shared-p3/shared-p3",
    path: ["../../wit/wasi-0.3/clocks.wit", "wit"],
    generate_all,
});

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use wasi::clocks::monotonic_clock::wait_for;

struct Shared;
export!(Shared);

static CALLS: AtomicU32 = AtomicU32::new(0);
static INSIDE: AtomicU32 = AtomicU32::new(0);
static MOST: AtomicU32 = AtomicU32::new(0);

const SECOND: u64 = 1_000_000_000;

impl Guest for Shared {
    async fn counted(what: String) -> (u32, u32) {
        let number = CALLS.fetch_add(1, Relaxed) + 1;
        MOST.fetch_max(INSIDE.fetch_add(1, Relaxed) + 1, Relaxed);
        match &*what {
            "wait" => wait_for(SECOND).await,
            "behind" => wit_bindgen::spawn_local(wait_for(3600 * SECOND)),
            "trap" => panic!("meant to"),
            "spin" => loop {
                std::hint::black_box(number);
            },
            _ => {}
        }
        INSIDE.fetch_sub(1, Relaxed);
        (number, MOST.load(Relaxed))
    }
}
