//! Many calls at one time that wait: what each takes of the process's memory, and how late they end.

use crate::measure::quantile;
use crate::process;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// What a crowd of sleepers showed.
#[derive(Serialize, Deserialize)]
pub(super) struct Crowd {
    /// Calls that slept at one time, at most.
    pub(super) asleep: usize,
    /// Calls that were refused, and the words of the first of them.
    pub(super) refused: usize,
    pub(super) why: Option<String>,
    /// Resident memory of each, in KiB, at the moment when the last fell asleep.
    pub(super) kib: f64,
    /// Memory maps of the process at that moment.
    pub(super) maps: usize,
    /// How late a sleeper's call ended behind the moment it was meant to wake at, in ms: median, and 99 of 100.
    pub(super) late: f64,
    pub(super) late_99: f64,
    /// Seconds from the first call to the moment when the last fell asleep.
    pub(super) seconds: f64,
}

/// Who sleeps, and how long. The clock that a program's guests wait by asks and tells.
pub(super) struct Counts {
    expected: usize,
    nanos: AtomicU64,
    slept: AtomicUsize,
    woken: AtomicUsize,
    refused: AtomicUsize,
    most: AtomicUsize,
    all: Notify,
}

impl Counts {
    pub(super) fn new(expected: usize) -> Arc<Self> {
        let [slept, woken, refused, most] = Default::default();
        Arc::new(Self { expected, nanos: AtomicU64::new(0), slept, woken, refused, most, all: Notify::new() })
    }

    /// What each sleep takes: no time at all while the program warms up.
    pub(super) fn asleep(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Relaxed))
    }

    /// Waits by `clock`, and is counted.
    pub(super) async fn sleep<T>(&self, clock: impl Future<Output = T>) -> T {
        let slept = self.slept.fetch_add(1, Relaxed) + 1;
        self.most.fetch_max(slept.saturating_sub(self.woken.load(Relaxed)), Relaxed);
        self.look();
        let woken = clock.await;
        self.woken.fetch_add(1, Relaxed);
        woken
    }

    fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
        self.look();
    }

    fn look(&self) {
        if self.slept.load(Relaxed) + self.refused.load(Relaxed) >= self.expected {
            self.all.notify_one();
        }
    }

    fn forget(&self) {
        for count in [&self.slept, &self.woken, &self.refused, &self.most] {
            count.store(0, Relaxed);
        }
    }
}

/// Calls `sleep` as often as is expected, at once; each call takes `asleep` where nothing is in its way.
pub(super) fn gather<R>(counts: &Arc<Counts>, asleep: Duration, sleep: impl Fn() -> R) -> Crowd
where
    R: Future<Output = Result<(), String>> + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // What is made once is made.
    runtime.block_on(runtime.spawn(sleep())).unwrap().unwrap();
    counts.forget();
    counts.nanos.store(asleep.as_nanos() as u64, Relaxed);
    let before = process::resident();
    let start = Instant::now();
    let observed = |call: R, counts: Arc<Counts>| async move {
        let due = Instant::now() + asleep;
        let called = call.await;
        called.map(|()| due.elapsed()).inspect_err(|_| counts.refused())
    };
    let calls: Vec<_> = (0..counts.expected).map(|_| runtime.spawn(observed(sleep(), counts.clone()))).collect();
    runtime.block_on(counts.all.notified());
    let seconds = start.elapsed().as_secs_f64();
    let (resident, maps) = (process::resident(), process::maps());
    let (mut late, mut why, mut refused) = (Vec::new(), None, 0);
    for call in calls {
        match runtime.block_on(call).unwrap() {
            Ok(behind) => late.push(behind.as_secs_f64() * 1e3),
            Err(error) => {
                refused += 1;
                why = why.or(Some(error));
            }
        }
    }
    let asleep = counts.most.load(Relaxed);
    let kib = (resident.saturating_sub(before) as f64 / 1024.0 / asleep as f64).max(0.1);
    let (late, late_99) = (quantile(&late, 0.5), quantile(&late, 0.99));
    Crowd { asleep, refused, why, kib, maps, late, late_99, seconds }
}
