//! Where a call's instance comes from: made for it, prepared ahead of it, or kept after another call.

use super::admission::{Admission, Room};
use super::direct::Direct;
use super::failure::{NotGranted, classify};
use super::memory::HostMemoryFull;
use super::ready::{Callee, Ready, bound};
use super::seats::Sharing;
use super::store::{Common, StoreData};
use super::turns::in_turns;
use crate::call::CallContext;
use crate::component::START;
use crate::error::{Error, Reason, Result};
use crate::host::Fit;
use crate::import::StateContext;
use crate::metrics::EntryMetrics;
use crate::pool::{Calls, PoolKind, Preparing, Slots, Stock};
use crate::spans;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tracing::Instrument;
use wasmtime::Engine;
use wasmtime::Store;
use wasmtime::component::ComponentExportIndex;

/// How long one preparation may take where the entry has no limit on time.
const PREPARATION: Duration = Duration::from_secs(30);

/// Code with all its imports.
pub(crate) enum Linked {
    /// A component and the export to call.
    Component(Arc<Fit>, ComponentExportIndex),
    /// The same with the asynchronous ABI. Tasks of a call may go on behind it, so that it serves one call alone, or several
    /// at a time that nothing tells apart: see `shared.rs`.
    Concurrent(Arc<Fit>, ComponentExportIndex),
    /// A core module, which is called by its `_start`.
    Command(wasmtime::InstancePre<StoreData>),
}

/// What makes the instances of one function.
pub(super) struct Maker {
    pub(super) linked: Linked,
    pub(super) method: String,
    /// The shape of the method, where it is one that needs no dynamic values.
    pub(super) direct: Option<Direct>,
    pub(super) common: Arc<Common>,
    pub(super) admission: Arc<Admission>,
    pub(super) calls: Arc<Calls>,
    pub(super) slots: Slots,
    /// None: every instance is made for its call and dropped behind it.
    pub(super) stock: Option<Arc<Stock<Box<Ready>>>>,
    pub(super) sharing: Sharing,
}

impl Maker {
    /// An instance that waits and can serve the call, if there is one. It takes the context over.
    ///
    /// No future, as [`Maker::fresh`] is one: a call that finds an instance waits for nothing.
    pub(super) fn kept(self: &Arc<Self>, context: &mut CallContext) -> Result<Option<Box<Ready>>> {
        let Some(stock) = self.stock.as_ref().filter(|_| context.is_plain()) else { return Ok(None) };
        let ready = stock.take(self.generation(), self.slots.taken());
        self.prepare_ahead();
        let Some(mut ready) = ready else { return Ok(None) };
        ready.hand_over(context, &self.common.imports)?;
        Ok(Some(ready))
    }

    /// An instance that is made for the call, whose context it takes over.
    pub(super) async fn fresh(&self, context: &mut CallContext) -> Result<Box<Ready>> {
        let generation = if self.stock.is_some() { self.generation() } else { 0 };
        let room = {
            let waits = |_: &&Arc<EntryMetrics>| context.depth() == 0 && !self.admission.has_room();
            let _counted = self.common.metrics.as_ref().filter(waits).map(|metrics| metrics.wait());
            self.admission.admit(context, &self.calls.waits).await?
        };
        self.make(std::mem::take(context), room, generation).await
    }

    async fn make(&self, context: CallContext, room: Room, generation: u64) -> Result<Box<Ready>> {
        // Never entered: what wraps a future moves it, and this one is kilobytes.
        let _span = spans::is_enabled().then(|| spans::instantiate(self.common.entry.id()));
        let mut store = Store::new(self.linked.engine(), StoreData::new(self.common.clone(), context));
        bound(&mut store, self.common.entry.limits());
        for import in self.common.imports.granted() {
            import.add_state(&mut StateContext { data: store.data_mut() }).map_err(|error| match error.reason() {
                Reason::Other => error.with_reason(Reason::Setup),
                _ => error,
            })?;
        }
        let callee = match &self.linked {
            Linked::Component(fit, export) | Linked::Concurrent(fit, export) => {
                let instance = fit.pre.instantiate_async(&mut store).await;
                let instance = instance.map_err(|error| self.failed(&store, &error))?;
                instance.get_func(&mut store, *export).map(Callee::Component)
            }
            Linked::Command(pre) => {
                let instance = pre.instantiate_async(&mut store).await;
                let instance = instance.map_err(|error| self.failed(&store, &error))?;
                instance.get_func(&mut store, START).map(Callee::Command)
            }
        };
        let Some(callee) = callee else {
            return Err(Error::internal(format!("{}: {} is gone", self.common.entry.id(), self.method)));
        };
        let typed = match (self.direct, callee) {
            (Some(direct), Callee::Component(function)) => {
                Some(direct.of_instance(&store, function).map_err(|error| self.failed(&store, &error))?)
            }
            _ => None,
        };
        // In a box, in which it goes from hand to hand.
        Ok(Box::new(Ready { store, callee, typed, served: 0, generation, room }))
    }

    /// The error of a call that Wasmtime or a host function ended.
    pub(super) fn failed(&self, store: &Store<StoreData>, error: &wasmtime::Error) -> Error {
        self.noted(error, store.data().limiter.refused_by_host())
    }

    /// The same of a call among several in one instance.
    pub(super) fn error(&self, error: &wasmtime::Error) -> Error {
        self.noted(error, None)
    }

