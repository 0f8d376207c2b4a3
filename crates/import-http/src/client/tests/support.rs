//! Servers, a dialer that leads every name to one of them, and bodies.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::channel::mpsc;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::client::{BoxError, Client, ClientError, ClientOptions, DialError, Dialer, ResponseBody, Timeouts};

/// Long enough for any machine: what takes longer hangs.
pub(super) const LONG: Duration = Duration::from_secs(60);
/// For waits that are meant to run out.
pub(super) const SHORT: Duration = Duration::from_millis(50);

/// Fails a test that hangs.
pub(super) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(LONG, future).await.expect("the test hangs")
}

/// A server, stopped when dropped, and what it has seen.
pub(super) struct Server {
    pub(super) port: u16,
    pub(super) seen: Arc<Seen>,
    _tasks: JoinSet<()>,
}

#[derive(Default)]
pub(super) struct Seen {
    accepted: AtomicUsize,
    open: watch::Sender<usize>,
    most_open: AtomicUsize,
}

impl Seen {
    /// Connections accepted so far.
    pub(super) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// The most connections that were open at once.
    pub(super) fn most_open(&self) -> usize {
        self.most_open.load(Ordering::SeqCst)
    }

    /// Waits until `count` connections are open.
    pub(super) async fn open_is(&self, count: usize) {
        within(self.open.subscribe().wait_for(|open| *open == count)).await.unwrap();
    }
}

struct Open(Arc<Seen>);

impl Open {
    fn new(seen: &Arc<Seen>) -> Self {
        seen.open.send_modify(|open| *open += 1);
        seen.most_open.fetch_max(*seen.open.borrow(), Ordering::SeqCst);
        Self(Arc::clone(seen))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}

/// A TCP server; `handle` gets each connection with its number, from 0.
pub(super) async fn raw_server<H, F>(handle: H) -> Server
where
    H: Fn(usize, TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Seen::default());
    let mut tasks = JoinSet::new();
    tasks.spawn({
        let seen = Arc::clone(&seen);
        async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // A response in two parts would otherwise wait for the client's delayed acknowledgement.
                stream.set_nodelay(true).unwrap();
                let number = seen.accepted.fetch_add(1, Ordering::SeqCst);
                let open = Open::new(&seen);
                let handled = handle(number, stream);
                connections.spawn(async move {
                    handled.await;
                    drop(open);
                });
            }
        }
    });
    Server { port, seen, _tasks: tasks }
}

/// A TCP server that answers each request head with `answer` and then closes.
pub(super) async fn answering(answer: impl Into<Vec<u8>>) -> Server {
    let answer = Arc::new(answer.into());
    raw_server(move |_, mut stream| {
        let answer = Arc::clone(&answer);
        async move {
            read_head(&mut stream).await;
            // The client may have had enough before the end.
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
            drain(stream).await;
        }
    })
    .await
}

/// Reads to the end, so that closing does not reset the connection under what was just sent.
pub(super) async fn drain(mut stream: TcpStream) {
    let mut rest = [0; 4096];
    while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
}

/// Reads a request's head, up to and with the empty line; empty when the connection ended.
pub(super) async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return String::new(),
        }
    }
    String::from_utf8(head).unwrap()
}

pub(super) type ServerBody = UnsyncBoxBody<Bytes, Infallible>;

/// What an HTTP server answers.
pub(super) trait Answer:
    Fn(Request<Incoming>) -> BoxFuture<'static, Response<ServerBody>> + Clone + Send + 'static
{
}
impl<T: Fn(Request<Incoming>) -> BoxFuture<'static, Response<ServerBody>> + Clone + Send + 'static> Answer for T {}

/// Which protocols an HTTP server speaks.
#[derive(Clone)]
pub(super) enum Speaks {
    Http1,
    Tls(Arc<ServerConfig>),
}

pub(super) async fn http_server(speaks: Speaks, answer: impl Answer) -> Server {
    raw_server(move |_, stream| {
        let (speaks, answer) = (speaks.clone(), answer.clone());
        async move {
            match speaks {
                Speaks::Http1 => serve(stream, false, answer).await,
                Speaks::Tls(config) => {
                    let Ok(stream) = TlsAcceptor::from(config).accept(stream).await else { return };
                    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                    serve(stream, http2, answer).await;
                }
            }
        }
    })
    .await
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, http2: bool, answer: impl Answer) {
    let io = TokioIo::new(stream);
    let service = service_fn(move |request| {
        let answered = answer(request);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    // Clients that go away in the middle are part of the tests.
    let _ = if http2 {
        hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await
    } else {
        hyper::server::conn::http1::Builder::new().serve_connection(io, service).await
    };
}

/// Answers with the request's body, as it comes, and its trailers.
pub(super) fn echo(request: Request<Incoming>) -> BoxFuture<'static, Response<ServerBody>> {
    Box::pin(async move {
        let path = request.uri().path().to_owned();
        let method = request.method().to_string();
        // A client that breaks off ends the echo.
        let body = request.into_body().map_err(|_| ()).boxed_unsync();
        let body = UntilError(body).boxed_unsync();
        Response::builder().header("x-method", method).header("x-path", path).body(body).unwrap()
    })
}

pub(super) fn text(text: &'static str) -> Response<ServerBody> {
    Response::new(Full::new(Bytes::from_static(text.as_bytes())).boxed_unsync())
}

struct UntilError(UnsyncBoxBody<Bytes, ()>);

impl Body for UntilError {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.0).poll_frame(context).map(|frame| frame.and_then(Result::ok).map(Ok))
    }
}

