//! What a client may use up and how long it waits, with the defaults and why they are what they are.

use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::time::Instant;

use super::Identity;

/// The limits of one [`Client`](super::Client). Every limit is on; the defaults are those of
/// [`ClientOptions::default`].
#[derive(Debug, Clone)]
pub(crate) struct ClientOptions {
    /// Requests in flight, and sockets open, at once: a count, at least 1, default 256.
    ///
    /// One number bounds both, on purpose. A request in flight occupies at most one socket, so with as many sockets as
    /// requests there is always an idle socket to close when a request to another host needs one: idle connections can
    /// delay nobody. A request beyond the limit waits for its turn; the wait is part of its connect timeout, and when
    /// that runs out the error is [`ClientError::LimitReached`](super::ClientError::LimitReached).
    ///
    /// 256 is what a process with the customary 1,024 file descriptors can give to one entry without starving the rest.
    pub(crate) max_in_flight: usize,

    /// Idle connections kept for each host, port and scheme: a count, default 256, as many as there may be sockets, since those
    /// bound them already and one to be opened closes an idle one. With 32, 64 requests at a time to one host opened up to 50
    /// connections per hundred. 0 keeps none, so that every request opens a connection of its own and HTTP/2 requests share none.
    pub(crate) max_idle_per_host: usize,

    /// How long an idle connection is kept, default 90 seconds. It is looked at once in that time, so it may live
    /// twice as long; it is never used again after it.
    pub(crate) idle_timeout: Duration,

    /// The size of a response's header fields, and of its trailers, in bytes, at least 8,192 (less counts as that),
    /// default 65,536. A field counts as its name, its value and 32, as HTTP/2 has it. HTTP/1 allows 100 fields besides,
    /// and trailers of [`HTTP1_TRAILER_BYTES`] at most; for it this is also the size to which a connection's buffers may
    /// grow.
    pub(crate) max_response_header_bytes: usize,

    /// Default for [`Timeouts::connect`], 30 seconds. A connection that takes longer is not going to be made: by then
    /// three or four SYN packets went unanswered. The 600 seconds that guests would otherwise get is longer than any
    /// function may run, so that they would see their own deadline and never the reason.
    pub(crate) connect_timeout: Duration,

    /// Default for [`Timeouts::first_byte`], 600 seconds. Long answers (reports, long polls, a slow upload before them)
    /// are legitimate, and the call's own deadline (30 seconds for a function) ends what is not; commands and services
    /// have no deadline, and for them this is what keeps a dead server from holding a request for ever.
    pub(crate) first_byte_timeout: Duration,

    /// Default for [`Timeouts::between_bytes`], 600 seconds: event streams are silent for minutes, and the reasoning
    /// of [`first_byte_timeout`](Self::first_byte_timeout) holds.
    pub(crate) between_bytes_timeout: Duration,

    /// Certificate authorities to trust besides the platform's, none by default. [`certificates`](super::certificates)
    /// reads them from PEM or DER.
    pub(crate) extra_roots: Vec<CertificateDer<'static>>,

    /// The certificate for servers that ask for one, none by default.
    pub(crate) identity: Option<Identity>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            max_in_flight: 256,
            max_idle_per_host: 256,
            idle_timeout: Duration::from_secs(90),
            max_response_header_bytes: 64 * 1024,
            connect_timeout: Duration::from_secs(30),
            first_byte_timeout: Duration::from_secs(600),
            between_bytes_timeout: Duration::from_secs(600),
            extra_roots: Vec::new(),
            identity: None,
        }
    }
}

impl ClientOptions {
    /// The least that [`max_response_header_bytes`](Self::max_response_header_bytes) may be: hyper panics below it.
    const LEAST_HEADER_BYTES: usize = 8 * 1024;

    /// The options with each value inside the range that the layers below accept, so that no setting can panic.
    pub(super) fn normalised(mut self) -> Self {
        // Four times the header limit goes to HTTP/2 as a u32.
        let most_header_bytes = usize::try_from(u32::MAX / 4).unwrap_or(usize::MAX);
        self.max_in_flight = self.max_in_flight.clamp(1, tokio::sync::Semaphore::MAX_PERMITS);
        self.max_response_header_bytes =
            self.max_response_header_bytes.clamp(Self::LEAST_HEADER_BYTES, most_header_bytes);
        self
    }
}

/// What hyper takes of the trailers of an HTTP/1 response, in bytes. There is no setting for it.
pub(super) const HTTP1_TRAILER_BYTES: usize = 16 * 1024;

/// How long one request may wait, each part on its own. `None` takes the client's default; zero allows no wait at all,
/// only what is ready at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Timeouts {
    /// Until the request has a connection: its turn, name resolution, TCP and TLS together.
    pub(crate) connect: Option<Duration>,
    /// From there until the response's head is complete, the sending of the request body included where the server
    /// answers after it.
    pub(crate) first_byte: Option<Duration>,
    /// Between two frames of the response body, counted only while somebody waits for one: a slow reader is not the
    /// server's fault.
    pub(crate) between_bytes: Option<Duration>,
}

/// [`Timeouts`] with the defaults filled in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waits {
    pub(super) connect: Duration,
    pub(super) first_byte: Duration,
    pub(super) between_bytes: Duration,
}

impl Waits {
    pub(super) fn new(timeouts: Timeouts, options: &ClientOptions) -> Self {
        Self {
            connect: timeouts.connect.unwrap_or(options.connect_timeout),
            first_byte: timeouts.first_byte.unwrap_or(options.first_byte_timeout),
            between_bytes: timeouts.between_bytes.unwrap_or(options.between_bytes_timeout),
        }
    }
}

/// The moment `wait` from now. A guest may ask for 584 years; what the clock cannot hold counts as 30.
pub(super) fn after(wait: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    let now = Instant::now();
    now.checked_add(wait).unwrap_or_else(|| now + FAR)
}
