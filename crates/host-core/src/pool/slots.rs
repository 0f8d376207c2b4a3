//! How many calls of a function run at one time, and who waits.

use super::PoolSpec;
use super::calls::{Accepted, Calls, stopped};
use super::line::{Line, Place, Refused};
use super::waits::{Cycle, Hold};
use crate::call::CallContext;
use crate::error::{Error, ErrorKind, Reason, Result};
use crate::metrics::{EntryMetrics, Level};
use std::borrow::Borrow;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Weak};
use tokio_util::sync::CancellationToken;

/// The slots of one function's pool. Clones are the same slots. [`crate::Host::slots`] makes them: the host has to know all
/// of its pools to see a chain of calls that would wait for itself.
///
/// For functions of every kind; those of this crate pass through them of themselves.
#[derive(Clone)]
pub struct Slots(Arc<Inner>);

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slots")
            .field("id", &self.0.id)
            .field("spec", &self.0.spec)
            .field("taken", &self.taken())
            .finish_non_exhaustive()
    }
}

struct Inner {
    id: Arc<str>,
    spec: PoolSpec,
    /// None: no limit.
    line: Option<Line>,
    calls: Arc<Calls>,
    metrics: Option<Arc<EntryMetrics>>,
}

/// A slot that a call holds. Dropping it lets the first in the queue in.
pub struct SlotPermit(Held<Slots>);

impl fmt::Debug for SlotPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotPermit").field("of", &self.0.slots.0.id).finish_non_exhaustive()
    }
}

/// The same, with its slots by value or by reference.
pub(crate) struct Held<S: Borrow<Slots>> {
    slots: S,
    taken: bool,
    // Behind the slot: a host that has drained has all slots back.
    accepted: Accepted,
}

impl Slots {
    pub(crate) fn new(id: Arc<str>, spec: PoolSpec, calls: Arc<Calls>, metrics: Option<Arc<EntryMetrics>>) -> Self {
        let line = spec.slots().map(|slots| Line::new(slots as usize, spec.buffer()));
        let inner = Arc::new(Inner { id, spec, line, calls, metrics });
        if let Some(metrics) = &inner.metrics {
            let level: Weak<dyn Level> = Arc::downgrade(&inner) as _;
            metrics.levels().add(level);
        }
        Self(inner)
    }

    /// Waits for a slot. Give it the context that [`CallContext::enter`] made for this function; it comes back knowing
    /// that it holds the slot. What runs in the slot has to run under that context, nested calls included.
    ///
    /// A free slot is taken at once, without a lock. Otherwise the call waits behind those who came before. It gives
    /// up its place when the future is dropped, at the context's deadline, at its cancellation, or where a drain
    /// cancels what still runs.
    ///
    /// # Errors
    /// - Kind `Unavailable`, reason [`Reason::PoolQueueFull`]: as many wait as the pool's `buffer` allows.
    /// - Kind `Conflict`, reason [`Reason::WaitCycle`]: the slots are held by calls that wait for this one.
    /// - Kind `Timeout` at the deadline, kind `Canceled` at the cancellation.
    /// - Kind `Unavailable`: the host is stopping, and this is an outermost call.
    pub async fn acquire(&self, context: CallContext) -> Result<(CallContext, SlotPermit)> {
        let mut context = context;
        let mut held = Held::begin(self.clone(), &mut context)?;
        if held.waits() {
            held.wait(&mut context).await?;
        }
        Ok((context, SlotPermit(held)))
    }

    /// How many calls hold a slot. 0 for a pool without a limit, which does not count.
    pub fn taken(&self) -> usize {
        self.0.line.as_ref().map_or(0, Line::taken)
    }

    /// The pool.
    pub fn spec(&self) -> &PoolSpec {
        &self.0.spec
    }
}

impl Inner {
    async fn wait(&self, line: &Line, context: &CallContext) -> Result<Hold> {
        let place = async {
            let place = async {
                let queued = line.queue()?;
                let _counted = self.metrics.as_ref().map(|metrics| metrics.wait());
                queued.wait(context, &self.calls.waits).await
            };
            place.await.map(Place::keep).map_err(|refused| self.refused(line, refused))
        };
        let in_time = async {
            match context.deadline() {
                None => place.await,
                Some(deadline) => match tokio::time::timeout_at(deadline.into(), place).await {
                    Ok(result) => result,
                    Err(_) => Err(self.too_late()),
                },
            }
        };
        match context.cancellation() {
            None => in_time.await,
            Some(token) => match token.run_until_cancelled(in_time).await {
                Some(result) => result,
                None => Err(Error::new(ErrorKind::Canceled, format!("{}: canceled by the caller", self.id))),
            },
        }
    }

