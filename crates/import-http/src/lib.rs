#![doc = include_str!("../README.md")]

mod client;
mod config;
mod dialer;
mod error;
mod error_code;
mod handler;
mod hooks;
mod outgoing;
#[cfg(test)]
mod threads;
mod trace;

pub use config::{Config, IdentityConfig};
pub use handler::{BodyCut, HANDLER_INTERFACES, RequestBodyError, ResponseBody, behind_http, handle, handler_method};
pub use outgoing::{HttpBody, HttpClient};
pub use trace::Trace;

use client::{Client, ClientOptions};
use dialer::PolicyDialer;
use handler::Typed;
use hooks::Hooks;
use std::fmt;
use std::sync::Arc;
use wasmtime::component::ResourceTable;
use wasmtime_wasi_http::p2::bindings::http::{outgoing_handler, types};
use wasmtime_wasi_http::{WasiHttp, WasiHttpCtx, WasiHttpCtxView};
use wippy_host_core::{
    ConfigProblem, Error, HostImport, ImportLinker, ImportMeta, Interface, Result, Section, SetupContext, Slot,
    StateContext, StoreData, async_trait, register_import,
};

/// `wasi:http`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Http;

const VERSION: &str = "0.2.12";
#[cfg(feature = "p3")]
const VERSION_3: &str = "0.3.0";

#[async_trait]
impl HostImport for Http {
    const META: ImportMeta = ImportMeta::new("wasi:http", "Outgoing HTTP requests, under the entry's network policy")
        .with_interfaces(&[
            Interface::new("wasi:http/outgoing-handler", VERSION),
            Interface::new("wasi:http/types", VERSION),
            #[cfg(feature = "p3")]
            Interface::concurrent("wasi:http/client", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::concurrent("wasi:http/types", VERSION_3),
        ])
        .with_section(Section::Own("wasi:http"));

    type Config = Config;
    /// The client of the entry: entries share no connection.
    type Shared = SharedClient;
    type State = ();

    fn check(_: &SetupContext<'_>, config: &Config) -> Vec<ConfigProblem> {
        config.extra_roots().err().into_iter().chain(config.own_identity().err()).collect()
    }

    async fn setup(cx: &SetupContext<'_>, config: Config) -> Result<SharedClient> {
        let dialer = PolicyDialer { guard: cx.network.clone(), resolver: cx.services.resolver.clone() };
        let extra_roots = config.extra_roots().map_err(|problem| Error::invalid(problem.message))?;
        let identity = config.own_identity().map_err(|problem| Error::invalid(problem.message))?;
        let options = ClientOptions { extra_roots, identity, ..ClientOptions::default() };
        Ok(SharedClient(Client::new(Arc::new(dialer), options)))
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        wippy_wasi_context::link_io_types(linker)?;
        linker.interface("wasi:http/outgoing-handler@0.2.12", |l| {
            outgoing_handler::add_to_linker::<_, WasiHttp>(l, view)
        })?;
        linker.interface("wasi:http/types@0.2.12", |l| {
            let mut options = types::LinkOptions::default();
            options.informational_outbound_responses(true);
            types::add_to_linker::<_, WasiHttp>(l, &options, view)?;
            error_code::link(l)?;
            handler::link_informational(l)
        })?;
        #[cfg(feature = "p3")]
        link_p3(linker)?;
        Ok(())
    }

    fn state(_: &mut StateContext<'_>, _: &Arc<SharedClient>) -> Result<()> {
        Ok(())
    }

    /// Nothing in the state is a call's but its trace.
    fn renew(cx: &mut StateContext<'_>, _: &Arc<SharedClient>) -> Result<()> {
        let trace = Trace::of(cx.call());
        if let Some(state) = cx.store().made(&STATE) {
            state.hooks.set_trace(trace);
        }
        Ok(())
    }
}

register_import!(Http);

/// Wasmtime's own, over the client of both tracks.
#[cfg(feature = "p3")]
fn link_p3(linker: &mut ImportLinker<'_, Http>) -> Result<()> {
    use wasmtime_wasi_http::p3::bindings::http::{client, types};
    linker.interface("wasi:http/client@0.3.0", |l| client::add_to_linker::<_, WasiHttp>(l, view))?;
    linker.interface("wasi:http/types@0.3.0", |l| types::add_to_linker::<_, WasiHttp>(l, view))
}

/// What all header fields of one message may take of the host's memory, bookkeeping included.
const MAX_FIELD_BYTES: usize = 128 * 1024;

/// The client of one entry.
pub struct SharedClient(Client);

impl fmt::Debug for SharedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedClient").finish_non_exhaustive()
    }
}

/// The state of one instance, which most guests that import the group in passing never ask for.
struct HttpState {
    context: WasiHttpCtx,
    hooks: Hooks,
    typed: Typed,
}

static STATE: Slot<HttpState> = Slot::new();

impl HttpState {
    fn new(store: &StoreData) -> Self {
        let mut context = WasiHttpCtx::new();
        context.set_field_size_limit(MAX_FIELD_BYTES.min(store.limits().max_host_bytes));
        let client = store.shared::<Http>().map(|shared| shared.0.clone());
        let hooks = Hooks::new(client, store.entry().id().clone(), Trace::of(store.call()));
        Self { context, hooks, typed: Typed::default() }
    }
}

fn state(store: &mut StoreData) -> (&mut HttpState, &mut ResourceTable) {
    store.on_demand(&STATE, HttpState::new)
}

fn view(store: &mut StoreData) -> WasiHttpCtxView<'_> {
    let (state, table) = state(store);
    WasiHttpCtxView { hooks: &mut state.hooks, table, ctx: &mut state.context }
}
