//! The request body on its way to hyper.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use thiserror::Error;

use super::exchange::{Exchange, Upload};

/// A request body that tells its exchange how far it is, and ends when the exchange is cancelled. It holds nothing
/// back and nothing ready: hyper asks for a frame when it has room for one.
pub(super) struct RequestBody {
    exchange: Arc<Exchange>,
}

impl RequestBody {
    pub(super) fn new(exchange: Arc<Exchange>) -> Self {
        Self { exchange }
    }
}

/// What hyper is told of a body that ends before its end. Its source is for HTTP/2, where hyper looks for a reason to
/// reset the stream with, and would blame itself if it found none.
#[derive(Debug, Error)]
#[error("the request body was given up")]
pub(super) struct GivenUp(#[source] h2::Error);

impl GivenUp {
    fn new() -> Self {
        Self(h2::Reason::CANCEL.into())
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = GivenUp;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, GivenUp>>> {
        let this = &*self;
        if this.exchange.poll_cancelled(context) {
            return Poll::Ready(Some(Err(GivenUp::new())));
        }
        let polled = match this.exchange.sent().as_mut() {
            Some(sent) => Pin::new(sent).poll_frame(context),
            None => return Poll::Ready(Some(Err(GivenUp::new()))),
        };
        match polled {
            Poll::Ready(Some(Ok(frame))) => {
                this.exchange.set_upload(Upload::HandedOver);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                this.exchange.set_upload_error(error);
                Poll::Ready(Some(Err(GivenUp::new())))
            }
            Poll::Ready(None) => {
                this.exchange.request_over();
                Poll::Ready(None)
            }
            Poll::Pending => {
                this.exchange.set_upload(Upload::Starved);
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.exchange.sent().as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.exchange.sent().as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        // hyper drops it when it has sent all of it, and when it will send no more.
        self.exchange.request_over();
    }
}
