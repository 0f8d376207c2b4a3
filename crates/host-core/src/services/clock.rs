//! The clocks that guests see. Deadlines and time limits never use them: those stay real time.

use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::fmt;
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
#[derive(Debug, Clone)]
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

/// A clock that stands still until it is advanced: by hand in a test, or by a runtime that has nothing else to do
/// ([`ManualClock::advance_to_next`]). Clones share one time.
#[derive(Clone, Default)]
pub struct ManualClock(Arc<Mutex<ManualTime>>);

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualClock").field("sleepers", &self.sleepers()).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct ManualTime {
    wall: Duration,
    monotonic: u64,
    /// By the moment, then in the order in which they went to sleep.
    sleepers: BTreeMap<(u64, u64), oneshot::Sender<()>>,
    slept: u64,
}

/// Takes a sleeper that gives up out of the clock.
struct Sleeper {
    clock: ManualClock,
    key: (u64, u64),
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.clock.lock().sleepers.remove(&self.key);
    }
}

impl ManualClock {
    /// A clock that shows `wall`, with a monotonic time of 0.
    pub fn new(wall: Duration) -> Self {
        Self(Arc::new(Mutex::new(ManualTime { wall, ..ManualTime::default() })))
    }

    /// Moves both clocks forward and wakes every sleeper whose moment has come.
    pub fn advance(&self, by: Duration) {
        let due = self.lock().advance(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX));
        wake(due);
    }

    /// Moves both clocks forward to the moment of the next sleeper, and wakes all whose moment that is, in the order in
    /// which they went to sleep. Says whether there was one.
    pub fn advance_to_next(&self) -> bool {
        let mut time = self.lock();
        let Some(((next, _), _)) = time.sleepers.first_key_value() else { return false };
        let by = next.saturating_sub(time.monotonic);
        let due = time.advance(by);
        drop(time);
        wake(due);
        true
    }

    /// How many sleeps wait for the clock.
    pub fn sleepers(&self) -> usize {
        self.lock().sleepers.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ManualTime> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ManualTime {
    /// Those whose moment has come.
    fn advance(&mut self, by: u64) -> BTreeMap<(u64, u64), oneshot::Sender<()>> {
        self.wall = self.wall.saturating_add(Duration::from_nanos(by));
        self.monotonic = self.monotonic.saturating_add(by);
        let later = match self.monotonic.checked_add(1) {
            Some(next) => self.sleepers.split_off(&(next, 0)),
            None => BTreeMap::new(),
        };
        std::mem::replace(&mut self.sleepers, later)
    }
}

/// Not under the lock: who wakes may look at the clock.
fn wake(due: BTreeMap<(u64, u64), oneshot::Sender<()>>) {
    for sleeper in due.into_values() {
        // A sleeper that has gone away needs no waking.
        let _ = sleeper.send(());
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
        let key = (instant, time.slept);
        time.slept += 1;
        time.sleepers.insert(key, wake);
        let sleeper = Sleeper { clock: self.clone(), key };
        Box::pin(async move {
            let _sleeper = sleeper;
            // The sender goes away only with the sleeper.
            let _ = woken.await;
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

    #[test]
    fn a_clock_that_goes_to_the_next_sleeper_wakes_those_of_that_moment_alone() {
        let clock = ManualClock::new(Duration::ZERO);
        let mut sleeps = [300, 100, 200, 100].map(|moment| clock.sleep_until(moment));
        let ready = |sleeps: &mut [BoxFuture<'static, ()>; 4]| {
            sleeps.iter_mut().map(|sleep| sleep.now_or_never().is_some()).collect::<Vec<_>>()
        };
        assert!(clock.advance_to_next());
        assert_eq!((clock.monotonic(), ready(&mut sleeps)), (100, vec![false, true, false, true]));
        drop(std::mem::replace(&mut sleeps[2], Box::pin(std::future::pending())));
        assert_eq!(clock.sleepers(), 1, "one that gives up is gone");
        assert!(clock.advance_to_next());
        assert_eq!(clock.wall(), Duration::from_nanos(300));
        assert!(!clock.advance_to_next(), "nobody sleeps");
    }
}
