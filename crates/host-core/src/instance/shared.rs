//! Instances with the asynchronous ABI that serve several calls at a time: where the entry asks for reuse, for calls that
//! nothing tells apart, of components whose imports leave nothing of one call for another to meet.
//!
//! An instance runs on a task of its own and ends it when no call is left and no work behind them: it goes back to the stock
//! then, until it has served as many as the entry says. A call that is dropped or out of time cannot be taken out of its
//! instance: no other call comes in, and the instance is dropped when the calls beside it have ended. A trap, or an exit,
//! ends all of them. A call that it has not begun by then begins in another.

use super::maker::Maker;
use super::ready::{Callee, Ready};
use super::store::StoreData;
use crate::call::CallContext;
use crate::error::{Error, Result};
use crate::spans;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, SetOnce, mpsc, oneshot};
use tracing::Instrument;
use wasmtime::component::{Accessor, Func};

/// Calls in one instance at a time: their tasks take turns on one thread.
const AT_A_TIME: u32 = 16;

/// How long the work behind the last call may take where the entry has no limit on time.
const WORK_BEHIND: Duration = Duration::from_secs(30);

type Job = Box<dyn for<'a> FnOnce(&'a Accessor<StoreData>, Func) -> BoxFuture<'a, ()> + Send>;

/// The instances of one function that serve calls at this moment.
pub(super) struct Sharing {
    allowed: bool,
    open: Mutex<Vec<Arc<Seats>>>,
}

impl Sharing {
    pub(super) fn new(allowed: bool) -> Self {
        Self { allowed, open: Mutex::default() }
    }

    pub(super) fn is_allowed(&self) -> bool {
        self.allowed
    }

    fn open(&self) -> MutexGuard<'_, Vec<Arc<Seats>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One instance, from its first call to the end of its last.
struct Seats {
    jobs: mpsc::UnboundedSender<Job>,
    /// The generation of the environment that the instance was made under.
    generation: u64,
    state: Mutex<State>,
    /// Nobody waits for it at this moment.
    quiet: Notify,
    /// Set when the instance serves no longer: what ended all calls, if that is why.
    ended: SetOnce<Option<Error>>,
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

    /// A seat for one more call, if there is one. Not where the last one has not begun: its guest computes at this moment,
    /// and whoever comes would wait for it.
    fn take(self: &Arc<Self>) -> Option<Seat> {
        let mut state = self.state();
        if state.left == 0 || state.waiting >= AT_A_TIME || state.given != state.begun {
            return None;
        }
        state.left -= 1;
        state.given += 1;
        state.waiting += 1;
        Some(Seat { seats: self.clone(), ended: false })
    }

    /// Lets no further call in, unless one was given to it that it has not begun.
    fn close(&self) -> bool {
        let mut state = self.state();
        let idle = state.given == state.begun;
        if idle {
            state.left = 0;
        }
        idle
    }

