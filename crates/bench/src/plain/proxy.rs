//! `ProxyHandler` of `wasmtime-wasi-http`, by hand over hyper, as `wasmtime serve` uses it: what the server is measured against.

use super::store::WithWasi;
use super::wasi::{Limited, Template, add_funcs};
use super::{Surroundings, bound, ticked};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use tokio::time::Sleep;
use wasmtime::component::{Component, GuestTaskId, Linker};
use wasmtime::{Engine, Store, StoreContextMut};
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, ProxyHandler, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};
use wasmtime_wasi_http::p2::bindings::http::{outgoing_handler, types};
use wasmtime_wasi_http::{WasiBody, WasiHttp, WasiHttpView, p2, p3};
use wippy_host::{EngineOptions, Limits};

/// How long an instance waits for a request, as `wasmtime serve` has it.
const IDLE: Duration = Duration::from_secs(1);

/// Requests in one instance at one time, where it has asynchronous functions: as `wasmtime serve` has it, and ours.
const AT_A_TIME: usize = 16;

/// What hyper may read of a head, as ours.
const HEAD: usize = 64 << 10;

/// A server that answers until this is dropped.
pub(crate) struct Proxied {
    pub(crate) address: SocketAddr,
    accepting: AbortHandle,
}

impl Drop for Proxied {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Serves the guest on the current runtime, so many requests an instance.
pub(crate) async fn proxied(guest: &[u8], requests_each: usize) -> Proxied {
    let engine = engine();
    let component = Component::new(&engine, guest).unwrap();
    let pre = linker(&engine).instantiate_pre(&component).unwrap();
    let (pre, at_a_time) = match p3::bindings::ServicePre::new(pre.clone()) {
        Ok(pre) => (ProxyPre::P3(pre), AT_A_TIME),
        Err(_) => (ProxyPre::P2(p2::bindings::ProxyPre::new(pre).unwrap()), 1),
    };
    let allowed = Limits::default();
    let handler = ProxyHandler::new(Instances {
        engine,
        pre,
        template: Template::new(&Surroundings::NOTHING),
        room: Semaphore::new(EngineOptions::default().max_instances as usize),
        lives: Life { requests_each, at_a_time, limit: allowed.max_execution.unwrap_or(Duration::MAX) },
    });
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepting = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream, handler.clone()));
        }
    });
    Proxied { address, accepting: accepting.abort_handle() }
}

async fn connection(stream: TcpStream, handler: ProxyHandler<Instances>) {
    stream.set_nodelay(true).unwrap();
    let service = service_fn(|request| answer(&handler, request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    // The client closes it when it has its answers.
    let _ = connection.await;
}

async fn answer(
    handler: &ProxyHandler<Instances>,
    request: http::Request<Incoming>,
) -> Result<Response<WasiBody>, Infallible> {
    // It has no limit of its own.
    let _place = handler.state().room.acquire().await;
    let request = request.map(|body| body.map_err(Into::into).boxed_unsync());
    let answered = handler.handle((), request).await;
    Ok(answered.unwrap_or_else(|_| {
        let mut failed = Response::new(Empty::new().map_err(|never| match never {}).boxed_unsync());
        *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        failed
    }))
}

/// The host's settings, with the support for asynchronous functions that `ProxyHandler` needs for every component.
fn engine() -> Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let config = |pooling| {
        let mut config = wippy_host::engine_config(&EngineOptions::default().with_pooling(pooling));
        config.concurrency_support(true).wasm_component_model_async(true);
        config
    };
    ENGINE.get_or_init(|| ticked(config)).clone()
}

fn linker(engine: &Engine) -> Linker<WithWasi> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    outgoing_handler::add_to_linker::<_, WasiHttp>(&mut linker, WasiHttpView::http).unwrap();
    let mut options = types::LinkOptions::default();
    options.informational_outbound_responses(true);
    types::add_to_linker::<_, WasiHttp>(&mut linker, &options, WasiHttpView::http).unwrap();
    wasmtime_wasi::p3::add_to_linker(&mut linker).unwrap();
    p3::add_to_linker(&mut linker).unwrap();
    add_funcs(&mut linker).unwrap();
    linker
}

struct Instances {
    engine: Engine,
    pre: ProxyPre<WithWasi>,
    template: Template,
    room: Semaphore,
    lives: Life,
}

/// How long an instance lives, and with how much to do.
#[derive(Clone, Copy)]
struct Life {
    requests_each: usize,
    at_a_time: usize,
    limit: Duration,
}

impl HandlerState for Instances {
    type StoreData = WithWasi;
    type WorkerExpiration = Expiration;
    type WorkerState = Life;

    async fn instantiate(&self) -> wasmtime::Result<Instance<WithWasi, Expiration, Life>> {
        let mut store = Store::new(&self.engine, self.template.context());
        bound(&mut store, Limited::limits);
        let proxy = self.pre.instantiate_async(&mut store).await?;
        let expiration = Expiration { limit: self.lives.limit, sleep: Box::pin(tokio::time::sleep(self.lives.limit)) };
        Ok(Instance { store, proxy, view: WasiHttpView::http, expiration, state: self.lives })
    }
}

/// The deadline of a request that computes, and of an instance that nobody needs.
struct Expiration {
    limit: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl WorkerExpiration for Expiration {
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>, status: WorkerStatus, start: Instant) -> Poll<()> {
        let limit = if status == WorkerStatus::Idle { IDLE } else { self.limit };
        let Some(deadline) = start.checked_add(limit) else { return Poll::Pending };
        if self.sleep.deadline() != deadline.into() {
            self.sleep.as_mut().reset(deadline.into());
        }
        self.sleep.as_mut().poll(context)
    }
}

impl WorkerState for Life {
    type StoreData = WithWasi;
    type RequestData = ();

    fn should_accept_request(&self, at_a_time: usize, taken: usize) -> ShouldAccept {
        if taken >= self.requests_each {
            ShouldAccept::Never
        } else if at_a_time >= self.at_a_time {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, WithWasi>,
        (): (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        Box::pin(tokio::time::sleep(self.limit))
    }

    fn drop(&self, store: Store<WithWasi>, _: wasmtime::Result<()>) {
        drop(store);
    }
}
