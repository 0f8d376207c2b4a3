//! What can go wrong with a request, in the terms of `wasi:http`'s error codes.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::Method;
use thiserror::Error;

use super::Origin;

/// An error of any origin.
pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// Why a request has no response, or a response no end.
///
/// Each variant is one `wasi:http` error code. The `detail` texts are for people and hold what the layers below said;
/// nothing depends on their wording.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    /// `DNS-timeout`.
    #[error("{to} cannot be resolved: the name servers did not answer in time; check the host's DNS settings")]
    DnsTimeout { to: Origin },

    /// `DNS-error`.
    #[error("{to} cannot be resolved: {detail}; check the host's DNS settings")]
    DnsFailed { to: Origin, detail: String },

    /// `DNS-error` with `NXDOMAIN`.
    #[error("{to} does not exist: no host is named {name}; check its spelling")]
    NameNotFound { to: Origin, name: String },

    /// `HTTP-request-denied`. The detail is the policy's own and names the remedy.
    #[error("{to} may not be reached: {detail}")]
    Denied { to: Origin, detail: String },

    /// `destination-IP-unroutable`.
    #[error("{to} cannot be reached: there is no route to its address; check the network of the host")]
    Unroutable { to: Origin },

    /// `connection-refused`.
    #[error("{to} refused the connection: nothing listens there; check the port, and that the server runs")]
    Refused { to: Origin },

    /// `connection-terminated`. Whether the server acted on the request is not known.
    #[error("{to} closed the connection before the response was complete: {detail}")]
    Terminated { to: Origin, detail: String },

    /// `connection-timeout`.
    #[error("{to} gave no connection {limit}; check that it is up, or raise connect-timeout")]
    ConnectTimeout { to: Origin, limit: Limit },

    /// `connection-read-timeout` or `HTTP-response-timeout`.
    #[error("{to} sent no {awaited} {limit}; raise {}", awaited.option())]
    ReadTimeout { to: Origin, awaited: Awaited, limit: Limit },

    /// `connection-write-timeout`: no response came, and the server had stopped taking the request body.
    #[error("{to} stopped reading the request body and sent no response {limit}; raise first-byte-timeout")]
    WriteTimeout { to: Origin, limit: Limit },

    /// `connection-limit-reached`.
    #[error(
        "{to} was not asked: {in_flight} requests of this entry are in flight, which is its limit, and none ended \
         {limit}; read or drop responses sooner, or raise the limit"
    )]
    LimitReached { to: Origin, in_flight: usize, limit: Limit },

    /// `TLS-protocol-error`.
    #[error("{to} does not speak TLS as expected: {detail}; check that its port serves https")]
    TlsProtocol { to: Origin, detail: String },

    /// `TLS-certificate-error`.
    #[error(
        "{to} has a certificate that cannot be trusted: {detail}; check its name, dates and issuer, or configure the \
         issuer as a root"
    )]
    TlsCertificate { to: Origin, detail: String },

    /// `TLS-alert-received`.
    #[error("{to} ended TLS with alert {id} ({message})")]
    TlsAlert { to: Origin, id: u8, message: String },

    /// `HTTP-request-URI-invalid`.
    #[error("the request's URI cannot be used: {problem}")]
    UriInvalid { problem: String },

    /// `HTTP-request-method-invalid`.
    #[error("the method {method} is not supported: this client opens no tunnels")]
    MethodUnsupported { method: Method },

    /// The request's own body failed; `source` is the error that it gave, as it gave it.
    #[error("the body of the request to {to} failed: {source}")]
    RequestBody { to: Origin, source: BoxError },

    /// `HTTP-response-header-section-size`; `limit` is in bytes.
    #[error("{to} answered with header fields beyond the limit of {limit} bytes or 100 HTTP/1 lines")]
    ResponseHeaderSectionSize { to: Origin, limit: usize },

    /// `HTTP-response-trailer-section-size`; `limit` is in bytes.
    #[error("{to} ended its answer with trailers beyond the limit of {limit} bytes or 100 HTTP/1 lines")]
    ResponseTrailerSectionSize { to: Origin, limit: usize },

    /// `HTTP-response-incomplete`.
    #[error("{to} closed the connection in the middle of the response body: {detail}")]
    ResponseIncomplete { to: Origin, detail: String },

    /// `HTTP-response-transfer-coding`: broken, or another than `chunked`.
    #[error("{to} sent a response body in a transfer coding that cannot be read: {detail}")]
    ResponseTransferCoding { to: Origin, detail: String },

    /// `HTTP-protocol-error`.
    #[error("{to} does not speak HTTP as expected: {detail}")]
    Protocol { to: Origin, detail: String },

    /// `HTTP-upgrade-failed`: the server switched protocols, which nobody had asked for.
    #[error("{to} switched to another protocol unasked (status 101)")]
    UpgradeFailed { to: Origin },

    /// `internal-error`.
    #[error("the request to {to} failed inside the host: {detail}")]
    Internal { to: Origin, detail: String },
}

/// The part of a response that did not come in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// The head: `first-byte-timeout`.
    FirstByte,
    /// The next frame of the body: `between-bytes-timeout`.
    NextBytes,
}

impl Awaited {
    fn option(self) -> &'static str {
        match self {
            Self::FirstByte => "first-byte-timeout",
            Self::NextBytes => "between-bytes-timeout",
        }
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstByte => "response",
            Self::NextBytes => "more of the response body",
        })
    }
}

/// A wait that ran out: ours, with its length, or one of the operating system or the dialer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit(pub(crate) Option<Duration>);

impl From<Duration> for Limit {
    fn from(wait: Duration) -> Self {
        Self(Some(wait))
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(wait) => write!(f, "within {wait:?}"),
            None => f.write_str("in the time that the operating system allows"),
        }
    }
}
