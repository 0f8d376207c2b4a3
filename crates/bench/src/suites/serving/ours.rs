//! A service of ours with one handler behind it.

use std::sync::Arc;
use wippy_host::pool::{PoolFields, PoolSpec};
use wippy_host::{EntrySpec, FunctionRegistry, Host};
use wippy_host_server::{Server, Service, ServiceOptions, single};
use wippy_import_http::behind_http;

/// Serves the guest on the current runtime, so many requests an instance, in the pool that an entry has which says no more.
pub(super) async fn served(host: &Host, guest: &[u8], requests_each: u32) -> Server {
    let component = host.compile(guest).unwrap();
    let pool = PoolSpec::resolve(PoolFields::default().with_reuse_max_calls(requests_each));
    let spec = EntrySpec::new("bench:handler", "handle").with_imports(wippy_host::ENABLED.iter().copied());
    let (spec, _) = behind_http(spec.with_pool(pool), &component);
    let handler = Arc::new(host.prepare(spec, &component).await.unwrap());
    let service = Service::bind(ServiceOptions::new(([127, 0, 0, 1], 0).into())).await.unwrap();
    service.serve(single(handler).unwrap(), FunctionRegistry::new())
}
