//! A listener and its connections.

mod door;

use crate::http::App;
use crate::route::Router;
use crate::{ServiceOptions, tls};
use arc_swap::ArcSwap;
use door::{Door, Open, Pause};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wippy_host_core::{Error, ErrorKind, FunctionRegistry, Result};

/// A service that has its address and does not answer yet: clients that connect wait.
pub struct Service {
    listener: Arc<TcpListener>,
    local: SocketAddr,
    tls: Option<TlsAcceptor>,
    options: ServiceOptions,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("local_addr", &self.local)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Service {
    /// Takes the address, and reads the certificate. Dropping the future takes no address.
    ///
    /// # Errors
    /// Kind `Unavailable` where the address cannot be had; kind `Invalid` where a PEM file cannot be used, with the file.
    pub async fn bind(options: ServiceOptions) -> Result<Self> {
        let addr = options.addr;
        let tls = acceptor(&options).await?;
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::Unavailable, format!("cannot listen on {addr}: {error}"))
                .with_remedy("choose another addr, or stop what listens there")
                .with_source(error)
        };
        let listener = TcpListener::bind(addr).await.map_err(failed)?;
        let local = listener.local_addr().map_err(failed)?;
        Ok(Self { listener: Arc::new(listener), local, tls, options })
    }

    /// The address, with the port that the system picked.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Begins to answer, in tasks of the current runtime. Functions are looked up in `functions` at each request.
    pub fn serve(self, router: Router, functions: FunctionRegistry) -> Server {
        let Self { listener, local, tls, options } = self;
        let app = Arc::new(App {
            router: ArcSwap::from_pointee(router),
            functions,
            timeouts: options.timeouts,
            limits: options.limits,
            requests: options.requests,
            tasks: TaskTracker::new(),
            cancel: CancellationToken::new(),
        });
        let room = Arc::new(Semaphore::new(app.limits.max_connections.clamp(1, Semaphore::MAX_PERMITS)));
        let door = Door { app: app.clone(), listener, tls, room, stopping: CancellationToken::new() };
        let runtime = Handle::current();
        Server { app, local, stopping: door.stopping.clone(), open: Some(door.open(&runtime)), runtime }
    }
}

async fn acceptor(options: &ServiceOptions) -> Result<Option<TlsAcceptor>> {
    let Some(files) = options.tls.clone() else { return Ok(None) };
    let config = tokio::task::spawn_blocking(move || tls::config(&files)).await;
    let config = config.map_err(|error| Error::internal(format!("tls: {error}")))??;
    Ok(Some(TlsAcceptor::from(config)))
}

/// A service that answers. Dropping it stops it at once: [`Server::stop`] is the gentle way.
pub struct Server {
    app: Arc<App>,
    local: SocketAddr,
    stopping: CancellationToken,
    /// `None` once the address is given away.
    open: Option<Open>,
    runtime: Handle,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("local_addr", &self.local)
            .field("is_listening", &self.is_listening())
            .finish_non_exhaustive()
    }
}

impl Server {
    /// The address, with the port that the system picked.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Whether it still accepts connections.
    pub fn is_listening(&self) -> bool {
        self.open.as_ref().is_some_and(|open| !open.accepting.is_finished())
    }

    /// Exchanges the routes. Requests that have arrived end as they would have; connections stay.
    pub fn set_router(&self, router: Router) {
        self.app.router.store(Arc::new(router));
    }

    /// Gives the address to a service with other options, of which `addr` is not looked at: clients that connect from now on
    /// wait for that one, and none is turned away. What was accepted here goes on; [`Server::stop`] waits for it.
    ///
    /// # Errors
    /// Kind `Invalid` where a PEM file cannot be used, with the file: this server goes on as it was, then. Kind `Unavailable`
    /// where it has given its address away already.
    ///
    /// Dropping the future before it is ready loses nothing: this server keeps its address and goes on accepting.
    pub async fn hand_over(&mut self, options: ServiceOptions) -> Result<Service> {
        let gone = || Error::new(ErrorKind::Unavailable, "the server has no address any more");
        let tls = acceptor(&options).await?;
        let mut pause = Pause { open: &mut self.open, runtime: &self.runtime };
        let listener = pause.ended().await.ok_or_else(gone)?;
        Ok(Service { listener, local: self.local, tls, options })
    }

    /// Accepts no more connections, and waits for what was accepted: a connection ends behind its current request, one that
    /// has not asked yet may do so within a second. What is not done when `grace` is over is cancelled. Returns whether
    /// everything ended by itself. Dropping the future cancels what was accepted, as dropping the server does.
    pub async fn stop(mut self, grace: Duration) -> bool {
        self.stopping.cancel();
        if let Some(mut open) = self.open.take() {
            // Its listener is closed with it, and every connection that it took is a task.
            let _ = (&mut open.accepting).await;
        }
        self.app.tasks.close();
        if tokio::time::timeout(grace, self.app.tasks.wait()).await.is_ok() {
            return true;
        }
        self.app.cancel.cancel();
        // Tasks of ours end at their next yield; a guest within its epoch.
        self.app.tasks.wait().await;
        false
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.cancel();
        self.app.cancel.cancel();
    }
}
