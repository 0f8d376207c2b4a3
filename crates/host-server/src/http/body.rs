//! Bodies on the way in and out, held to size and time.

use crate::connection::InFlight;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::time::Sleep;
use wippy_import_http::{RequestBodyError, ResponseBody};

/// The body of a request: an error where it grows too large, or where the client sends nothing for too long.
pub(super) struct RequestBody {
    incoming: Incoming,
    left: u64,
    limit: u64,
    wait: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    armed: bool,
}

impl RequestBody {
    pub(super) fn new(incoming: Incoming, limit: u64, wait: Duration) -> Self {
        Self { incoming, left: limit, limit, wait, timer: None, armed: false }
    }

    /// All of it. A client may take its time for each piece, but not for every byte of many: beside the wait, the body
    /// as a whole has a second for each KiB.
    pub(super) async fn collected(mut self) -> Result<Bytes, RequestBodyError> {
        let started = Instant::now();
        let mut whole = Vec::new();
        while let Some(frame) = http_body_util::BodyExt::frame(&mut self).await {
            let Ok(data) = frame?.into_data() else { continue };
            whole.extend_from_slice(&data);
            if started.elapsed() > self.wait.saturating_add(Duration::from_secs(whole.len() as u64 / 1024)) {
                return Err(RequestBodyError::TimedOut);
            }
        }
        Ok(whole.into())
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = RequestBodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RequestBodyError>>> {
        let this = &mut *self;
        match Pin::new(&mut this.incoming).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                this.armed = false;
                let length = frame.data_ref().map_or(0, |data| data.len() as u64);
                Poll::Ready(Some(match this.left.checked_sub(length) {
                    Some(left) => {
                        this.left = left;
                        Ok(frame)
                    }
                    None => Err(RequestBodyError::TooLarge { limit: this.limit }),
                }))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(RequestBodyError::Broken(error.to_string())))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                let timer = this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(this.wait)));
                if !this.armed {
                    this.armed = true;
                    timer.as_mut().reset(tokio::time::Instant::now() + this.wait);
                }
                ready!(timer.as_mut().poll(context));
                Poll::Ready(Some(Err(RequestBodyError::TimedOut)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// The body of a response, and the sign that its request is not done: dropped with the body, when the response is out.
pub(crate) struct OutBody(Content);

enum Content {
    Full(Option<Bytes>, Option<InFlight>),
    Guest(Arc<Pending>),
}

/// Why a response breaks off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cut {
    #[error(transparent)]
    Guest(#[from] wippy_import_http::BodyCut),
    #[error("the client did not take the response")]
    Stalled,
}

impl OutBody {
    pub(super) fn full(bytes: Bytes) -> Self {
        Self(Content::Full(Some(bytes).filter(|bytes| !bytes.is_empty()), None))
    }

    /// What a guest sends, watched through the second value.
    pub(super) fn guest(body: ResponseBody) -> (Self, Arc<Pending>) {
        let state = State { body: Some(body), cut: None, given: None, in_flight: None };
        let pending = Arc::new(Pending(Mutex::new(state)));
        (Self(Content::Guest(pending.clone())), pending)
    }

    pub(super) fn held_by(mut self, in_flight: InFlight) -> Self {
        match &mut self.0 {
            Content::Full(_, held) => *held = Some(in_flight),
            Content::Guest(pending) => pending.lock().in_flight = Some(in_flight),
        }
        self
    }
}

/// A response that streams.
pub(crate) struct Pending(Mutex<State>);

struct State {
    /// Gone when the client has not taken it for too long.
    body: Option<ResponseBody>,
    /// The error that is the next frame.
    cut: Option<Cut>,
    /// When the client was given the last piece, until it asks for the next.
    given: Option<Instant>,
    in_flight: Option<InFlight>,
}

impl Pending {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the guest's call if the client has had its last piece for longer than `limit`. What is left of the stream
    /// counts no more: it keeps no connection from being idle.
    pub(crate) fn give_up_after(&self, limit: Duration) {
        let mut state = self.lock();
        if state.given.is_some_and(|given| given.elapsed() > limit) && state.body.take().is_some() {
            state.in_flight = None;
            tracing::debug!("a client does not take its response; the guest is cancelled");
        }
    }
}

impl Body for OutBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let pending = match &mut self.0 {
            Content::Full(bytes, _) => return Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Content::Guest(pending) => pending,
        };
        let mut state = pending.lock();
        state.given = None;
        if let Some(cut) = state.cut.take() {
            return Poll::Ready(Some(Err(cut)));
        }
        let Some(body) = &mut state.body else { return Poll::Ready(Some(Err(Cut::Stalled))) };
        match ready!(Pin::new(body).poll_frame(context)) {
            Some(Ok(frame)) => {
                state.given = Some(Instant::now());
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                // At an error, hyper drops what it has not written: the head, and all that the guest sent until then. Once it
                // has nothing to wait for but the next frame, it writes.
                state.cut = Some(error.into());
                context.waker().wake_by_ref();
                Poll::Pending
            }
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Full(bytes, _) => bytes.is_none(),
            Content::Guest(pending) => pending.lock().body.as_ref().is_some_and(Body::is_end_stream),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Full(bytes, _) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Content::Guest(pending) => pending.lock().body.as_ref().map_or_else(SizeHint::default, Body::size_hint),
        }
    }
}
