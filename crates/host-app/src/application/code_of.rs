//! The code of one entry, for those who look at it.

use super::Application;
use crate::manifest::{Declaration, EntryId, FunctionCode, Kind, Problem};
use crate::module::Modules;
use wippy_host_core::{Directories, Error, ErrorKind, Preflight, Result};

/// The code of a function or program, as its entry names it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EntryCode {
    /// The bytes, binary or text, held to the entry's hash.
    pub bytes: Vec<u8>,
    /// The signatures that the entry gives for a core module.
    pub wit: Option<String>,
    /// The method that the entry calls.
    pub method: String,
    /// The kind of the entry.
    pub kind: Kind,
    /// The directory's entry and the path in it, of code that is a file compiled.
    pub file: Option<(EntryId, String)>,
    /// What its component imports against what the entry grants, where it has compiled.
    pub preflight: Option<Preflight>,
}

impl Application {
    /// The code of an entry. Reads a file: not for a thread of the async runtime.
    ///
    /// # Errors
    /// Kind `NotFound` where there is no such entry, `Invalid` where it has no WebAssembly code; the problem of the file
    /// where that cannot be used.
    pub fn code(&self, id: &EntryId) -> Result<EntryCode> {
        let generation = self.0.current.load();
        let Some(entry) = generation.declarations.get(id) else {
            return Err(Error::new(ErrorKind::NotFound, format!("no sound entry {id} in the application"))
                .with_remedy("see what it has, and what is wrong with it: wippy-host check <APP>"));
        };
        let function = match &entry.declaration {
            Declaration::Function(function) => function,
            Declaration::Process(process) => &process.function,
            _ => {
                return Err(Error::invalid(format!(
                    "{id} is of kind {}, and has no WebAssembly code",
                    entry.kind.value
                ))
                .with_remedy("name a function.wasm, a function.wat or a process.wasm"));
            }
        };
        let as_error = |problem: Box<Problem>| {
            let error = Error::new(problem.kind, format!("{id}: {}", problem.message));
            match problem.remedy {
                Some(remedy) => error.with_remedy(remedy),
                None => error,
            }
        };
        let bytes = match &function.code {
            FunctionCode::Wat { source } => source.value.as_bytes().to_vec(),
            FunctionCode::Wasm { fs, path, hash } => {
                let directory = generation.directories.get(&fs.value.to_string())?.ok_or_else(|| {
                    Error::new(ErrorKind::NotFound, format!("{id}: the directory {} cannot be used", fs.value))
                })?;
                let module = Modules::default().look(&directory, path, hash);
                module.and_then(|module| module.bytes(path, hash)).map_err(as_error)?
            }
        };
        let preflight = generation.preflights.iter().find(|preflight| preflight.entry == id.to_string()).cloned();
        let wit = function.wit.as_ref().map(|wit| wit.value.to_string());
        let file = match &function.code {
            FunctionCode::Wasm { fs, path, .. } => Some((fs.value.clone(), path.value.clone())),
            FunctionCode::Wat { .. } => None,
        };
        let (kind, method) = (entry.kind.value, function.method.value.clone());
        Ok(EntryCode { bytes, wit, method, kind, file, preflight })
    }
}
