//! The body of a guest's response.

use super::exchange::Exchange;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::task::AbortHandle;

/// A body that the guest did not end: it trapped, ran out of time, was cancelled or gave the body up. Whoever sends the
/// response has to break it off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the guest ended before the body of its response did")]
pub struct BodyCut;

/// What a guest sends, frame by frame, with trailers. Nothing is read ahead: the guest waits until it is taken. Dropping it
/// before its end ends the guest's call.
pub struct ResponseBody(Kind);

enum Kind {
    Text(Option<Bytes>),
    Streaming {
        exchange: Arc<Exchange>,
        running: Option<Running>,
        /// What is left of the length that the guest announced: behind it nobody asks for more.
        left: Option<u64>,
    },
}

impl ResponseBody {
    pub(super) fn empty() -> Self {
        Self(Kind::Text(None))
    }

    pub(super) fn text(text: &'static str) -> Self {
        Self(Kind::Text(Some(Bytes::from_static(text.as_bytes()))))
    }

    pub(super) fn streaming(exchange: Arc<Exchange>, running: Running, headers: &HeaderMap) -> Self {
        let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        Self(Kind::Streaming { exchange, running: Some(running), left: length })
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyCut;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyCut>>> {
        match &mut self.0 {
            Kind::Text(text) => Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
            Kind::Streaming { exchange, left, .. } => {
                let polled = exchange.poll_frame(context);
                if let (Poll::Ready(Some(Ok(frame))), Some(left)) = (&polled, left)
                    && let Some(data) = frame.data_ref()
                {
                    *left = left.saturating_sub(data.len() as u64);
                }
                polled
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Text(text) => text.is_none(),
            Kind::Streaming { exchange, .. } => exchange.is_whole(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Text(text) => SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64)),
            Kind::Streaming { exchange, .. } if exchange.is_whole() => SizeHint::with_exact(0),
            Kind::Streaming { left, .. } => left.map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        let Kind::Streaming { exchange, running, left } = &mut self.0 else { return };
        if *left == Some(0) || exchange.is_whole() {
            running.take().into_iter().for_each(Running::leave);
        }
        exchange.close();
    }
}

impl std::fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseBody").field("size_hint", &self.size_hint()).finish_non_exhaustive()
    }
}

/// A guest's task, which ends when this is dropped.
pub(super) struct Running(Option<AbortHandle>);

impl Running {
    pub(super) fn new(task: AbortHandle) -> Self {
        Self(Some(task))
    }

    /// Of a guest that has ended.
    pub(super) fn over() -> Self {
        Self(None)
    }

    /// Lets the guest go on by itself.
    pub(super) fn leave(mut self) {
        self.0 = None;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}