    /// Waits until nobody needs the instance any more: a call that was left alone in it is the last, or what goes on behind
    /// the last call has had its time.
    async fn given_up(&self, limit: Duration) {
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
struct Seat {
    seats: Arc<Seats>,
    ended: bool,
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
    }
}

impl Maker {
    /// Runs `body` on an instance that may serve other calls meanwhile. `context` has to be one that could be another's.
    pub(super) async fn beside<R: Send + 'static>(
        self: &Arc<Self>,
        context: CallContext,
        body: impl for<'a> FnOnce(&'a Accessor<StoreData>, Func) -> BoxFuture<'a, wasmtime::Result<R>> + Send + 'static,
    ) -> Result<R> {
        let body = Arc::new(Mutex::new(Some(body)));
        loop {
            let mut seat = match self.free_seat() {
                Some(seat) => seat,
                None => self.open(context.clone().for_many()).await?,
            };
            let (sender, answer) = oneshot::channel();
            let (seats, place) = (seat.seats.clone(), body.clone());
            let job: Job = Box::new(move |accessor, function| {
                seats.state().begun += 1;
                let body = place.lock().unwrap_or_else(PoisonError::into_inner).take();
                Box::pin(async move {
                    if let Some(body) = body {
                        // Nobody waits any more: the caller is gone.
                        drop(sender.send(body(accessor, function).await));
                    }
                })
            });
            // The instance is gone where it cannot be sent: what it failed for is told below.
            let _ = seat.seats.jobs.send(job);
            let answer = answer.await;
            let began = body.lock().unwrap_or_else(PoisonError::into_inner).is_none();
            seat.ended = answer.is_ok();
            match answer {
                Ok(Ok(result)) => return Ok(result),
                Ok(Err(error)) => {
                    seat.seats.state().spend();
                    return Err(self.error(&error));
                }
                Err(_) if !began => {}
                Err(_) => return Err(seat.seats.ended.wait().await.clone().unwrap_or_else(|| self.lost())),
            }
        }
    }

    fn lost(&self) -> Error {
        Error::internal(format!("{}: its instance ended under the call", self.common.entry.id()))
    }

    fn free_seat(&self) -> Option<Seat> {
        let generation = self.generation();
        let open = self.sharing.open();
        open.iter().filter(|seats| seats.generation == generation).find_map(Seats::take)
    }

    /// One more instance, on a task of its own.
    async fn open(self: &Arc<Self>, context: CallContext) -> Result<Seat> {
        let ready = self.instance(context).await?;
        let (jobs, received) = mpsc::unbounded_channel();
        let left = self.slots.spec().max_calls().saturating_sub(ready.served);
        let state = Mutex::new(State { left: left.max(1), ..State::default() });
        let generation = ready.generation;
        let seats = Arc::new(Seats { jobs, generation, state, quiet: Notify::new(), ended: SetOnce::new() });
        let seat = seats.take().ok_or_else(|| self.lost())?;
        self.sharing.open().push(seats.clone());
        let span = spans::work(self.common.entry.id());
        tokio::spawn(run(self.clone(), ready, seats, received).instrument(span));
        Ok(seat)
    }
}

async fn run(maker: Arc<Maker>, mut ready: Ready, seats: Arc<Seats>, mut received: mpsc::UnboundedReceiver<Job>) {
    let _ended = Ended(seats.clone());
    let limit = maker.common.entry.limits().max_execution.unwrap_or(WORK_BEHIND);
    let served = match ready.callee {
        Callee::Command(_) => None,
        Callee::Component(function) => {
            let serving = ready.store.run_concurrent(async |accessor| {
                let (mut begun, mut calls) = (0, FuturesUnordered::new());
                loop {
                    tokio::select! {
                        biased;
                        Some(job) = received.recv() => {
                            begun += 1;
                            calls.push(job(accessor, function));
                        }
                        Some(()) = calls.next(), if !calls.is_empty() => {}
                        () = poll_fn(|cx| accessor.poll_no_interesting_tasks(cx)), if calls.is_empty() && begun > 0 => {
                            if seats.close() {
                                return begun;
                            }
                            tokio::task::yield_now().await;
                        }
                    }
                }
            });
            tokio::select! {
                served = serving => Some(served),
                () = seats.given_up(limit) => None,
            }
        }
    };
    maker.sharing.open().retain(|open| !Arc::ptr_eq(open, &seats));
    match served {
        Some(Ok(served)) if !seats.state().spent => maker.keep_shared(ready, served),
        Some(Err(error)) => drop(seats.ended.set(Some(maker.failed(&ready.store, &error)))),
        _ => {}
    }
}

/// Says that the instance serves no longer, however that came.
struct Ended(Arc<Seats>);

impl Drop for Ended {
    fn drop(&mut self) {
        // It is set where the calls have to be told why.
        let _ = self.0.ended.set(None);
    }
}
