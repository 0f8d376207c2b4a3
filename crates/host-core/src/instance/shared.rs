//! Instances with the asynchronous ABI that serve several calls at a time: where the entry asks for reuse, and for calls that
//! nothing tells apart.
//!
//! An instance runs on a task of its own and ends it when no call is left: it goes back to the stock then, until it has
//! served as many as the entry says. A call that is dropped or out of time cannot be taken out of its instance: no other
//! call comes in, and the instance is dropped when the calls beside it have ended. A trap ends all of them.

use super::maker::Maker;
use super::ready::{Callee, Ready};
use super::store::StoreData;
use crate::call::CallContext;
use crate::error::{Error, Reason, Result};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, SetOnce, mpsc, oneshot};
use wasmtime::component::{Accessor, Func};

/// Calls in one instance at a time: their tasks take turns on one thread.
const AT_A_TIME: u32 = 16;

type Job = Box<dyn for<'a> FnOnce(&'a Accessor<StoreData>, Func) -> BoxFuture<'a, ()> + Send>;

/// The instances of one function that serve calls at this moment.
#[derive(Default)]
pub(super) struct Sharing(Mutex<Vec<Arc<Seats>>>);

/// One instance, from its first call to the end of its last.
struct Seats {
    jobs: mpsc::UnboundedSender<Job>,
    state: Mutex<State>,
    /// Nobody waits for it any more.
    given_up: Notify,
    /// Set when the instance serves no longer: what ended all calls, if that is why.
    ended: SetOnce<Option<Error>>,
}

struct State {
    /// Calls that it may still take.
    left: u32,
    /// Calls given to it, and those of them whose callers wait.
    given: u32,
    waiting: u32,
    /// Whether a call was left alone in it.
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
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat for one more call, if there is one.
    fn take(self: &Arc<Self>) -> Option<Seat> {
        let mut state = self.state();
        if state.left == 0 || state.waiting >= AT_A_TIME {
            return None;
        }
        state.left -= 1;
        state.given += 1;
        state.waiting += 1;
        Some(Seat { seats: self.clone(), ended: false })
    }

    /// Lets no further call in, unless some were given to it that it has not begun.
    fn close(&self, begun: u32) -> bool {
        let mut state = self.state();
        let idle = state.given == begun;
        if idle {
            state.left = 0;
        }
        idle
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
        if state.spent && state.waiting == 0 {
            self.seats.given_up.notify_one();
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
        let mut seat = match self.free_seat() {
            Some(seat) => seat,
            None => self.open(context.for_many()).await?,
        };
        let (sender, answer) = oneshot::channel();
        let job: Job = Box::new(move |accessor, function| {
            let call = body(accessor, function);
            // Nobody waits any more: the caller is gone.
            Box::pin(async move { drop(sender.send(call.await)) })
        });
        // The instance is gone where it cannot be sent: what it failed for is told below.
        let _ = seat.seats.jobs.send(job);
        let answer = answer.await;
        seat.ended = answer.is_ok();
        match answer {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(error)) => {
                seat.seats.state().spend();
                Err(self.error(&error))
            }
            Err(_) => Err(seat.seats.ended.wait().await.clone().unwrap_or_else(|| self.lost())),
        }
    }

    fn lost(&self) -> Error {
        Error::internal(format!("{}: its instance ended under the call", self.common.entry.id()))
            .with_reason(Reason::Other)
    }

    fn free_seat(&self) -> Option<Seat> {
        let open = self.sharing.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.iter().find_map(Seats::take)
    }

    /// One more instance, on a task of its own.
    async fn open(self: &Arc<Self>, context: CallContext) -> Result<Seat> {
        let ready = self.instance(context).await?;
        let (jobs, received) = mpsc::unbounded_channel();
        let left = self.slots.spec().max_calls().saturating_sub(ready.served);
        let state = Mutex::new(State { left: left.max(1), given: 0, waiting: 0, spent: false });
        let seats = Arc::new(Seats { jobs, state, given_up: Notify::new(), ended: SetOnce::new() });
        let seat = seats.take().ok_or_else(|| self.lost())?;
        self.sharing.0.lock().unwrap_or_else(PoisonError::into_inner).push(seats.clone());
        tokio::spawn(run(self.clone(), ready, seats, received));
        Ok(seat)
    }
}

async fn run(maker: Arc<Maker>, mut ready: Ready, seats: Arc<Seats>, mut received: mpsc::UnboundedReceiver<Job>) {
    let _ended = Ended(seats.clone());
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
                        Some(()) = calls.next(), if !calls.is_empty() => {
                            if calls.is_empty() && seats.close(begun) {
                                return begun;
                            }
                        }
                    }
                }
            });
            tokio::select! {
                served = serving => Some(served),
                () = seats.given_up.notified() => None,
            }
        }
    };
    maker.sharing.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|open| !Arc::ptr_eq(open, &seats));
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
