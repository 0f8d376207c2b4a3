//! A server that counts its connections and sends as many bytes as the path says.

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// One that answers for as long as the runtime is there.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    accepted: Arc<AtomicU32>,
}

impl Server {
    pub(super) fn start(runtime: &Runtime) -> Self {
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicU32::new(0));
        let (count, sent) = (accepted.clone(), Bytes::from(vec![b'x'; 256 << 10]));
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Relaxed);
                stream.set_nodelay(true).unwrap();
                let sent = sent.clone();
                let service = service_fn(move |request| std::future::ready(answer(&request, &sent)));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, accepted }
    }

    /// Connections so far.
    pub(super) fn accepted(&self) -> u32 {
        self.accepted.load(Relaxed)
    }
}

fn answer(request: &Request<Incoming>, sent: &Bytes) -> Result<Response<Repeated>, Infallible> {
    let left = request.uri().path()[1..].parse().unwrap();
    Ok(Response::new(Repeated { sent: sent.clone(), left }))
}

/// The same bytes over and over: nothing is copied before the system does it.
struct Repeated {
    sent: Bytes,
    left: u64,
}

impl Body for Repeated {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let length = self.left.min(self.sent.len() as u64);
        self.left -= length;
        Poll::Ready((length > 0).then(|| Ok(Frame::data(self.sent.slice(..length as usize)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
