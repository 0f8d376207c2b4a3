//! The clocks that guests see. Deadlines and time limits never use them: those stay real time.

use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::oneshot;

/// A wall clock, a monotonic clock and a sleep that agree with each other.
pub trait Clock: Send + Sync + 'static {
    /// Time since 1970-01-01T00:00:00Z.
    fn wall(&self) -> Duration;

    /// The step of [`Clock::wall`].
    fn wall_resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    /// Nanoseconds since a moment of the clock's choice; never runs backwards.
    fn monotonic(&self) -> u64;

    /// The step of [`Clock::monotonic`], in nanoseconds.
    fn monotonic_resolution(&self) -> u64 {
        1
    }

    /// Completes when [`Clock::monotonic`] has reached `instant`. Dropping the future gives up waiting.
    fn sleep_until(&self, instant: u64) -> BoxFuture<'static, ()>;
}

/// The operating system's clocks.
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> Duration {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
    }

    fn monotonic(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn sleep_until(&self, instant: u64) -> BoxFuture<'static, ()> {
        match self.start.checked_add(Duration::from_nanos(instant)) {
            Some(deadline) => Box::pin(tokio::time::sleep_until(deadline.into())),
            // A moment that cannot be represented never comes.
            None => Box::pin(std::future::pending()),
        }
    }
}

/// A clock that stands still until a test advances it by hand. Clones share one time.
#[derive(Clone, Default)]
pub struct ManualClock(Arc<Mutex<ManualTime>>);

#[derive(Default)]
struct ManualTime {
    wall: Duration,
    monotonic: u64,
    sleepers: BTreeMap<u64, Vec<oneshot::Sender<()>>>,
}

impl ManualClock {
    /// A clock that shows `wall`, with a monotonic time of 0.
    pub fn new(wall: Duration) -> Self {
        Self(Arc::new(Mutex::new(ManualTime { wall, ..ManualTime::default() })))
    }

    /// Moves both clocks forward and wakes every sleeper whose moment has come.
    pub fn advance(&self, by: Duration) {
        let mut time = self.lock();
        time.wall = time.wall.saturating_add(by);
        time.monotonic = time.monotonic.saturating_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX));
        let later = match time.monotonic.checked_add(1) {
            Some(next) => time.sleepers.split_off(&next),
            None => BTreeMap::new(),
        };
        let due = std::mem::replace(&mut time.sleepers, later);
        drop(time);
        for sleeper in due.into_values().flatten() {
            // A sleeper that has gone away needs no waking.
            let _ = sleeper.send(());
        }
    }

    /// How many sleeps wait for the clock.
    pub fn sleepers(&self) -> usize {
        self.lock().sleepers.values().flatten().filter(|sleeper| !sleeper.is_closed()).count()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ManualTime> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn wall(&self) -> Duration {
        self.lock().wall
    }

    fn monotonic(&self) -> u64 {
        self.lock().monotonic
    }

    fn sleep_until(&self, instant: u64) -> BoxFuture<'static, ()> {
        let mut time = self.lock();
        if instant <= time.monotonic {
            return Box::pin(std::future::ready(()));
        }
        let (wake, woken) = oneshot::channel();
        time.sleepers.entry(instant).or_default().push(wake);
        Box::pin(async move {
            // The sender goes away only with the clock: then nobody can advance it any more.
            if woken.await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn a_manual_clock_wakes_a_sleeper_when_it_reaches_its_moment_and_not_before() {
        let clock = ManualClock::new(Duration::from_secs(5));
        let mut sleep = clock.sleep_until(100);
        clock.advance(Duration::from_nanos(99));
        assert_eq!((&mut sleep).now_or_never(), None);
        assert_eq!(clock.sleepers(), 1);
        clock.advance(Duration::from_nanos(1));
        assert_eq!((&mut sleep).now_or_never(), Some(()));
        assert_eq!((clock.sleepers(), clock.monotonic()), (0, 100));
        assert_eq!(clock.wall(), Duration::new(5, 100));
        assert_eq!(clock.sleep_until(100).now_or_never(), Some(()), "a moment that has passed does not wait");
    }
}
