//! The outgoing HTTP client of one entry: HTTP/1.1 and HTTP/2, TLS, a pool, and typed errors.
//!
//! It knows neither the guest's interfaces nor the network policy. It is given a [`Dialer`], which resolves names, asks
//! the policy and connects, and a request with an absolute URI; it returns a response, or a [`ClientError`] that is one
//! `wasi:http` error code.
//!
//! # What it promises
//!
//! - **Bodies stream** both ways, with trailers and with back-pressure: nothing is held but hyper's and HTTP/2's
//!   windows (see [`ClientOptions`] and below). Over HTTP/1, request trailers go out only where a `trailer` header
//!   field announces them, as that protocol has it.
//! - **Nothing is done unasked**: no redirects, no decompression, no cookies, no proxies, no protocol upgrades.
//! - **The URI is the address.** `host` and every field about the connection itself are ours; what the request has of
//!   them is dropped, and for HTTP/1 `host` is made from the URI that the policy has judged.
//! - **Dropping is cancelling**: of the future returned by [`Client::send`], or of the response's body before its end.
//!   Its slot is free at once; an HTTP/1 connection is closed, an HTTP/2 stream reset.
//! - **Everything is bounded**: sockets and requests in flight, idle connections, every wait, heads and buffers.
//!
//! # Sending again
//!
//! A pool has a fault that unpooled requests have not: a server may close an idle connection at the moment when a
//! request is put on it. Two cases are mended here, and never a third:
//!
//! 1. The request was **not written at all**. hyper hands it back, body untouched, and the pool sends it on another
//!    connection (`retry_canceled_requests`). That is safe for any method, since the server has seen nothing.
//! 2. It was written, on a connection that **had been idle**, and the connection was closed without an answer. Then it
//!    is sent again, three times in all (the next connection may have been idle too), only if the method is safe in the
//!    sense of RFC 9110 (`GET`, `HEAD`, `OPTIONS`, `TRACE`) and the request has no body. Any other request gets
//!    [`ClientError::Terminated`]: the server may have acted on it, and only the guest knows whether that may happen
//!    twice.
//!
//! # Timeouts
//!
//! Three, each on its own clock, see [`Timeouts`]. The pool's metadata tells when a request has a connection, which is
//! where the first clock stops and the second starts; that holds for new and pooled connections of both protocols.

mod attempt;
mod classify;
mod connections;
mod connector;
mod dial;
mod error;
mod exchange;
mod identity;
mod options;
mod origin;
mod response;
mod stream;
mod tls;
mod upload;

#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::Semaphore;

use self::attempt::{Attempt, Failed, Pool};
use self::connections::Connections;
use self::connector::Connector;
use self::exchange::Exchange;
use self::options::{Waits, after};
use self::tls::Tls;
use self::upload::RequestBody;

pub(crate) use self::dial::{DialError, Dialer};
pub(crate) use self::error::{Awaited, BoxError, ClientError};
pub(crate) use self::identity::Identity;
pub(crate) use self::options::{ClientOptions, Timeouts};
pub(crate) use self::origin::Origin;
pub(crate) use self::response::ResponseBody;
pub(crate) use self::tls::certificates;

/// What one HTTP/2 stream may have received and not yet delivered: 512 KiB, 50 Mbit/s at 80 ms.
const STREAM_WINDOW: u32 = 512 * 1024;
/// The same for a connection. Unread streams share it, so it has room for many of them: guests that do not read must
/// not stop those that do. What is really held is bounded by the streams, of which there are at most `max_in_flight`.
const CONNECTION_WINDOW: u32 = 64 * STREAM_WINDOW;
/// What hyper may hold of the request body of one HTTP/2 stream.
const STREAM_SEND_BUFFER: usize = 256 * 1024;

/// How often a request is sent at most, see the module's "Sending again".
const ATTEMPTS: usize = 3;

/// The client of one entry. Clones share its connections and limits; clients share nothing with each other but the
/// platform's root certificates.
///
/// It costs nothing until the first request, and TLS nothing until the first to an `https` address. When the last clone
/// is dropped, idle connections are closed; responses that are still being read can be read to their end.
#[derive(Clone)]
pub(crate) struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    dialer: Arc<dyn Dialer>,
    options: Arc<ClientOptions>,
    slots: Arc<Semaphore>,
    connections: Arc<Connections>,
    pool: OnceLock<Pool>,
}

