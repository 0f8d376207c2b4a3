//! Opens connections under the entry's network policy: the name before it is looked up, each address before it is used. Those of the
//! host itself are under none.

use crate::client::{DialError, Dialer};
use futures::future::BoxFuture;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpStream;
use wippy_host_core::policy::network::{NetworkGuard, NetworkHost, NetworkUse};
use wippy_host_core::{ResolveError, Resolver};

pub(crate) struct PolicyDialer {
    pub(crate) guard: Arc<NetworkGuard>,
    pub(crate) resolver: Arc<dyn Resolver>,
}

impl Dialer for PolicyDialer {
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<TcpStream, DialError>> {
        Box::pin(async move {
            let addresses = match NetworkHost::parse(host) {
                Ok(NetworkHost::Address(address)) => vec![address],
                Ok(NetworkHost::Name(name)) => {
                    self.guard.lookup_for(host, port).map_err(|denial| DialError::Denied(denial.to_string()))?;
                    let addresses = self.resolver.resolve(&name).await.map_err(|error| unresolved(&name, error))?;
                    self.guard.remember(&name, &addresses);
                    addresses
                }
                Err(error) => return Err(DialError::NameNotFound(error.to_string())),
            };
            self.connect(host, port, addresses.into_iter().map(|address| SocketAddr::new(address, port))).await
        })
    }
}

/// For requests that no guest has a say in.
pub(crate) struct HostDialer {
    pub(crate) resolver: Arc<dyn Resolver>,
}

impl Dialer for HostDialer {
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<TcpStream, DialError>> {
        Box::pin(async move {
            let addresses = match host.parse() {
                Ok(address) => vec![address],
                Err(_) => self.resolver.resolve(host).await.map_err(|error| unresolved(host, error))?,
            };
            let addresses: Vec<_> = addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect();
            TcpStream::connect(&*addresses).await.map_err(unconnected)
        })
    }
}

impl PolicyDialer {
    /// Tries each address that the policy permits, in the resolver's order. The error is that of the last one tried, or
    /// the denial where none is permitted.
    async fn connect(
        &self,
        host: &str,
        port: u16,
        addresses: impl Iterator<Item = SocketAddr>,
    ) -> Result<TcpStream, DialError> {
        let mut failure = None;
        let mut denial = None;
        for address in addresses {
            match self.guard.check(NetworkUse::HttpRequest, Some(host), address) {
                Ok(()) => match TcpStream::connect(address).await {
                    Ok(stream) => {
                        // Small requests and answers are the rule; a failure costs latency alone.
                        let _ = stream.set_nodelay(true);
                        return Ok(stream);
                    }
                    Err(error) => failure = Some(unconnected(error)),
                },
                Err(denied) => denial = Some(DialError::Denied(denied.to_string())),
            }
        }
        let none = || DialError::NameNotFound(format!("{host}:{port}"));
        Err(failure.or(denial).unwrap_or_else(none))
    }
}

fn unresolved(name: &str, error: ResolveError) -> DialError {
    match error {
        ResolveError::NotFound => DialError::NameNotFound(name.to_owned()),
        ResolveError::TimedOut(_) => DialError::DnsTimeout,
        error => DialError::DnsFailed(error.to_string()),
    }
}

fn unconnected(error: io::Error) -> DialError {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => DialError::Refused,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => DialError::Unreachable,
        io::ErrorKind::TimedOut => DialError::TimedOut,
        _ => DialError::Other(error),
    }
}
