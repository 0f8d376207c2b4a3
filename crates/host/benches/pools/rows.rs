//! The rows of the table, each a comparison of its own.

use crate::by_hand::ByHand;
use crate::measure::{Length, in_turns, over, quantile, quotients, time};
use crate::setting::{Setting, TEXT, WARM};
use std::time::Instant;
use tokio::runtime::Runtime;
use wippy_host::wasmtime::component::{Func, Val};
use wippy_host::{CallContext, Function, StoreData, Value, wasmtime::Store};

/// Calls that the caller of a row makes. One is taken off again: what remains is calls in a caller that runs already.
const MANY: usize = 9;

/// What a slot costs a call that finds one free.
pub(crate) fn lazy_against_inline(runtime: &Runtime, setting: &Setting, length: &Length) {
    let (lazy, inline) = in_turns(
        length,
        || time(runtime, length.calls, || setting.echo("bench:lazy")),
        || time(runtime, length.calls, || setting.echo("bench:inline")),
    );
    row("lazy / inline", &lazy, &inline, 1.02);
}

/// A call for which an instance waits, against one for which it has to be made.
pub(crate) fn prepared_against_fresh(runtime: &Runtime, setting: &Setting, length: &Length) {
    let (prepared, fresh) = in_turns(
        length,
        || prepared(runtime, setting, length.calls),
        || time(runtime, length.calls, || setting.echo("bench:inline")),
    );
    row("warm_start / fresh", &prepared, &fresh, 1.0);
}

/// A call in a kept instance, against the same dynamic call in one store, with nothing around it.
pub(crate) fn kept_against_by_hand(runtime: &Runtime, setting: &Setting, length: &Length) {
    let (kept, by_hand) = in_turns(
        length,
        || time(runtime, length.calls, || setting.echo("bench:kept")),
        || runtime.block_on(by_hand(setting, length.calls)),
    );
    row("reuse / dynamic, by hand", &kept, &by_hand, 3.0);
}

/// What one more call through `funcs` costs a guest that runs already, less the callee's own fresh call; and the same in
/// plain Wasmtime.
///
/// Measured as the difference of many such calls and one in the same caller, so that the callee is called in a row in both
/// programs: one that runs once between other programs finds its code and memory in no cache of the processor.
pub(crate) fn guest_to_guest(runtime: &Runtime, setting: &Setting, length: &Length) {
    let calls = length.calls / MANY as u32 + 1;
    let one_more = |many: f64, one: f64| (many - one) / (MANY - 1) as f64;
    let ours = || {
        let nested = |times| time(runtime, calls, || setting.through_guest("bench:inline", times));
        one_more(nested(MANY), nested(1))
    };
    let plain = ByHand::new();
    let by_hand = || {
        let nested = |times| time(runtime, calls, || plain.through_guest(times));
        one_more(nested(MANY), nested(1))
    };
    over("funcs over its callee", length, ours, || time(runtime, length.calls, || setting.echo("bench:inline")), 2.0);
    over("by hand over its callee", length, by_hand, || time(runtime, length.calls, || plain.echo()), 2.0);
    let (ours, by_hand) = in_turns(length, ours, by_hand);
    row("funcs / by hand", &ours, &by_hand, 1.1);
}

/// The calls that the rows of `guest_to_guest` are made of, one kind at a time.
pub(crate) fn only(runtime: &Runtime, setting: &Setting, name: &str, calls: u32) {
    let plain = ByHand::new();
    let spent = match name {
        "through" => time(runtime, calls, || setting.through_guest("bench:inline", MANY)),
        "by-hand-callee" => time(runtime, calls, || plain.echo()),
        "by-hand-through" => time(runtime, calls, || plain.through_guest(MANY)),
        _ => time(runtime, calls, || setting.echo("bench:inline")),
    };
    println!("{name}: {spent:.2} µs");
}

/// The calls of one round for which instances wait, and nothing else of it.
fn prepared(runtime: &Runtime, setting: &Setting, calls: u32) -> f64 {
    let context = CallContext::new();
    runtime.block_on(async {
        let (mut spent, mut done) = (0.0, 0);
        while done < calls {
            while setting.prepared.ready() < WARM {
                tokio::task::yield_now().await;
            }
            let start = Instant::now();
            for _ in 0..WARM {
                // On this one thread, nothing is prepared before the loop waits again.
                std::hint::black_box(setting.prepared.call(&context, vec![Value::from(TEXT)]).await.unwrap());
            }
            spent += start.elapsed().as_secs_f64();
            done += WARM as u32;
        }
        spent * 1e6 / f64::from(done)
    })
}

async fn by_hand(setting: &Setting, calls: u32) -> f64 {
    let context = CallContext::new();
    let timed = setting.inline.call_with(&context, |store: &mut Store<StoreData>, echo: Func| {
        Box::pin(async move {
            let mut result = [Val::Bool(false)];
            let start = Instant::now();
            for _ in 0..calls {
                let text = [Val::String(TEXT.into())];
                echo.call_async(&mut *store, &text, &mut result).await?;
                std::hint::black_box(&result);
            }
            Ok(start.elapsed().as_secs_f64() * 1e6 / f64::from(calls))
        })
    });
    timed.await.unwrap()
}

fn row(name: &str, ours: &[f64], theirs: &[f64], target: f64) {
    let ratios = quotients(ours, theirs);
    let ratio = quantile(&ratios, 0.5);
    println!(
        "{name:<26} {:>7.2} µs {:>7.2} µs   ratio {ratio:>6.3}, {:>5.2} to {:>5.2}   {} {target}",
        quantile(ours, 0.5),
        quantile(theirs, 0.5),
        quantile(&ratios, 0.1),
        quantile(&ratios, 0.9),
        if ratio <= target { "≤" } else { "MISSED" },
    );
}