    /// What an operator wants to know of it is counted, and logged.
    fn noted(&self, error: &wasmtime::Error, full: Option<HostMemoryFull>) -> Error {
        let common = &self.common;
        if let Some(denied) = error.downcast_ref::<NotGranted>() {
            common.denials.not_granted(common.entry.id(), &denied.function, denied);
        }
        let error = classify(&common.entry, &self.method, error, full);
        if let Some(metrics) = &common.metrics {
            metrics.failed(&error);
        }
        error
    }

    /// Whether calls may share an instance while they run.
    pub(super) fn shares(&self) -> bool {
        matches!(self.linked, Linked::Concurrent(..))
            && self.sharing.is_allowed()
            && self.slots.spec().max_calls() > 1
            && !self.common.services.deterministic
    }

    /// Keeps an instance behind a call that ended well, where the entry wants that and nobody waits for its room.
    pub(super) fn keep(self: &Arc<Self>, ready: Box<Ready>) {
        let Some(stock) = &self.stock else { return };
        let served =
            if matches!(self.linked, Linked::Concurrent(..)) { Some(ready) } else { self.put(stock, ready, 1) };
        if let Some(mut ready) = served.filter(|ready| self.can_wait(ready)) {
            // What the guest wrote arrives with its call, and what the call was told goes.
            ready.settle(&self.common.imports);
            drop(stock.leave(ready));
            self.prepare_ahead();
            self.let_in(stock);
        }
    }

    /// The same behind calls that shared it.
    pub(super) fn keep_shared(&self, ready: Box<Ready>, served: u32) {
        if let Some(stock) = &self.stock {
            drop(self.put(stock, ready, served));
        }
    }

    /// Gives the instance back where it is not to be kept.
    fn put(&self, stock: &Stock<Box<Ready>>, mut ready: Box<Ready>, served: u32) -> Option<Box<Ready>> {
        ready.served = ready.served.saturating_add(served);
        let used_up = ready.served >= self.slots.spec().max_calls();
        let data = ready.store.data();
        if used_up || data.is_spent() || !data.call().is_plain() {
            return Some(ready);
        }
        if ready.room.is_reserved() {
            let Some(room) = self.admission.spare_room() else { return Some(ready) };
            ready.room = room;
        }
        ready.settle(&self.common.imports);
        let too_many = stock.put(ready.generation, ready);
        self.let_in(stock);
        too_many
    }

    /// Whether it is nobody's loss that an instance which has served is dropped a little later: it holds no handle of the guest,
    /// nothing that its call brought, little memory, and no room that nested calls need.
    fn can_wait(&self, ready: &Ready) -> bool {
        let data = ready.store.data();
        data.holds_little()
            && data.call().is_plain()
            && !ready.room.is_reserved()
            && !self.common.services.deterministic
    }

    /// An instance was put into the stock: where a call began to wait for room just before, it goes again.
    fn let_in(&self, stock: &Stock<Box<Ready>>) {
        if self.admission.is_crowded() {
            drop(stock.give_up());
        }
    }

    pub(super) fn generation(&self) -> u64 {
        self.common.services.environment.generation()
    }

    /// Fills the stock in the background. Holds the function weakly: one that is replaced takes its instances with it.
    pub(super) fn prepare_ahead(self: &Arc<Self>) {
        let Some(preparing) = self.stock.as_ref().and_then(Stock::begin) else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let span = spans::work(self.common.entry.id());
            runtime.spawn(fill(Arc::downgrade(self), preparing).instrument(span));
        }
    }

    /// Prepares one instance. `None` where there is no room for it now.
    async fn prepare(&self) -> Result<Option<Box<Ready>>> {
        if self.calls.stopping() {
            return Ok(None);
        }
        let Some(room) = self.admission.spare_room() else { return Ok(None) };
        let generation = self.generation();
        let limit = self.common.entry.limits().max_execution.unwrap_or(PREPARATION);
        match tokio::time::timeout(limit, in_turns(self.make(CallContext::new(), room, generation))).await {
            Ok(made) => made.map(Some),
            Err(_) => Err(Error::internal("an instance could not be made in time")),
        }
    }
}

impl Linked {
    fn engine(&self) -> &Engine {
        match self {
            Self::Component(fit, _) | Self::Concurrent(fit, _) => fit.pre.engine(),
            Self::Command(pre) => pre.module().engine(),
        }
    }
}

/// Prepares until enough wait. What fails is left to the next call to find and to report.
async fn fill(maker: Weak<Maker>, mut preparing: Preparing<Box<Ready>>) {
    let mut goes_on = preparing.goes_on();
    while goes_on {
        let Some(maker) = maker.upgrade() else { return };
        match maker.prepare().await {
            Ok(Some(ready)) => {
                let Some(stock) = &maker.stock else { return };
                drop(stock.put(ready.generation, ready));
                maker.let_in(stock);
            }
            Ok(None) => return preparing.failed(),
            Err(error) => {
                tracing::debug!(entry = &**maker.common.entry.id(), %error, "no instance could be prepared");
                return preparing.failed();
            }
        }
        drop(maker);
        goes_on = preparing.goes_on();
        if goes_on {
            // Calls go first: they are waited for.
            tokio::task::yield_now().await;
        }
    }
}

/// The stock that a pool asks for.
pub(super) fn stock(slots: &Slots) -> Option<Arc<Stock<Box<Ready>>>> {
    let pool = slots.spec();
    let adaptive = pool.kind() == PoolKind::Adaptive;
    (pool.kept() > 0).then(|| Arc::new(Stock::new(pool.warm() as usize, pool.kept() as usize, adaptive)))
}
