//! Every function of wasi:random.

wit_bindgen::generate!({
    world: "demo:probe-random/probe-random",
    path: ["../../wit/wasi-0.2/random.wit", "wit"],
    generate_all,
});

use wasi::random::{insecure, insecure_seed, random};

struct Probe;
export!(Probe);

impl Guest for Probe {
    fn bytes(count: u64) -> Vec<u8> {
        random::get_random_bytes(count)
    }

    fn number() -> u64 {
        random::get_random_u64()
    }

    fn insecure_bytes(count: u64) -> Vec<u8> {
        insecure::get_insecure_random_bytes(count)
    }

    fn insecure_number() -> u64 {
        insecure::get_insecure_random_u64()
    }

    fn seed() -> (u64, u64) {
        insecure_seed::insecure_seed()
    }
}
