//! The variables, arguments and working directory of one instance.

use crate::Config;
use std::sync::Arc;
use wasmtime_wasi::p2::bindings::cli::environment::Host;
use wippy_host_core::{Error, ErrorKind, Result, StateContext};

/// What one instance sees of its surroundings.
pub struct CliState {
    shared: Arc<Config>,
    variables: Vec<(String, String)>,
    arguments: Vec<String>,
}

impl CliState {
    /// Resolves the variables, so that a call sees what is set when it starts.
    pub(crate) fn new(cx: &mut StateContext<'_>, shared: &Arc<Config>) -> Result<Self> {
        let mut state = Self { shared: shared.clone(), variables: Vec::new(), arguments: Vec::new() };
        if !cx.uses("wasi:cli/environment") {
            return Ok(state);
        }
        let environment = &cx.services().environment;
        for variable in &shared.env {
            let (Some(id), Some(name)) = (&variable.id, &variable.name) else { continue };
            match environment.get(id)? {
                Some(value) => state.variables.push((name.clone(), value)),
                None if variable.required => {
                    return Err(Error::new(ErrorKind::NotFound, format!("required wasi env variable not found: {id}"))
                        .with_remedy(format!("set the variable behind {id}, or give its entry a default")));
                }
                None => {}
            }
        }
        state.arguments = cx.call().arguments().to_vec();
        Ok(state)
    }
}

impl Host for &mut CliState {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(self.variables.clone())
    }

    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.shared.args.iter().chain(&self.arguments).cloned().collect())
    }

    fn initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(self.shared.cwd.clone())
    }
}
