//! One storage of variables, of whatever kind.

use super::file::FileStorage;
use crate::manifest::EnvironmentValues;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use wippy_host_core::{Error, Result};

/// Where variables are kept. A router is none of its own: it is followed when the application opens.
pub(super) enum Storage {
    Process,
    Static(HashMap<String, String>),
    Memory(RwLock<HashMap<String, String>>),
    File(FileStorage),
}

impl Storage {
    pub(super) fn fixed(declared: &EnvironmentValues) -> Self {
        Self::Static(texts(declared))
    }

    pub(super) fn memory(declared: &EnvironmentValues) -> Self {
        Self::Memory(RwLock::new(texts(declared)))
    }

    /// The value of a variable; `id` is the entry that asks.
    pub(super) fn get(&self, id: &str, name: &str) -> Result<Option<String>> {
        match self {
            Self::Process => match std::env::var(name) {
                Ok(value) => Ok(Some(value)),
                Err(std::env::VarError::NotPresent) => Ok(None),
                Err(std::env::VarError::NotUnicode(_)) => {
                    let error = Error::invalid(format!("{id}: the process's variable {name} is not valid UTF-8"));
                    Err(error.with_remedy(format!("start the host with a {name} that is text")))
                }
            },
            Self::Static(values) => Ok(values.get(name).cloned()),
            Self::Memory(values) => Ok(values.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()),
            Self::File(file) => file.get(id, name),
        }
    }

    pub(super) fn is_writable(&self) -> bool {
        matches!(self, Self::Memory(_) | Self::File(_))
    }

    /// Changes a variable of a storage that is writable.
    pub(super) fn set(&self, id: &str, name: &str, value: &str) -> Result<()> {
        match self {
            Self::Memory(values) => {
                let mut values = values.write().unwrap_or_else(PoisonError::into_inner);
                values.insert(name.to_owned(), value.to_owned());
                Ok(())
            }
            Self::File(file) => file.set(id, name, value),
            Self::Process | Self::Static(_) => Err(Error::internal(format!("{id}: its storage is not writable"))),
        }
    }

    /// Whether it was changed from outside since this was asked last.
    pub(super) fn refresh(&self) -> bool {
        match self {
            Self::File(file) => file.refresh(),
            _ => false,
        }
    }
}

fn texts(declared: &EnvironmentValues) -> HashMap<String, String> {
    declared.values.iter().map(|(name, value)| (name.clone(), value.value.to_string())).collect()
}
