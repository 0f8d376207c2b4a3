//! The sockets of one client: how many there are, which are idle, and which has to go when another is needed.
//!
//! hyper-util's pool bounds idle connections for each host and nothing in total, so a guest that visits thousands of
//! hosts would hold as many sockets. This ledger counts every socket from before it is dialled until it is closed and,
//! at the limit, closes the idle one that was used longest ago.
//!
//! A connection counts as idle when no exchange is bound to it **and** no exchange with its origin is choosing: such an
//! exchange may have taken it from the pool and not yet said so, or be making it. What is closed is poisoned first, so
//! that the pool gives it to nobody who chooses later. One kind cannot be poisoned, a connection that no exchange was
//! ever bound to; should the pool give it away while it closes, the request comes back unwritten and the pool finds it
//! another.

use std::collections::HashMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;
use std::time::Duration;

use futures::task::AtomicWaker;
use hyper_util::client::legacy::connect::{CaptureConnection, Connected};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

use super::Origin;

/// A connection's number, unique within its client. It travels in hyper-util's connection metadata, from where an
/// exchange learns which connection it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ConnectionId(u64);

/// The ledger.
pub(super) struct Connections {
    sockets: Arc<Semaphore>,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    next_id: u64,
    open: HashMap<ConnectionId, Entry>,
    /// The exchanges without a connection, by origin.
    looking: HashMap<Origin, Lookers>,
    /// How many wait for a socket.
    waiting: usize,
    /// How many of the open ones are about to close for them.
    retiring: usize,
}

/// What an exchange does about its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stance {
    /// It has one, or needs none any more.
    Settled,
    /// It waits for a socket. The pool may still offer it a connection that became idle, which is why those of its
    /// origin are spared for a moment, and not for longer: the pool offers each only once, and whoever was offered one
    /// that had just closed would wait for a socket beside idle connections. Closing one that is just being offered
    /// does no harm, since the socket comes instead.
    Queued,
    /// It takes one from the pool, or makes one.
    Choosing,
}

#[derive(Default)]
struct Lookers {
    queued: usize,
    choosing: usize,
}

/// How long connections are spared for those of their origin who wait for a socket. The pool needs microseconds to
/// offer one.
const SPARED: Duration = Duration::from_millis(100);

/// How long a connection that nobody needs any more waits for the server to take some of what it has to say.
const LINGER: Duration = Duration::from_secs(1);

struct Entry {
    origin: Origin,
    exchanges: usize,
    served: u64,
    last_used: Instant,
    /// Of the last exchange that was bound to it, to poison it with.
    chosen: Option<CaptureConnection>,
    /// Whether HTTP/2 may still hold a request body that was given up: it drops one only when the server takes more of it.
    stuck: bool,
    retire: Arc<Retire>,
}

/// The order to close, from the ledger to the stream.
#[derive(Default)]
struct Retire {
    ordered: AtomicBool,
    /// Not an order: hyper is about to close the connection, and must not wait for the server to read.
    hurried: AtomicBool,
    task: AtomicWaker,
}

impl Connections {
    pub(super) fn new(limit: usize) -> Self {
        Self { sockets: Arc::new(Semaphore::new(limit)), book: Mutex::default() }
    }

    /// The right to open one socket, closing an idle one if none is left. `queued` is set while it waits, and stays set
    /// when the wait is given up, so that a timeout can tell what it was for.
    pub(super) async fn reserve(&self, queued: &AtomicBool) -> Result<OwnedSemaphorePermit, AcquireError> {
        queued.store(false, Ordering::Relaxed);
        if let Ok(permit) = Arc::clone(&self.sockets).try_acquire_owned() {
            return Ok(permit);
        }
        queued.store(true, Ordering::Relaxed);
        let waiting = Waiting::new(self);
        let mut permit = pin!(Arc::clone(&self.sockets).acquire_owned());
        let permit = loop {
            match tokio::time::timeout(SPARED, &mut permit).await {
                Ok(permit) => break permit,
                Err(_) => self.book().make_room(),
            }
        };
        drop(waiting);
        queued.store(false, Ordering::Relaxed);
        permit
    }

    /// Enters a socket that was opened with `permit`.
    pub(super) fn register(self: &Arc<Self>, origin: Origin, permit: OwnedSemaphorePermit) -> Registration {
        let retire = Arc::new(Retire::default());
        let mut book = self.book();
        let id = ConnectionId(book.next_id);
        book.next_id += 1;
        let retire_too = Arc::clone(&retire);
        let last_used = Instant::now();
        book.open.insert(
            id,
            Entry { origin, exchanges: 0, served: 0, last_used, chosen: None, stuck: false, retire: retire_too },
        );
        // Whoever wanted it may have found another in the meantime.
        book.make_room();
        drop(book);
        Registration { id, connections: Arc::clone(self), retire, linger: None, _permit: permit }
    }

    /// Notes that an exchange with `origin` has changed its stance.
    pub(super) fn change(&self, origin: &Origin, before: Stance, now: Stance) {
        let mut book = self.book();
        let lookers = book.looking.entry(origin.clone()).or_default();
        if let Some(count) = lookers.count(before) {
            *count -= 1;
        }
        if let Some(count) = lookers.count(now) {
            *count += 1;
        }
        if lookers.choosing + lookers.queued == 0 {
            book.looking.remove(origin);
        }
        if now != Stance::Choosing {
            book.make_room();
        }
    }

