#![doc = include_str!("../README.md")]

mod error_code;
mod lookup;
#[cfg(feature = "p3")]
mod p3;
#[cfg(test)]
mod threads;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::p2::bindings::sockets::{instance_network, network, tcp, tcp_create_socket, udp, udp_create_socket};
use wasmtime_wasi::sockets::{SocketAddrUse, WasiSockets, WasiSocketsCtx, WasiSocketsCtxView};
use wippy_host_core::policy::network::{NetworkGuard, NetworkUse};
use wippy_host_core::{
    HostImport, ImportLinker, ImportMeta, Interface, ModuleFunctions, NoConfig, Resolver, Result, SetupContext, Slot,
    StateContext, StoreData, async_trait, register_import,
};
use wippy_wasi_context::PREVIEW1;

/// `wasi:sockets`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sockets;

const VERSION: &str = "0.2.12";
#[cfg(feature = "p3")]
const VERSION_3: &str = "0.3.0";

#[async_trait]
impl HostImport for Sockets {
    const META: ImportMeta =
        ImportMeta::new("wasi:sockets", "TCP, UDP and name look-up, under the entry's network policy").with_interfaces(
            &[
                Interface::new("wasi:sockets/instance-network", VERSION),
                Interface::new("wasi:sockets/ip-name-lookup", VERSION),
                Interface::new("wasi:sockets/network", VERSION),
                Interface::new("wasi:sockets/tcp", VERSION),
                Interface::new("wasi:sockets/tcp-create-socket", VERSION),
                Interface::new("wasi:sockets/udp", VERSION),
                Interface::new("wasi:sockets/udp-create-socket", VERSION),
                #[cfg(feature = "p3")]
                Interface::concurrent("wasi:sockets/ip-name-lookup", VERSION_3),
                #[cfg(feature = "p3")]
                Interface::concurrent("wasi:sockets/types", VERSION_3),
            ],
        );

    const MODULE_FUNCTIONS: &'static [ModuleFunctions] =
        &[ModuleFunctions::new(PREVIEW1, &["sock_accept", "sock_recv", "sock_send", "sock_shutdown"])];

    type Config = NoConfig;
    type Shared = SharedNetwork;
    type State = ();

    async fn setup(cx: &SetupContext<'_>, _: NoConfig) -> Result<SharedNetwork> {
        Ok(SharedNetwork { guard: cx.network.clone(), resolver: cx.services.resolver.clone() })
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        wippy_wasi_context::link_io_types(linker)?;
        linker.interface("wasi:sockets/instance-network@0.2.12", |l| {
            instance_network::add_to_linker::<_, WasiSockets>(l, sockets)
        })?;
        linker.interface("wasi:sockets/ip-name-lookup@0.2.12", lookup::link)?;
        linker.interface("wasi:sockets/network@0.2.12", |l| {
            // Its one unstable function is ours.
            network::add_to_linker::<_, WasiSockets>(l, &network::LinkOptions::default(), sockets)?;
            error_code::link(l)
        })?;
        linker.interface("wasi:sockets/tcp@0.2.12", |l| tcp::add_to_linker::<_, WasiSockets>(l, sockets))?;
        linker.interface("wasi:sockets/tcp-create-socket@0.2.12", |l| {
            tcp_create_socket::add_to_linker::<_, WasiSockets>(l, sockets)
        })?;
        linker.interface("wasi:sockets/udp@0.2.12", |l| udp::add_to_linker::<_, WasiSockets>(l, sockets))?;
        linker.interface("wasi:sockets/udp-create-socket@0.2.12", |l| {
            udp_create_socket::add_to_linker::<_, WasiSockets>(l, sockets)
        })?;
        #[cfg(feature = "p3")]
        p3::link(linker)?;
        Ok(())
    }

    fn link_module(linker: &mut wasmtime::Linker<StoreData>) -> Result<()> {
        wippy_wasi_context::link_preview1(linker)
    }

    fn state(_: &mut StateContext<'_>, _: &Arc<SharedNetwork>) -> Result<()> {
        Ok(())
    }
}

register_import!(Sockets);

static CONTEXT: Slot<WasiSocketsCtx> = Slot::new();

/// Wasmtime's sockets under the entry's address check. Where the import is not granted, they have no address.
fn sockets(store: &mut StoreData) -> WasiSocketsCtxView<'_> {
    let (ctx, table) = store.on_demand(&CONTEXT, |store| match store.shared::<Sockets>() {
        Some(shared) => checked(shared.guard.clone()),
        None => WasiSocketsCtx::default(),
    });
    WasiSocketsCtxView { ctx, table }
}

fn checked(guard: Arc<NetworkGuard>) -> WasiSocketsCtx {
    // Wasmtime gives this part out of a whole context alone.
    let mut builder = WasiCtxBuilder::new();
    let serves = AtomicBool::new(false);
    builder.allow_tcp(true).allow_udp(true);
    builder.socket_addr_check(move |address, using| {
        let allowed = check(&guard, &serves, address, using);
        Box::pin(std::future::ready(allowed))
    });
    builder.build().sockets().clone()
}

/// What all instances of an entry share of the network.
pub struct SharedNetwork {
    guard: Arc<NetworkGuard>,
    resolver: Arc<dyn Resolver>,
}

impl fmt::Debug for SharedNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedNetwork").field("guard", &self.guard).finish_non_exhaustive()
    }
}

/// The policy at the moment of use, for each address that a socket uses. `serves` remembers that this instance bound a UDP
/// socket by permission: Wasmtime does not say which socket a datagram came in on.
fn check(guard: &NetworkGuard, serves: &AtomicBool, address: SocketAddr, using: SocketAddrUse) -> bool {
    let action = match using {
        SocketAddrUse::TcpBind | SocketAddrUse::UdpBind => NetworkUse::Bind,
        SocketAddrUse::TcpListen => NetworkUse::Listen,
        SocketAddrUse::TcpAccept => NetworkUse::Accept,
        SocketAddrUse::TcpConnect => NetworkUse::Connect,
        SocketAddrUse::UdpSend => NetworkUse::SendDatagram,
        SocketAddrUse::UdpReceive => NetworkUse::ReceiveDatagram { on_permitted_bind: serves.load(Ordering::Relaxed) },
    };
    let allowed = guard.check(action, None, address).is_ok();
    let free = address.ip().is_unspecified() && address.port() == 0;
    if allowed && !free && matches!(using, SocketAddrUse::UdpBind) {
        serves.store(true, Ordering::Relaxed);
    }
    allowed
}
