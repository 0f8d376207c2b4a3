//! What a service is told: where it listens, how long it waits, how much it takes.

use crate::Requests;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A service. Every limit has a default.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServiceOptions {
    /// Where it listens; port 0 is one that the system picks.
    pub addr: SocketAddr,
    /// How long it waits for its clients.
    pub timeouts: Timeouts,
    /// How much it takes of them.
    pub limits: ServiceLimits,
    /// Certificate and key; without, the service speaks plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Where its requests are counted. Default nowhere.
    pub requests: Option<Arc<Requests>>,
}

impl ServiceOptions {
    /// A service with every default, without TLS.
    pub fn new(addr: SocketAddr) -> Self {
        Self { addr, timeouts: Timeouts::default(), limits: ServiceLimits::default(), tls: None, requests: None }
    }

    /// How long it waits for its clients. Default: see [`Timeouts`].
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// How much it takes of them. Default: see [`ServiceLimits`].
    #[must_use]
    pub fn with_limits(mut self, limits: ServiceLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Certificate and key. Default: plain HTTP.
    #[must_use]
    pub fn with_tls(mut self, files: TlsFiles) -> Self {
        self.tls = Some(files);
        self
    }

    /// Where its requests are counted. Default nowhere.
    #[must_use]
    pub fn with_requests(mut self, requests: Arc<Requests>) -> Self {
        self.requests = Some(requests);
        self
    }
}

/// How long a client may take. Where one runs out, the connection is closed, unless said otherwise.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Timeouts {
    /// From accepting a connection to its first request, the TLS handshake apart (which may take as long again); and for
    /// each further head over HTTP/1, from its first byte to its last. Default 10 s.
    pub header: Duration,
    /// For the next piece of a request's body, and for the whole of a body that is collected, with a second more for
    /// each KiB that has come. The answer is 408; a handler sees `connection-read-timeout`. Default 30 s.
    pub read: Duration,
    /// Until the client takes the next piece of a response. Over HTTP/2 the stream alone ends. Default 30 s.
    pub write: Duration,
    /// Between two requests of a connection. Default 60 s.
    pub idle: Duration,
}

impl Timeouts {
    /// For the head of a request: see [`Timeouts::header`]. Default 10 s.
    #[must_use]
    pub fn with_header(mut self, time: Duration) -> Self {
        self.header = time;
        self
    }

    /// For the next piece of a request's body: see [`Timeouts::read`]. Default 30 s.
    #[must_use]
    pub fn with_read(mut self, time: Duration) -> Self {
        self.read = time;
        self
    }

    /// Until the client takes the next piece of a response. Default 30 s.
    #[must_use]
    pub fn with_write(mut self, time: Duration) -> Self {
        self.write = time;
        self
    }

    /// Between two requests of a connection. Default 60 s.
    #[must_use]
    pub fn with_idle(mut self, time: Duration) -> Self {
        self.idle = time;
        self
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            header: Duration::from_secs(10),
            read: Duration::from_secs(30),
            write: Duration::from_secs(30),
            idle: Duration::from_secs(60),
        }
    }
}

/// How much a service takes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServiceLimits {
    /// The head of a request, in bytes; beyond: 431. Default 64 KiB.
    pub max_header_bytes: usize,
    /// The body of a request to a function, which is collected, in bytes; beyond: 413. Default 16 MiB.
    pub max_body_bytes: u64,
    /// The body of a request to a handler, which streams, in bytes; beyond: 413 where the length is announced, else the
    /// handler sees `HTTP-request-body-size`. Default 1 GiB.
    pub max_stream_bytes: u64,
    /// Connections at one time. More wait, unaccepted, in the system's queue, which refuses them when it is full.
    /// Default 10,000.
    pub max_connections: usize,
    /// Requests of one HTTP/2 connection at one time. More are refused by the protocol. Default 100.
    pub max_streams: u32,
}

impl ServiceLimits {
    /// The head of a request, in bytes. Default 64 KiB.
    #[must_use]
    pub fn with_max_header_bytes(mut self, bytes: usize) -> Self {
        self.max_header_bytes = bytes;
        self
    }

    /// The body of a request to a function, in bytes. Default 16 MiB.
    #[must_use]
    pub fn with_max_body_bytes(mut self, bytes: u64) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    /// The body of a request to a handler, in bytes. Default 1 GiB.
    #[must_use]
    pub fn with_max_stream_bytes(mut self, bytes: u64) -> Self {
        self.max_stream_bytes = bytes;
        self
    }

    /// Connections at one time. Default 10,000.
    #[must_use]
    pub fn with_max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// Requests of one HTTP/2 connection at one time. Default 100.
    #[must_use]
    pub fn with_max_streams(mut self, streams: u32) -> Self {
        self.max_streams = streams;
        self
    }
}

impl Default for ServiceLimits {
    fn default() -> Self {
        Self {
            max_header_bytes: 64 << 10,
            max_body_bytes: 16 << 20,
            max_stream_bytes: 1 << 30,
            max_connections: 10_000,
            max_streams: 100,
        }
    }
}

/// PEM files.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TlsFiles {
    /// The certificate, followed by its chain.
    pub certificates: PathBuf,
    /// Its private key: PKCS#8, PKCS#1 or SEC1.
    pub key: PathBuf,
}

impl TlsFiles {
    /// The certificate with its chain, and its private key.
    pub fn new(certificates: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { certificates: certificates.into(), key: key.into() }
    }

    /// Reads both as a service will. Blocks.
    ///
    /// # Errors
    /// Kind `Invalid` where one cannot be used, or the key is of another certificate; the message names the file.
    pub fn check(&self) -> wippy_host_core::Result<()> {
        crate::tls::config(self).map(drop)
    }
}