    fn refused(&self, line: &Line, refused: Refused) -> Error {
        let (id, key) = (&self.id, self.spec.key());
        match refused {
            Refused::QueueFull => {
                let (slots, waiting) = (line.places(), line.buffer());
                let message = format!("{id}: pool queue is full: {slots} calls run and {waiting} wait");
                Error::new(ErrorKind::Unavailable, message)
                    .with_reason(Reason::PoolQueueFull)
                    .with_remedy(format!("try again, or raise {key} or pool.buffer of the entry"))
            }
            Refused::Cycle(Cycle { functions }) => {
                let message = format!("function would wait for its own pool slot: {}", functions.join(" -> "));
                Error::new(ErrorKind::Conflict, message)
                    .with_reason(Reason::WaitCycle)
                    .with_remedy(format!("raise {key} of {id}, or call less deep"))
            }
        }
    }

    fn too_late(&self) -> Error {
        Error::new(
            ErrorKind::Timeout,
            format!("{}: the deadline passed while it waited for a slot of its pool", self.id),
        )
        .with_reason(Reason::ExecutionTime)
        .with_remedy(format!("raise {} of the entry, or give the call more time", self.spec.key()))
    }
}

impl Level for Inner {
    fn waiting(&self) -> usize {
        self.line.as_ref().map_or(0, Line::waiting)
    }
}

impl<S: Borrow<Slots>> Held<S> {
    /// See [`Slots::acquire`]: a call that is let in, and its slot where one is free. Where it [waits](Self::waits), it has to
    /// [wait](Self::wait) before it runs.
    ///
    /// The context is told in its place, and what waits for nothing is no future: each call pays for this.
    pub(crate) fn begin(slots: S, context: &mut CallContext) -> Result<Self> {
        let inner = &*slots.borrow().0;
        let accepted = inner.calls.accept(context)?;
        let hold = inner.line.as_ref().and_then(Line::try_take).map(Place::keep);
        if let Some(hold) = hold {
            context.hold(hold);
        }
        Ok(Self { slots, taken: hold.is_some(), accepted })
    }

    pub(crate) fn waits(&self) -> bool {
        !self.taken && self.slots.borrow().0.line.is_some()
    }

    /// Waits for a slot.
    pub(crate) async fn wait(&mut self, context: &mut CallContext) -> Result<()> {
        let inner = &*self.slots.borrow().0;
        let Some(line) = &inner.line else { return Ok(()) };
        let waiting = self.accepted.run(&inner.calls, &inner.id, inner.wait(line, context));
        // In a box: few calls wait, and all would carry the room for it.
        let hold = Box::pin(waiting).await?;
        context.hold(hold);
        self.taken = true;
        Ok(())
    }

    /// What ends the call where a drain of the host cancels what still runs.
    pub(crate) fn abort(&self) -> Option<&CancellationToken> {
        self.accepted.abort(&self.slots.borrow().0.calls)
    }

    /// What is said of a call that was ended so.
    pub(crate) fn stopped(&self) -> Error {
        stopped(&self.slots.borrow().0.id)
    }

    /// See [`SlotPermit::run`].
    pub(crate) async fn run<R>(&self, work: impl Future<Output = Result<R>>) -> Result<R> {
        let inner = &*self.slots.borrow().0;
        self.accepted.run(&inner.calls, &inner.id, work).await
    }
}

impl SlotPermit {
    /// Does the work of the call. It is dropped, with an error of kind `Canceled`, where a drain of the host cancels what
    /// still runs at its deadline; the deadline and the cancellation of the call itself are the function's own to keep. Dropping the
    /// future drops the work, and leaves the slot taken until the permit is dropped.
    ///
    /// # Errors
    /// Those of the work, and kind `Canceled`.
    pub async fn run<R>(&self, work: impl Future<Output = Result<R>>) -> Result<R> {
        self.0.run(work).await
    }
}

impl<S: Borrow<Slots>> Drop for Held<S> {
    fn drop(&mut self) {
        if let Some(line) = self.slots.borrow().0.line.as_ref().filter(|_| self.taken) {
            line.give_back();
        }
    }
}
