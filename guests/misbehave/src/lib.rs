//! Everything that a guest should not do.

wit_bindgen::generate!({ world: "misbehave", path: "wit" });

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};

struct Misbehave;
export!(Misbehave);

impl Guest for Misbehave {
    fn loop_forever() {
        let mut turns = 0u64;
        loop {
            turns = black_box(turns.wrapping_add(1));
        }
    }

    fn allocate_forever() {
        let mut kept = Vec::new();
        loop {
            kept.push(vec![1u8; 1 << 20]);
            black_box(&kept);
        }
    }

    fn grow_memory(pages: u32) -> Option<u32> {
        let before = core::arch::wasm32::memory_grow::<0>(pages as usize);
        if before == usize::MAX {
            None
        } else {
            Some(before as u32)
        }
    }

    fn recurse_forever() -> u32 {
        deeper(u32::MAX)
    }

    fn recurse(depth: u32) -> u32 {
        deeper(depth)
    }

    fn unreachable_trap() {
        core::arch::wasm32::unreachable()
    }

    fn panic_trap(text: String) {
        panic!("{text}")
    }

    fn out_of_bounds() -> u8 {
        let address = black_box(0xffff_fff0usize);
        // SAFETY: none, on purpose: the sandbox has to answer this read with a trap.
        unsafe { core::ptr::read_volatile(address as *const u8) }
    }

    fn long_text(bytes: u32) -> String {
        "x".repeat(bytes as usize)
    }

    fn count() -> u32 {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        CALLS.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn echo(text: String) -> String {
        text
    }
}

/// Not a tail call: the sum needs the frame after the call has returned.
#[inline(never)]
fn deeper(left: u32) -> u32 {
    if left == 0 {
        0
    } else {
        black_box(deeper(black_box(left - 1))).wrapping_add(1)
    }
}
