//! Instances with the asynchronous ABI that serve several calls at a time: where the entry asks for reuse, for calls that
//! nothing tells apart, of components whose imports leave nothing of one call for another to meet.
//!
//! An instance runs on a task of its own and ends it when no call is left and no work behind them: it goes back to the stock
//! then, until it has served as many as the entry says. A call that is dropped or out of time cannot be taken out of its
//! instance: no other call comes in, and the instance is dropped when the calls beside it have ended. A trap, or an exit,
//! ends all of them. A call that it has not begun by then begins in another, and so does one that waits for a guest which
//! computes, where the host has room.

use super::maker::Maker;
use super::ready::{Callee, Ready};
use super::seats::{Job, Seat, Seats};
use super::store::StoreData;
use super::turns::in_turns;
use crate::call::CallContext;
use crate::engine::EPOCH;
use crate::error::{Error, Result};
use crate::spans;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tracing::Instrument;
use wasmtime::component::{Accessor, Func};

/// How long the work behind the last call may take where the entry has no limit on time.
const WORK_BEHIND: Duration = Duration::from_secs(30);

/// How long a call that has not begun waits at most before it looks again whether another instance is better.
const PATIENCE: Duration = Duration::from_secs(1);

impl Maker {
    /// Runs `body` on an instance that may serve other calls meanwhile. `context` has to be one that could be another's.
    pub(super) async fn beside<R: Send + 'static>(
        self: &Arc<Self>,
        context: &CallContext,
        body: impl for<'a> FnOnce(&'a Accessor<StoreData>, Func) -> BoxFuture<'a, wasmtime::Result<R>> + Send + 'static,
    ) -> Result<R> {
        let mut body = body;
        let mut alone = false;
        loop {
            let mut seat = match if alone { None } else { self.free_seat() } {
                Some(seat) => seat,
                // In a box: few calls open one, and all that wait would carry the room for it.
                None => Box::pin(self.open(context.clone().for_many())).await?,
            };
            let (sender, answer) = oneshot::channel();
            let place = Arc::new(Mutex::new(Some(body)));
            let (seats, given) = (seat.seats.clone(), place.clone());
            let job: Job = Box::new(move |accessor, function| {
                seats.begin();
                let body = taken(&given);
                Box::pin(async move {
                    if let Some(body) = body {
                        // Nobody waits any more: the caller is gone.
                        drop(sender.send(body(accessor, function).await));
                    }
                })
            });
            // The instance is gone where it cannot be sent: what it failed for is told below.
            let _ = seat.seats.jobs.send(job);
            let answer = match self.answer(&seat.seats, answer, &place).await {
                Ok(answer) => answer,
                Err(back) => {
                    seat.ended = true;
                    alone = true;
                    body = back;
                    continue;
                }
            };
            seat.ended = answer.is_ok();
            match answer {
                Ok(Ok(result)) => return Ok(result),
                Ok(Err(error)) => {
                    seat.seats.spend();
                    return Err(self.error(&error));
                }
                Err(_) => match taken(&place) {
                    Some(back) => body = back,
                    None => return Err(seat.seats.ended.wait().await.clone().unwrap_or_else(|| self.lost())),
                },
            }
        }
    }

    /// What came of a call that was given to an instance. The call itself where it has not begun because a guest computes for
    /// another one, and the host has room for one more instance.
    async fn answer<R, B>(
        &self,
        seats: &Seats,
        mut answer: oneshot::Receiver<R>,
        given: &Mutex<Option<B>>,
    ) -> std::result::Result<std::result::Result<R, oneshot::error::RecvError>, B> {
        let turns = seats.turns();
        let mut patience = EPOCH;
        loop {
            if let Ok(answer) = tokio::time::timeout(patience, &mut answer).await {
                return Ok(answer);
            }
            if given.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
                return Ok(answer.await);
            }
            // The turn that it had when it was given the call, and one more, in which it would have begun.
            if seats.turns().wrapping_sub(turns) >= 2
                && self.admission.has_room()
                && let Some(back) = taken(given)
            {
                return Err(back);
            }
            patience = (patience * 2).min(PATIENCE);
        }
    }

    fn lost(&self) -> Error {
        Error::internal(format!("{}: its instance ended under the call", self.common.entry.id()))
    }

    fn free_seat(&self) -> Option<Seat> {
        let workers = || tokio::runtime::Handle::try_current().map_or(1, |handle| handle.metrics().num_workers());
        let enough = if self.admission.has_room() { workers() } else { 1 };
        self.sharing.free_seat(self.generation(), enough)
    }

    /// One more instance, on a task of its own.
    async fn open(self: &Arc<Self>, mut context: CallContext) -> Result<Seat> {
        let ready = match self.kept(&mut context)? {
            Some(ready) => ready,
            // In a box: each call that shares an instance would carry the room for making one.
            None => Box::pin(self.fresh(&mut context)).await?,
        };
        let (jobs, received) = mpsc::unbounded_channel();
        let calls = self.slots.spec().max_calls().saturating_sub(ready.served);
        let seat = self.sharing.open(jobs, ready.generation, calls);
        let span = spans::work(self.common.entry.id());
        tokio::spawn(run(self.clone(), ready, seat.seats.clone(), received).instrument(span));
        Ok(seat)
    }
}

fn taken<T>(place: &Mutex<Option<T>>) -> Option<T> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}

async fn run(maker: Arc<Maker>, mut ready: Box<Ready>, seats: Arc<Seats>, mut received: mpsc::UnboundedReceiver<Job>) {
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
            let mut serving = pin!(in_turns(serving));
            let serving = poll_fn(|cx| {
                seats.turn();
                serving.as_mut().poll(cx)
            });
            tokio::select! {
                served = serving => Some(served),
                () = seats.given_up(limit) => None,
            }
        }
    };
    seats.leave();
    match served {
        Some(Ok(served)) if !seats.is_spent() => maker.keep_shared(ready, served),
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
