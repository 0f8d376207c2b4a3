//! The variables, arguments and working directory of one instance.

use crate::streams::Opened;
use crate::variables::{SharedVariables, Variables};
use std::fmt;
use std::sync::Arc;
use wasmtime_wasi::p2::bindings::cli::environment::Host;
use wippy_host_core::{Result, StateContext};
use wippy_wasi_context::PREVIEW1;

/// What one instance sees of its surroundings.
pub struct CliState {
    shared: Arc<SharedVariables>,
    variables: Variables,
    arguments: Vec<String>,
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
    pub(crate) fn new(cx: &mut StateContext<'_>, shared: &Arc<SharedVariables>) -> Result<Self> {
        let mut state = Self {
            shared: shared.clone(),
            variables: Arc::default(),
            arguments: Vec::new(),
            opened: Opened::default(),
            #[cfg(feature = "p3")]
            wasi: None,
        };
        if !cx.uses("wasi:cli/environment") && !cx.uses(PREVIEW1) {
            return Ok(state);
        }
        state.variables = shared.variables(&*cx.services().environment)?;
        state.arguments = cx.call().arguments().to_vec();
        Ok(state)
    }
}

impl Host for &mut CliState {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(self.variables.to_vec())
    }

    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.shared.config.args.iter().chain(&self.arguments).cloned().collect())
    }

    fn initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(self.shared.config.cwd.clone())
    }
}
