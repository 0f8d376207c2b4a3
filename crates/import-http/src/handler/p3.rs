//! Components that export `wasi:http/handler` of WASI 0.3.

use super::Head;
use super::exchange::Exchange;
use crate::{state, view};
use http::{Request, uri};
use std::sync::Arc;
use tokio::sync::oneshot;
use wasmtime::AsContextMut;
use wasmtime::component::{Accessor, Func, Resource, TypedFunc};
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p3::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::p3::{Request as GuestRequest, Response as GuestResponse};
use wasmtime_wasi_http::{Error, WasiBody};
use wippy_host_core::StoreData;

/// What the methods of such components start with.
pub(super) const HANDLER: &str = "wasi:http/handler@0.3";

type Answer = (Result<Resource<GuestResponse>, ErrorCode>,);

pub(super) type Concurrent = TypedFunc<(Resource<GuestRequest>,), Answer>;

/// Calls the handler, and lets its tasks go on until the body of the response is out.
pub(super) async fn call(
    accessor: &Accessor<StoreData>,
    handler: Func,
    request: Request<WasiBody>,
    scheme: &Scheme,
    exchange: Arc<Exchange>,
    sender: oneshot::Sender<Head>,
) -> wasmtime::Result<()> {
    let (handler, request) = accessor.with(|mut access| -> wasmtime::Result<_> {
        let view_of_store = view(access.data_mut());
        // What the guest says of the request's body interests nobody: its client has the response.
        let (mut request, _) = GuestRequest::from_http(view_of_store.hooks, request);
        request.scheme = Some(match scheme {
            Scheme::Https => uri::Scheme::HTTPS,
            _ => uri::Scheme::HTTP,
        });
        let request = view_of_store.table.push(request)?;
        Ok((typed(&mut access, handler)?, request))
    })?;
    let (answer,) = handler.call_concurrent(accessor, (request,)).await?;
    let response = match answer {
        Ok(response) => response,
        Err(code) => {
            // Nobody waits any more: the client is gone, and the call about to be dropped.
            let _ = sender.send(Err(Error::from(code)));
            return Ok(());
        }
    };
    let response = accessor.with(|mut access| -> wasmtime::Result<_> {
        let response = access.data_mut().table().delete(response)?;
        response.into_http_with_getter(&mut access, async { Ok(()) }, view)
    })?;
    let (head, body) = response.into_parts();
    exchange.start(body);
    if sender.send(Ok(head)).is_err() {
        // The client is gone: nobody will take the body.
        exchange.close();
    }
    exchange.ended().await;
    Ok(())
}

/// As for 0.2.
fn typed(mut store: impl AsContextMut<Data = StoreData>, handler: Func) -> wasmtime::Result<Concurrent> {
    let mut store = store.as_context_mut();
    if let Some(known) = state(store.data_mut()).0.typed.concurrent {
        return Ok(known);
    }
    let handler = handler.typed(&store)?;
    state(store.data_mut()).0.typed.concurrent = Some(handler);
    Ok(handler)
}
