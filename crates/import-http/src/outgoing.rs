//! The client for functions that are no WASM guests: the same connections, policy and limits, with the host's errors.

use crate::client::{BoxError, Client, ClientError, ClientOptions, ResponseBody, Timeouts};
use crate::dialer::{HostDialer, PolicyDialer};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use wippy_host_core::policy::network::NetworkGuard;
use wippy_host_core::{Error, ErrorKind, Resolver, Result};

/// The HTTP client of one entry: HTTP/1.1 and HTTP/2, TLS, pooled connections. Clones share them; an entry has one, so that
/// entries share none.
///
/// It costs nothing until the first request. Nothing is done unasked: no redirects, no decompression, no cookies. The limits
/// are those of the README. Each name and each resolved address is asked of the entry's guard before it is used.
#[derive(Clone, Debug)]
pub struct HttpClient(Client);

impl HttpClient {
    /// A client that reaches what `guard` permits, and looks names up with `resolver`.
    pub fn new(guard: Arc<NetworkGuard>, resolver: Arc<dyn Resolver>) -> Self {
        Self(Client::new(Arc::new(PolicyDialer { guard, resolver }), ClientOptions::default()))
    }

    /// A client for the host's own requests, which reaches everything: nothing that a guest says may choose where it goes.
    pub fn unguarded(resolver: Arc<dyn Resolver>) -> Self {
        Self(Client::new(Arc::new(HostDialer { resolver }), ClientOptions::default()))
    }

    /// Sends a request with an absolute `http` or `https` URI and waits for the head of the response. No connection within
    /// `patience`, no head within it from then on, or no more of the body within it while somebody waits, is an error.
    ///
    /// Dropping the future, or the response's body before its end, cancels the request. To be used inside a Tokio runtime.
    ///
    /// # Errors
    /// Kind `PermissionDenied` with the line to add, where the policy refuses; `Timeout`; `Invalid` for a URI or method that
    /// cannot be used; `RateLimited` for a limit of the client; `Unavailable` for what server and network do.
    pub async fn send<B>(&self, request: Request<B>, patience: Duration) -> Result<Response<HttpBody>>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let wait = Some(patience);
        let timeouts = Timeouts { connect: wait, first_byte: wait, between_bytes: wait };
        let response = self.0.send(request, timeouts).await.map_err(into_host)?;
        Ok(response.map(HttpBody))
    }
}

/// The body of a response, as the server sends it. It ends after the first error.
#[derive(Debug)]
pub struct HttpBody(ResponseBody);

impl Body for HttpBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        Pin::new(&mut self.0).poll_frame(context).map_err(into_host)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

fn into_host(error: ClientError) -> Error {
    let kind = match &error {
        ClientError::Denied { to, detail } => return denied(&to.to_string(), detail),
        ClientError::DnsTimeout { .. }
        | ClientError::ConnectTimeout { .. }
        | ClientError::ReadTimeout { .. }
        | ClientError::WriteTimeout { .. } => ErrorKind::Timeout,
        ClientError::NameNotFound { .. } => ErrorKind::NotFound,
        ClientError::UriInvalid { .. } | ClientError::MethodUnsupported { .. } => ErrorKind::Invalid,
        ClientError::LimitReached { .. }
        | ClientError::ResponseHeaderSectionSize { .. }
        | ClientError::ResponseTrailerSectionSize { .. } => ErrorKind::RateLimited,
        ClientError::Internal { .. } | ClientError::RequestBody { .. } => ErrorKind::Internal,
        ClientError::DnsFailed { .. }
        | ClientError::Unroutable { .. }
        | ClientError::Refused { .. }
        | ClientError::Terminated { .. }
        | ClientError::TlsProtocol { .. }
        | ClientError::TlsCertificate { .. }
        | ClientError::TlsAlert { .. }
        | ClientError::ResponseIncomplete { .. }
        | ClientError::ResponseTransferCoding { .. }
        | ClientError::Protocol { .. }
        | ClientError::UpgradeFailed { .. } => ErrorKind::Unavailable,
    };
    Error::new(kind, error.to_string()).with_source(error)
}

/// The policy's own sentence, with the line to add as the remedy.
fn denied(to: &str, detail: &str) -> Error {
    let (why, remedy) = match detail.rsplit_once("; ") {
        Some((why, remedy)) => (why, Some(remedy)),
        None => (detail, None),
    };
    let error = Error::new(ErrorKind::PermissionDenied, format!("{to} may not be reached: {why}"));
    match remedy {
        Some(remedy) => error.with_remedy(remedy),
        None => error,
    }
}
