//! One request and its response: what they occupy, and when they let go of it.
//!
//! An exchange holds a slot among the client's requests in flight and, once it was given a connection, counts as its
//! user. Both directions have to be over before it lets go: a server may answer before it has read the whole request,
//! and the connection is busy until then. Cancelling ends both directions at once.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;

use bytes::Bytes;
use futures::task::AtomicWaker;
use http_body_util::combinators::UnsyncBoxBody;
use tokio::sync::OwnedSemaphorePermit;

use super::Origin;
use super::connections::{ConnectionId, Connections, Stance};
use super::connector::Purpose;
use super::error::BoxError;

/// What the guest sends.
pub(super) type Sent = UnsyncBoxBody<Bytes, BoxError>;

/// The state that request body, response body and the waiting caller share.
pub(super) struct Exchange {
    pub(super) origin: Origin,
    connections: Arc<Connections>,
    held: Mutex<Held>,
    /// The request body, which is here and not with hyper so that cancelling ends it: hyper drops a body only when it has
    /// got rid of what it took of it before, and whoever writes the body would wait for a server that reads nothing.
    sent: Mutex<Option<Sent>>,
    cancelled: AtomicBool,
    upload_waker: AtomicWaker,
    upload: AtomicU8,
}

struct Held {
    slot: Option<OwnedSemaphorePermit>,
    connection: Option<ConnectionId>,
    stance: Stance,
    reused: bool,
    request_over: bool,
    response_over: bool,
    upload_error: Option<BoxError>,
}

/// What the sending of the request body waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Upload {
    /// The guest, to write more.
    Starved = 0,
    /// The server, to take what was handed over.
    HandedOver = 1,
    /// Nothing: it is done.
    Done = 2,
}

impl Exchange {
    /// Starts an exchange.
    pub(super) fn new(
        origin: Origin,
        connections: Arc<Connections>,
        slot: Option<OwnedSemaphorePermit>,
        sent: Sent,
    ) -> Arc<Self> {
        Arc::new(Self {
            origin,
            connections,
            held: Mutex::new(Held {
                slot,
                connection: None,
                stance: Stance::Settled,
                reused: false,
                request_over: false,
                response_over: false,
                upload_error: None,
            }),
            sent: Mutex::new(Some(sent)),
            cancelled: AtomicBool::new(false),
            upload_waker: AtomicWaker::new(),
            upload: AtomicU8::new(Upload::Starved as u8),
        })
    }

    /// To be called before every poll of the response's future, in which alone the pool chooses a connection, and
    /// chooses another when the first turned out to be closed: until [`Self::observe`] the ledger has to expect it.
    pub(super) fn choose(&self) {
        let mut held = self.held();
        if !held.over() {
            held.take_stance(self, Stance::Choosing);
        }
    }

    /// To be called after every such poll: notes which connection the pool chose, and returns whether it has.
    pub(super) fn observe(&self, purpose: &Purpose) -> bool {
        let id = purpose.chosen_id();
        let mut held = self.held();
        let chosen = id.is_some() && id != purpose.progress.closed();
        if let Some(id) = id.filter(|id| chosen && !held.over() && held.connection != Some(*id)) {
            held.reused = self.connections.bind(id, &purpose.chosen);
            if let Some(closed) = held.connection.replace(id) {
                self.connections.release(closed);
            }
        }
        if chosen {
            held.take_stance(self, Stance::Settled);
        } else if purpose.progress.is_queued() {
            held.take_stance(self, Stance::Queued);
        }
        id.is_some()
    }

    /// Whether the connection had served another exchange before this one.
    pub(super) fn reused(&self) -> bool {
        self.held().reused
    }

    /// The response has ended, or there is none to come.
    pub(super) fn response_over(&self) {
        let mut held = self.held();
        held.response_over = true;
        held.let_go(self);
    }

    /// The request body, unless it is over.
    pub(super) fn sent(&self) -> MutexGuard<'_, Option<Sent>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The request body has ended, or is no longer wanted.
    pub(super) fn request_over(&self) {
        let sent = self.sent().take();
        drop(sent);
        self.upload.store(Upload::Done as u8, Ordering::Relaxed);
        let mut held = self.held();
        held.request_over = true;
        held.let_go(self);
    }

    /// Gives up both directions. What hyper still holds of the request learns of it through the request body.
    pub(super) fn cancel(&self) {
        let mut held = self.held();
        if let Some(id) = held.connection {
            self.connections.give_up(id, !held.request_over);
        }
        held.response_over = true;
        held.request_over = true;
        held.let_go(self);
        drop(held);
        let sent = self.sent().take();
        drop(sent);
        self.cancelled.store(true, Ordering::Release);
        self.upload_waker.wake();
    }

    /// Whether the exchange was cancelled; if not yet, whoever polls is woken when it is.
    pub(super) fn poll_cancelled(&self, context: &Context<'_>) -> bool {
        self.upload_waker.register(context.waker());
        self.cancelled.load(Ordering::Acquire)
    }

    pub(super) fn set_upload(&self, upload: Upload) {
        self.upload.store(upload as u8, Ordering::Relaxed);
    }

    /// Whether the server is what the sending of the request body waits for.
    pub(super) fn server_stopped_reading(&self) -> bool {
        self.upload.load(Ordering::Relaxed) == Upload::HandedOver as u8
    }

    /// Keeps the request body's error for the caller: hyper passes it on for HTTP/1 alone.
    pub(super) fn set_upload_error(&self, error: BoxError) {
        self.held().upload_error = Some(error);
    }

    pub(super) fn take_upload_error(&self) -> Option<BoxError> {
        self.held().upload_error.take()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn take_stance(&mut self, exchange: &Exchange, stance: Stance) {
        let before = std::mem::replace(&mut self.stance, stance);
        if before != stance {
            exchange.connections.change(&exchange.origin, before, stance);
        }
    }

    fn over(&self) -> bool {
        self.request_over && self.response_over
    }

    fn let_go(&mut self, exchange: &Exchange) {
        if self.over() {
            self.take_stance(exchange, Stance::Settled);
            if let Some(id) = self.connection.take() {
                exchange.connections.release(id);
            }
            self.slot = None;
        }
    }
}

/// The exchange as held by whoever waits for the response: dropping it before the response is over cancels.
pub(super) struct Awaiting(Arc<Exchange>);

impl Awaiting {
    pub(super) fn new(exchange: Arc<Exchange>) -> Self {
        Self(exchange)
    }

    pub(super) fn exchange(&self) -> &Arc<Exchange> {
        &self.0
    }
}

impl Drop for Awaiting {
    fn drop(&mut self) {
        // After its end the response's part is done, and what is left of the request may finish in its own time.
        if !self.0.held().response_over {
            self.0.cancel();
        }
    }
}
