//! Who takes connections: a task that can be ended and begun again, so that a server which is about to give its address away
//! may still keep it.

use crate::connection::serve;
use crate::http::App;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// What accepting needs.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) app: Arc<App>,
    pub(super) listener: Arc<TcpListener>,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) room: Arc<Semaphore>,
    pub(super) stopping: CancellationToken,
}

/// A door, and the task that takes the connections which come.
pub(super) struct Open {
    door: Door,
    pub(super) accepting: JoinHandle<()>,
    /// Ends accepting alone.
    closing: CancellationToken,
}

impl Door {
    pub(super) fn open(self, runtime: &Handle) -> Open {
        let closing = self.stopping.child_token();
        let accepting = runtime.spawn(self.clone().accept(closing.clone()));
        Open { door: self, accepting, closing }
    }

    /// Takes connections until `closing`.
    async fn accept(self, closing: CancellationToken) {
        let accepting = async {
            // The semaphore is never closed.
            while let Ok(permit) = self.room.clone().acquire_owned().await {
                let (stream, local) = match self.listener.accept().await {
                    Ok((stream, _)) => match stream.local_addr() {
                        Ok(local) => (stream, local),
                        Err(_) => continue,
                    },
                    Err(error) => {
                        // Out of file descriptors, most likely: at once would be too soon.
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                };
                let (app, cancel) = (self.app.clone(), self.app.cancel.clone());
                let connection = serve(app.clone(), self.tls.clone(), stream, local, self.stopping.clone());
                app.tasks.spawn(async move {
                    cancel.run_until_cancelled(connection).await;
                    drop(permit);
                });
            }
        };
        closing.run_until_cancelled(accepting).await;
    }
}

/// A server that takes no connections for a moment. Dropped before [`Pause::ended`] is ready, it takes them again.
pub(super) struct Pause<'a> {
    pub(super) open: &'a mut Option<Open>,
    pub(super) runtime: &'a Handle,
}

impl Pause<'_> {
    /// Ends accepting, and takes the listener out; `None` where the server has none any more.
    pub(super) async fn ended(&mut self) -> Option<Arc<TcpListener>> {
        let open = self.open.as_mut()?;
        open.closing.cancel();
        // Whatever it took is a task; nothing is taken behind this.
        let _ = (&mut open.accepting).await;
        self.open.take().map(|open| open.door.listener)
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        if let Some(open) = self.open.take_if(|open| open.closing.is_cancelled()) {
            *self.open = Some(open.door.open(self.runtime));
        }
    }
}
