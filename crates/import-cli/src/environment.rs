//! The variables, arguments and working directory of one instance.

use crate::Cli;
use crate::streams::Opened;
use crate::variables::{SharedVariables, Variables};
use std::fmt;
use wasmtime_wasi::p2::bindings::cli::environment::Host;
use wippy_host_core::{Result, StateContext, StoreData};

/// What one instance sees of its surroundings.
#[derive(Default)]
pub struct CliState {
    /// `None` where the entry has none.
    variables: Option<Variables>,
    pub(crate) opened: Opened,
    /// The standard streams as WASI 0.3 has them, made when first asked for.
    #[cfg(feature = "p3")]
    pub(crate) wasi: Option<Box<wasmtime_wasi::WasiCtx>>,
}

impl fmt::Debug for CliState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values of its variables do not belong in a log.
        f.debug_struct("CliState").finish_non_exhaustive()
    }
}

impl CliState {
    /// Resolves the variables, so that a call sees what is set when it starts.
    pub(crate) fn new(cx: &StateContext<'_>, shared: &SharedVariables) -> Result<Self> {
        let asks = !shared.config.env.is_empty() && (cx.is_module() || cx.uses("wasi:cli/environment"));
        let variables = match asks {
            true => Some(shared.variables(&*cx.services().environment)?),
            false => None,
        };
        Ok(Self { variables, ..Self::default() })
    }

    pub(crate) fn variables(&self) -> &[(String, String)] {
        self.variables.as_deref().unwrap_or_default()
    }
}

/// The arguments of the entry, and those of the call behind them.
pub(crate) fn arguments<'a>(store: &'a StoreData, shared: &'a SharedVariables) -> impl Iterator<Item = &'a String> {
    shared.config.args.iter().chain(store.call().arguments())
}

/// What tells the guest of a store.
pub(crate) struct Surroundings<'a>(&'a mut StoreData);

pub(crate) fn surroundings(store: &mut StoreData) -> Surroundings<'_> {
    Surroundings(store)
}

impl Host for Surroundings<'_> {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(self.0.state::<Cli>().variables().to_vec())
    }

    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        let shared = self.0.shared::<Cli>();
        Ok(shared.map_or_else(Vec::new, |shared| arguments(self.0, shared).cloned().collect()))
    }

    fn initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(self.0.shared::<Cli>().and_then(|shared| shared.config.cwd.clone()))
    }
}
