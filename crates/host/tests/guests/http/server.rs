//! Servers on the loopback.

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value as Json, json};
use std::convert::Infallible;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

pub(super) type Body = UnsyncBoxBody<Bytes, hyper::Error>;

/// A server of one port, stopped when dropped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    /// Connections accepted so far.
    pub(super) accepted: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Server {
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A server that speaks for itself.
    pub(super) async fn raw<F: Future<Output = ()> + Send + 'static>(
        handle: impl Fn(TcpStream) -> F + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        let count = accepted.clone();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                connections.spawn(handle(stream));
            }
        });
        Self { address, accepted, _tasks: tasks }
    }

    /// A server that answers each request head with these bytes, and closes.
    pub(super) async fn sending(answer: &'static str) -> Self {
        Self::raw(move |mut stream| async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = stream.read_u8().await else { return };
                head.push(byte);
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            // Closing with unread bytes would be a reset.
            let _ = stream.read_to_end(&mut head).await;
        })
        .await
    }

    pub(super) async fn http<F: Future<Output = Response<Body>> + Send + 'static>(
        answer: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    ) -> Self {
        Self::raw(move |stream| {
            let answer = answer.clone();
            async move {
                let service = service_fn(move |request| {
                    let answered = answer(request);
                    async move { Ok::<_, Infallible>(answered.await) }
                });
                let connection = hyper::server::conn::http1::Builder::new();
                // Guests that go away in the middle are part of the tests.
                let _ = connection.serve_connection(TokioIo::new(stream), service).await;
            }
        })
        .await
    }

    /// A server that tells what it was asked, as JSON.
    pub(super) async fn telling() -> Self {
        Self::http(|request| async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap();
            let trailers = body.trailers().map(pairs);
            let body = String::from_utf8(body.to_bytes().into()).unwrap();
            let told = json!({
                "method": head.method.as_str(), "uri": head.uri.to_string(), "headers": pairs(&head.headers),
                "body": body, "trailers": trailers,
            });
            Response::new(text(&told.to_string()))
        })
        .await
    }

    /// A server that sends back each part of the body as it comes, trailers included.
    pub(super) async fn echo() -> Self {
        Self::http(|request| async move {
            let (head, body) = request.into_parts();
            let mut response = Response::new(body.boxed_unsync());
            for name in head.headers.get_all("trailer") {
                response.headers_mut().append("trailer", name.clone());
            }
            response
        })
        .await
    }
}

pub(super) fn text(text: &str) -> Body {
    Full::from(text.to_owned()).map_err(|never| match never {}).boxed_unsync()
}

pub(super) fn nothing() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

pub(super) fn pairs(headers: &HeaderMap) -> Json {
    headers.iter().map(|(name, value)| json!([name.as_str(), value.to_str().unwrap()])).collect()
}
