//! Pools, prepared and kept instances, and calls from guest to guest, against what they stand in for.

mod setting;

use crate::bench::Bench;
use crate::measure::time;
use crate::plain::ByHand;
use crate::row::Target::{AtLeast, AtMost};
use std::time::{Duration, Instant};
use wasmtime::Store;
use wasmtime::component::{Func, Val};
use wippy_host::{CallContext, Function, Limits, StoreData, Value};

pub(crate) use setting::{Setting, TEXT, WARM};

/// Calls that the caller of a row makes. One is taken off again: what remains is calls in a caller that runs already.
pub(crate) const MANY: usize = 9;

pub(super) fn run(bench: &Bench) {
    let setting = bench.runtime.block_on(Setting::new());
    let plain = ByHand::new("echo-string");
    let calls = bench.length.calls();
    let fresh = |id: &'static str| time(&bench.runtime, calls, || setting.echo(id));
    let by_hand = || time(&bench.runtime, calls, || plain.echo(TEXT));
    bench.ratio(
        "a slot of a lazy pool, against inline",
        "µs",
        AtMost(1.02),
        || fresh("bench:lazy"),
        || fresh("bench:inline"),
    );
    bench.ratio("warm_start: latency of a call", "µs", AtMost(0.5), || prepared(bench, &setting), by_hand);
    bench.ratio(
        "warm_start: calls a second, one after the other",
        "1/s",
        AtLeast(0.95),
        || 1e6 / fresh("bench:prepared"),
        || 1e6 / by_hand(),
    );
    let kept = || fresh("bench:kept");
    let dynamic = || bench.runtime.block_on(in_one_store(&setting, calls, Warm::Dynamic));
    let typed = || bench.runtime.block_on(in_one_store(&setting, calls, Warm::Typed));
    bench.ratio("reuse: a text, against the dynamic call", "µs", AtMost(1.25), kept, dynamic);
    bench.ratio("reuse: a text, against the typed call", "µs", AtMost(2.0), kept, typed);
    for (name, bytes) in [("16 B", 16), ("4 KiB", 4 << 10), ("1 MiB", 1 << 20)] {
        guest_to_guest(bench, &setting, &plain, name, bytes);
    }
}

/// What one more call through `funcs` costs a guest that runs already, against the same by hand: the callee's fresh call and
/// the copies that the ABI requires.
///
/// Measured as the difference of many such calls and one in the same caller, so that the callee is called in a row in both
/// programs: one that runs once between other programs finds its code and memory in no cache of the processor.
fn guest_to_guest(bench: &Bench, setting: &Setting, plain: &ByHand, name: &str, bytes: usize) {
    let text = &"x".repeat(bytes);
    let calls = if bytes > 1 << 16 { 1 } else { bench.length.calls() / MANY as u32 + 1 };
    let one_more = |many: f64, one: f64| (many - one) / (MANY - 1) as f64;
    let ours = || {
        let nested = |times| time(&bench.runtime, calls, || setting.through_guest("bench:inline", text, times));
        one_more(nested(MANY), nested(1))
    };
    let by_hand = || {
        let nested = |times| time(&bench.runtime, calls, || plain.through_guest(text, times));
        one_more(nested(MANY), nested(1))
    };
    bench.ratio(&format!("funcs, a text of {name}"), "µs", AtMost(1.1), ours, by_hand);
    if bytes <= 16 {
        let callee = || time(&bench.runtime, calls, || setting.call_text("bench:inline", text));
        bench.added(&format!("funcs, a text of {name}, over its callee"), "µs", AtMost(2.0), ours, callee);
        let callee = || time(&bench.runtime, calls, || plain.echo(text));
        bench.added(&format!("by hand, a text of {name}, over its callee"), "µs", None, by_hand, callee);
    }
}

/// The calls of one round for which instances wait, and nothing else of it.
fn prepared(bench: &Bench, setting: &Setting) -> f64 {
    let context = CallContext::new();
    let calls = bench.length.calls();
    bench.runtime.block_on(async {
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

/// How a kept instance is called by hand.
#[derive(Clone, Copy)]
enum Warm {
    Dynamic,
    Typed,
}

/// Microseconds a call in one store, with what the host renews for each call: the deadline and the budget of host memory.
async fn in_one_store(setting: &Setting, calls: u32, warm: Warm) -> f64 {
    let context = CallContext::new();
    let Limits { max_execution, max_host_bytes, .. } = Limits::default();
    let limit = max_execution.unwrap_or(Duration::MAX);
    let timed = setting.inline.call_with(&context, |store: &mut Store<StoreData>, echo: Func| {
        Box::pin(async move {
            let typed = echo.typed::<(&str,), (String,)>(&*store)?;
            let mut result = [Val::Bool(false)];
            let start = Instant::now();
            for _ in 0..calls {
                store.set_hostcall_fuel(max_host_bytes);
                store.set_epoch_deadline(1);
                match warm {
                    Warm::Dynamic => {
                        let text = [Val::String(TEXT.into())];
                        tokio::time::timeout(limit, echo.call_async(&mut *store, &text, &mut result)).await??;
                        std::hint::black_box(&result);
                    }
                    Warm::Typed => {
                        let called = typed.call_async(&mut *store, (TEXT,));
                        std::hint::black_box(tokio::time::timeout(limit, called).await??);
                    }
                }
            }
            Ok(start.elapsed().as_secs_f64() * 1e6 / f64::from(calls))
        })
    });
    timed.await.unwrap()
}
