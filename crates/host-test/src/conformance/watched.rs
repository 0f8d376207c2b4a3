//! An import in a wrapper that sees what its state costs and what becomes of what its entry shares.

use super::cost::Cost;
use std::any::Any;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use wippy_host_core::{
    ConfigProblem, HostImport, HostImportSlot, ImportLinker, ImportMeta, ModuleFunctions, Result, SetupContext, Slot,
    StateContext, async_trait, wasmtime,
};

/// The import `I`, and nothing else: same names, same functions, same place in every store.
pub(crate) struct Watched<I>(PhantomData<fn() -> I>);

/// What the import shares, with who watches it.
pub(crate) struct WatchedShared<S> {
    shared: Arc<S>,
    watch: Arc<Watch>,
}

/// What was seen of one entry.
#[derive(Default)]
pub(crate) struct Watch {
    costs: Mutex<Vec<Cost>>,
    /// How many hold what each setup made.
    holders: Mutex<Vec<Box<dyn Fn() -> usize + Send>>>,
}

/// By entry: an import is reached through nothing but its entry.
static WATCHES: Mutex<BTreeMap<String, Arc<Watch>>> = Mutex::new(BTreeMap::new());

impl Watch {
    /// Of the entry of this id, from now on.
    pub(crate) fn of(entry: &str) -> Arc<Self> {
        WATCHES.lock().unwrap_or_else(PoisonError::into_inner).entry(entry.to_owned()).or_default().clone()
    }

    /// What each state cost.
    pub(crate) fn costs(&self) -> Vec<Cost> {
        self.costs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many hold each of the shared values.
    pub(crate) fn holders(&self) -> Vec<usize> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|count| count()).collect()
    }
}

impl<I: HostImport> HostImportSlot for Watched<I> {
    type SlotState = I::State;

    fn slot() -> &'static Slot<I::State> {
        I::slot()
    }
}

#[async_trait]
impl<I: HostImport> HostImport for Watched<I> {
    const META: ImportMeta = I::META;
    const MODULE_FUNCTIONS: &'static [ModuleFunctions] = I::MODULE_FUNCTIONS;
    const WIT: &'static [&'static str] = I::WIT;

    type Config = I::Config;
    type Shared = WatchedShared<I::Shared>;
    type State = I::State;

    fn check(cx: &SetupContext<'_>, config: &I::Config) -> Vec<ConfigProblem> {
        I::check(cx, config)
    }

    async fn setup(cx: &SetupContext<'_>, config: I::Config) -> Result<Self::Shared> {
        let shared = Arc::new(I::setup(cx, config).await?);
        let watch = Watch::of(cx.entry.id());
        let held = Arc::downgrade(&shared);
        watch.holders.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(move || held.strong_count()));
        Ok(WatchedShared { shared, watch })
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        I::link(&mut linker.wrapped())
    }

    fn link_module(linker: &mut wasmtime::Linker<wippy_host_core::StoreData>) -> Result<()> {
        I::link_module(linker)
    }

    fn state(cx: &mut StateContext<'_>, shared: &Arc<Self::Shared>) -> Result<I::State> {
        let (state, cost) = Cost::of(|| I::state(cx, &shared.shared));
        shared.watch.costs.lock().unwrap_or_else(PoisonError::into_inner).push(cost);
        state
    }

    fn renew(cx: &mut StateContext<'_>, shared: &Arc<Self::Shared>) -> Result<()> {
        I::renew(cx, &shared.shared)
    }

    fn settle(state: &mut I::State) {
        I::settle(state);
    }

    fn reach(shared: &Self::Shared) -> &(dyn Any + Send + Sync) {
        I::reach(&shared.shared)
    }
}
