//! Servers on the loopback.

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use serde_json::{Value as Json, json};
use std::convert::Infallible;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

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

    /// The URL by the name that the certificates of [`Authority`](super::authority::Authority) are for.
    pub(super) fn secure_url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
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
                // An answer in two parts would otherwise wait for the guest's acknowledgement of the first.
                stream.set_nodelay(true).unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                connections.spawn(handle(stream));
            }
        });
        Self { address, accepted, _tasks: tasks }
    }

    /// A server that answers each request head with these bytes, and closes.
    pub(super) async fn sending(answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::raw(move |mut stream| {
            let answer = answer.clone();
            async move {
                read_head(&mut stream).await;
                // The guest may have had enough before the end.
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
                // Closing with unread bytes would be a reset.
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        })
        .await
    }

    pub(super) async fn http<F: Future<Output = Response<Body>> + Send + 'static>(
        answer: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    ) -> Self {
        Self::raw(move |stream| {
            let answer = answer.clone();
            async move {
                let connection = hyper::server::conn::http1::Builder::new();
                // Guests that go away in the middle are part of the tests.
                let _ = connection.serve_connection(TokioIo::new(stream), service(answer)).await;
            }
        })
        .await
    }

    /// A server with TLS, which speaks HTTP/2 where the settings offer it.
    pub(super) async fn secure<F: Future<Output = Response<Body>> + Send + 'static>(
        settings: ServerConfig,
        answer: impl Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    ) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(settings));
        Self::raw(move |stream| {
            let (acceptor, answer) = (acceptor.clone(), answer.clone());
            async move {
                let stream = match acceptor.accept(stream).into_fallible().await {
                    Ok(stream) => stream,
                    Err((_, mut stream)) => {
                        // Closing with unread bytes would be a reset, which may overtake the alert.
                        let _ = stream.read_to_end(&mut Vec::new()).await;
                        return;
                    }
                };
                let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                let (io, service) = (TokioIo::new(stream), service(answer));
                let _ = if http2 {
                    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    connection.serve_connection(io, service).await
                } else {
                    hyper::server::conn::http1::Builder::new().serve_connection(io, service).await
                };
            }
        })
        .await
    }

    /// A server that tells what it was asked, as JSON.
    pub(super) async fn telling() -> Self {
        Self::http(tell).await
    }

    /// A server that sends back each part of the body as it comes, trailers included.
    pub(super) async fn echo() -> Self {
        Self::http(echo).await
    }
}

fn service<F: Future<Output = Response<Body>> + Send>(
    answer: impl Fn(Request<Incoming>) -> F,
) -> impl hyper::service::Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> {
    service_fn(move |request| {
        let answered = answer(request);
        async move { Ok::<_, Infallible>(answered.await) }
    })
}

/// Reads a request's head, up to and with the empty line, or what comes of it.
pub(super) async fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
}

/// Answers with what it was asked, as JSON.
pub(super) async fn tell(request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap();
    let trailers = body.trailers().map(pairs);
    let body = String::from_utf8(body.to_bytes().into()).unwrap();
    let told = json!({
        "method": head.method.as_str(), "uri": head.uri.to_string(), "version": format!("{:?}", head.version),
        "headers": pairs(&head.headers), "body": body, "trailers": trailers,
    });
    Response::new(text(&told.to_string()))
}

/// Sends back each part of the body as it comes, trailers included.
pub(super) async fn echo(request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let mut response = Response::new(body.boxed_unsync());
    for name in head.headers.get_all("trailer") {
        response.headers_mut().append("trailer", name.clone());
    }
    response
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
