//! The places that calls have in instances which serve several at a time.

use super::store::StoreData;
use crate::error::Error;
use futures::future::BoxFuture;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Notify, SetOnce, mpsc};
use wasmtime::component::{Accessor, Func};

/// Calls in one instance at a time: their tasks take turns on one thread.
const AT_A_TIME: u32 = 16;

/// A call, to be begun in an instance.
pub(super) type Job = Box<dyn for<'a> FnOnce(&'a Accessor<StoreData>, Func) -> BoxFuture<'a, ()> + Send>;

/// The instances of one function that serve calls at this moment.
pub(super) struct Sharing {
    allowed: bool,
    /// Those that may have a free seat, the one that was left last at the end.
    open: Arc<Open>,
}

#[derive(Default)]
struct Open(Mutex<Vec<Arc<Seats>>>);

impl Open {
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Seats>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sharing {
    pub(super) fn new(allowed: bool) -> Self {
        Self { allowed, open: Arc::default() }
    }

    pub(super) fn is_allowed(&self) -> bool {
        self.allowed
    }

    /// A seat in an instance of `generation`, if there is one where the call begins at once. Where as many instances as
    /// `enough` have yet to begin what they were given, one of theirs: a burst would open an instance for each call.
    pub(super) fn free_seat(&self, generation: u64, enough: usize) -> Option<Seat> {
        let mut open = self.open.lock();
        let mut busy = 0;
        let mut first_busy = None;
        let mut index = open.len();
        while index > 0 && busy < enough {
            index -= 1;
            let seats = open.get(index)?;
            let mut state = seats.state();
            if state.left == 0 || state.waiting >= AT_A_TIME || seats.generation != generation {
                // Back when a seat is left.
                state.listed = false;
                drop(state);
                open.remove(index);
                first_busy = first_busy.map(|busy: usize| busy - 1);
            } else if state.given == state.begun {
                return Some(seats.take(&mut state));
            } else {
                busy += 1;
                first_busy = first_busy.or(Some(index));
            }
        }
        let seats = first_busy.filter(|_| busy >= enough).and_then(|index| open.get(index))?;
        let mut state = seats.state();
        (state.left > 0).then(|| seats.take(&mut state))
    }

    /// One more instance, which takes so many calls, and a seat in it.
    pub(super) fn open(&self, jobs: mpsc::UnboundedSender<Job>, generation: u64, calls: u32) -> Seat {
        let state = Mutex::new(State { left: calls.max(1), listed: true, ..State::default() });
        let open = Arc::downgrade(&self.open);
        let (quiet, ended, turns) = (Notify::new(), SetOnce::new(), AtomicU64::new(0));
        let seats = Arc::new(Seats { jobs, generation, state, quiet, ended, turns, open });
        let seat = seats.take(&mut seats.state());
        self.open.lock().push(seats);
        seat
    }
}

/// One instance, from its first call to the end of its last.
pub(super) struct Seats {
    pub(super) jobs: mpsc::UnboundedSender<Job>,
    /// The generation of the environment that the instance was made under.
    generation: u64,
    state: Mutex<State>,
    /// Nobody waits for it at this moment.
    quiet: Notify,
    /// Set when the instance serves no longer: what ended all calls, if that is why.
    pub(super) ended: SetOnce<Option<Error>>,
    /// How often its task had the thread.
    turns: AtomicU64,
    open: Weak<Open>,
}

#[derive(Default)]
struct State {
    /// Calls that it may still take.
    left: u32,
    /// Calls given to it, those of them that it has begun, and those whose callers wait.
    given: u32,
    begun: u32,
    waiting: u32,
    /// Whether a call was left alone in it, or failed.
    spent: bool,
    /// Whether it is among those that may have a free seat.
    listed: bool,
}

impl State {
    /// No other call comes in, and the instance is not kept.
    fn spend(&mut self) {
        self.spent = true;
        self.left = 0;
    }
}

impl Seats {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(self: &Arc<Self>, state: &mut State) -> Seat {
        state.left = state.left.saturating_sub(1);
        state.given += 1;
        state.waiting += 1;
        Seat { seats: self.clone(), ended: false }
    }

    /// A call that was given to it begins.
    pub(super) fn begin(&self) {
        self.state().begun += 1;
    }

    pub(super) fn spend(&self) {
        self.state().spend();
    }

    pub(super) fn is_spent(&self) -> bool {
        self.state().spent
    }

    /// Its task has the thread.
    pub(super) fn turn(&self) {
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    /// Lets no further call in, unless one was given to it that it has not begun.
    pub(super) fn close(&self) -> bool {
        let mut state = self.state();
        let idle = state.given == state.begun;
        if idle {
            state.left = 0;
        }
        idle
    }

    /// No call finds it any more.
    pub(super) fn leave(self: &Arc<Self>) {
        let Some(open) = self.open.upgrade() else { return };
        let mut open = open.lock();
        if std::mem::take(&mut self.state().listed) {
            open.retain(|open| !Arc::ptr_eq(open, self));
        }
    }

    /// Waits until nobody needs the instance any more: a call that was left alone in it is the last, or what goes on behind
    /// the last call has had its time.
    pub(super) async fn given_up(&self, limit: Duration) {
        self.quiet.notified().await;
        loop {
            let given = {
                let state = self.state();
                if state.spent && state.waiting == 0 {
                    return;
                }
                state.given
            };
            if tokio::time::timeout(limit, self.quiet.notified()).await.is_ok() {
                continue;
            }
            let mut state = self.state();
            if state.waiting == 0 && state.given == given {
                state.spend();
                return;
            }
        }
    }
}

/// The place of one call.
pub(super) struct Seat {
    pub(super) seats: Arc<Seats>,
    /// Nothing of the call is left in the instance.
    pub(super) ended: bool,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.seats.state();
        state.waiting -= 1;
        if !self.ended {
            state.spend();
        }
        if state.waiting == 0 {
            self.seats.quiet.notify_one();
        }
        let back = !state.listed && state.left > 0;
        state.listed |= back;
        drop(state);
        if let Some(open) = self.seats.open.upgrade().filter(|_| back) {
            open.lock().push(self.seats.clone());
        }
    }
}
