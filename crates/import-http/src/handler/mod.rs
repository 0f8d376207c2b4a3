//! Components that export `wasi:http/incoming-handler`, or `wasi:http/handler` of 0.3: a whole request in, a whole response out, both streaming.

mod body;
mod exchange;
mod informational;
mod inline;
#[cfg(feature = "p3")]
mod p3;
mod request;
mod status;
mod transport;

pub use body::{BodyCut, ResponseBody};
pub use request::RequestBodyError;
pub use transport::{HANDLER_INTERFACES, behind_http, handler_method};

pub(crate) use informational::link as link_informational;

use crate::{Http, state, view};
use body::Running;
use bytes::Bytes;
use exchange::Exchange;
use futures::future::BoxFuture;
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use inline::Inline;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;
use wasmtime::Store;
use wasmtime::component::{Func, Resource, TypedFunc};
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::types::{HostIncomingRequest, HostResponseOutparam};
use wasmtime_wasi_http::{Error as WasiError, WasiBody};
use wippy_host_core::{CallContext, Error, Reason, Result, StoreData, WasmFunction};

/// Calls the handler that `function` is (see [`behind_http`]) with a request whose URI is absolute, or has its authority
/// in `host`, and returns as soon as the guest sets its response. Until then the guest runs in this future. One that waits for something
/// behind it, or has more to say than a few kilobytes, goes on as a task of `tasks` while the body is read, and only as fast as it is read:
/// two pieces are taken before they are asked for.
///
/// Whoever cancels the guest:
///
/// - dropping this future, or the body before its end, drops the call;
/// - the entry's `max_execution` and the deadline of `context` end it also while it streams. So does the cancellation of
///   `context`. The body then ends with [`BodyCut`], as after a trap: never as if it were whole;
/// - once the body is out, or where there is none to send (`HEAD`, 204, 304: the guest finds its stream closed), the guest
///   may go on, as long as those allow.
///
/// An `error-code` of the guest is a response: its status is the one that fits, its body says no more than that. The code
/// goes to the log.
///
/// # Errors
/// What ended the call before there was a response, in the words of the host, which are not for clients; kind `Internal`
/// where the guest returned without one, kind `Invalid` where the request names no host.
pub async fn handle<B>(
    function: Arc<WasmFunction>,
    context: &CallContext,
    request: Request<B>,
    tasks: &TaskTracker,
) -> Result<Response<ResponseBody>>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<RequestBodyError>,
{
    let is_head = request.method() == Method::HEAD;
    let (request, scheme) = request::prepared(request)?;
    let id = function.entry().id().clone();
    let (sender, arrived) = oneshot::channel();
    let exchange = Arc::new(Exchange::default());
    // In a box: the runtime moves what it is given several times, and this is kilobytes.
    let guest = Box::pin(run(function, context.clone(), request, scheme, exchange.clone(), sender));
    match until_head(guest, arrived, &exchange).await {
        (guest, Some(Ok(head))) => {
            let running = guest.goes_on(tasks);
            let without_body = is_head || matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
            let body = if without_body {
                exchange.close();
                running.leave();
                ResponseBody::empty()
            } else {
                ResponseBody::streaming(exchange, running, &head.headers)
            };
            Ok(Response::from_parts(head, body))
        }
        (guest, Some(Err(code))) => {
            guest.goes_on(tasks).leave();
            Ok(status::response(&id, &code))
        }
        // The call is over, or about to be, and the response's place went with it.
        (guest, None) => Err(guest.end().await.err().unwrap_or_else(|| without_response(&id))),
    }
}

/// A guest that has begun.
enum Guest {
    Ended(Result<()>),
    Waiting(BoxFuture<'static, Result<()>>),
}

impl Guest {
    fn goes_on(self, tasks: &TaskTracker) -> Running {
        match self {
            Self::Ended(_) => Running::over(),
            Self::Waiting(guest) => Running::new(tasks.spawn(guest).abort_handle()),
        }
    }

