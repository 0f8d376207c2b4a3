//! The interfaces of WASI 0.3: Wasmtime's own sockets under the entry's address check, and our own names.

use crate::{Sockets, lookup, sockets};
use std::net::IpAddr;
use wasmtime::component::{Accessor, HasData};
use wasmtime_wasi::p2::bindings::sockets::network::ErrorCode as Code;
use wasmtime_wasi::p3::bindings::sockets::ip_name_lookup::{self, ErrorCode, Host, HostWithStore};
use wasmtime_wasi::p3::bindings::sockets::types::{self, IpAddress};
use wasmtime_wasi::sockets::WasiSockets;
use wippy_host_core::{ImportLinker, Result, StoreData};

pub(crate) fn link(linker: &mut ImportLinker<'_, Sockets>) -> Result<()> {
    linker.interface("wasi:sockets/ip-name-lookup@0.3.0", |l| {
        ip_name_lookup::add_to_linker::<_, Names>(l, |store: &mut StoreData| Asking(store))
    })?;
    linker.interface("wasi:sockets/types@0.3.0", |l| types::add_to_linker::<_, WasiSockets>(l, sockets))
}

struct Names;

struct Asking<'a>(&'a mut StoreData);

impl HasData for Names {
    type Data<'a> = Asking<'a>;
}

impl Host for Asking<'_> {}

impl<T: Send> HostWithStore<T> for Names {
    async fn resolve_addresses(
        store: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<std::result::Result<Vec<IpAddress>, ErrorCode>> {
        let asked = store.with(|mut access| lookup::ask(access.get().0, &name));
        let answer = match asked {
            Ok(answer) => answer.await,
            Err(code) => Err(code),
        };
        Ok(match answer {
            Ok(addresses) => Ok(addresses.iter().copied().map(into_wit).collect()),
            Err(code) => Err(into_code(code)),
        })
    }
}

fn into_wit(address: IpAddr) -> IpAddress {
    match address {
        IpAddr::V4(address) => IpAddress::Ipv4(address.octets().into()),
        IpAddr::V6(address) => IpAddress::Ipv6(address.segments().into()),
    }
}

fn into_code(code: Code) -> ErrorCode {
    match code {
        Code::AccessDenied => ErrorCode::AccessDenied,
        Code::InvalidArgument => ErrorCode::InvalidArgument,
        Code::NameUnresolvable => ErrorCode::NameUnresolvable,
        Code::TemporaryResolverFailure => ErrorCode::TemporaryResolverFailure,
        Code::PermanentResolverFailure => ErrorCode::PermanentResolverFailure,
        _ => ErrorCode::Other(None),
    }
}
