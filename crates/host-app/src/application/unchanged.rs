//! Which entries are as they were, so that a reload leaves them alone.

use super::generation::{Generation, Made};
use crate::directories::ApplicationDirectories;
use crate::manifest::{Declaration, Declarations, Entry, FunctionCode};
use crate::module::Modules;
use wippy_host_core::Directories;

/// Compares what is declared now with a generation before.
///
/// An entry is as it was where all that it says is the same and stands at the same place, and so is all that it may
/// name: directories, variables, and for Lua the libraries. Then its module, if it has one, still has the hash that it
/// had.
pub(super) struct Unchanged<'a> {
    before: &'a Generation,
    surroundings: bool,
    libraries: bool,
}

impl<'a> Unchanged<'a> {
    pub(super) fn new(before: &'a Generation, now: &Declarations) -> Self {
        let was = &before.declarations;
        Self { before, surroundings: same_surroundings(was, now), libraries: same(was, now, is_library) }
    }

    /// What was made of the entry, where nothing has changed.
    pub(super) async fn keep(
        &self,
        entry: &Entry,
        directories: &ApplicationDirectories,
        modules: &Modules,
    ) -> Option<Made> {
        let id = &entry.id.value;
        let made = self.before.made.get(id)?;
        let was = self.before.declarations.get(id)?;
        if !self.surroundings || format!("{was:?}") != format!("{entry:?}") {
            return None;
        }
        let intact = match &entry.declaration {
            Declaration::Function(function) => intact(&function.code, directories, modules).await,
            Declaration::Process(process) => intact(&process.function.code, directories, modules).await,
            _ => self.libraries,
        };
        intact.then(|| made.clone())
    }
}

/// Whether the module still has its hash.
async fn intact(code: &FunctionCode, directories: &ApplicationDirectories, modules: &Modules) -> bool {
    let FunctionCode::Wasm { fs, path, hash } = code else { return true };
    let Ok(Some(directory)) = directories.get(&fs.value.to_string()) else { return false };
    let (path, hash, modules) = (path.clone(), hash.clone(), modules.clone());
    let look = tokio::task::spawn_blocking(move || modules.look(&directory, &path, &hash).is_ok());
    look.await.unwrap_or(false)
}

/// Whether all that functions may name is declared as it was: directories and variables.
pub(super) fn same_surroundings(was: &Declarations, now: &Declarations) -> bool {
    same(was, now, is_surrounding)
}

fn same(was: &Declarations, now: &Declarations, part: fn(&Declaration) -> bool) -> bool {
    described(was, part) == described(now, part)
}

/// All that entries of some kinds declare.
fn described(declarations: &Declarations, part: fn(&Declaration) -> bool) -> Vec<String> {
    declarations.iter().filter(|entry| part(&entry.declaration)).map(|entry| format!("{entry:?}")).collect()
}

fn is_library(declaration: &Declaration) -> bool {
    matches!(declaration, Declaration::LuaLibrary(_))
}

fn is_surrounding(declaration: &Declaration) -> bool {
    matches!(
        declaration,
        Declaration::FsDirectory(_)
            | Declaration::EnvVariable(_)
            | Declaration::EnvStorageFile(_)
            | Declaration::EnvStorageMemory(_)
            | Declaration::EnvStorageOs
            | Declaration::EnvStorageRouter(_)
            | Declaration::EnvStorageStatic(_)
    )
}
