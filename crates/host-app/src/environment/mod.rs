//! The environment registry of an application: `env.variable` entries over their storages.

mod file;
mod lines;
mod storage;
#[cfg(test)]
mod tests;

use crate::manifest::{Declaration, Declarations, EntryId, EnvironmentVariable, Problem};
use file::FileStorage;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use storage::Storage;
use wippy_host_core::{Environment, Error, ErrorKind, Result};

/// The variables of an application, by the id of their entry. Clones share one environment.
///
/// A variable in an `env.storage.file` follows the file: a change from outside is seen 100 ms later at most, since the
/// file is looked at no more often. Nothing here waits for anything but that file, which has 1 MiB at most.
#[derive(Clone, Default)]
pub struct ApplicationEnvironment(Arc<Inner>);

impl fmt::Debug for ApplicationEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Their ids alone: values do not belong in a log.
        f.debug_set().entries(self.0.variables.keys()).finish()
    }
}

#[derive(Default)]
struct Inner {
    variables: HashMap<String, Variable>,
    /// Those of the storages that can change behind our back.
    files: Vec<Arc<Storage>>,
    generation: AtomicU64,
}

struct Variable {
    /// The storage, or those that a router leads to. None only where the storage's entry has a problem.
    storages: Arc<[Arc<Storage>]>,
    name: String,
    default: Option<String>,
    read_only: bool,
}

impl ApplicationEnvironment {
    /// Opens each storage, and creates the files that ask for it. What cannot be used is a problem of its entry. `root` is
    /// the application's directory. Blocks on the file system.
    pub(crate) fn open(root: &Path, declarations: &Declarations) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut leaves: HashMap<&EntryId, Arc<Storage>> = HashMap::new();
        for entry in declarations.iter() {
            let id = &entry.id.value;
            let storage = match &entry.declaration {
                Declaration::EnvStorageOs => Storage::Process,
                Declaration::EnvStorageStatic(values) => Storage::fixed(values),
                Declaration::EnvStorageMemory(values) => Storage::memory(values),
                Declaration::EnvStorageFile(declared) => match FileStorage::open(root, id, declared) {
                    Ok(file) => Storage::File(file),
                    Err(problem) => {
                        problems.push(problem.for_entry(id));
                        continue;
                    }
                },
                _ => continue,
            };
            leaves.insert(id, Arc::new(storage));
        }
        let mut routes: HashMap<&EntryId, Arc<[Arc<Storage>]>> = HashMap::new();
        let mut variables = HashMap::new();
        for entry in declarations.iter() {
            let Declaration::EnvVariable(declared) = &entry.declaration else { continue };
            let storage = &declared.storage.value;
            let route = routes.entry(storage).or_insert_with(|| route(declarations, &leaves, storage));
            let id = &entry.id.value;
            variables.insert(id.to_string(), Variable::new(id, declared, Arc::clone(route)));
        }
        let files = leaves.into_values().filter(|storage| matches!(**storage, Storage::File(_))).collect();
        (Self(Arc::new(Inner { variables, files, generation: AtomicU64::new(1) })), problems)
    }

    fn changed(&self) {
        self.0.generation.fetch_add(1, Ordering::Release);
    }

    /// Notices what was changed from outside.
    fn refresh(&self, storages: &[Arc<Storage>]) {
        for storage in storages {
            if storage.refresh() {
                self.changed();
            }
        }
    }
}

impl Variable {
    fn new(id: &EntryId, declared: &EnvironmentVariable, storages: Arc<[Arc<Storage>]>) -> Self {
        let name = declared.variable.as_ref().map_or_else(|| id.name(), |name| name.value.as_str());
        Self {
            storages,
            name: name.to_owned(),
            default: declared.default.as_ref().map(|default| default.value.to_string()),
            read_only: declared.readonly.as_ref().is_some_and(|read_only| read_only.value),
        }
    }
}

/// The storages that an id leads to, each once, in the order in which they are asked.
fn route(
    declarations: &Declarations,
    leaves: &HashMap<&EntryId, Arc<Storage>>,
    storage: &EntryId,
) -> Arc<[Arc<Storage>]> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut pending = vec![storage];
    while let Some(id) = pending.pop() {
        if !seen.insert(id) {
            continue;
        }
        if let Some(leaf) = leaves.get(id) {
            found.push(Arc::clone(leaf));
        } else if let Some(Declaration::EnvStorageRouter(router)) = declarations.get(id).map(|entry| &entry.declaration)
        {
            pending.extend(router.storages.iter().rev().map(|storage| &storage.value));
        }
    }
    found.into()
}

impl Environment for ApplicationEnvironment {
    fn get(&self, id: &str) -> Result<Option<String>> {
        let Some(variable) = self.0.variables.get(id) else { return Ok(None) };
        self.refresh(&variable.storages);
        for storage in variable.storages.iter() {
            if let Some(value) = storage.get(id, &variable.name)? {
                return Ok(Some(value));
            }
        }
        Ok(variable.default.clone())
    }

    fn contains(&self, id: &str) -> bool {
        self.0.variables.contains_key(id)
    }

    fn ids(&self) -> Vec<String> {
        self.0.variables.keys().cloned().collect()
    }

    fn generation(&self) -> u64 {
        self.refresh(&self.0.files);
        self.0.generation.load(Ordering::Acquire)
    }

    fn set(&self, id: &str, value: &str) -> Result<()> {
        let refused = |remedy: &str| {
            let error = Error::new(ErrorKind::PermissionDenied, format!("the variable {id} cannot be changed"));
            Err(error.with_remedy(remedy))
        };
        let Some(variable) = self.0.variables.get(id) else {
            let error = Error::new(ErrorKind::NotFound, format!("no env.variable {id}"));
            return Err(error.with_remedy(format!("declare an entry {id} of `kind: env.variable`")));
        };
        if variable.read_only {
            return refused(&format!("remove `readonly: true` from {id}"));
        }
        let Some(storage) = variable.storages.iter().find(|storage| storage.is_writable()) else {
            return refused(&format!("let the `storage` of {id} name an env.storage.memory or env.storage.file"));
        };
        storage.set(id, &variable.name, value)?;
        self.changed();
        Ok(())
    }
}
