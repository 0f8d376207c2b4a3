//! Turns of guests that compute.
//!
//! A guest that has computed for an epoch gives its worker back. Where many do, each would stand in the runtime's queue, and a
//! short call that comes behind them would wait a turn of each. So no more of them stand there than the runtime has workers;
//! the others wait in a line of their own, in the order in which they came. What computes beside guests, as Lua does, stands in the same
//! line.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, Id};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::yield_now;
use wasmtime::UpdateDeadline;

/// The turns of each runtime: two hosts on one runtime share its workers.
static RUNTIMES: Mutex<Vec<(Id, Arc<Semaphore>)>> = Mutex::new(Vec::new());

thread_local! {
    /// The turn of the guest that this thread runs.
    static TURN: Cell<Option<OwnedSemaphorePermit>> = const { Cell::new(None) };

    /// Since when it has run what it runs now.
    static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Who has computed for less has not computed for an epoch, but waited for one.
const JUST_BEGUN: Duration = Duration::from_millis(1);

/// What a guest does at the end of an epoch: it waits for its next turn, unless it has just begun to compute. The epoch of a guest that
/// comes back from a wait is over, mostly, and a crowd that wakes would stand in line before it has done anything.
pub(super) fn next() -> UpdateDeadline {
    if SINCE.get().is_some_and(|since| since.elapsed() < JUST_BEGUN) {
        return UpdateDeadline::Continue(1);
    }
    UpdateDeadline::YieldCustom(1, Box::pin(next_turn()))
}

/// Ends the turn of work that has computed for an [`EPOCH`](crate::EPOCH), and waits for its next one, which it has from then on until
/// its task waits: for what computes on the runtime's workers as guests do. The work has to run [`in_turns`].
pub fn next_turn() -> impl Future<Output = ()> + Send {
    end();
    async {
        let turn = match Handle::try_current() {
            Ok(runtime) => of(&runtime).acquire_owned().await.ok(),
            Err(_) => None,
        };
        // Tokio's own yield lets its timers and sockets go first; Wasmtime's plain one would starve them where a guest
        // computes on the only worker. Behind the line, because who is let in from there would be the next to run.
        yield_now().await;
        // Whom they woke stands behind this task for now: a call whose time is up would wait one more turn to be told so.
        yield_now().await;
        TURN.set(turn);
    }
}

/// Ends the turn of work that computes where it waits or is done, whatever it waits for: see [`next_turn`].
pub async fn in_turns<R>(work: impl Future<Output = R>) -> R {
    let mut work = pin!(work);
    poll_fn(|cx| {
        begin(Instant::now());
        let polled = work.as_mut().poll(cx);
        end();
        polled
    })
    .await
}

/// What is done on this thread from here on has begun, or goes on, at this moment.
pub(super) fn begin(now: Instant) {
    SINCE.set(Some(now));
}

/// Ends the turn of what has computed on this thread, if it had one.
pub(super) fn end() {
    drop(TURN.take());
}

fn of(runtime: &Handle) -> Arc<Semaphore> {
    let id = runtime.id();
    let mut runtimes = RUNTIMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, turns)) = runtimes.iter().find(|(known, _)| *known == id) {
        return turns.clone();
    }
    // Of a runtime that is gone, nobody holds the turns.
    runtimes.retain(|(_, turns)| Arc::strong_count(turns) > 1);
    let turns = Arc::new(Semaphore::new(runtime.metrics().num_workers()));
    runtimes.push((id, turns.clone()));
    turns
}

#[cfg(test)]
mod tests {
    use super::{JUST_BEGUN, TURN, in_turns, next, next_turn as turn};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;
    use tokio::task::{JoinSet, yield_now};
    use wasmtime::UpdateDeadline;

    #[tokio::test]
    async fn a_guest_goes_on_at_the_end_of_an_epoch_that_it_has_waited_for() {
        in_turns(async {
            assert!(matches!(next(), UpdateDeadline::Continue(1)));
            let began = Instant::now();
            while began.elapsed() < JUST_BEGUN {
                std::hint::spin_loop();
            }
            assert!(matches!(next(), UpdateDeadline::YieldCustom(1, _)), "it has computed");
            yield_now().await;
            assert!(matches!(next(), UpdateDeadline::Continue(1)), "it has just come back");
        })
        .await;
    }

    #[tokio::test]
    async fn what_comes_later_waits_for_no_crowd_of_guests_that_compute() {
        let turns = Arc::new(AtomicUsize::new(0));
        let mut guests = JoinSet::new();
        for _ in 0..100 {
            let turns = turns.clone();
            guests.spawn(in_turns(async move {
                loop {
                    turn().await;
                    turns.fetch_add(1, Ordering::Relaxed);
                }
            }));
        }
        while turns.load(Ordering::Relaxed) < 1000 {
            yield_now().await;
        }
        let before = turns.load(Ordering::Relaxed);
        tokio::spawn(async {}).await.unwrap();
        let passed = turns.load(Ordering::Relaxed) - before;
        assert!(passed <= 4, "{passed} turns of others came first");
    }

    #[tokio::test]
    async fn each_of_many_guests_has_its_turn() {
        let mut guests = JoinSet::new();
        for _ in 0..50 {
            guests.spawn(in_turns(async {
                for _ in 0..20 {
                    turn().await;
                }
            }));
        }
        assert_eq!(guests.join_all().await.len(), 50);
    }

    #[tokio::test]
    async fn a_guest_that_waits_for_something_else_holds_no_turn() {
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let waits = tokio::spawn(in_turns(async move {
            turn().await;
            receiver.await.unwrap();
        }));
        in_turns(async {
            for _ in 0..10 {
                turn().await;
            }
        })
        .await;
        assert!(TURN.take().is_none());
        sender.send(()).unwrap();
        waits.await.unwrap();
    }

    #[tokio::test]
    async fn a_guest_that_is_dropped_in_the_line_leaves_its_place() {
        for _ in 0..10 {
            let dropped = tokio::time::timeout(
                std::time::Duration::ZERO,
                in_turns(async {
                    loop {
                        turn().await;
                    }
                }),
            );
            assert!(dropped.await.is_err());
        }
        in_turns(turn()).await;
    }
}
