//! The variables of an entry, resolved once for each generation of the environment.

use crate::Config;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use wippy_host_core::{Environment, Error, ErrorKind, Result};

/// Name and value, for each variable that is set.
pub(crate) type Variables = Arc<[(String, String)]>;

/// What all instances of an entry share.
pub struct SharedVariables {
    pub(crate) config: Config,
    /// The variables of the generation at which they were last asked for.
    known: RwLock<(u64, Variables)>,
}

impl fmt::Debug for SharedVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the values of the variables, which do not belong in a log.
        f.debug_struct("SharedVariables").field("config", &self.config).finish_non_exhaustive()
    }
}

impl SharedVariables {
    pub(crate) fn new(config: Config) -> Self {
        Self { config, known: RwLock::new((0, Arc::default())) }
    }

    /// What is set at this moment.
    pub(crate) fn variables(&self, environment: &dyn Environment) -> Result<Variables> {
        // Asked first: what changes meanwhile is asked for again next time.
        let generation = environment.generation();
        if generation == 0 {
            return self.resolved(environment);
        }
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if known.0 == generation {
                return Ok(known.1.clone());
            }
        }
        let variables = self.resolved(environment)?;
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = (generation, variables.clone());
        Ok(variables)
    }

    fn resolved(&self, environment: &dyn Environment) -> Result<Variables> {
        let mut variables = Vec::with_capacity(self.config.env.len());
        for variable in &self.config.env {
            // An entry of which a variable has no id or no name does not load.
            let id = variable.id.as_deref().unwrap_or_default();
            match (environment.get(id)?, &variable.name) {
                (Some(value), Some(name)) => variables.push((name.clone(), value)),
                (None, _) if variable.required => {
                    let error = Error::new(ErrorKind::NotFound, format!("required wasi env variable not found: {id}"));
                    return Err(error.with_remedy(format!("set the variable behind {id}, or give its entry a default")));
                }
                _ => {}
            }
        }
        Ok(variables.into())
    }
}
