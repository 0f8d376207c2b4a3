//! Takes over what has changed in the files while the application runs.

use super::generation::Generation;
use super::opening::Opening;
use super::{Application, Read};
use crate::manifest::Problem;
use crate::watch::Changes;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wippy_host_core::Result;

/// What a reload did.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reloaded {
    /// Whether the files were taken over. Where a problem is an error, nothing was, and what ran before runs on.
    pub applied: bool,
    /// The ids of the functions and processes that are new, changed or gone.
    pub changed: Vec<Arc<str>>,
    /// All problems and remarks of the files as they are now.
    pub problems: Vec<Problem>,
}

impl Application {
    /// Whether files that have changed may concern the application: its YAML, what that names, or anything at all while the
    /// files have a problem. What its guests write into mounted directories does not.
    pub fn concerns(&self, changes: &Changes) -> bool {
        let Changes::Paths(paths) = changes else { return true };
        let files = &self.0.current.load().files;
        let is_yaml = |path: &Path| {
            path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known))
        };
        self.0.refused.load(Ordering::Relaxed) || paths.iter().any(|path| is_yaml(path) || files.contains(path))
    }

    /// Reads the files anew and replaces what has changed, all at one moment. Calls that run or wait go on with what they
    /// were accepted by; entries that are as they were keep their instances.
    ///
    /// With a problem that is an error, nothing is replaced. Services take over their new routes with [`Application::serve`].
    /// Dropping the future before its end replaces nothing.
    ///
    /// # Errors
    /// Where the files cannot be read for a reason that is none of theirs.
    pub async fn reload(&self) -> Result<Reloaded> {
        let inner = &*self.0;
        let _one_at_a_time = inner.reloading.lock().await;
        let before = inner.current.load_full();
        let read = Read::of(inner.root.clone(), inner.options.clone(), Some(before.clone())).await?;
        let host = inner.host.with_services(|services| {
            services.environment = Arc::new(read.environment.clone());
            services.directories = Arc::new(read.directories.clone());
        });
        let opening = Opening::new(host, inner.compiler.clone(), inner.processes.clone(), read);
        let (generation, problems) = opening.finish(Some(&before)).await;
        let refused = problems.iter().any(Problem::is_error);
        inner.refused.store(refused, Ordering::Relaxed);
        if refused {
            return Ok(Reloaded { applied: false, changed: Vec::new(), problems });
        }
        let changed = changed(&before, &generation);
        let ids = |callables: Vec<(Arc<str>, _)>| callables.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        generation.hosts().into_iter().for_each(|(id, options)| inner.processes.add_host(id, options));
        inner.processes.exchange(&ids(before.programs()), generation.programs());
        inner.host.functions().exchange(&ids(before.functions()), generation.functions());
        inner.current.store(Arc::new(generation));
        Ok(Reloaded { applied: true, changed, problems })
    }
}

fn changed(before: &Generation, now: &Generation) -> Vec<Arc<str>> {
    let is_kept = |id, function: &Arc<_>| now.made.get(id).is_some_and(|made| Arc::ptr_eq(&made.function, function));
    let replaced = before.made.iter().filter(|(id, made)| !is_kept(id, &made.function));
    let new = now.made.iter().filter(|(id, _)| !before.made.contains_key(id));
    let mut ids: Vec<_> = replaced.chain(new).map(|(_, made)| made.id.clone()).collect();
    ids.sort();
    ids
}