/// Leads every name to one port of the loopback interface, and writes down what it was asked for.
pub(super) struct Loopback {
    pub(super) port: u16,
    pub(super) dialled: Mutex<Vec<String>>,
}

impl Dialer for Loopback {
    fn dial<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, Result<TcpStream, DialError>> {
        Box::pin(async move {
            self.dialled.lock().unwrap().push(format!("{host} {port}"));
            TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))).await.map_err(|error| {
                match error.kind() {
                    io::ErrorKind::ConnectionRefused => DialError::Refused,
                    _ => DialError::Other(error),
                }
            })
        })
    }
}

/// A dialer made of a function without arguments.
pub(super) struct Dials<F>(pub(super) F);

impl<F, R> Dialer for Dials<F>
where
    F: Fn() -> R + Send + Sync + 'static,
    R: Future<Output = Result<TcpStream, DialError>> + Send + 'static,
{
    fn dial<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, Result<TcpStream, DialError>> {
        Box::pin((self.0)())
    }
}

pub(super) fn loopback(port: u16) -> Arc<Loopback> {
    Arc::new(Loopback { port, dialled: Mutex::default() })
}

pub(super) fn client(server: &Server) -> Client {
    client_with(server, ClientOptions::default())
}

pub(super) fn client_with(server: &Server, options: ClientOptions) -> Client {
    Client::new(loopback(server.port), options)
}

pub(super) fn get(uri: &str) -> Request<Empty<Bytes>> {
    Request::get(uri).body(Empty::new()).unwrap()
}

pub(super) fn post(uri: &str, body: &'static str) -> Request<Full<Bytes>> {
    Request::post(uri).body(Full::new(Bytes::from_static(body.as_bytes()))).unwrap()
}

/// Sends with the default timeouts.
pub(super) async fn send<B>(client: &Client, request: Request<B>) -> Result<Response<ResponseBody>, ClientError>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    within(client.send(request, Timeouts::default())).await
}

pub(super) async fn fetch<B>(client: &Client, request: Request<B>) -> Result<String, ClientError>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    read(send(client, request).await?.into_body()).await
}

/// The whole body as text.
pub(super) async fn read(body: ResponseBody) -> Result<String, ClientError> {
    let bytes = within(body.collect()).await?.to_bytes();
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

type FrameResult = Result<Frame<Bytes>, io::Error>;

/// A body whose frames the test sends one by one. Dropping the sender ends it.
pub(super) fn channel() -> (mpsc::Sender<FrameResult>, UnsyncBoxBody<Bytes, io::Error>) {
    let (sender, receiver) = mpsc::channel(0);
    (sender, http_body_util::StreamBody::new(receiver).boxed_unsync())
}

pub(super) fn data(text: &'static str) -> FrameResult {
    Ok(Frame::data(Bytes::from_static(text.as_bytes())))
}

/// A body of `total` zero bytes, made as it is asked for; the receiver tells how many have been.
pub(super) fn zeros<E>(
    total: usize,
) -> (impl Body<Data = Bytes, Error = E> + Send + Unpin + 'static, watch::Receiver<usize>)
where
    E: 'static,
{
    const CHUNK: usize = 64 * 1024;
    static ZEROS: [u8; CHUNK] = [0; CHUNK];
    struct Zeros<E>(usize, watch::Sender<usize>, std::marker::PhantomData<fn() -> E>);
    impl<E> Body for Zeros<E> {
        type Data = Bytes;
        type Error = E;
        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, E>>> {
            let count = self.0.min(CHUNK);
            self.0 -= count;
            self.1.send_modify(|made| *made += count);
            Poll::Ready((count > 0).then(|| Ok(Frame::data(Bytes::from_static(&ZEROS[..count])))))
        }
    }
    let (sender, receiver) = watch::channel(0);
    (Zeros(total, sender, std::marker::PhantomData), receiver)
}

/// Waits until a counter stands still, and returns where. A machine too busy to move it gives a low count, never a
/// high one.
pub(super) async fn standstill(mut counter: watch::Receiver<usize>) -> usize {
    while tokio::time::timeout(Duration::from_millis(300), counter.changed()).await.is_ok_and(|changed| changed.is_ok())
    {
    }
    *counter.borrow()
}
