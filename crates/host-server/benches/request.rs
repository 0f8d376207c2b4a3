//! What a request to a guest costs through the service, against `wasmtime-wasi-http` used by hand: hyper, the linker of
//! `wasi:http/proxy`, a fresh instance for each request. Both serve HTTP/1.1 on the loopback, one connection, kept alive; the
//! two take turns, and the table shows the median of the rounds' ratios.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark has nobody to tell"
)]

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tokio::net::{TcpListener, TcpStream};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::bindings::http::{outgoing_handler, types};
use wasmtime_wasi_http::{WasiHttp, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView};
use wippy_host_core::{EngineOptions, EntrySpec, FunctionRegistry, Host, Registry};
use wippy_host_server::{Service, ServiceOptions, single};

fn main() {
    let quick = !std::env::args().any(|argument| argument == "--bench");
    let (rounds, requests) = if quick { (2, 5) } else { (60, 100) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let bytes =
            std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guests/built/handler.wasm")).unwrap();
        let mut ours = connected(ours(&bytes).await).await;
        let mut theirs = connected(by_hand(&bytes).await).await;
        for path in ["/status?200", "/hello", "/big?65536"] {
            let (mut measured, mut ratios) = (Vec::new(), Vec::new());
            for round in 0..=rounds {
                let ours = time(&mut ours, path, requests).await;
                let theirs = time(&mut theirs, path, requests).await;
                // The first round warms up.
                if round > 0 {
                    measured.push(ours);
                    ratios.push(ours / theirs);
                }
            }
            println!("{path:<12} ours {:>8.1} µs   ratio {:.3}", median(&mut measured), median(&mut ratios));
        }
    });
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

async fn connected(address: SocketAddr) -> SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// Microseconds a request.
async fn time(client: &mut SendRequest<Empty<Bytes>>, path: &str, requests: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..requests {
        client.ready().await.unwrap();
        let request = Request::builder().uri(path).header("host", "a").body(Empty::new()).unwrap();
        let response = client.send_request(request).await.unwrap();
        assert_eq!(response.status(), 200);
        std::hint::black_box(response.into_body().collect().await.unwrap());
    }
    start.elapsed().as_secs_f64() * 1e6 / f64::from(requests)
}

async fn ours(bytes: &[u8]) -> SocketAddr {
    let imports = [
        &wippy_import_http::IMPORT,
        &wippy_import_io::IMPORT,
        &wippy_import_clocks::IMPORT,
        &wippy_import_funcs::IMPORT,
    ];
    let registry = imports.into_iter().fold(Registry::builder(), |builder, import| builder.with(import));
    let host = Host::builder().registry(registry.build().unwrap()).build().unwrap();
    let component = host.compile(bytes).unwrap();
    let spec = EntrySpec::new("bench:handler", "handle").with_imports(["wasi:io", "wasi:clocks", "funcs"]);
    let (spec, _) = wippy_import_http::behind_http(spec, &component);
    let handler = Arc::new(host.prepare(spec, &component).await.unwrap());
    let service = Service::bind(ServiceOptions::new(([127, 0, 0, 1], 0).into())).await.unwrap();
    let server = service.serve(single(handler).unwrap(), FunctionRegistry::new());
    let address = server.local_addr();
    // It serves until the process ends.
    std::mem::forget(server);
    address
}

struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: Hooks,
}

struct Hooks;

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        _: http::Request<wasmtime_wasi_http::WasiBody>,
        _: Option<wasmtime_wasi_http::RequestOptions>,
        _: Box<dyn Future<Output = Result<(), wasmtime_wasi_http::Error>> + Send>,
    ) -> Sent {
        Box::new(std::future::ready(Err(wasmtime_wasi_http::Error::HttpRequestDenied)))
    }
}

type Done = Box<dyn Future<Output = Result<(), wasmtime_wasi_http::Error>> + Send>;
type Response = http::Response<wasmtime_wasi_http::WasiBody>;
type Sent = Box<dyn Future<Output = Result<(Response, Done), wasmtime_wasi_http::Error>> + Send>;

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.hooks }
    }
}

async fn by_hand(bytes: &[u8]) -> SocketAddr {
    let engine = Engine::new(&wippy_host_core::engine_config(&EngineOptions::default())).unwrap();
    let ticking = engine.clone();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(wippy_host_core::EPOCH);
            ticking.increment_epoch();
        }
    });
    let component = Component::from_binary(&engine, bytes).unwrap();
    let mut linker = Linker::<State>::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
    outgoing_handler::add_to_linker::<_, WasiHttp>(&mut linker, State::http).unwrap();
    let mut options = types::LinkOptions::default();
    options.informational_outbound_responses(true);
    types::add_to_linker::<_, WasiHttp>(&mut linker, &options, State::http).unwrap();
    let mut funcs = linker.instance("wippy:runtime/funcs@0.1.0").unwrap();
    funcs.func_wrap("call-string", |_, (_, input): (String, String)| Ok((Ok::<String, String>(input),))).unwrap();
    let pre = ProxyPre::new(linker.instantiate_pre(&component).unwrap()).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let pre = pre.clone();
            let service = hyper::service::service_fn(move |request| answer(pre.clone(), request));
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
    address
}

async fn answer(pre: ProxyPre<State>, request: http::Request<hyper::body::Incoming>) -> wasmtime::Result<Response> {
    let state = State { table: ResourceTable::new(), wasi: WasiCtx::default(), http: WasiHttpCtx::new(), hooks: Hooks };
    let mut store = Store::new(pre.engine(), state);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|_| Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now()))));
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let request = store.data_mut().http().new_incoming_request(Scheme::Http, request)?;
    let out = store.data_mut().http().new_response_outparam(sender)?;
    let guest = tokio::spawn(async move {
        let proxy = pre.instantiate_async(&mut store).await?;
        proxy.wasi_http_incoming_handler().call_handle(store, request, out).await
    });
    match receiver.await {
        Ok(response) => Ok(response?),
        Err(_) => guest.await?.and_then(|()| Err(wasmtime::format_err!("no response"))),
    }
}
