//! What an operator asks a running host: its numbers, whether it is alive, whether it is ready. `--metrics` of `run` and `serve`.

mod exposition;
mod listener;
mod readiness;

use crate::output::{Failure, Output};
use exposition::Exposition;
use readiness::Readiness;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::TcpListener;
use wippy_host::metrics::Metrics;
use wippy_host::{Error, ErrorKind, Host, HostBuilder};
use wippy_host_app::Application;
use wippy_host_server::{Requests, ServiceOptions};

/// How late the thread may be that ticks the epoch: two hundred ticks, which no machine that is alive misses.
const LATE: Duration = Duration::from_secs(2);

#[derive(clap::Args)]
#[command(next_help_heading = "Operating")]
pub(crate) struct OperateArguments {
    /// Answer GET /metrics (Prometheus), /health and /ready here. A port alone is one of the loopback address; HOST:PORT says
    /// otherwise. Without, nothing is counted and nothing listens.
    #[arg(long, value_name = "ADDR")]
    metrics: Option<String>,
}

impl OperateArguments {
    pub(crate) fn is_on(&self) -> bool {
        self.metrics.is_some()
    }

    /// Listens from here on until the process ends.
    ///
    /// # Errors
    /// Where the address is none, or cannot be had.
    pub(crate) async fn begin(&self) -> Result<Operations, Failure> {
        let Some(text) = &self.metrics else { return Ok(Operations::default()) };
        let addr = address(text).await.map_err(Failure::usage)?;
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::Unavailable, format!("--metrics: cannot listen on {addr}: {error}"))
                .with_remedy("choose another address, or stop what listens there")
        };
        let listener = TcpListener::bind(addr).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let watched = Arc::new(Watched::new(addr));
        tokio::spawn(listener::serve(listener, watched.clone()));
        Ok(Operations(Some(watched)))
    }
}

/// A port, or a host and a port.
async fn address(text: &str) -> Result<SocketAddr, Error> {
    if let Ok(port) = text.parse() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    let found = match text.starts_with(':') {
        true => None,
        false => tokio::net::lookup_host(text).await.ok().and_then(|mut found| found.next()),
    };
    found.ok_or_else(|| {
        Error::invalid(format!("--metrics: {text:?} is no address of this machine"))
            .with_remedy("write a port of the loopback address, or HOST:PORT, for example --metrics 0.0.0.0:9464")
    })
}

/// What is told to an operator; nothing without `--metrics`.
#[derive(Clone, Default)]
pub(crate) struct Operations(Option<Arc<Watched>>);

/// What the listener looks at.
struct Watched {
    addr: SocketAddr,
    metrics: Metrics,
    readiness: Readiness,
    host: OnceLock<Host>,
    /// How long ago the epoch was ticked.
    epoch: OnceLock<Box<dyn Fn() -> Duration + Send + Sync>>,
    application: OnceLock<Application>,
    /// The requests of `serve`.
    single: OnceLock<(String, Arc<Requests>)>,
}

impl Watched {
    fn new(addr: SocketAddr) -> Self {
        Self {
            addr,
            metrics: Metrics::new(),
            readiness: Readiness::default(),
            host: OnceLock::new(),
            epoch: OnceLock::new(),
            application: OnceLock::new(),
            single: OnceLock::new(),
        }
    }

    fn watch(&self, host: &Host) {
        let _ = self.host.set(host.clone());
        let host = host.clone();
        let _ = self.epoch.set(Box::new(move || host.last_tick()));
    }

    /// Why the host does not live, if it does not. Whoever hears the answer knows already that the process does.
    fn ailment(&self) -> Option<String> {
        let late = self.epoch.get()?();
        (late > LATE).then(|| format!("the epoch was last ticked {} ms ago", late.as_millis()))
    }

    /// Why nothing is to be sent to the services, if so.
    async fn unready(&self) -> Option<String> {
        if let Some(reason) = self.readiness.reason() {
            return Some(reason);
        }
        let silent = self.application.get()?.silent().await;
        // The drain may have begun meanwhile, which says more.
        let reason = self.readiness.reason();
        reason.or_else(|| (!silent.is_empty()).then(|| format!("no longer listening: {}", silent.join(", "))))
    }

    fn exposition(&self) -> Exposition {
        let requests = match (self.application.get(), self.single.get()) {
            (Some(application), _) => application.requests(),
            (None, Some(single)) => vec![single.clone()],
            (None, None) => Vec::new(),
        };
        let host = self.host.get();
        Exposition {
            entries: self.metrics.snapshot(),
            requests: requests.into_iter().map(|(id, requests)| (id, requests.by_class())).collect(),
            waiting: host.map_or(0, Host::waiting),
            memory: host.map_or(0, Host::memory_in_use),
        }
    }
}

impl Operations {
    /// Where it listens.
    pub(crate) fn url(&self) -> Option<String> {
        self.0.as_ref().map(|watched| format!("http://{}/metrics", watched.addr))
    }

    /// Says where it listens.
    pub(crate) fn announce(&self, output: &Output) {
        if let Some(url) = self.url() {
            output.note(&format!("{url} metrics"));
        }
    }

    /// The host, which counts where somebody asks.
    pub(crate) fn host(&self, host: HostBuilder) -> HostBuilder {
        match &self.0 {
            Some(watched) => host.metrics(watched.metrics.clone()),
            None => host,
        }
    }

    /// The application is open.
    pub(crate) fn opened(&self, application: &Application) {
        if let Some(watched) = &self.0 {
            watched.watch(application.host());
            let _ = watched.application.set(application.clone());
        }
    }

    /// A component is to be served outside of any application.
    pub(crate) fn serves(&self, host: &Host, entry: &str, options: &mut ServiceOptions) {
        if let Some(watched) = &self.0 {
            let requests = Arc::new(Requests::default());
            options.requests = Some(requests.clone());
            watched.watch(host);
            let _ = watched.single.set((entry.to_owned(), requests));
        }
    }

    /// Every service listens.
    pub(crate) fn ready(&self) {
        if let Some(watched) = &self.0 {
            watched.readiness.ready();
        }
    }

    /// A service that should listen does not.
    pub(crate) fn unready(&self, reason: String) {
        if let Some(watched) = &self.0 {
            watched.readiness.unready(reason);
        }
    }

    /// The drain begins: there is no way back.
    pub(crate) fn stopping(&self) {
        if let Some(watched) = &self.0 {
            watched.readiness.stopping();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LATE, Watched, listener};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn a_host_whose_epoch_stands_still_is_not_healthy_until_it_ticks_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let watched = Arc::new(Watched::new(addr));
        let age = Arc::new(AtomicU64::new(0));
        let double = age.clone();
        assert!(watched.epoch.set(Box::new(move || Duration::from_millis(double.load(Ordering::Relaxed)))).is_ok());
        let serving = tokio::spawn(listener::serve(listener, watched));
        let health = async |ago: Duration| {
            age.store(u64::try_from(ago.as_millis()).unwrap(), Ordering::Relaxed);
            let mut client = TcpStream::connect(addr).await.unwrap();
            client.write_all(b"GET /health HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            answer
        };
        assert!(health(LATE).await.starts_with("HTTP/1.1 200 "));
        let answer = health(LATE + Duration::from_millis(1)).await;
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert!(answer.ends_with("failing: the epoch was last ticked 2001 ms ago\n"), "{answer}");
        assert!(health(Duration::ZERO).await.ends_with("\r\n\r\nok\n"));
        serving.abort();
    }
}