impl Client {
    /// A client that connects through `dialer`. Options out of range count as the nearest value inside it.
    pub(crate) fn new(dialer: Arc<dyn Dialer>, options: ClientOptions) -> Self {
        let options = options.normalised();
        let shared = Shared {
            slots: Arc::new(Semaphore::new(options.max_in_flight)),
            connections: Arc::new(Connections::new(options.max_in_flight)),
            pool: OnceLock::new(),
            options: Arc::new(options),
            dialer,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Sends a request with an absolute `http` or `https` URI and waits for the head of the response.
    ///
    /// To be called, and the response's body read, inside a Tokio runtime with I/O and time. The version of the request
    /// does not matter: TLS negotiates HTTP/2 or HTTP/1.1, and without TLS it is HTTP/1.1. A `GET` or `HEAD` over
    /// HTTP/1 whose body has no known length is sent without it.
    pub(crate) async fn send<B>(
        &self,
        request: Request<B>,
        timeouts: Timeouts,
    ) -> Result<Response<ResponseBody>, ClientError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let (mut parts, body) = request.into_parts();
        let mut body = body.map_err(Into::into).boxed_unsync();
        let origin = origin::prepare(&mut parts)?;
        let waits = Waits::new(timeouts, &self.shared.options);
        let repeatable = parts.method.is_safe() && body.is_end_stream();
        for _ in 1..ATTEMPTS {
            if !repeatable {
                break;
            }
            match self.once(parts.clone(), body, &origin, waits).await {
                Err(failed) if failed.stale => tracing::debug!(%origin, error = %failed.error, "sending once more"),
                result => return result.map_err(|failed| failed.error),
            }
            body = Empty::new().map_err(|never| match never {}).boxed_unsync();
        }
        self.once(parts, body, &origin, waits).await.map_err(|failed| failed.error)
    }

    async fn once(
        &self,
        parts: Parts,
        body: UnsyncBoxBody<Bytes, BoxError>,
        origin: &Origin,
        waits: Waits,
    ) -> Result<Response<ResponseBody>, Failed> {
        let Shared { options, slots, connections, .. } = &*self.shared;
        let connect_deadline = after(waits.connect);
        let slot = match tokio::time::timeout_at(connect_deadline, Arc::clone(slots).acquire_owned()).await {
            Ok(slot) => slot.ok(),
            Err(_) => return Err(attempt::limit_reached(origin, options, waits).into()),
        };
        let exchange = Exchange::new(origin.clone(), Arc::clone(connections), slot, body);
        let request = Request::from_parts(parts, RequestBody::new(Arc::clone(&exchange)));
        let attempt = Attempt { pool: self.pool(), options, waits, connect_deadline };
        attempt.run(request, exchange).await
    }

    fn pool(&self) -> &Pool {
        self.shared.pool.get_or_init(|| {
            let Shared { dialer, options, connections, .. } = &*self.shared;
            let connector = Connector {
                dialer: Arc::clone(dialer),
                connections: Arc::clone(connections),
                tls: Arc::new(Tls::new(options.extra_roots.clone(), options.identity.clone())),
            };
            let header_list = u32::try_from(options.max_response_header_bytes).unwrap_or(u32::MAX).saturating_mul(4);
            // HTTP/2 pings would find out about servers that vanished, but some servers (those of gRPC) close
            // connections that ping. A vanished server costs one request its first-byte timeout, which poisons the
            // connection.
            hyper_util::client::legacy::Client::builder(TokioExecutor::new())
                .timer(TokioTimer::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(options.idle_timeout)
                .pool_max_idle_per_host(options.max_idle_per_host)
                .retry_canceled_requests(true)
                .set_host(true)
                .http1_max_buf_size(options.max_response_header_bytes)
                .http2_max_header_list_size(header_list)
                .http2_initial_stream_window_size(STREAM_WINDOW)
                .http2_initial_connection_window_size(CONNECTION_WINDOW)
                .http2_max_send_buf_size(STREAM_SEND_BUFFER)
                .build(connector)
        })
    }
}

#[cfg(test)]
impl Client {
    fn free_slots(&self) -> usize {
        self.shared.slots.available_permits()
    }

    fn sockets(&self) -> usize {
        self.shared.connections.open()
    }

    fn is_at_rest(&self) -> bool {
        self.shared.connections.is_at_rest() && self.free_slots() == self.shared.options.max_in_flight
    }

    fn is_built(&self) -> bool {
        self.shared.pool.get().is_some()
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("options", &self.shared.options)
            .field("free_slots", &self.shared.slots.available_permits())
            .finish_non_exhaustive()
    }
}
