//! Sleepers in the host.

use super::crowd::{Counts, Crowd, gather};
use super::setting::{Guest, IN_ONE, Setting};
use crate::guests::guest;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wippy_host::pool::{PoolFields, PoolSpec};
use wippy_host::{CallContext, Clock, EntrySpec, Function, Limits, Value, WasmFunction};

/// Each sleep takes what the counts say, whatever the guest asks for: that of 0.3 asks for a second, always.
struct Counted {
    start: Instant,
    counts: Arc<Counts>,
}

impl Clock for Counted {
    fn wall(&self) -> Duration {
        self.start.elapsed()
    }

    fn monotonic(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    fn sleep_until(&self, _: u64) -> BoxFuture<'static, ()> {
        let counts = self.counts.clone();
        Box::pin(async move { counts.sleep(tokio::time::sleep(counts.asleep())).await })
    }
}

pub(super) fn run(setting: Setting) -> Crowd {
    let counts = Counts::new(setting.sleepers);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let function = Arc::new(runtime.block_on(prepared(&setting, &counts)));
    let arguments = match setting.guest {
        Guest::P2 => vec![Value::from(1_000_000_000_u64)],
        Guest::P3 | Guest::Shared => vec![Value::from("wait")],
    };
    gather(&counts, setting.asleep, || {
        let (function, arguments) = (function.clone(), arguments.clone());
        async move {
            let called = function.call(&CallContext::new(), arguments).await;
            called.map(drop).map_err(|error| format!("{:?}: {error}", error.kind()))
        }
    })
}

async fn prepared(setting: &Setting, counts: &Arc<Counts>) -> WasmFunction {
    let clock = Counted { start: Instant::now(), counts: counts.clone() };
    let host = wippy_host::builder().unwrap().engine(setting.options()).clock(clock).build().unwrap();
    let (name, method) = match setting.guest {
        Guest::P2 => ("probe-clocks", "sleep-for"),
        Guest::P3 | Guest::Shared => ("shared-p3", "counted"),
    };
    let mut limits = Limits::default();
    limits.max_execution = Some(setting.limit());
    let pool = match setting.guest {
        Guest::Shared => {
            let mut fields = PoolFields::default().with_reuse_max_calls(u32::MAX);
            fields.max_size = u32::try_from(setting.sleepers + IN_ONE).ok();
            PoolSpec::resolve(fields)
        }
        _ => PoolSpec::INLINE,
    };
    let entry = EntrySpec::new("bench:sleeper", method)
        .with_imports(wippy_host::ENABLED.iter().copied())
        .with_limits(limits)
        .with_pool(pool);
    host.prepare(entry, host.compile(guest(name)).unwrap()).await.unwrap()
}
