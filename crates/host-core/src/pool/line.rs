//! A number of places, and those who wait for one: first come, first served.

use super::sync::{AtomicU64, AtomicUsize, Ordering};
use super::waits::{Cycle, Hold, PoolId, WaitGraph};
use crate::call::CallContext;
use tokio::sync::Semaphore;

/// Places that calls take and give back, with a queue of limited length. Taking a free one locks nothing.
pub(crate) struct Line {
    pool: PoolId,
    places: usize,
    buffer: usize,
    free: Semaphore,
    waiting: AtomicUsize,
    numbers: AtomicU64,
}

/// Why a call was not let in.
#[derive(Debug)]
pub(crate) enum Refused {
    /// As many wait already as may.
    QueueFull,
    /// What it would wait for waits for it.
    Cycle(Cycle),
}

/// A place that was taken, and goes back when this is dropped.
pub(crate) struct Place<'a> {
    line: &'a Line,
    hold: Hold,
}

impl Line {
    pub(crate) fn new(places: usize, buffer: usize) -> Self {
        Self {
            pool: PoolId::next(),
            places,
            buffer,
            free: Semaphore::new(places),
            waiting: AtomicUsize::new(0),
            numbers: AtomicU64::new(0),
        }
    }

    pub(crate) fn places(&self) -> usize {
        self.places
    }

    pub(crate) fn buffer(&self) -> usize {
        self.buffer
    }

    /// A place, where one is free. Nobody who waits is overtaken: a place that comes back goes to the first in the queue.
    pub(crate) fn try_take(&self) -> Option<Place<'_>> {
        self.free.try_acquire().ok()?.forget();
        Some(self.place())
    }

    /// A place at the end of the queue, which is given up when it is dropped.
    pub(crate) fn queue(&self) -> Result<Queued<'_>, Refused> {
        let room = |waiting| (waiting < self.buffer).then_some(waiting + 1);
        match self.waiting.fetch_update(Ordering::SeqCst, Ordering::SeqCst, room) {
            Ok(_) => Ok(Queued(self)),
            Err(_) => Err(Refused::QueueFull),
        }
    }

    /// How many places are taken.
    pub(crate) fn taken(&self) -> usize {
        self.places.saturating_sub(self.free.available_permits())
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Gives back a place that [`Place::keep`] handed over.
    pub(crate) fn give_back(&self) {
        self.free.add_permits(1);
    }

    fn place(&self) -> Place<'_> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        Place { line: self, hold: Hold { pool: self.pool, number } }
    }
}

impl Place<'_> {
    /// Hands the place over to one who will call [`Line::give_back`].
    pub(crate) fn keep(self) -> Hold {
        let hold = self.hold;
        std::mem::forget(self);
        hold
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.line.give_back();
    }
}

/// One who waits, until dropped.
pub(crate) struct Queued<'a>(&'a Line);

impl<'a> Queued<'a> {
    /// Waits under `context`, whose chain of calls holds what it holds until then. Dropping the future gives up waiting.
    pub(crate) async fn wait(self, context: &CallContext, waits: &WaitGraph) -> Result<Place<'a>, Refused> {
        let line = self.0;
        let _known = waits.wait(context, line.pool, line.places).map_err(Refused::Cycle)?;
        // It cannot be closed: nobody closes it.
        line.free.acquire().await.map_err(|_| Refused::QueueFull)?.forget();
        Ok(line.place())
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}
