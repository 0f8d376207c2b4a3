//! An application: its host, its functions and programs, and every problem that was met on the way.

mod bound;
mod code_of;
mod exposed;
mod generation;
mod lua;
mod opening;
mod reload;
mod services;
mod unchanged;
mod wasm;

pub use code_of::EntryCode;
pub use reload::Reloaded;
pub use services::ServiceAddress;

use crate::code::Compiler;
use crate::directories::ApplicationDirectories;
use crate::environment::ApplicationEnvironment;
use crate::manifest::{self, Declarations, LoadOptions, Problem};
use arc_swap::ArcSwap;
use generation::Generation;
use opening::Opening;
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio_util::task::TaskTracker;
use wippy_host_core::{Error, Host, HostBuilder, Preflight, Result};
use wippy_host_process::Processes;

/// A running application. Cheap to clone; the clones are one application.
#[derive(Clone)]
pub struct Application(Arc<Inner>);

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application").field("root", &self.0.root).finish_non_exhaustive()
    }
}

struct Inner {
    root: PathBuf,
    options: Arc<LoadOptions>,
    host: Host,
    processes: Processes,
    compiler: Compiler,
    current: ArcSwap<Generation>,
    services: tokio::sync::Mutex<services::Running>,
    requests: std::sync::Mutex<services::Counted>,
    /// Servers that have a successor, and finish what they accepted.
    retired: TaskTracker,
    /// One reload at a time.
    reloading: tokio::sync::Mutex<()>,
    /// Whether the files had a problem when they were last read anew.
    refused: AtomicBool,
}

/// What opening an application gives.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened {
    /// The application, with every function that is sound.
    pub application: Application,
    /// What its files declare.
    pub declarations: Arc<Declarations>,
    /// All problems and remarks, by file, line and column.
    pub problems: Vec<Problem>,
    /// What the component of each function imports against what its entry grants, also where the function has problems;
    /// a function whose code does not compile has none, and neither has one in Lua.
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
    /// prepares every function and program. Must run inside a Tokio runtime; what blocks runs on its blocking threads.
    ///
    /// `host` says how the host is made; its environment and its directories are the application's own.
    ///
    /// Dropping the future drops all that was prepared; directories and files that it has created stay, and a component that is being
    /// compiled is compiled to its end on its own thread.
    ///
    /// # Errors
    /// Only where no host can be made; what is wrong with the application is in [`Opened::problems`].
    pub async fn open(root: &Path, options: LoadOptions, host: HostBuilder) -> Result<Opened> {
        let options = Arc::new(options);
        let read = Read::of(root.to_path_buf(), options.clone(), None).await?;
        let services = (read.environment.clone(), read.directories.clone());
        let host = host.environment(services.0).directories(services.1).build()?;
        let compiler = Compiler::new(&host);
        let processes = Processes::new();
        let root = read.root.clone();
        let opening = Opening::new(host.clone(), compiler.clone(), processes.clone(), read);
        let (generation, problems) = opening.reporting(options.progress.clone()).finish(None).await;
        host.functions().register_all(generation.functions())?;
        generation.hosts().into_iter().for_each(|(id, options)| processes.add_host(id, options));
        processes.exchange(&[], generation.programs());
        let (declarations, preflights) = (generation.declarations.clone(), generation.preflights.clone());
        let current = ArcSwap::from_pointee(generation);
        let (services, requests, reloading, refused) = Default::default();
        let retired = TaskTracker::new();
        let inner = Inner {
            root,
            options,
            host,
            processes,
            compiler,
            current,
            services,
            requests,
            retired,
            reloading,
            refused,
        };
        Ok(Opened { application: Self(Arc::new(inner)), declarations, problems, preflights })
    }

    /// The host. Its services are those of the application as it was opened.
    pub fn host(&self) -> &Host {
        &self.0.host
    }

    /// The processes.
    pub fn processes(&self) -> &Processes {
        &self.0.processes
    }

    /// The directory that it is in, symbolic links resolved.
    pub fn root(&self) -> &Path {
        &self.0.root
    }

    /// What its files declare now.
    pub fn declarations(&self) -> Arc<Declarations> {
        self.0.current.load().declarations.clone()
    }

    /// The variables as they are now.
    pub fn environment(&self) -> ApplicationEnvironment {
        self.0.current.load().environment.clone()
    }
}

/// The files of an application, read.
struct Read {
    root: PathBuf,
    declarations: Arc<Declarations>,
    environment: ApplicationEnvironment,
    directories: ApplicationDirectories,
    /// What `file://` brought in, as absolute paths.
    included: BTreeSet<PathBuf>,
    problems: Vec<Problem>,
}

impl Read {
    /// Where variables and directories are declared as they were in `before`, they are the same ones: what was changed in
    /// memory while the application runs stays.
    async fn of(root: PathBuf, options: Arc<LoadOptions>, before: Option<Arc<Generation>>) -> Result<Self> {
        let read = tokio::task::spawn_blocking(move || {
            let manifest::Loaded { root, declarations, included, mut problems } = manifest::load(&root, &options);
            let declarations = Arc::new(declarations);
            let before = before.filter(|before| unchanged::same_surroundings(&before.declarations, &declarations));
            let (environment, directories) = match before {
                Some(before) => (before.environment.clone(), before.directories.clone()),
                None => {
                    let (directories, found) = ApplicationDirectories::new(&root, &declarations);
                    problems.extend(found);
                    let (environment, found) = ApplicationEnvironment::open(&root, &declarations);
                    problems.extend(found);
                    (environment, directories)
                }
            };
            Self { root, declarations, environment, directories, included, problems }
        });
        read.await.map_err(|error| Error::internal(format!("loading the application failed: {error}")))
    }
}
