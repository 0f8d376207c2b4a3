//! HTTP/1.1 and HTTP/2 on one connection, until it is over, its time is up or the service stops.

use super::activity::{Activity, Due};
use super::stream::Watched;
use crate::http::{App, Connected};
use hyper::rt::Executor;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// How long a connection that has not asked for anything yet may still do so once the service stops: its request may be
/// under way.
const LAST_CALL: Duration = Duration::from_secs(1);

/// What the connection's own future gives besides its end.
enum Event {
    Over,
    Due(Due),
    Stopping,
}

/// Serves a connection. Dropping the future cuts it off.
pub(crate) async fn serve(
    app: Arc<App>,
    tls: Option<TlsAcceptor>,
    stream: TcpStream,
    local: SocketAddr,
    stopping: CancellationToken,
) {
    // Small responses are not to wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return http(app, stream, local, false, stopping).await;
    };
    match tokio::time::timeout(app.timeouts.header, tls.accept(stream)).await {
        Ok(Ok(stream)) => http(app, stream, local, true, stopping).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn http<S>(app: Arc<App>, stream: S, local: SocketAddr, secure: bool, stopping: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Arc::new(Activity::new());
    let builder = builder(&app);
    let stream = Watched::new(stream, activity.clone(), app.timeouts.write);
    let service = Connected { app: app.clone(), activity: activity.clone(), local, secure };
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut timer = pin!(tokio::time::sleep(app.timeouts.header));
    let mut stop = pin!(stopping.cancelled());
    let mut stop_seen = false;
    // Once it has been told to end: when patience is over.
    let mut ending: Option<Instant> = None;
    loop {
        let event = poll_fn(|context| {
            match connection.as_mut().poll(context) {
                Poll::Ready(Ok(())) => return Poll::Ready(Event::Over),
                Poll::Ready(Err(error)) => {
                    tracing::debug!(%error, "a connection broke off");
                    return Poll::Ready(Event::Over);
                }
                Poll::Pending => {}
            }
            if !stop_seen && stop.as_mut().poll(context).is_ready() {
                stop_seen = true;
                return Poll::Ready(Event::Stopping);
            }
            loop {
                let next = match activity.due(&app.timeouts) {
                    Err(due) => return Poll::Ready(Event::Due(due)),
                    Ok(next) => next,
                };
                // A timer that fires early asks again; one that fires late would be late.
                if timer.deadline().into_std() > next {
                    timer.as_mut().reset(next.into());
                }
                if timer.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                activity.end_stalled(&app.timeouts);
                timer.as_mut().reset(next.into());
            }
        })
        .await;
        match event {
            Event::Over => return,
            Event::Due(Due::Head) => {
                tracing::debug!("a client took too long for the head of a request");
                return;
            }
            Event::Due(Due::Idle) if ending.is_some_and(|patience| Instant::now() >= patience) => return,
            Event::Due(Due::Idle) => {
                // It may be writing its last response still; not for ever.
                let patience = *ending.get_or_insert_with(|| Instant::now() + LAST_CALL);
                connection.as_mut().graceful_shutdown();
                if tokio::time::timeout_at(patience.into(), connection.as_mut()).await.is_ok() {
                    return;
                }
            }
            Event::Stopping => {
                if !activity.has_served() {
                    let first = wait_for_first(&activity, connection.as_mut());
                    if let Ok(true) = tokio::time::timeout(LAST_CALL.min(app.timeouts.header), first).await {
                        return;
                    }
                }
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Whether the connection is over before it has a request.
async fn wait_for_first<C: Future>(activity: &Activity, mut connection: Pin<&mut C>) -> bool {
    poll_fn(|context| match connection.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(true),
        Poll::Pending if activity.has_served() => Poll::Ready(false),
        Poll::Pending => Poll::Pending,
    })
    .await
}

fn builder(app: &Arc<App>) -> Builder<Spawn> {
    let limits = &app.limits;
    let head = limits.max_header_bytes;
    let mut builder = Builder::new(Spawn(app.clone()));
    builder
        .http1()
        .timer(TokioTimer::new())
        // Ours tells a slow head from an idle connection.
        .header_read_timeout(None)
        .max_buf_size(head.max(MIN_BUFFER));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(head).unwrap_or(u32::MAX))
        .max_concurrent_streams(limits.max_streams)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(16 * WINDOW)
        .max_send_buf_size(WINDOW as usize);
    builder
}

/// The least that hyper takes for a buffer of HTTP/1, in bytes.
const MIN_BUFFER: usize = 8192;

/// What a client may send of one HTTP/2 body unread, and what of one response waits for it, in bytes; a connection's bodies
/// together sixteen times that.
const WINDOW: u32 = 64 * 1024;

/// Runs the requests of HTTP/2, and drops them where the service has to end.
#[derive(Clone)]
struct Spawn(Arc<App>);

impl<F> Executor<F> for Spawn
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, future: F) {
        let cancel = self.0.cancel.clone();
        self.0.tasks.spawn(async move {
            cancel.run_until_cancelled(future).await;
        });
    }
}
