//! What a connection is waiting for, and since when.

use crate::Timeouts;
use crate::http::Pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

/// The state of one connection, told by its stream and by its requests.
pub(crate) struct Activity {
    requests: AtomicUsize,
    state: Mutex<State>,
}

struct State {
    /// Since when no request is in flight.
    quiet_since: Instant,
    /// Since when a head is under way.
    head_since: Option<Instant>,
    served: bool,
    http2: bool,
    /// The responses that stream.
    responses: Vec<Weak<Pending>>,
}

/// What the connection has run out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Of time for a head.
    Head,
    /// Of time between two requests.
    Idle,
}

impl Activity {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        let state =
            State { quiet_since: now, head_since: Some(now), served: false, http2: false, responses: Vec::new() };
        Self { requests: AtomicUsize::new(0), state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request has arrived, and is in flight until the value is dropped.
    pub(crate) fn begin(self: &Arc<Self>, http2: bool) -> InFlight {
        self.requests.fetch_add(1, Ordering::AcqRel);
        let mut state = self.lock();
        state.head_since = None;
        state.served = true;
        state.http2 = http2;
        InFlight(self.clone())
    }

    /// A response streams from now on.
    pub(crate) fn watch(&self, response: &Arc<Pending>) {
        let mut state = self.lock();
        state.responses.retain(|response| response.strong_count() > 0);
        state.responses.push(Arc::downgrade(response));
    }

    /// Bytes came from the client. Between requests of HTTP/1 they are the beginning of a head; HTTP/2 also has frames that
    /// are of no request.
    pub(super) fn arrived(&self) {
        if self.requests.load(Ordering::Acquire) == 0 {
            let mut state = self.lock();
            if !state.http2 {
                state.head_since.get_or_insert_with(Instant::now);
            }
        }
    }

    pub(super) fn has_served(&self) -> bool {
        self.lock().served
    }

    /// What is due now, or else when to ask again.
    pub(super) fn due(&self, timeouts: &Timeouts) -> Result<Instant, Due> {
        let now = Instant::now();
        let state = self.lock();
        if self.requests.load(Ordering::Acquire) > 0 {
            // Often enough to notice a client that has stopped reading.
            return Ok(now + timeouts.write.min(timeouts.idle) / 4);
        }
        let (since, limit, due) = match state.head_since {
            Some(since) => (since, timeouts.header, Due::Head),
            None => (state.quiet_since, timeouts.idle, Due::Idle),
        };
        if now.duration_since(since) < limit { Ok(since + limit) } else { Err(due) }
    }

    /// Ends the responses that the client does not take.
    pub(super) fn end_stalled(&self, timeouts: &Timeouts) {
        // Outside the lock: a guest's call is dropped here.
        let responses = self.lock().responses.clone();
        responses.iter().filter_map(Weak::upgrade).for_each(|response| response.give_up_after(timeouts.write));
    }
}

/// A request, from its head to the end of its response.
pub(crate) struct InFlight(Arc<Activity>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.lock().quiet_since = Instant::now();
        self.0.requests.fetch_sub(1, Ordering::AcqRel);
    }
}
