//! One attempt at a request: from the pool to the response's head.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use http::header::TRANSFER_ENCODING;
use http::{HeaderMap, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use tokio::time::Instant;

use super::classify::{Stage, classify};
use super::connector::{Connector, PURPOSE, Purpose};
use super::error::Awaited;
use super::exchange::{Awaiting, Exchange};
use super::options::{Waits, after};
use super::upload::RequestBody;
use super::{ClientError, ClientOptions, Origin, ResponseBody};

pub(super) type Pool = hyper_util::client::legacy::Client<Connector, RequestBody>;

/// An attempt that failed.
pub(super) struct Failed {
    pub(super) error: ClientError,
    /// The connection had been idle, and was closed before the server answered: most likely the server closed it for
    /// its idleness while the request was on its way.
    pub(super) stale: bool,
}

impl From<ClientError> for Failed {
    fn from(error: ClientError) -> Self {
        Self { error, stale: false }
    }
}

pub(super) struct Attempt<'a> {
    pub(super) pool: &'a Pool,
    pub(super) options: &'a Arc<ClientOptions>,
    pub(super) waits: Waits,
    pub(super) connect_deadline: Instant,
}

impl Attempt<'_> {
    /// Sends `request`, which belongs to `exchange`. Dropping the future cancels the exchange, as does an error.
    pub(super) async fn run(
        &self,
        mut request: Request<RequestBody>,
        exchange: Arc<Exchange>,
    ) -> Result<Response<ResponseBody>, Failed> {
        let awaiting = Awaiting::new(exchange);
        let exchange = awaiting.exchange();
        let chosen = capture_connection(&mut request);
        let response = match self.head(request, exchange, chosen.clone()).await {
            Ok(response) => response,
            Err(error) => {
                let stale = matches!(error, ClientError::Terminated { .. }) && exchange.reused();
                let error = match exchange.take_upload_error() {
                    Some(source) => ClientError::RequestBody { to: exchange.origin.clone(), source },
                    None => error,
                };
                return Err(Failed { error, stale });
            }
        };
        self.check(&response, exchange)?;
        let mut response = response.map(|incoming| {
            ResponseBody::new(incoming, awaiting, chosen, Arc::clone(self.options), self.waits.between_bytes)
        });
        // Only what is between us and the pool is in there.
        response.extensions_mut().clear();
        Ok(response)
    }

    async fn head(
        &self,
        request: Request<RequestBody>,
        exchange: &Exchange,
        chosen: CaptureConnection,
    ) -> Result<Response<Incoming>, ClientError> {
        let purpose = Purpose {
            origin: exchange.origin.clone(),
            deadline: self.connect_deadline,
            wait: self.waits.connect,
            chosen,
            progress: Arc::default(),
        };
        let mut response = pin!(PURPOSE.scope(purpose.clone(), self.pool.request(request)));
        let mut timer = pin!(tokio::time::sleep_until(self.connect_deadline));
        let mut connected = false;
        poll_fn(|context| {
            exchange.choose();
            let polled = response.as_mut().poll(context);
            // The pool records its choice inside that poll and nowhere else, so there is nothing to be woken for.
            if exchange.observe(&purpose) && !connected {
                connected = true;
                timer.as_mut().reset(after(self.waits.first_byte));
            }
            if let Poll::Ready(result) = polled {
                return Poll::Ready(
                    result.map_err(|error| classify(&error, &exchange.origin, Stage::Head, self.options)),
                );
            }
            ready!(timer.as_mut().poll(context));
            Poll::Ready(Err(if connected {
                self.silent(exchange, &purpose.chosen)
            } else if purpose.progress.is_queued() {
                limit_reached(&exchange.origin, self.options, self.waits)
            } else {
                ClientError::ConnectTimeout { to: exchange.origin.clone(), limit: self.waits.connect.into() }
            }))
        })
        .await
    }

    /// The server did not answer in time.
    fn silent(&self, exchange: &Exchange, chosen: &CaptureConnection) -> ClientError {
        // Perhaps only this request hangs; but a connection whose server vanished would fail every request to come.
        if let Some(connected) = chosen.connection_metadata().as_ref() {
            connected.poison();
        }
        let (to, limit) = (exchange.origin.clone(), self.waits.first_byte.into());
        if exchange.server_stopped_reading() {
            ClientError::WriteTimeout { to, limit }
        } else {
            ClientError::ReadTimeout { to, awaited: Awaited::FirstByte, limit }
        }
    }

    fn check(&self, response: &Response<Incoming>, exchange: &Exchange) -> Result<(), ClientError> {
        let to = exchange.origin.clone();
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(ClientError::UpgradeFailed { to });
        }
        // The protocols' own limits are for what never ends: hyper lets an HTTP/1 head grow to twice its limit if it
        // arrives quickly, and h2 answers a long one with the same error as a malformed one.
        let limit = self.options.max_response_header_bytes;
        if section_size(response.headers()) > limit {
            return Err(ClientError::ResponseHeaderSectionSize { to, limit });
        }
        match unknown_coding(response.headers()) {
            Some(detail) => Err(ClientError::ResponseTransferCoding { to, detail }),
            None => Ok(()),
        }
    }
}

/// The size of fields as HTTP/2 counts it, in bytes.
pub(super) fn section_size(fields: &HeaderMap) -> usize {
    fields.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
}

/// A transfer coding that hyper does not take off. The guest never sees the field that names it, and would take what is
/// still encoded for the body.
fn unknown_coding(fields: &HeaderMap) -> Option<String> {
    let values = fields.get_all(TRANSFER_ENCODING).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let mut codings =
        values.flat_map(|value| value.split(',').map(|coding| coding.trim().to_owned()).collect::<Vec<_>>());
    codings.find(|coding| !["", "chunked", "identity"].iter().any(|known| coding.eq_ignore_ascii_case(known)))
}

/// The client had no slot or no socket to spare in time.
pub(super) fn limit_reached(to: &Origin, options: &ClientOptions, waits: Waits) -> ClientError {
    ClientError::LimitReached { to: to.clone(), in_flight: options.max_in_flight, limit: waits.connect.into() }
}
