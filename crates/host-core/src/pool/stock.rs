//! Instances that wait for a call: prepared ahead of it, or kept after another one.

use super::sync::{AtomicUsize, Mutex, MutexGuard, Ordering, PoisonError};
use crate::metrics::Level;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// After preparing has failed, how long until it is tried again: the calls in between report why, and should not pay twice.
const BACK_OFF: Duration = Duration::from_secs(1);

/// How long a demand is remembered.
const WINDOW: Duration = Duration::from_secs(10);

/// What waits for a call of one function, all of it made under one generation of the environment.
pub(crate) struct Stock<T> {
    inner: Mutex<Inner<T>>,
    /// How many are prepared ahead.
    warm: usize,
    /// How many wait at most.
    most: usize,
    adaptive: bool,
}

struct Inner<T> {
    /// The one that came last is the next to go: its memory is still in the caches.
    ready: Vec<T>,
    /// Those that have served, for the one who prepares to drop: their callers need not wait for that.
    served: Vec<T>,
    generation: u64,
    preparing: bool,
    failed: Option<Instant>,
    demand: Demand,
}

/// The most calls at one time, of this window and the one before.
struct Demand {
    since: Instant,
    before: usize,
    now: usize,
}

impl<T> Stock<T> {
    /// A stock of `warm` that are prepared and at most `most` that wait; `adaptive` holds both to what demand there was.
    pub(crate) fn new(warm: usize, most: usize, adaptive: bool) -> Self {
        let demand = Demand { since: Instant::now(), before: 0, now: 1 };
        let inner =
            Inner { ready: Vec::new(), served: Vec::new(), generation: 0, preparing: false, failed: None, demand };
        Self { inner: Mutex::new(inner), warm, most, adaptive }
    }

    /// One that was made under `generation`, for one of `running` calls. All that are older go.
    pub(crate) fn take(&self, generation: u64, running: usize) -> Option<T> {
        let mut inner = self.lock();
        if self.adaptive {
            inner.demand.see(running);
        }
        let old = inner.move_on_to(generation);
        let found = if inner.generation == generation { inner.ready.pop() } else { None };
        // Instances are dropped outside of the lock: that takes as long as making them.
        drop(inner);
        drop(old);
        found
    }

    /// Adds one, or gives it back where enough wait or where it is too old.
    pub(crate) fn put(&self, generation: u64, ready: T) -> Option<T> {
        let mut inner = self.lock();
        let old = inner.move_on_to(generation);
        let fits = inner.ready.len() < self.held_to(self.most, &inner);
        let refused = if fits && inner.generation == generation {
            inner.ready.push(ready);
            None
        } else {
            Some(ready)
        };
        drop(inner);
        drop(old);
        refused
    }

    /// Leaves one that has served to be dropped by the one who prepares, or gives it back: no more are left than are prepared
    /// ahead. Begin preparing after it.
    pub(crate) fn leave(&self, served: T) -> Option<T> {
        let mut inner = self.lock();
        if inner.served.len() >= self.held_to(self.warm, &inner) {
            return Some(served);
        }
        inner.served.push(served);
        None
    }

    /// One to be dropped: one that has served, or the one that has waited longest.
    pub(crate) fn give_up(&self) -> Option<T> {
        let mut inner = self.lock();
        inner.served.pop().or_else(|| (!inner.ready.is_empty()).then(|| inner.ready.remove(0)))
    }

    /// Whether somebody has to begin to prepare: fewer wait than should or some have to be dropped, and nobody prepares yet. Who
    /// is told so owns the [`Preparing`].
    pub(crate) fn begin(self: &Arc<Self>) -> Option<Preparing<T>> {
        if self.warm == 0 {
            return None;
        }
        let mut inner = self.lock();
        if inner.preparing || (inner.served.is_empty() && !self.wants(&inner)) {
            return None;
        }
        inner.preparing = true;
        drop(inner);
        Some(Preparing { stock: Arc::downgrade(self), ended: false })
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.lock().ready.len()
    }

