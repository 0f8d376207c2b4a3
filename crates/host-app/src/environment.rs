//! The environment registry of an application: `env.variable` entries over their storages.

use crate::manifest::{Declaration, Declarations, EntryId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use wippy_host_core::{Environment, Error, ErrorKind, Result};

/// The variables of an application, by the id of their entry. Clones share one environment.
#[derive(Clone, Default)]
pub struct ApplicationEnvironment(Arc<Inner>);

#[derive(Default)]
struct Inner {
    variables: HashMap<String, Variable>,
    storages: HashMap<EntryId, Storage>,
    generation: AtomicU64,
}

struct Variable {
    storage: EntryId,
    name: String,
    default: Option<String>,
    read_only: bool,
}

enum Storage {
    Process,
    Static(HashMap<String, String>),
    Memory(RwLock<HashMap<String, String>>),
}

impl ApplicationEnvironment {
    pub(crate) fn new(declarations: &Declarations) -> Self {
        let mut inner = Inner::default();
        for entry in declarations.iter() {
            let id = &entry.id.value;
            let storage = match &entry.declaration {
                Declaration::EnvStorageOs => Storage::Process,
                Declaration::EnvStorageStatic(values) => Storage::Static(texts(&values.values)),
                Declaration::EnvStorageMemory(values) => Storage::Memory(RwLock::new(texts(&values.values))),
                Declaration::EnvVariable(variable) => {
                    let name = variable.variable.as_ref().map_or_else(|| id.name(), |name| name.value.as_str());
                    let variable = Variable {
                        storage: variable.storage.value.clone(),
                        name: name.to_owned(),
                        default: variable.default.as_ref().map(|default| default.value.to_string()),
                        read_only: variable.readonly.as_ref().is_some_and(|read_only| read_only.value),
                    };
                    inner.variables.insert(id.to_string(), variable);
                    continue;
                }
                _ => continue,
            };
            inner.storages.insert(id.clone(), storage);
        }
        Self(Arc::new(inner))
    }
}

fn texts(values: &std::collections::BTreeMap<String, crate::manifest::Located<Arc<str>>>) -> HashMap<String, String> {
    values.iter().map(|(name, value)| (name.clone(), value.value.to_string())).collect()
}

impl Environment for ApplicationEnvironment {
    fn get(&self, id: &str) -> Result<Option<String>> {
        let Some(variable) = self.0.variables.get(id) else { return Ok(None) };
        let stored = match self.0.storages.get(&variable.storage) {
            Some(Storage::Process) => match std::env::var(&variable.name) {
                Ok(value) => Some(value),
                Err(std::env::VarError::NotPresent) => None,
                Err(std::env::VarError::NotUnicode(_)) => {
                    let name = &variable.name;
                    return Err(Error::invalid(format!("{id}: the process's variable {name} is not valid UTF-8")));
                }
            },
            Some(Storage::Static(values)) => values.get(&variable.name).cloned(),
            Some(Storage::Memory(values)) => {
                values.read().unwrap_or_else(PoisonError::into_inner).get(&variable.name).cloned()
            }
            None => None,
        };
        Ok(stored.or_else(|| variable.default.clone()))
    }

    fn contains(&self, id: &str) -> bool {
        self.0.variables.contains_key(id)
    }

    fn ids(&self) -> Vec<String> {
        self.0.variables.keys().cloned().collect()
    }

    fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    fn set(&self, id: &str, value: &str) -> Result<()> {
        let Some(variable) = self.0.variables.get(id) else {
            return Err(Error::new(ErrorKind::NotFound, format!("no env.variable {id}")));
        };
        match self.0.storages.get(&variable.storage) {
            Some(Storage::Memory(values)) if !variable.read_only => {
                let mut values = values.write().unwrap_or_else(PoisonError::into_inner);
                values.insert(variable.name.clone(), value.to_owned());
                self.0.generation.fetch_add(1, Ordering::Release);
                Ok(())
            }
            _ => Err(Error::new(ErrorKind::PermissionDenied, format!("the variable {id} cannot be changed"))
                .with_remedy("keep it in an env.storage.memory, without readonly: true")),
        }
    }
}
