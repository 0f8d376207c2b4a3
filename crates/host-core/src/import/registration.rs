//! The erased form of an import: what the registry holds and calls.

use super::pruned::Pruned;
use super::{ConfigProblem, HostImport, ImportMeta, ModuleFunctions, Section, SetupContext, StateContext, config};
use crate::assembly::{ImportLinker, LinkTarget};
use crate::error::{Error, Result};
use crate::instance::StoreData;
use futures::future::BoxFuture;
use serde_json::Value as Json;
use serde_path_to_error::Segment;
use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// An import of this build. [`crate::register_import!`] makes one as `IMPORT`.
#[derive(Clone, Copy)]
pub struct Registration(&'static dyn Erased);

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registration").field(&self.meta().name).finish()
    }
}

/// What `inventory` collects.
#[derive(Debug)]
pub struct Submitted(pub &'static Registration);

inventory::collect!(Submitted);

/// An import that is set up for an entry.
pub(crate) trait Granted: Send + Sync {
    /// The state of a new instance.
    fn add_state(&self, cx: &mut StateContext<'_>) -> Result<()>;
    /// An instance that waited is given to a call.
    fn renew(&self, cx: &mut StateContext<'_>) -> Result<()>;
    /// A call has ended, and its instance is kept.
    fn settle(&self, store: &mut StoreData);
    /// Where its state stands.
    fn slot(&self) -> usize;
    /// What its setup made.
    fn shared(&self) -> &(dyn Any + Send + Sync);
}

impl Registration {
    /// The erased form of `I`.
    pub const fn new<I: HostImport>() -> Self {
        Self(&Typed::<I>(PhantomData))
    }

    /// What the import says of itself.
    pub fn meta(&self) -> &'static ImportMeta {
        self.0.meta()
    }

    /// The JSON schema of its configuration.
    pub fn schema(&self) -> Json {
        self.0.schema()
    }

    pub(crate) fn known_keys(&self) -> Vec<String> {
        config::known_keys(&self.schema())
    }

    /// All that is wrong with a configuration.
    pub(crate) fn check(&self, cx: &SetupContext<'_>, config: &Json) -> Vec<ConfigProblem> {
        let mut problems = config::unknown_keys(&self.schema(), config);
        let mut pruned = Pruned::new(config);
        for unknown in &problems {
            pruned.leave_out(&unknown.path);
        }
        // A reader stops at the first value that it cannot take: so without that one, once more.
        loop {
            let (found, read) = match self.0.check(cx, pruned.left()) {
                Ok(found) => (found, true),
                Err(problem) => (vec![problem], false),
            };
            let found = found.into_iter().map(|problem| pruned.located(problem)).collect::<Vec<_>>();
            let goes_on = !read && found.iter().all(|problem| pruned.leave_out(&problem.path));
            // What is missing now may be what was misspelt, or has been left out: the whole that lacks it is not blamed.
            let wholes: Vec<Vec<String>> =
                problems.iter().filter_map(|told| Some(told.path.split_last()?.1.to_vec())).collect();
            problems.extend(found.into_iter().filter(|problem| !wholes.contains(&problem.path)));
            if !goes_on {
                return problems;
            }
        }
    }

    pub(crate) fn setup<'a>(&self, cx: SetupContext<'a>, config: Json) -> BoxFuture<'a, Result<Box<dyn Granted>>> {
        self.0.setup(cx, config)
    }

    pub(crate) fn link(&self, target: &mut LinkTarget<'_>) -> Result<()> {
        self.0.link(target)
    }

    /// The functions that core modules may import from it.
    pub fn module_functions(&self) -> &'static [ModuleFunctions] {
        self.0.module_functions()
    }

    /// The WIT of its packages.
    pub fn wit(&self) -> &'static [&'static str] {
        self.0.wit()
    }

    pub(crate) fn link_module(&self, linker: &mut wasmtime::Linker<StoreData>) -> Result<()> {
        self.0.link_module(linker)
    }
}