    /// Counts an exchange as a user of the connection. Returns whether the connection has served one before.
    pub(super) fn bind(&self, id: ConnectionId, chosen: &CaptureConnection) -> bool {
        let mut book = self.book();
        // Not there: the connection is closed already, and the exchange is about to hear of it.
        let Some(entry) = book.open.get_mut(&id) else { return false };
        entry.exchanges += 1;
        entry.served += 1;
        entry.chosen = Some(chosen.clone());
        entry.retire.hurried.store(false, Ordering::Release);
        entry.served > 1
    }

    /// Notes, before the [`Self::release`], that an exchange ends before its end; `sending` says whether its request body
    /// was not over either.
    pub(super) fn give_up(&self, id: ConnectionId, sending: bool) {
        let mut book = self.book();
        let Some(entry) = book.open.get_mut(&id) else { return };
        if entry.is_http2() {
            if sending {
                entry.stuck = true;
                // Those who come later would keep it from ever closing.
                entry.poison();
            }
        } else if entry.exchanges == 1 {
            // Otherwise the pool has given it to the next already.
            entry.retire.hurried.store(true, Ordering::Release);
            entry.retire.task.wake();
        }
    }

    /// Takes back one [`Self::bind`].
    pub(super) fn release(&self, id: ConnectionId) {
        let mut book = self.book();
        if let Some(entry) = book.open.get_mut(&id) {
            entry.exchanges = entry.exchanges.saturating_sub(1);
            entry.last_used = Instant::now();
            if entry.stuck && entry.exchanges == 0 && !entry.retire.ordered.load(Ordering::Relaxed) {
                entry.close();
                book.retiring += 1;
            }
        }
        book.make_room();
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn open(&self) -> usize {
        self.book().open.len()
    }

    /// Whether the ledger holds nothing but idle connections.
    #[cfg(test)]
    pub(super) fn is_at_rest(&self) -> bool {
        let book = self.book();
        book.looking.is_empty() && book.waiting == 0 && book.open.values().all(|entry| entry.exchanges == 0)
    }
}

impl Book {
    /// Tells as many idle connections to close as are waited for, those used longest ago first. To be called whenever
    /// somebody starts to wait or a connection may have become idle: a socket that becomes free goes to whoever waits
    /// longest, so no waiter can count on the one that was closed for it.
    fn make_room(&mut self) {
        while self.retiring < self.waiting {
            let idle = self.open.values().filter(|entry| self.is_idle(entry)).min_by_key(|entry| entry.last_used);
            let Some(entry) = idle else { return };
            tracing::debug!(origin = %entry.origin, "closing an idle connection to make room for another");
            entry.close();
            self.retiring += 1;
        }
    }

    fn is_idle(&self, entry: &Entry) -> bool {
        let spared = match self.looking.get(&entry.origin) {
            None => false,
            Some(lookers) => lookers.choosing > 0 || entry.last_used.elapsed() < SPARED,
        };
        !spared && entry.exchanges == 0 && !entry.retire.ordered.load(Ordering::Relaxed)
    }
}

impl Lookers {
    fn count(&mut self, stance: Stance) -> Option<&mut usize> {
        match stance {
            Stance::Settled => None,
            Stance::Queued => Some(&mut self.queued),
            Stance::Choosing => Some(&mut self.choosing),
        }
    }
}

impl Entry {
    fn is_http2(&self) -> bool {
        let chosen = self.chosen.as_ref();
        chosen.is_some_and(|chosen| chosen.connection_metadata().as_ref().is_some_and(Connected::is_negotiated_h2))
    }

    /// The pool gives it to nobody any more.
    fn poison(&self) {
        if let Some(chosen) = &self.chosen
            && let Some(connected) = chosen.connection_metadata().as_ref()
        {
            connected.poison();
        }
    }

    fn close(&self) {
        self.poison();
        self.retire.ordered.store(true, Ordering::Release);
        self.retire.task.wake();
    }
}

/// One who waits for a socket.
struct Waiting<'a>(&'a Connections);

impl<'a> Waiting<'a> {
    fn new(connections: &'a Connections) -> Self {
        let mut book = connections.book();
        book.waiting += 1;
        book.make_room();
        drop(book);
        Self(connections)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.book().waiting -= 1;
    }
}

/// A socket's line in the ledger, for as long as the socket lives.
pub(super) struct Registration {
    id: ConnectionId,
    connections: Arc<Connections>,
    retire: Arc<Retire>,
    linger: Option<Pin<Box<Sleep>>>,
    _permit: OwnedSemaphorePermit,
}

impl Registration {
    pub(super) fn id(&self) -> ConnectionId {
        self.id
    }

    /// Whether the connection has to close; if not yet, whoever polls is woken when it has to.
    pub(super) fn poll_retired(&self, context: &Context<'_>) -> bool {
        self.retire.task.register(context.waker());
        self.retire.ordered.load(Ordering::Acquire)
    }

    /// Whether the connection has waited long enough for the server to read, which it is to be asked when it has to wait.
    /// Whoever polls is woken when it has.
    pub(super) fn poll_overdue(&mut self, context: &mut Context<'_>) -> bool {
        self.retire.task.register(context.waker());
        if !self.retire.ordered.load(Ordering::Acquire) && !self.retire.hurried.load(Ordering::Acquire) {
            self.linger = None;
            return false;
        }
        let linger = self.linger.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
        linger.as_mut().poll(context).is_ready()
    }

    /// The connection does not wait for the server to read.
    pub(super) fn goes_on(&mut self) {
        self.linger = None;
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut book = self.connections.book();
        book.open.remove(&self.id);
        if self.retire.ordered.load(Ordering::Relaxed) {
            book.retiring -= 1;
        }
    }
}
