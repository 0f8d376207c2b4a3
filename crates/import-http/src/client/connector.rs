//! Makes the connections that hyper-util's pool asks for: a place in the ledger, the dialer, TLS.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::uri::Scheme;
use http::{Extensions, Uri};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::CaptureConnection;
use thiserror::Error;
use tokio::time::Instant;
use tower_service::Service;

use super::connections::{ConnectionId, Connections};
use super::error::BoxError;
use super::stream::CountedStream;
use super::tls::{Tls, TlsSetupError};
use super::{Dialer, Origin, origin};

tokio::task_local! {
    /// What the connector has to know of the request on whose behalf it is called. The pool passes it a URI and nothing
    /// else, but calls it while the request's future is polled.
    pub(super) static PURPOSE: Purpose;
}

/// The request that needs a connection.
#[derive(Clone)]
pub(super) struct Purpose {
    pub(super) origin: Origin,
    pub(super) deadline: Instant,
    /// How long the deadline was when it was set, for the message.
    pub(super) wait: Duration,
    /// Tells when the pool has chosen a connection.
    pub(super) chosen: CaptureConnection,
    pub(super) progress: Arc<Progress>,
}

impl Purpose {
    /// The connection that the pool has chosen for the request, last if more than once.
    pub(super) fn chosen_id(&self) -> Option<ConnectionId> {
        let mut extras = Extensions::new();
        self.chosen.connection_metadata().as_ref()?.get_extras(&mut extras);
        extras.get().copied()
    }
}

/// What a request hears of its connector.
#[derive(Default)]
pub(super) struct Progress {
    queued: AtomicBool,
    closed: Mutex<Option<ConnectionId>>,
}

impl Progress {
    /// Whether it waits for other sockets to close, or did so until it gave up.
    pub(super) fn is_queued(&self) -> bool {
        self.queued.load(Ordering::Relaxed)
    }

    /// The connection that was chosen and turned out to be closed, so that another is being made.
    pub(super) fn closed(&self) -> Option<ConnectionId> {
        *self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no connection, where it is neither the dialer's fault nor the server's.
#[derive(Debug, Error)]
pub(super) enum ConnectFailure {
    #[error("no connection within {0:?}")]
    TimedOut(Duration),
    #[error("no socket was free within {0:?}")]
    NoSocket(Duration),
    #[error("the connection was no longer needed")]
    NotNeeded,
    #[error(transparent)]
    TlsSetup(#[from] TlsSetupError),
}

/// The connector of one client.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) dialer: Arc<dyn Dialer>,
    pub(super) connections: Arc<Connections>,
    pub(super) tls: Arc<Tls>,
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<CountedStream>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        let purpose = PURPOSE.try_with(Clone::clone);
        // To be found out here, while the request is polled: later, it may have been given another.
        let closed = purpose.as_ref().ok().and_then(Purpose::chosen_id);
        let first = closed.is_none();
        if let Ok(purpose) = &purpose {
            *purpose.progress.closed.lock().unwrap_or_else(PoisonError::into_inner) = closed;
        }
        Box::pin(async move {
            let purpose = purpose?;
            let (deadline, wait, progress) = (purpose.deadline, purpose.wait, Arc::clone(&purpose.progress));
            // The request has this deadline too. Here it is for the connection that lost the race against one that
            // became idle: the pool then completes it in the background, with nobody to drop it when TLS hangs.
            match tokio::time::timeout_at(deadline, connector.connect(uri, purpose, first)).await {
                Ok(result) => result,
                Err(_) if progress.is_queued() => Err(ConnectFailure::NoSocket(wait).into()),
                Err(_) => Err(ConnectFailure::TimedOut(wait).into()),
            }
        })
    }
}

impl Connector {
    async fn connect(
        self,
        uri: Uri,
        purpose: Purpose,
        first: bool,
    ) -> Result<MaybeHttpsStream<CountedStream>, BoxError> {
        let secure = uri.scheme() == Some(&Scheme::HTTPS);
        let tls = Arc::clone(&self.tls);
        let mut tcp = Tcp { connector: self, purpose, first };
        if secure {
            let config = tls.config(origin::host(&uri), origin::port(&uri)).await.map_err(ConnectFailure::from)?;
            HttpsConnector::from((tcp, config)).call(uri).await
        } else {
            tcp.call(uri).await.map(MaybeHttpsStream::Http)
        }
    }
}

/// The part below TLS.
#[derive(Clone)]
struct Tcp {
    connector: Connector,
    purpose: Purpose,
    /// Whether no connection had been chosen when this one was asked for.
    first: bool,
}

/// Ends when the request was given another connection, or is gone.
async fn needless(mut chosen: CaptureConnection) {
    drop(chosen.wait_for_connection_metadata().await);
}

impl Service<Uri> for Tcp {
    type Response = CountedStream;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<CountedStream, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let Self { connector: Connector { dialer, connections, .. }, purpose, first } = self.clone();
        Box::pin(async move {
            let permit = tokio::select! {
                biased;
                permit = connections.reserve(&purpose.progress.queued) => permit?,
                // Whoever still waits when the request has found its way must not close an idle connection for nothing.
                () = needless(purpose.chosen.clone()), if first => return Err(ConnectFailure::NotNeeded.into()),
            };
            let stream = dialer.dial(origin::host(&uri), origin::port(&uri)).await?;
            // Requests are written whole; Nagle's algorithm would only delay the last part. Not worth failing for.
            let _ = stream.set_nodelay(true);
            Ok(CountedStream::new(stream, connections.register(purpose.origin, permit)))
        })
    }
}
