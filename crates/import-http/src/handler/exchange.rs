//! What guest and client share of one response body.
//!
//! Wasmtime's body ends in the same way when the guest finishes it and when the guest's store is dropped, so that a body
//! cut short by a trap or a deadline would look whole. What the guest has written is therefore taken out, and whether it
//! was finished looked up, when the call ends and while the store is still there.

use super::BodyCut;
use bytes::Bytes;
use http_body::{Body, Frame};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::sync::Notify;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;

#[derive(Default)]
pub(super) struct Exchange {
    state: Mutex<State>,
    ended: Notify,
}

#[derive(Default)]
struct State {
    started: bool,
    /// What the guest writes into, until it is at its end.
    source: Option<HyperOutgoingBody>,
    /// What was taken of the source before anybody asked for it: what is read ahead, and at most Wasmtime's two chunks when the call
    /// ended.
    rest: VecDeque<Frame<Bytes>>,
    /// How the body ends behind the rest, once that is known.
    end: Option<End>,
    /// Who waits for a frame.
    waker: Option<Waker>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    Cut,
}

impl Exchange {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The guest has set its response.
    pub(super) fn start(&self, body: HyperOutgoingBody) {
        let mut state = self.lock();
        state.started = true;
        state.end = body.is_end_stream().then_some(End::Whole);
        state.source = Some(body);
    }

    /// Waits until the body is at its end, or nobody takes it any more.
    #[cfg(feature = "p3")]
    pub(super) async fn ended(&self) {
        loop {
            let notified = self.ended.notified();
            if self.lock().is_over() {
                return;
            }
            notified.await;
        }
    }

    pub(super) fn is_started(&self) -> bool {
        self.lock().started
    }

    /// Nobody takes what the guest still writes: its stream is closed.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.source = None;
        state.rest.clear();
        state.end = Some(End::Whole);
        self.ended.notify_waiters();
    }

    /// Settles the exchange when it is dropped, which is to happen while the guest's store exists.
    pub(super) fn settled_at_the_end(self: &Arc<Self>) -> impl Send + use<> {
        struct Settled(Arc<Exchange>);
        impl Drop for Settled {
            fn drop(&mut self) {
                self.0.settle();
            }
        }
        Settled(self.clone())
    }

    fn settle(&self) {
        let mut state = self.lock();
        let mut nobody = Context::from_waker(Waker::noop());
        while let Some(source) = &mut state.source {
            let end = match Pin::new(source).poll_frame(&mut nobody) {
                Poll::Ready(Some(Ok(frame))) => {
                    state.rest.push_back(frame);
                    continue;
                }
                Poll::Ready(None) => End::Whole,
                Poll::Ready(Some(Err(_))) | Poll::Pending => End::Cut,
            };
            state.source = None;
            state.end.get_or_insert(end);
        }
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    pub(super) fn is_whole(&self) -> bool {
        let state = self.lock();
        state.rest.is_empty() && state.end == Some(End::Whole)
    }

    /// Takes a frame that the guest has written, or its end, so that the guest can go on. False where there is none.
    pub(super) fn read_ahead(&self, context: &mut Context<'_>) -> bool {
        let mut state = self.lock();
        if state.is_over() {
            return false;
        }
        let polled = state.poll_source(context);
        if let Poll::Ready(Some(Ok(frame))) = polled {
            state.rest.push_back(frame);
        } else if polled.is_pending() {
            return false;
        }
        if state.is_over() {
            self.ended.notify_waiters();
        }
        true
    }

    pub(super) fn poll_frame(&self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyCut>>> {
        let mut state = self.lock();
        let polled = state.poll_frame(context);
        if state.is_over() {
            self.ended.notify_waiters();
        }
        polled
    }
}

impl State {
    fn is_over(&self) -> bool {
        self.end.is_some() || self.source.is_none()
    }

    fn poll_frame(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyCut>>> {
        match self.rest.pop_front() {
            Some(frame) => Poll::Ready(Some(Ok(frame))),
            None => self.poll_source(context),
        }
    }

    fn poll_source(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyCut>>> {
        let state = self;
        match (state.end, &mut state.source) {
            (Some(End::Whole), _) | (None, None) => return Poll::Ready(None),
            (Some(End::Cut), _) => return Poll::Ready(Some(Err(BodyCut))),
            (None, Some(source)) => match Pin::new(source).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers are the last frame, and nobody asks for one more.
                    if frame.is_trailers() {
                        state.end = Some(End::Whole);
                    }
                    return Poll::Ready(Some(Ok(frame)));
                }
                Poll::Ready(Some(Err(_))) => state.end = Some(End::Cut),
                Poll::Ready(None) => state.end = Some(End::Whole),
                Poll::Pending => {
                    state.waker = Some(context.waker().clone());
                    return Poll::Pending;
                }
            },
        }
        state.source = None;
        Poll::Ready((state.end == Some(End::Cut)).then_some(Err(BodyCut)))
    }
}
