//! An application, opened: its host, its functions, and every problem that was met on the way.

use crate::code::Compiler;
use crate::directories::ApplicationDirectories;
use crate::environment::ApplicationEnvironment;
use crate::findings;
use crate::located::located;
use crate::manifest::{self, Declarations, Entry, Function, LoadOptions, Problem};
use crate::spec::spec;
use std::path::Path;
use std::sync::Arc;
use wippy_host_core::{Error, Function as Callable, Host, Place, Preflight, Registry, Result, WasmFunction};

/// A running application.
pub struct Application {
    host: Host,
    environment: ApplicationEnvironment,
}

/// What opening an application gives.
pub struct Opened {
    /// The application, with every function that is sound.
    pub application: Application,
    /// What its files declare.
    pub declarations: Declarations,
    /// All problems and remarks, by file, line and column.
    pub problems: Vec<Problem>,
    /// What the component of each function imports against what its entry grants, also where the function has problems;
    /// a function whose code does not compile has none.
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
    /// prepares every function. Must run inside a Tokio runtime; what blocks runs on its blocking threads.
    ///
    /// # Errors
    /// Only where no host can be made; what is wrong with the application is in [`Opened::problems`].
    pub async fn open(root: &Path, options: LoadOptions, registry: Registry) -> Result<Opened> {
        let root = root.to_path_buf();
        let read = tokio::task::spawn_blocking(move || {
            let loaded = manifest::load(&root, &options);
            let (directories, found) = ApplicationDirectories::new(&loaded.root, &loaded.declarations);
            (loaded, directories, found)
        });
        let (loaded, directories, found) =
            read.await.map_err(|error| Error::internal(format!("loading the application failed: {error}")))?;
        let declarations = loaded.declarations;
        let environment = ApplicationEnvironment::new(&declarations);
        let host = Host::builder()
            .registry(registry)
            .environment(environment.clone())
            .directories(directories.clone())
            .build()?;
        let compiler = Compiler::new(&host, &directories);
        let mut opening = Opening {
            host: &host,
            compiler,
            declarations: &declarations,
            problems: loaded.problems,
            preflights: vec![],
        };
        opening.problems.extend(found);
        opening.functions().await?;
        let Opening { mut problems, preflights, .. } = opening;
        manifest::sort(&mut problems);
        Ok(Opened { application: Self { host, environment }, declarations, problems, preflights })
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
    compiler: Compiler,
    declarations: &'a Declarations,
    problems: Vec<Problem>,
    preflights: Vec<Preflight>,
}

impl Opening<'_> {
    async fn functions(&mut self) -> Result<()> {
        let mut ready: Vec<(Arc<str>, Arc<dyn Callable>)> = Vec::new();
        for (entry, function) in self.declarations.functions() {
            if let Some(prepared) = self.function(entry, function).await {
                ready.push((prepared.entry().id().clone(), Arc::new(prepared)));
            }
        }
        self.host.functions().register_all(ready)
    }

    /// A function that has no errors. What is wrong with its code does not hide what is wrong with the rest.
    async fn function(&mut self, entry: &Entry, function: &Function) -> Option<WasmFunction> {
        let (spec, mut problems) = spec(entry, function);
        let mut findings = Vec::new();
        let prepared = match self.compiler.code(&function.code).await {
            Err(problem) => {
                let problem = problem.map(|problem| problem.for_entry(&entry.id.value));
                problems.extend(problem);
                Err(self.host.check(&spec))
            }
            Ok(component) => {
                let preflight = self.host.preflight(&spec.id, &spec.imports, &component);
                findings = findings::of(entry, function, &preflight);
                self.preflights.push(preflight);
                self.host.prepare(spec, &component).await.map_err(|found| found.problems)
            }
        };
        let prepared = prepared.map_err(|found| {
            // A misspelt name grants nothing, and a remark that its group is not granted would say so twice.
            if found.iter().any(|problem| matches!(problem.place, Place::Import(_))) {
                findings.retain(Problem::is_error);
            }
            problems.extend(found.iter().filter_map(|found| located(self.declarations, entry, function, found)));
        });
        problems.extend(findings);
        let sound = !problems.iter().any(Problem::is_error);
        self.problems.extend(problems);
        prepared.ok().filter(|_| sound)
    }
}
