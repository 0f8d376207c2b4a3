//! `wasi:sockets/ip-name-lookup`, asked of the host's resolver under the entry's policy. Wasmtime's own has one switch for
//! all names, and does not tell the policy which addresses a name gave.

use crate::Sockets;
use futures::future::{BoxFuture, FutureExt, Shared};
use std::net::IpAddr;
use std::sync::Arc;
use wasmtime::component::{Linker, Resource, ResourceType};
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddress, Network};
use wasmtime_wasi::p2::{DynPollable, Pollable};
use wippy_host_core::policy::network::NetworkHost;
use wippy_host_core::{ResolveError, StoreData, async_trait, traced};

const INTERFACE: &str = "wasi:sockets/ip-name-lookup@0.2.12";

pub(crate) type Answer = Result<Arc<[IpAddr]>, ErrorCode>;

/// A look-up under way and, once it is answered, the place in its answer.
pub(crate) struct ResolveAddressStream {
    answer: Shared<BoxFuture<'static, Answer>>,
    next: usize,
}

#[async_trait]
impl Pollable for ResolveAddressStream {
    async fn ready(&mut self) {
        // A failure is the answer of `resolve-next-address`.
        let _ = self.answer.clone().await;
    }
}

/// Typed by hand rather than generated: the generated code would ask for a whole `wasi:sockets/network` of our own.
pub(crate) fn link(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut instance = linker.instance(INTERFACE)?;
    let mut instance = traced(&mut instance, INTERFACE);
    instance.resource("resolve-address-stream", ResourceType::host::<ResolveAddressStream>(), |mut store, rep| {
        store.data_mut().table().delete(Resource::<ResolveAddressStream>::new_own(rep))?;
        Ok(())
    })?;
    instance.func_wrap("resolve-addresses", |mut store, (network, name): (Resource<Network>, String)| {
        Ok((resolve(store.data_mut(), &network, &name)?,))
    })?;
    instance.func_wrap(
        "[method]resolve-address-stream.resolve-next-address",
        |mut store, (this,): (Resource<ResolveAddressStream>,)| {
            let stream = store.data_mut().table().get_mut(&this)?;
            Ok((stream.next_address(),))
        },
    )?;
    instance.func_wrap(
        "[method]resolve-address-stream.subscribe",
        |mut store, (this,): (Resource<ResolveAddressStream>,)| {
            let pollable: Resource<DynPollable> = wasmtime_wasi::p2::subscribe(store.data_mut().table(), this)?;
            Ok((pollable,))
        },
    )
}

/// The outer error ends the call, the inner is the guest's.
fn resolve(
    store: &mut StoreData,
    network: &Resource<Network>,
    name: &str,
) -> wasmtime::Result<Result<Resource<ResolveAddressStream>, ErrorCode>> {
    // Holding a network is what permits the call; there is nothing in it to use.
    store.table().get(network)?;
    Ok(match ask(store, name) {
        Ok(answer) => Ok(store.table().push(ResolveAddressStream { answer: answer.shared(), next: 0 })?),
        Err(code) => Err(code),
    })
}

/// The addresses of a name, which the policy remembers as such.
pub(crate) fn ask(store: &StoreData, name: &str) -> Result<BoxFuture<'static, Answer>, ErrorCode> {
    let shared = store.shared::<Sockets>().ok_or(ErrorCode::AccessDenied)?;
    let host = NetworkHost::parse(name).map_err(|_| ErrorCode::InvalidArgument)?;
    let guard = shared.guard.clone();
    guard.lookup(name).map_err(|_| ErrorCode::AccessDenied)?;
    Ok(match host {
        NetworkHost::Address(address) => Box::pin(std::future::ready(Ok(Arc::from([address])))),
        NetworkHost::Name(name) => {
            let addresses = shared.resolver.resolve(&name);
            Box::pin(async move {
                let addresses = addresses.await.map_err(|error| code(&name, &error))?;
                guard.remember(&name, &addresses);
                Ok(addresses.into())
            })
        }
    })
}

impl ResolveAddressStream {
    fn next_address(&mut self) -> Result<Option<IpAddress>, ErrorCode> {
        // This poll may be the first, and start the look-up: a guest need not subscribe before it asks.
        let Some(answer) = self.answer.clone().now_or_never() else { return Err(ErrorCode::WouldBlock) };
        let address = answer?.get(self.next).copied();
        self.next += usize::from(address.is_some());
        Ok(address.map(into_wit))
    }
}

fn code(name: &str, error: &ResolveError) -> ErrorCode {
    tracing::debug!(name, %error, "name look-up failed");
    match error {
        ResolveError::TimedOut(_) => ErrorCode::TemporaryResolverFailure,
        ResolveError::NotFound => ErrorCode::NameUnresolvable,
        _ => ErrorCode::PermanentResolverFailure,
    }
}

fn into_wit(address: IpAddr) -> IpAddress {
    match address {
        IpAddr::V4(address) => IpAddress::Ipv4(address.octets().into()),
        IpAddr::V6(address) => IpAddress::Ipv6(address.segments().into()),
    }
}
