//! An application, opened: its host, its functions, and every problem that was met on the way.

use crate::directories::ApplicationDirectories;
use crate::environment::ApplicationEnvironment;
use crate::findings::remarks;
use crate::manifest::{self, Declarations, Entry, Function, FunctionCode, LoadOptions, Problem};
use crate::module::{self, At};
use crate::spec::{code_span, kind, located, spec};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use wasmtime::component::Component;
use wippy_host_core::{Directories, Error, Function as Callable, Host, Preflight, Registry, Result, WasmFunction};

/// A running application.
pub struct Application {
    host: Host,
    environment: ApplicationEnvironment,
}

/// What opening an application gives.
pub struct Opened {
    /// The application, with every function that is sound.
    pub application: Application,
    /// All problems and remarks, by file, line and column.
    pub problems: Vec<Problem>,
    /// What each function's component imports against what its entry grants.
    pub preflights: Vec<Preflight>,
}

impl Opened {
    /// Whether a problem is an error: then the application is not to be run.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }
}

impl Application {
    /// Opens the application in a directory: loads its files, creates the directories that ask for it, compiles and
    /// prepares every function. Must run inside a Tokio runtime.
    ///
    /// # Errors
    /// Only where no host can be made; what is wrong with the application is in [`Opened::problems`].
    pub async fn open(root: &Path, options: &LoadOptions, registry: Registry) -> Result<Opened> {
        let loaded = manifest::load(root, options);
        let mut problems = loaded.problems;
        let environment = ApplicationEnvironment::new(&loaded.declarations);
        let (directories, found) = ApplicationDirectories::new(&loaded.root, &loaded.declarations);
        problems.extend(found);
        let host = Host::builder()
            .registry(registry)
            .environment(environment.clone())
            .directories(directories.clone())
            .build()?;
        let mut opening = Opening { host: &host, directories: &directories, compiled: HashMap::new(), problems };
        let preflights = opening.functions(&loaded.declarations).await?;
        let mut problems = opening.problems;
        manifest::sort(&mut problems);
        Ok(Opened { application: Self { host, environment }, problems, preflights })
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The variables.
    pub fn environment(&self) -> &ApplicationEnvironment {
        &self.environment
    }
}

/// An application while it is opened.
struct Opening<'a> {
    host: &'a Host,
    directories: &'a ApplicationDirectories,
    /// Components by the hash of their code: entries that share a file share its compilation.
    compiled: HashMap<[u8; 32], Result<Component>>,
    problems: Vec<Problem>,
}

impl Opening<'_> {
    async fn functions(&mut self, declarations: &Declarations) -> Result<Vec<Preflight>> {
        let mut ready: Vec<(Arc<str>, Arc<dyn Callable>)> = Vec::new();
        let mut preflights = Vec::new();
        for (entry, function) in declarations.functions() {
            if let Some(prepared) = self.function(entry, function).await {
                preflights.push(prepared.preflight().clone());
                ready.push((prepared.entry().id().clone(), Arc::new(prepared)));
            }
        }
        self.host.functions().register_all(ready)?;
        Ok(preflights)
    }

    async fn function(&mut self, entry: &Entry, function: &Function) -> Option<WasmFunction> {
        let (spec, problems) = spec(entry, function);
        let sound = !problems.iter().any(Problem::is_error);
        self.problems.extend(problems);
        let Some(component) = self.component(entry, function).await else {
            // The rest of the entry is still checked: its problems are not to come one at a time.
            let found = self.host.check(&spec);
            self.problems.extend(found.iter().map(|problem| located(entry, function, problem)));
            return None;
        };
        match self.host.prepare(spec, &component).await {
            Ok(prepared) => {
                self.problems.extend(remarks(entry, function, prepared.preflight()));
                sound.then_some(prepared)
            }
            Err(found) => {
                self.problems.extend(found.problems.iter().map(|problem| located(entry, function, problem)));
                None
            }
        }
    }

    /// The compiled code of a function, or `None` where it has a problem, which is noted.
    async fn component(&mut self, entry: &Entry, function: &Function) -> Option<Component> {
        let bytes = match &function.code {
            FunctionCode::Wat { source } => source.value.as_bytes().to_vec(),
            FunctionCode::Wasm { fs, path, hash } => {
                // A directory that cannot be used is a problem of its own entry.
                let directory = self.directories.get(&fs.value.to_string()).ok().flatten()?;
                match module::read(&directory, &path.value, hash) {
                    Ok(bytes) => bytes,
                    Err(problem) => {
                        let span = match problem.at {
                            At::Path => &path.span,
                            At::Hash => &hash.span,
                        };
                        let mut found = Problem::at(problem.kind, span, &problem.message).for_entry(&entry.id.value);
                        if let Some(remedy) = &problem.remedy {
                            found = found.with_remedy(remedy);
                        }
                        self.problems.push(found);
                        return None;
                    }
                }
            }
        };
        match self.compile(bytes).await {
            Ok(component) => Some(component),
            Err(error) => {
                let mut found = Problem::at(kind(error.kind()), code_span(function), error.message());
                if let Some(remedy) = error.remedy() {
                    found = found.with_remedy(remedy);
                }
                self.problems.push(found.for_entry(&entry.id.value));
                None
            }
        }
    }

    async fn compile(&mut self, bytes: Vec<u8>) -> Result<Component> {
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        if let Some(known) = self.compiled.get(&digest) {
            return known.clone();
        }
        let host = self.host.clone();
        let compiled = tokio::task::spawn_blocking(move || host.compile(bytes))
            .await
            .unwrap_or_else(|error| Err(Error::internal(format!("the compiler failed: {error}"))));
        self.compiled.insert(digest, compiled.clone());
        compiled
    }
}
