//! The one thing that the client asks of its owner: a TCP connection to a host, if policy has it so.

use std::io;

use futures::future::BoxFuture;
use thiserror::Error;
use tokio::net::TcpStream;

/// Opens the TCP connections of a [`Client`](super::Client).
///
/// The client has no opinion on names and addresses: the dialer resolves, asks the policy about **each resolved
/// address**, and connects only to what it allows. It need not limit its time (the client does, by dropping the
/// future) nor the number of calls at once (at most `max_in_flight`). Options of the socket are the dialer's, but for
/// `TCP_NODELAY`, which the client sets.
pub(crate) trait Dialer: Send + Sync + 'static {
    /// Connects to `host` (a lower-case name, or an address without brackets) at `port` (never 0).
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<TcpStream, DialError>>;
}

/// Why a [`Dialer`] gave no connection.
#[derive(Debug, Error)]
pub(crate) enum DialError {
    /// Policy forbids the name or every address of it; the text says which rule, and what to add to allow it.
    #[error("denied: {0}")]
    Denied(String),
    /// There is no such name; the text is the name.
    #[error("there is no host named {0}")]
    NameNotFound(String),
    /// The name servers did not answer in time.
    #[error("the name servers did not answer in time")]
    DnsTimeout,
    /// The name servers answered with something else than "found" or "no such name"; the text says what.
    #[error("name resolution failed: {0}")]
    DnsFailed(String),
    /// The host is there and nothing listens at the port.
    #[error("connection refused")]
    Refused,
    /// There is no route to the address.
    #[error("no route to the address")]
    Unreachable,
    /// The address did not answer in the time that the operating system or the dialer allows.
    #[error("the address did not answer")]
    TimedOut,
    /// Anything else that the operating system reports.
    #[error(transparent)]
    Other(io::Error),
}
