//! Name resolution, replaceable so that a test can give a name any address.

use futures::future::BoxFuture;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

/// Resolves names to addresses. What a name may be asked, and which addresses may then be used, is the network policy's
/// say, not the resolver's.
pub trait Resolver: Send + Sync + 'static {
    /// The addresses of `host`, in the order of preference. Dropping the future gives up waiting.
    fn resolve(&self, host: &str) -> BoxFuture<'static, Result<Vec<IpAddr>, ResolveError>>;
}

/// Why a name gave no address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The name has no address.
    #[error("the name has no address")]
    NotFound,
    /// No answer in time.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The resolver failed.
    #[error("{0}")]
    Failed(#[from] io::Error),
}

/// The operating system's resolver (`getaddrinfo`), on a thread of the runtime's blocking pool.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SystemResolver {
    /// How long to wait for an answer: 10 seconds by default.
    pub timeout: Duration,
}

impl SystemResolver {
    /// How long to wait for an answer. Default 10 s.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10) }
    }
}

impl Resolver for SystemResolver {
    fn resolve(&self, host: &str) -> BoxFuture<'static, Result<Vec<IpAddr>, ResolveError>> {
        let host = host.to_owned();
        let timeout = self.timeout;
        Box::pin(async move {
            let answer = tokio::time::timeout(timeout, tokio::net::lookup_host((host.as_str(), 0)));
            let mut addresses: Vec<IpAddr> = match answer.await {
                Err(_) => return Err(ResolveError::TimedOut(timeout)),
                // getaddrinfo's own answers ("no such name") carry no operating system error code.
                Ok(Err(error)) if error.raw_os_error().is_none() => return Err(ResolveError::NotFound),
                Ok(Err(error)) => return Err(ResolveError::Failed(error)),
                Ok(Ok(addresses)) => addresses.map(|address| address.ip().to_canonical()).collect(),
            };
            let mut seen = std::collections::HashSet::new();
            addresses.retain(|address| seen.insert(*address));
            if addresses.is_empty() { Err(ResolveError::NotFound) } else { Ok(addresses) }
        })
    }
}
