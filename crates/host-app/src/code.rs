//! The compiled code of every function: read, held to its hash, and compiled once for all entries that share it.

use crate::directories::ApplicationDirectories;
use crate::located::code_span;
use crate::manifest::{FunctionCode, Origin, Problem};
use crate::module;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::component::Component;
use wippy_host_core::ErrorKind;
use wippy_host_core::{Directories, Error, Host, Result};

/// The component of a function, or its problem; `None` where the problem is reported at another entry already.
pub(crate) type Code = std::result::Result<Component, Option<Box<Problem>>>;

/// Compiles one function after the other: Wasmtime's compiler uses every processor as it is, and one module at a time
/// is in memory.
#[derive(Clone)]
pub(crate) struct Compiler {
    host: Host,
    /// By the hash of the code.
    compiled: Arc<Mutex<HashMap<[u8; 32], Result<Component>>>>,
}

impl Compiler {
    pub(crate) fn new(host: &Host) -> Self {
        Self { host: host.clone(), compiled: Arc::default() }
    }

    /// Reads and compiles, on a thread that may block. A panic there costs this function alone.
    pub(crate) async fn code(&self, code: &FunctionCode, directories: &ApplicationDirectories) -> Code {
        let (compiler, owned, directories) = (self.clone(), code.clone(), directories.clone());
        tokio::task::spawn_blocking(move || compiler.blocking(&owned, &directories)).await.unwrap_or_else(|_| {
            let lost = Problem::at(ErrorKind::Internal, code_span(code), "the compiler failed");
            Err(Some(Box::new(lost.with_remedy("this is a fault of the host: please report it with the module"))))
        })
    }

    fn blocking(&self, code: &FunctionCode, directories: &ApplicationDirectories) -> Code {
        let compiled = match code {
            FunctionCode::Wat { source } => {
                if !source.value.trim_start().starts_with(['(', ';']) {
                    let problem = Problem::at(ErrorKind::Invalid, &source.span, "the source is not WebAssembly text");
                    let remedy =
                        "write `source: \"(component …)\"`, or name a file with it: `source: file://module.wat`";
                    return Err(Some(Box::new(problem.with_remedy(remedy))));
                }
                self.compile(source.value.as_bytes())
            }
            FunctionCode::Wasm { fs, path, hash } => {
                // A directory that cannot be used is a problem of its own entry.
                let directory = directories.get(&fs.value.to_string()).ok().flatten().ok_or(None)?;
                self.compile(&module::read(&directory, path, hash).map_err(Some)?)
            }
        };
        compiled.map_err(|error| Some(Box::new(described(code, &error))))
    }

    fn compile(&self, bytes: &[u8]) -> Result<Component> {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let known = || self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = known().get(&digest) {
            return compiled.clone();
        }
        let compiled = self.host.compile(bytes);
        known().insert(digest, compiled.clone());
        compiled
    }
}

/// Why code does not compile, at the key that names it.
fn described(code: &FunctionCode, error: &Error) -> Problem {
    let at = |message: &str| Problem::at(error.kind(), code_span(code), message);
    let message = error.message();
    if message.contains("attempted to parse a wasm module with a component parser") {
        return at("the text is a core WebAssembly module, not a component")
            .with_remedy("write (component …) around it, or make a component of it with: wasm-tools component new");
    }
    if let Some((why, line, column)) = text_error(message) {
        let text = match code {
            FunctionCode::Wasm { path, .. } => path.value.clone(),
            FunctionCode::Wat { source } => match source.origin.as_deref() {
                Some(Origin::File(path)) => path.display().to_string(),
                _ => "the source".to_owned(),
            },
        };
        return at(&format!("{why}, at line {line}, column {column} of {text}")).with_remedy("mend the text there");
    }
    match error.remedy() {
        Some(remedy) => at(message).with_remedy(remedy),
        None => at(message),
    }
}

/// Line and column of an error of the text format's parser, which draws the place below what it says:
/// ` --> <anon>:LINE:COLUMN`.
fn text_error(message: &str) -> Option<(&str, u32, u32)> {
    let (why, drawing) = message.split_once('\n')?;
    let mut place = drawing.lines().next()?.rsplit(':');
    let column = place.next()?.trim().parse().ok()?;
    let line = place.next()?.trim().parse().ok()?;
    Some((why.trim_end(), line, column))
}

#[cfg(test)]
mod tests {
    use super::text_error;

    #[test]
    fn the_place_of_a_text_error_is_read_from_its_drawing() {
        let drawn = "expected `(`\n     --> <anon>:1:17\n      |\n    1 | (component (func\n      |                 ^";
        assert_eq!(text_error(drawn), Some(("expected `(`", 1, 17)));
        for other in ["", "one line: 3:4", "two\nlines"] {
            assert_eq!(text_error(other), None, "{other}");
        }
    }
}
