//! The compiled code of every function: read, held to its hash, and compiled once for all entries that share it.

use crate::directories::ApplicationDirectories;
use crate::located::{TextPlace, code_span};
use crate::manifest::{FunctionCode, FunctionEntry, Located, Problem};
use crate::module::{Known, Modules, is_component};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use std::error::Error as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tracing::Span;
use wippy_host_core::ErrorKind;
use wippy_host_core::{Directories, Error, Host, Program, Result, WatError, WitError};

/// The code of a function, or its problem; `None` where the problem is reported at another entry already.
pub(crate) type Code = std::result::Result<Compiled, Option<Box<Problem>>>;

/// The code of a function.
pub(crate) struct Compiled {
    pub(crate) program: Program,
    /// What is odd about it and does no harm.
    pub(crate) remark: Option<Problem>,
}

/// What is compiled once, by whoever comes first.
type Once = Arc<OnceLock<Result<Program>>>;

/// Compiles one function after the other: Wasmtime's compiler uses every processor as it is, and one module at a time
/// is in memory.
#[derive(Clone)]
pub(crate) struct Compiler {
    host: Host,
    /// By the hash of the code and its signatures.
    compiled: Arc<Mutex<HashMap<[u8; 32], Once>>>,
    modules: Modules,
}

impl Compiler {
    pub(crate) fn new(host: &Host) -> Self {
        Self { host: host.clone(), compiled: Arc::default(), modules: Modules::default() }
    }

    /// Forgets what is read and compiled: entries share it while an application is opened, and one that is reloaded again and
    /// again would keep every edit.
    pub(crate) fn forget(&self) {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.modules.forget();
    }

    /// The files that it reads.
    pub(crate) fn modules(&self) -> &Modules {
        &self.modules
    }

    /// Reads and compiles, on a thread that may block. A panic there costs this function alone.
    pub(crate) async fn code(&self, function: &FunctionEntry, directories: &ApplicationDirectories) -> Code {
        let (compiler, directories) = (self.clone(), directories.clone());
        let (code, wit) = (function.code.clone(), function.wit.clone());
        let span = Span::current();
        let compile =
            tokio::task::spawn_blocking(move || span.in_scope(|| compiler.blocking(&code, wit.as_ref(), &directories)));
        compile.await.unwrap_or_else(|_| {
            let lost = Problem::at(ErrorKind::Internal, code_span(&function.code), "the compiler failed");
            Err(Some(Box::new(lost.with_remedy("this is a fault of the host: please report it with the module"))))
        })
    }

    fn blocking(
        &self,
        code: &FunctionCode,
        wit: Option<&Located<Arc<str>>>,
        directories: &ApplicationDirectories,
    ) -> Code {
        match code {
            FunctionCode::Wat { source } => {
                if !source.value.trim_start().starts_with(['(', ';']) {
                    let problem = Problem::at(ErrorKind::Invalid, &source.span, "the source is not WebAssembly text");
                    let remedy =
                        "write `source: \"(component …)\"`, or name a file with it: `source: file://module.wat`";
                    return Err(Some(Box::new(problem.with_remedy(remedy))));
                }
                let bytes = source.value.as_bytes();
                let known = Known { digest: Sha256::digest(bytes).into(), is_component: is_component(bytes) };
                self.compile(code, known, wit, || Ok(bytes.into()))
            }
            FunctionCode::Wasm { fs, path, hash } => {
                // A directory that cannot be used is a problem of its own entry.
                let directory = directories.get(&fs.value.to_string()).ok().flatten().ok_or(None)?;
                let module = self.modules.look(&directory, path, hash).map_err(Some)?;
                self.compile(code, module.known, wit, || module.bytes(path, hash).map(Cow::from))
            }
        }
    }

    /// Compiles `bytes`, which are asked for where nobody has compiled them yet.
    fn compile<'a>(
        &self,
        code: &FunctionCode,
        known: Known,
        wit: Option<&Located<Arc<str>>>,
        bytes: impl FnOnce() -> std::result::Result<Cow<'a, [u8]>, Box<Problem>>,
    ) -> Code {
        let mut digest = Sha256::new_with_prefix(known.digest);
        if let Some(wit) = wit {
            digest.update(wit.value.as_bytes());
        }
        // One lock for each code: whoever wants the same waits for it, and others do not.
        let cell = {
            let mut all = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(digest.finalize().into()).or_default().clone()
        };
        let compiled = match cell.get() {
            Some(compiled) => compiled,
            None => {
                let bytes = bytes().map_err(Some)?;
                cell.get_or_init(|| match wit {
                    Some(wit) => self.host.compile_module(bytes, &wit.value).map(Program::from),
                    None => self.host.compile_program(bytes),
                })
            }
        };
        let program = compiled.clone().map_err(|error| Some(Box::new(described(code, wit, &error))))?;
        let remark = wit.filter(|_| known.is_component).map(|wit| {
            let message = "wit has no effect: the code is a component, which has its own types";
            Problem::at(ErrorKind::Invalid, &wit.span, message).with_remedy("remove wit").into_remark()
        });
        Ok(Compiled { program, remark })
    }
}

/// Why code does not compile, in its text where it has one, else at the key that names it.
fn described(code: &FunctionCode, wit: Option<&Located<Arc<str>>>, error: &Error) -> Problem {
    let with_remedy = |problem: Problem| match error.remedy() {
        Some(remedy) => problem.with_remedy(remedy),
        None => problem,
    };
    let source = error.source();
    if let Some((wit, place)) = wit.zip(source.and_then(|source| source.downcast_ref::<WitError>())) {
        let place = TextPlace { line: place.line, column: place.column, what: "the wit text", message: &place.message };
        return with_remedy(place.problem(error.kind(), wit));
    }
    let Some(WatError { message, line, column, .. }) = source.and_then(|source| source.downcast_ref()) else {
        return with_remedy(Problem::at(error.kind(), code_span(code), error.message()));
    };
    let message = format!("the WebAssembly text is not valid: {message}");
    let problem = match code {
        FunctionCode::Wasm { path, .. } => {
            let message = format!("{message}, at line {line}, column {column} of {}", path.value);
            Problem::at(error.kind(), &path.span, message)
        }
        FunctionCode::Wat { source } => {
            let place = TextPlace { line: *line, column: *column, what: "the source", message: &message };
            place.problem(error.kind(), source)
        }
    };
    with_remedy(problem)
}