    fn wants(&self, inner: &Inner<T>) -> bool {
        let rests = inner.failed.is_some_and(|failed| failed.elapsed() < BACK_OFF);
        !rests && inner.ready.len() < self.held_to(self.warm, inner)
    }

    fn held_to(&self, count: usize, inner: &Inner<T>) -> usize {
        if self.adaptive { count.min(inner.demand.most().max(1)) } else { count }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Inner<T> {
    /// What is too old where `generation` is newer than all that waits.
    fn move_on_to(&mut self, generation: u64) -> Vec<T> {
        if generation <= self.generation {
            return Vec::new();
        }
        self.generation = generation;
        std::mem::take(&mut self.ready)
    }
}

impl Demand {
    fn see(&mut self, calls: usize) {
        let elapsed = self.since.elapsed();
        if elapsed >= WINDOW {
            self.before = if elapsed >= 2 * WINDOW { 0 } else { self.now };
            self.now = 0;
            self.since = Instant::now();
        }
        self.now = self.now.max(calls);
    }

    fn most(&self) -> usize {
        self.now.max(self.before)
    }
}

/// The one who prepares for a stock. Dropping it lets another begin.
pub(crate) struct Preparing<T> {
    stock: Weak<Stock<T>>,
    ended: bool,
}

impl<T> Preparing<T> {
    /// Drops what has served, and says whether another one is wanted. Once told no, this has ended: a call that takes one after that begins anew.
    pub(crate) fn goes_on(&mut self) -> bool {
        let Some(stock) = self.stock.upgrade() else { return false };
        let mut inner = stock.lock();
        let wanted = stock.wants(&inner);
        let served = std::mem::take(&mut inner.served);
        inner.preparing = wanted;
        self.ended = !wanted;
        drop(inner);
        drop(served);
        wanted
    }

    /// Ends it because preparing failed: nobody begins again for a while.
    pub(crate) fn failed(self) {
        if let Some(stock) = self.stock.upgrade() {
            let mut inner = stock.lock();
            inner.failed = Some(Instant::now());
            let served = std::mem::take(&mut inner.served);
            drop(inner);
            drop(served);
        }
    }
}

impl<T> Drop for Preparing<T> {
    fn drop(&mut self) {
        if let Some(stock) = self.stock.upgrade().filter(|_| !self.ended) {
            stock.lock().preparing = false;
        }
    }
}

/// All stocks of a host, so that a full host can take back what waits for nobody yet.
#[derive(Default)]
pub(crate) struct Idle {
    stocks: Mutex<Vec<Weak<dyn Spare>>>,
    /// Which stock is asked first: each in its turn.
    turn: AtomicUsize,
}

/// A stock, whatever it holds.
pub(crate) trait Spare: Send + Sync {
    /// Drops one, and says whether there was one.
    fn spare(&self) -> bool;
}

impl<T: Send> Level for Stock<T> {
    fn ready(&self) -> usize {
        self.len()
    }
}

impl<T: Send> Spare for Stock<T> {
    fn spare(&self) -> bool {
        self.give_up().is_some()
    }
}

impl Idle {
    pub(crate) fn add(&self, stock: Weak<dyn Spare>) {
        let mut stocks = self.stocks.lock().unwrap_or_else(PoisonError::into_inner);
        stocks.retain(|stock| stock.strong_count() > 0);
        stocks.push(stock);
    }

    /// Drops one instance that waits for a call. False where there is none.
    pub(crate) fn spare_one(&self) -> bool {
        let stocks = self.stocks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut live: Vec<_> = stocks.iter().filter_map(Weak::upgrade).collect();
        // Asked outside of the lock: instances are dropped.
        drop(stocks);
        if !live.is_empty() {
            let first = self.turn.fetch_add(1, Ordering::Relaxed) % live.len();
            live.rotate_left(first);
        }
        live.iter().any(|stock| stock.spare())
    }
}
