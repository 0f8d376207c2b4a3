//! Functions and libraries in Lua.

use super::generation::{Made, Role};
use super::opening::Opening;
use crate::located::TextPlace;
use crate::manifest::{Declaration, Entry, EntryId, Located, LuaFunctionEntry, LuaImport, Origin, Problem};
use crate::spec::{limits, network, pool};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::sync::Arc;
use wippy_host_core::Error;
use wippy_host_lua::{LuaLibrary, LuaSpec, LuaSyntaxError};

/// The libraries of an application, each compiled once; `None` for one that has a problem, which is reported.
#[derive(Default)]
pub(super) struct Libraries(BTreeMap<EntryId, Option<Arc<LuaLibrary>>>);

impl Opening {
    /// Compiles every library, also one that nobody imports: what is wrong with it is to be known.
    pub(super) fn libraries(&mut self) {
        let declarations = self.read.declarations.clone();
        for entry in declarations.iter() {
            if matches!(entry.declaration, Declaration::LuaLibrary(_)) {
                self.library(&entry.id.value);
            }
        }
    }

    /// The library of an id, its own libraries first; no library imports itself, by whatever way.
    fn library(&mut self, id: &EntryId) -> Option<Arc<LuaLibrary>> {
        if let Some(known) = self.libraries.0.get(id) {
            return known.clone();
        }
        let declarations = self.read.declarations.clone();
        let entry = declarations.get(id)?;
        let Declaration::LuaLibrary(declared) = &entry.declaration else { return None };
        let imports = self.imports(&declared.imports);
        let modules = texts(&declared.modules);
        let file = file_of(&declared.source, id);
        let made = LuaLibrary::new(&id.to_string(), &file, &declared.source.value)
            .map(|library| Arc::new(library.with_modules(modules).with_imports(imports)));
        let made = made.map_err(|error| self.problems.push(problem(entry, &declared.source, &error))).ok();
        self.libraries.0.insert(id.clone(), made.clone());
        made
    }

    fn imports(&mut self, imports: &[LuaImport]) -> BTreeMap<String, Arc<LuaLibrary>> {
        let found = imports.iter().filter_map(|import| {
            let library = self.library(&import.library.value)?;
            Some((import.alias.value.to_string(), library))
        });
        found.collect()
    }

    pub(super) fn lua(&mut self, entry: &Entry, declared: &LuaFunctionEntry) -> Option<Made> {
        let id = &entry.id.value;
        let mut spec = LuaSpec::new(id.to_string(), &*declared.source.value, declared.method.value.clone());
        spec.file = file_of(&declared.source, id);
        spec.modules = texts(&declared.modules);
        spec.libraries = self.imports(&declared.imports);
        spec.limits = limits(&declared.limits);
        spec.processes = Some(self.processes.clone());
        let mut problems = Vec::new();
        if let Some(section) = &declared.network {
            spec.network = network(section, &mut problems);
        }
        let made = wippy_host_lua::LuaFunction::new(spec, self.host.services().clone(), self.host.functions().clone());
        let made = made.map_err(|error| problems.push(problem(entry, &declared.source, &error))).ok();
        let problems: Vec<_> = problems.into_iter().map(|problem| problem.for_entry(id)).collect();
        let sound =
            !problems.iter().any(Problem::is_error) && declared.imports.iter().all(|import| self.is_sound(import));
        self.problems.extend(problems.iter().cloned());
        let function = made.filter(|_| sound)?;
        let id = function.id().clone();
        let function = function.with_slots(self.host.slots(&id, pool(&declared.pool)));
        Some(Made {
            id,
            role: Role::Function,
            function: Arc::new(function),
            handler: None,
            preflight: None,
            remarks: problems,
        })
    }

    fn is_sound(&self, import: &LuaImport) -> bool {
        self.libraries.0.get(&import.library.value).is_some_and(Option::is_some)
    }
}

fn texts(names: &[Located<String>]) -> Vec<String> {
    let names: BTreeSet<&String> = names.iter().map(|name| &name.value).collect();
    names.into_iter().cloned().collect()
}

/// What errors and stacks call a source: its file, or its entry where it stands in the application's YAML.
fn file_of(source: &Located<Arc<str>>, id: &EntryId) -> String {
    match source.origin.as_deref() {
        Some(Origin::File(path)) => path.display().to_string(),
        _ => id.to_string(),
    }
}

/// A source that is not Lua, at its line.
fn problem(entry: &Entry, source: &Located<Arc<str>>, error: &Error) -> Problem {
    let problem = match error.source().and_then(|source| source.downcast_ref::<LuaSyntaxError>()) {
        Some(LuaSyntaxError { message, line, .. }) => {
            // Lua names no column: the line's first word is where people look.
            let index = usize::try_from(*line).unwrap_or_default().saturating_sub(1);
            let text = source.value.lines().nth(index).unwrap_or_default();
            let indent = text.chars().take_while(|c| c.is_whitespace()).count();
            let column = u32::try_from(indent).unwrap_or_default().saturating_add(1);
            TextPlace { line: *line, column, what: "the source", message }.problem(error.kind(), source)
        }
        None => Problem::at(error.kind(), &source.span, error.message()),
    };
    let problem = problem.for_entry(&entry.id.value);
    match error.remedy() {
        Some(remedy) => problem.with_remedy(remedy),
        None => problem,
    }
}
