//! What pools, prepared and kept instances, and calls from guest to guest cost, against what they stand in for.
//!
//! The programs of a row take turns in rounds, so that a busy machine slows all of them; each row has the median of its
//! rounds. Cargo without `--bench` only tests that every row runs.
//!
//! For a profiler, `--only <callee|through|by-hand-callee|by-hand-through> <calls>` does these calls of the last rows and nothing else.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot run has nothing better to do")]

mod by_hand;
#[path = "../measure/mod.rs"]
mod measure;
mod rows;
mod setting;

use measure::Length;

fn main() {
    let Some(length) = Length::asked_for() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut words = std::env::args().skip_while(|word| word != "--only").skip(1);
    if let (Some(name), Some(calls)) = (words.next(), words.next()) {
        let setting = runtime.block_on(setting::Setting::new());
        return rows::only(&runtime, &setting, &name, calls.parse().unwrap());
    }
    println!("Medians of {} rounds of {} calls each, in turns", length.rounds, length.calls);
    let setting = runtime.block_on(setting::Setting::new());
    rows::lazy_against_inline(&runtime, &setting, &length);
    rows::prepared_against_fresh(&runtime, &setting, &length);
    rows::kept_against_by_hand(&runtime, &setting, &length);
    rows::guest_to_guest(&runtime, &setting, &length);
}