trait Erased: Send + Sync {
    fn meta(&self) -> &'static ImportMeta;
    fn schema(&self) -> Json;
    /// What the import finds wrong, or the first value that its type cannot take.
    fn check(&self, cx: &SetupContext<'_>, config: &Json) -> Result<Vec<ConfigProblem>, ConfigProblem>;
    fn setup<'a>(&self, cx: SetupContext<'a>, config: Json) -> BoxFuture<'a, Result<Box<dyn Granted>>>;
    fn link(&self, target: &mut LinkTarget<'_>) -> Result<()>;
    fn module_functions(&self) -> &'static [ModuleFunctions];
    fn wit(&self) -> &'static [&'static str];
    fn link_module(&self, linker: &mut wasmtime::Linker<StoreData>) -> Result<()>;
}

struct Typed<I>(PhantomData<fn() -> I>);

impl<I: HostImport> Erased for Typed<I> {
    fn meta(&self) -> &'static ImportMeta {
        &I::META
    }

    fn schema(&self) -> Json {
        schemars::schema_for!(I::Config).to_value()
    }

    fn check(&self, cx: &SetupContext<'_>, config: &Json) -> Result<Vec<ConfigProblem>, ConfigProblem> {
        Ok(I::check(cx, &I::Config::deserialize_from(config)?))
    }

    fn setup<'a>(&self, cx: SetupContext<'a>, config: Json) -> BoxFuture<'a, Result<Box<dyn Granted>>> {
        Box::pin(async move {
            // A section that is there was checked before: here, something is missing from one that is not.
            let config = I::Config::deserialize_from(&config).map_err(|problem| {
                let section = match I::META.section {
                    Section::None => Vec::new(),
                    Section::Shared(name) => vec![name.to_owned()],
                    Section::Own(name) => vec!["config".to_owned(), name.to_owned()],
                };
                let place = [section, problem.path].concat().join(".");
                Error::invalid(format!("{}: {place}: {}", cx.entry.id(), problem.message))
            })?;
            let shared = I::setup(&cx, config).await?;
            Ok(Box::new(Shared::<I>(Arc::new(shared))) as Box<dyn Granted>)
        })
    }

    fn link(&self, target: &mut LinkTarget<'_>) -> Result<()> {
        I::link(&mut ImportLinker::new(target))
    }

    fn module_functions(&self) -> &'static [ModuleFunctions] {
        I::MODULE_FUNCTIONS
    }

    fn wit(&self) -> &'static [&'static str] {
        I::WIT
    }

    fn link_module(&self, linker: &mut wasmtime::Linker<StoreData>) -> Result<()> {
        I::link_module(linker)
    }
}

/// What all instances of an entry share of an import.
struct Shared<I: HostImport>(Arc<I::Shared>);

impl<I: HostImport> Granted for Shared<I> {
    fn add_state(&self, cx: &mut StateContext<'_>) -> Result<()> {
        let state = I::state(cx, &self.0)?;
        cx.data.provide(I::slot(), state);
        Ok(())
    }

    fn renew(&self, cx: &mut StateContext<'_>) -> Result<()> {
        I::renew(cx, &self.0)
    }

    fn settle(&self, store: &mut StoreData) {
        if let Some(state) = store.made(I::slot()) {
            I::settle(state);
        }
    }

    fn slot(&self) -> usize {
        I::slot().index()
    }

    fn shared(&self) -> &(dyn Any + Send + Sync) {
        I::reach(&self.0)
    }
}

/// Reads a configuration, and says where it is wrong.
trait DeserializeFrom: Sized {
    fn deserialize_from(config: &Json) -> Result<Self, ConfigProblem>;
}

impl<T: serde::de::DeserializeOwned> DeserializeFrom for T {
    fn deserialize_from(config: &Json) -> Result<Self, ConfigProblem> {
        serde_path_to_error::deserialize(config).map_err(|error| {
            let path = error.path().iter().map(|segment| match segment {
                Segment::Seq { index } => index.to_string(),
                other => other.to_string(),
            });
            let path: Vec<String> = path.collect();
            ConfigProblem::new(path, error.into_inner().to_string())
        })
    }
}