    async fn end(self) -> Result<()> {
        match self {
            Self::Ended(result) => result,
            Self::Waiting(guest) => guest.await,
        }
    }
}

/// Frames of a response that are taken before anybody asks for them: a body of one piece, and its end.
const AHEAD: u32 = 2;

/// How often a guest is polled here because it has woken itself.
const POLLS: u32 = 16;

/// Runs the guest in its client's task until the head of its response is there, or cannot come any more, and on from there
/// while it goes on by what is taken. Most guests come to their end here. A task of its own would stand behind all that are ready:
/// of many requests at one time, the first was answered when the last was.
async fn until_head(
    mut guest: BoxFuture<'static, Result<()>>,
    mut arrived: oneshot::Receiver<Head>,
    exchange: &Exchange,
) -> (Guest, Option<Head>) {
    let (mut head, mut polls, mut taken) = (None, 0, 0);
    let ended = poll_fn(|cx| {
        let inline = Arc::new(Inline::new(cx.waker()));
        let waker = Waker::from(inline.clone());
        let mut cx = Context::from_waker(&waker);
        loop {
            polls += 1;
            let ended = guest.as_mut().poll(&mut cx);
            if head.is_none() {
                match (Pin::new(&mut arrived).poll(&mut cx), &ended) {
                    (Poll::Ready(Ok(received)), _) => head = Some(received),
                    (Poll::Ready(Err(_)), Poll::Pending) => return Poll::Ready(None),
                    _ => {}
                }
            }
            if let Poll::Ready(result) = ended {
                return Poll::Ready(Some(result));
            }
            if head.is_some() && taken < AHEAD && exchange.read_ahead(&mut cx) {
                taken += 1;
            } else if polls >= POLLS || !inline.take() {
                break;
            }
        }
        if head.is_some() {
            return Poll::Ready(None);
        }
        inline.leave();
        Poll::Pending
    });
    let ended = ended.await;
    (ended.map_or(Guest::Waiting(guest), Guest::Ended), head)
}

fn without_response(id: &str) -> Error {
    Error::internal(format!("{id}: the guest returned without setting a response"))
        .with_remedy("call response-outparam.set in the handler, also where it fails")
}

type Head = std::result::Result<http::response::Parts, WasiError>;

async fn run(
    function: Arc<WasmFunction>,
    context: CallContext,
    request: Request<WasiBody>,
    scheme: Scheme,
    exchange: Arc<Exchange>,
    sender: oneshot::Sender<Head>,
) -> Result<()> {
    let result = match is_asynchronous(&function) {
        true => asynchronous(&function, &context, request, scheme, exchange.clone(), sender).await,
        false => {
            let shared = exchange.clone();
            let called = function.call_with(&context, move |store, handler| {
                Box::pin(async move {
                    // Dropped before the store is, whatever ends the call: see `Exchange::settle`.
                    let _settled = shared.settled_at_the_end();
                    prepared(store.data_mut())?;
                    let (request, out) = hand_over(store, request, scheme, shared.clone(), sender)?;
                    let handler = typed(store, handler)?;
                    handler.call_async(&mut *store, (request, out)).await
                })
            });
            called.await
        }
    };
    if let Err(error) = &result
        && exchange.is_started()
        // Success by way of `exit`, behind a response, is no failure.
        && error.reason() != Reason::Exited(0)
        // The host has logged it, and counts how often.
        && !error.is_refusal_alone()
    {
        tracing::error!(entry = %function.entry().id(), %error, "the guest failed after its response had begun");
    }
    result
}

#[cfg(feature = "p3")]
fn is_asynchronous(function: &WasmFunction) -> bool {
    function.method().starts_with(p3::HANDLER)
}

#[cfg(not(feature = "p3"))]
fn is_asynchronous(_: &WasmFunction) -> bool {
    false
}

/// Of 0.3.
#[cfg(feature = "p3")]
async fn asynchronous(
    function: &WasmFunction,
    context: &CallContext,
    request: Request<WasiBody>,
    scheme: Scheme,
    exchange: Arc<Exchange>,
    sender: oneshot::Sender<Head>,
) -> Result<()> {
    let called = function.call_beside(context, move |accessor, handler| {
        Box::pin(async move {
            // As for 0.2.
            let _settled = exchange.settled_at_the_end();
            accessor.with(|mut access| prepared(access.data_mut()))?;
            p3::call(accessor, handler, request, &scheme, exchange.clone(), sender).await
        })
    });
    called.await
}

#[cfg(not(feature = "p3"))]
async fn asynchronous(
    _: &WasmFunction,
    _: &CallContext,
    _: Request<WasiBody>,
    _: Scheme,
    _: Arc<Exchange>,
    _: oneshot::Sender<Head>,
) -> Result<()> {
    Err(Error::internal("this build has no handlers of WASI 0.3"))
}

type Incoming = TypedFunc<(Resource<HostIncomingRequest>, Resource<HostResponseOutparam>), ()>;

/// The handler of an instance, compared with its type once for all requests that the instance serves.
#[derive(Default)]
pub(crate) struct Typed {
    incoming: Option<Incoming>,
    #[cfg(feature = "p3")]
    concurrent: Option<p3::Concurrent>,
}

fn typed(store: &mut Store<StoreData>, handler: Func) -> wasmtime::Result<Incoming> {
    if let Some(known) = state(store.data_mut()).0.typed.incoming {
        return Ok(known);
    }
    let handler = handler.typed(&*store)?;
    state(store.data_mut()).0.typed.incoming = Some(handler);
    Ok(handler)
}

/// Whether the entry has what a request handler needs.
fn prepared(store: &mut StoreData) -> wasmtime::Result<()> {
    if store.has_state::<Http>() {
        return Ok(());
    }
    let id = store.entry().id().clone();
    let error = Error::internal(format!("{id}: it was not prepared as a request handler"));
    Err(error.with_remedy("prepare the entry as `behind_http` gives it").into())
}

/// Puts the request, and the place of the response, into the store.
fn hand_over(
    store: &mut Store<StoreData>,
    request: Request<WasiBody>,
    scheme: Scheme,
    exchange: Arc<Exchange>,
    sender: oneshot::Sender<Head>,
) -> wasmtime::Result<(Resource<HostIncomingRequest>, Resource<HostResponseOutparam>)> {
    let mut view = view(store.data_mut());
    let request = view.new_incoming_request(scheme, request)?;
    let out = view.new_response_outparam_from_callback(move |response| {
        let head = response.map_err(WasiError::from).map(|response| {
            let (head, body) = response.into_parts();
            exchange.start(body);
            head
        });
        // Nobody waits any more: the client is gone, and the call about to be dropped.
        let _ = sender.send(head);
    })?;
    Ok((request, out))
}
