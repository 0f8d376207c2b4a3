//! The response body on its way to the guest.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::CaptureConnection;
use tokio::time::Sleep;

use super::attempt::section_size;
use super::classify::{Stage, classify};
use super::error::Awaited;
use super::exchange::Awaiting;
use super::options::after;
use super::{ClientError, ClientOptions, Origin};

/// The body of a response, with trailers, as the server sends it: nothing is read ahead beyond hyper's buffer, nothing
/// is decoded but the framing.
///
/// Dropping it before its end cancels what is left of the request and gives the connection up, except where what is
/// left of the response is there already. It ends after the first error.
pub(crate) struct ResponseBody {
    incoming: Option<Incoming>,
    awaiting: Option<Awaiting>,
    origin: Origin,
    chosen: CaptureConnection,
    options: Arc<ClientOptions>,
    between_bytes: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    armed: bool,
}

impl ResponseBody {
    pub(super) fn new(
        incoming: Incoming,
        awaiting: Awaiting,
        chosen: CaptureConnection,
        options: Arc<ClientOptions>,
        between_bytes: Duration,
    ) -> Self {
        let origin = awaiting.exchange().origin.clone();
        let over = incoming.is_end_stream();
        let mut body = Self {
            incoming: Some(incoming),
            awaiting: Some(awaiting),
            origin,
            chosen,
            options,
            between_bytes,
            timer: None,
            armed: false,
        };
        if over {
            body.over();
        }
        body
    }

    /// The last frame is out: the exchange need not wait until somebody asks for one more or drops the body.
    fn over(&mut self) {
        if let Some(awaiting) = self.awaiting.take() {
            awaiting.exchange().response_over();
        }
    }

    fn fail(&mut self, error: ClientError) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        self.incoming = None;
        // A request body that failed is why the response broke off, and says more.
        let upload = self.awaiting.take().and_then(|awaiting| awaiting.exchange().take_upload_error());
        let error = match upload {
            Some(source) => ClientError::RequestBody { to: self.origin.clone(), source },
            None => error,
        };
        Poll::Ready(Some(Err(error)))
    }

    /// Counts the time while the body is waited for, and fails when there was too much of it.
    fn poll_silence(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        let wait = self.between_bytes;
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(after(wait))));
        if !self.armed {
            self.armed = true;
            timer.as_mut().reset(after(wait));
        }
        ready!(timer.as_mut().poll(context));
        // Perhaps only this stream hangs; but a connection whose server vanished would fail every request to come.
        if let Some(connected) = self.chosen.connection_metadata().as_ref() {
            connected.poison();
        }
        let (to, limit) = (self.origin.clone(), wait.into());
        self.fail(ClientError::ReadTimeout { to, awaited: Awaited::NextBytes, limit })
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = ClientError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ClientError>>> {
        let this = &mut *self;
        let Some(incoming) = this.incoming.as_mut() else { return Poll::Ready(None) };
        match Pin::new(&mut *incoming).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                this.armed = false;
                let limit = this.options.max_response_header_bytes;
                if frame.trailers_ref().is_some_and(|trailers| section_size(trailers) > limit) {
                    return this.fail(ClientError::ResponseTrailerSectionSize { to: this.origin.clone(), limit });
                }
                if incoming.is_end_stream() {
                    this.over();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                let error = classify(&error, &this.origin, Stage::Body, &this.options);
                this.fail(error)
            }
            Poll::Ready(None) => {
                this.incoming = None;
                this.over();
                Poll::Ready(None)
            }
            Poll::Pending => this.poll_silence(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl std::fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseBody").field("origin", &self.origin).field("incoming", &self.incoming).finish()
    }
}
