//! The variables, arguments and working directory of one instance.

use crate::Config;
use crate::streams::Opened;
use std::sync::Arc;
use wasmtime_wasi::p2::bindings::cli::environment::Host;
use wippy_host_core::{Error, ErrorKind, Result, StateContext};
use wippy_wasi_context::PREVIEW1;

/// What one instance sees of its surroundings.
pub struct CliState {
    shared: Arc<Config>,
    /// The values of `shared.env`, in its order.
    values: Vec<Option<String>>,
    arguments: Vec<String>,
    pub(crate) opened: Opened,
    /// The standard streams as WASI 0.3 has them, made when first asked for.
    #[cfg(feature = "p3")]
    pub(crate) wasi: Option<Box<wasmtime_wasi::WasiCtx>>,
}

impl CliState {
    /// Resolves the variables, so that a call sees what is set when it starts.
    pub(crate) fn new(cx: &mut StateContext<'_>, shared: &Arc<Config>) -> Result<Self> {
        let mut state = Self {
            shared: shared.clone(),
            values: Vec::new(),
            arguments: Vec::new(),
            opened: Opened::default(),
            #[cfg(feature = "p3")]
            wasi: None,
        };
        if !cx.uses("wasi:cli/environment") && !cx.uses(PREVIEW1) {
            return Ok(state);
        }
        let environment = &cx.services().environment;
        state.values.reserve_exact(shared.env.len());
        for variable in &shared.env {
            // An entry of which a variable has no id does not load.
            let id = variable.id.as_deref().unwrap_or_default();
            let value = environment.get(id)?;
            if value.is_none() && variable.required {
                return Err(Error::new(ErrorKind::NotFound, format!("required wasi env variable not found: {id}"))
                    .with_remedy(format!("set the variable behind {id}, or give its entry a default")));
            }
            state.values.push(value);
        }
        state.arguments = cx.call().arguments().to_vec();
        Ok(state)
    }
}

impl Host for &mut CliState {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        let variables = self.shared.env.iter().zip(&self.values);
        Ok(variables.filter_map(|(variable, value)| Some((variable.name.clone()?, value.clone()?))).collect())
    }

    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.shared.args.iter().chain(&self.arguments).cloned().collect())
    }

    fn initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(self.shared.cwd.clone())
    }
}
