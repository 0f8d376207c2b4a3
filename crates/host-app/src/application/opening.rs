//! From declarations to a generation: each entry becomes something that can be called, or a problem.

use super::generation::{Generation, Made};
use super::lua::Libraries;
use super::unchanged::Unchanged;
use super::{Read, bound, exposed, services};
use crate::code::Compiler;
use crate::directories::ApplicationDirectories;
use crate::manifest::{self, Declaration, Declarations, Entry, FunctionCode, Problem, Progress};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use tracing::Instrument;
use wippy_host_core::{Directories, Host, Preflight, spans};
use wippy_host_process::Processes;

/// An application while it is opened, or opened anew.
pub(super) struct Opening {
    pub(super) host: Host,
    pub(super) compiler: Compiler,
    pub(super) read: Read,
    pub(super) problems: Vec<Problem>,
    pub(super) preflights: Vec<Preflight>,
    pub(super) processes: Processes,
    pub(super) libraries: Libraries,
    progress: Option<Progress>,
}

impl Opening {
    pub(super) fn new(host: Host, compiler: Compiler, processes: Processes, mut read: Read) -> Self {
        let problems = std::mem::take(&mut read.problems);
        let libraries = Libraries::default();
        Self { host, compiler, read, problems, preflights: Vec::new(), processes, libraries, progress: None }
    }

    /// Says who is told how far it is.
    pub(super) fn reporting(mut self, progress: Option<Progress>) -> Self {
        self.progress = progress;
        self
    }

    /// Makes every entry, but for those that are as they were in `before`, and sorts what there is to say.
    pub(super) async fn finish(mut self, before: Option<&Generation>) -> (Generation, Vec<Problem>) {
        let declarations = self.read.declarations.clone();
        let unchanged = before.map(|before| Unchanged::new(before, &declarations));
        self.libraries();
        self.problems.extend(bound::problems(&declarations, self.host.functions()));
        let mut made = BTreeMap::new();
        let count = declarations.len();
        for (index, entry) in declarations.iter().enumerate() {
            if let Some(progress) = &self.progress {
                progress(index, count);
            }
            let kept = match &unchanged {
                Some(unchanged) => unchanged.keep(entry, &self.read.directories, self.compiler.modules()).await,
                None => None,
            };
            let one = match kept {
                Some(kept) => {
                    self.problems.extend(kept.remarks.iter().cloned());
                    self.preflights.extend(kept.preflight.clone());
                    Some(kept)
                }
                None => self.make(entry).instrument(spans::prepare(&entry.id.value.to_string())).await,
            };
            if let Some(one) = one {
                made.insert(entry.id.value.clone(), one);
            }
        }
        self.unsound(&declarations).await;
        let Read { root, environment, directories, included: mut files, .. } = self.read;
        files.extend(modules(&declarations, &directories));
        files.extend(services::files(&root, &declarations));
        let preflights = self.preflights;
        let generation = Generation { declarations, environment, directories, files, made, preflights };
        self.problems.extend(services::problems(&root, &generation));
        self.problems.extend(exposed::warnings(&root, &generation));
        self.compiler.forget();
        manifest::sort(&mut self.problems);
        (generation, self.problems)
    }

    /// Looks for further errors of the entries that have some already, so that whoever mends them need not come back. Nothing
    /// is made of these entries.
    async fn unsound(&mut self, declarations: &Declarations) {
        for entry in declarations.unsound() {
            let (told, preflights) = (std::mem::take(&mut self.problems), self.preflights.len());
            drop(self.make(entry).await);
            self.preflights.truncate(preflights);
            let found = std::mem::replace(&mut self.problems, told);
            // What follows from a problem that is told stands at its place.
            let new = found.into_iter().filter(|found| {
                let place = |problem: &Problem| (problem.file.clone(), problem.line, problem.column);
                found.is_error() && self.problems.iter().all(|told| place(told) != place(found))
            });
            let new: Vec<Problem> = new.collect();
            self.problems.extend(new);
        }
    }

    async fn make(&mut self, entry: &Entry) -> Option<Made> {
        match &entry.declaration {
            Declaration::Function(function) => self.function(entry, function).await,
            Declaration::LuaFunction(function) => self.lua(entry, function),
            Declaration::Process(process) => self.program(entry, &process.function).await,
            _ => None,
        }
    }
}

/// The files of compiled code, as absolute paths.
fn modules(declarations: &Declarations, directories: &ApplicationDirectories) -> BTreeSet<PathBuf> {
    let codes = declarations.iter().filter_map(|entry| match &entry.declaration {
        Declaration::Function(function) => Some(&function.code),
        Declaration::Process(process) => Some(&process.function.code),
        _ => None,
    });
    let file = |code: &FunctionCode| match code {
        FunctionCode::Wat { .. } => None,
        FunctionCode::Wasm { fs, path, .. } => {
            let directory = directories.get(&fs.value.to_string()).ok().flatten()?;
            Some(directory.join(path.value.trim_start_matches('/')))
        }
    };
    codes.filter_map(file).collect()
}
