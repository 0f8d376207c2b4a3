//! The one data of all stores with WASI, so that its functions are compiled once: they take minutes for each type of data.

use super::limits;
use wasmtime::StoreLimits;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView};

pub(crate) struct WithWasi {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: NoRequests,
    table: ResourceTable,
    pub(crate) limits: StoreLimits,
}

impl WithWasi {
    pub(crate) fn new(wasi: WasiCtx) -> Self {
        Self { wasi, http: WasiHttpCtx::new(), hooks: NoRequests, table: ResourceTable::new(), limits: limits() }
    }
}

impl WasiView for WithWasi {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for WithWasi {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.hooks }
    }
}

/// No guest here sends a request; hooks there must be.
struct NoRequests;

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = Box<dyn Future<Output = Result<(http::Response<WasiBody>, Io), Error>> + Send>;

impl WasiHttpHooks for NoRequests {
    fn send_request(&mut self, _: http::Request<WasiBody>, _: Option<RequestOptions>, _: Io) -> Sent {
        Box::new(std::future::ready(Err(Error::HttpRequestDenied)))
    }
}
