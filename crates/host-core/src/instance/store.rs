//! The data of a store.

use super::budget::HostBytes;
use super::failure::NotGranted;
use super::imports::Imports;
use super::limiter::Limiter;
use super::memory::HostMemory;
use crate::call::{CallContext, FunctionRegistry, WeakFunctionRegistry};
use crate::import::{HostImport, HostImportSlot};
use crate::metrics::EntryMetrics;
use crate::policy::network::DenialLog;
use crate::services::{Clock, GuestOutput, Output, OutputStream, Services};
use crate::slot::{Slot, Slots as States};
use crate::{EntryInfo, Limits};
use std::fmt;
use std::sync::Arc;
use wasmtime::StoreContextMut;
use wasmtime::component::{ResourceTable, Val};

/// In bytes: what the standard library of a guest takes to begin with is 1.1 MiB.
const LITTLE_MEMORY: usize = 4 << 20;

/// What every store of the host carries: the resource table, the call, the entry, and the imports' states by slot.
pub struct StoreData {
    table: ResourceTable,
    slots: States,
    pub(super) limiter: Limiter,
    call: CallContext,
    /// Whether the instance is to serve no further call.
    spent: bool,
    /// Made when the guest first starts a call that runs beside it.
    host_bytes: Option<HostBytes>,
    last_words: Option<LastWords>,
}

/// Looks for what a guest says of its own failure in the arguments of a call that is refused.
pub type LastWords = fn(StoreContextMut<'_, StoreData>, &[Val]) -> Option<String>;

impl fmt::Debug for StoreData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreData").field("entry", self.entry()).field("call", &self.call).finish_non_exhaustive()
    }
}

/// What all stores of one entry share.
pub(crate) struct Common {
    pub(crate) entry: Arc<EntryInfo>,
    pub(crate) services: Services,
    pub(crate) functions: WeakFunctionRegistry,
    pub(crate) output: GuestOutput,
    pub(crate) memory: Arc<HostMemory>,
    pub(crate) metrics: Option<Arc<EntryMetrics>>,
    pub(crate) denials: Arc<DenialLog>,
    pub(crate) imports: Imports,
}

impl StoreData {
    pub(crate) fn new(common: Arc<Common>, call: CallContext) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(common.entry.limits().max_resources);
        let limiter = Limiter::new(common, call.depth() > 0);
        Self { table, slots: States::default(), limiter, call, spent: false, host_bytes: None, last_words: None }
    }

    /// The resources that the guest holds.
    pub fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }

    /// What calls that run beside the guest may hold on the host together.
    pub fn host_bytes(&mut self) -> &HostBytes {
        let limit = self.limits().max_host_bytes;
        self.host_bytes.get_or_insert_with(|| HostBytes::new(limit))
    }

    /// The state of an import: what its [`crate::HostImport::state`] made.
    ///
    /// # Panics
    /// Where the import made no state for this store. The host makes it for every import of which the component uses an
    /// interface that is granted, so only code that asks for another import's state can come here.
    #[expect(clippy::panic, reason = "unreachable from guests; a getter of Wasmtime has no way to fail")]
    pub fn state<I: HostImportSlot>(&mut self) -> &mut I::SlotState {
        match self.slots.get(I::slot()) {
            Some(state) => state,
            None => panic!("no state of {}", std::any::type_name::<I>()),
        }
    }

    /// The state of an import and the resource table, at once.
    ///
    /// # Panics
    /// As [`StoreData::state`].
    #[expect(clippy::panic, reason = "as state")]
    pub fn state_and_table<I: HostImportSlot>(&mut self) -> (&mut I::SlotState, &mut ResourceTable) {
        match self.slots.get(I::slot()) {
            Some(state) => (state, &mut self.table),
            None => panic!("no state of {}", std::any::type_name::<I>()),
        }
    }

    /// Whether the import made state for this store: for what a transport hands over, before it asks for the state.
    pub fn has_state<I: HostImportSlot>(&self) -> bool {
        self.slots.has(I::slot())
    }

    /// What the import's [`setup`](HostImport::setup) made for the entry. `None` where the import is not granted to it, or not used by
    /// its code.
    pub fn shared<I: HostImport>(&self) -> Option<&I::Shared> {
        self.imports().shared(I::slot())
    }

    /// State in a slot of its own, made when it is first asked for: for what most guests never ask for, and for what several imports
    /// share. It stays with an instance that serves several calls.
    pub fn on_demand<T: Send + 'static>(
        &mut self,
        slot: &Slot<T>,
        make: impl FnOnce(&Self) -> T,
    ) -> (&mut T, &mut ResourceTable) {
        if !self.slots.has(slot) {
            let made = make(self);
            self.slots.set(slot, made);
        }
        match self.slots.get(slot) {
            Some(state) => (state, &mut self.table),
            None => unreachable!("the slot is filled, and by its own type alone"),
        }
    }

    /// Whether there is state in a slot.
    pub fn has<T: Send + 'static>(&self, slot: &Slot<T>) -> bool {
        self.slots.has(slot)
    }

    /// The state in a slot, where it has been made.
    pub fn made<T: Send + 'static>(&mut self, slot: &Slot<T>) -> Option<&mut T> {
        self.slots.get(slot)
    }

    /// Fills a slot before anybody asks for it.
    pub fn provide<T: Send + 'static>(&mut self, slot: &Slot<T>, state: T) {
        self.slots.set(slot, state);
    }

    fn common(&self) -> &Arc<Common> {
        &self.limiter.common
    }

    pub(crate) fn imports(&self) -> &Imports {
        &self.common().imports
    }

    /// The context of the call that this store serves now. A store that was prepared ahead of its call serves nobody, then.
    pub fn call(&self) -> &CallContext {
        &self.call
    }

    /// Gives the store to another call.
    pub(super) fn hand_over(&mut self, call: CallContext) {
        self.limiter.nested = call.depth() > 0;
        self.call = call;
    }

    /// Has the calls that are refused asked for what the guest says of its own failure: for the import that has its standard error. The
    /// text goes into the call's error, before the refusal.
    pub fn set_last_words(&mut self, last_words: LastWords) {
        self.last_words = Some(last_words);
    }

    /// Whether calls that are refused ask for that.
    pub fn has_last_words(&self) -> bool {
        self.last_words.is_some()
    }

    pub(crate) fn last_words(&self) -> Option<LastWords> {
        self.last_words
    }

    /// Says that the instance is to serve no further call, whatever its entry says of reuse: for imports and transports
    /// that leave something behind in it.
    pub fn spend(&mut self) {
        self.spent = true;
    }

    pub(super) fn is_spent(&self) -> bool {
        self.spent
    }

    /// No handle, and no more memory than an ordinary guest begins with.
    pub(super) fn holds_little(&self) -> bool {
        self.table.is_empty() && self.limiter.memory() <= LITTLE_MEMORY
    }

    /// The entry.
    pub fn entry(&self) -> &Arc<EntryInfo> {
        &self.common().entry
    }

    /// The limits of the entry.
    pub fn limits(&self) -> &Limits {
        self.common().entry.limits()
    }

    /// The host's services.
    pub fn services(&self) -> &Services {
        &self.common().services
    }

    /// Where the entry is counted, for imports that refuse something of themselves; `None` where nothing is.
    pub fn metrics(&self) -> Option<&EntryMetrics> {
        self.common().metrics.as_deref()
    }

    /// The host's functions; where the host is gone, none, and calls of them say so.
    pub fn functions(&self) -> FunctionRegistry {
        self.common().functions.upgrade()
    }

    /// The clock of this call: the call's own, else the host's.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        self.call.clock().unwrap_or(&self.common().services.clock)
    }

    /// That this store's entry does not grant a function of the import of this name.
    pub fn denial(&self, function: &str, import: &str) -> NotGranted {
        let entry = self.entry();
        let hint = entry.declared().not_granted(entry.id(), import);
        NotGranted { function: function.to_owned(), entry: entry.id().to_string(), hint, said: None }
    }

    /// A writer of output lines in the name of this store's entry.
    pub fn output(&self) -> OutputWriter {
        OutputWriter { common: self.common().clone(), own: self.call.output().cloned() }
    }
}

/// Writes lines in the name of an entry, within its limit, to where the call or the host wants them.
#[derive(Clone)]
pub struct OutputWriter {
    common: Arc<Common>,
    /// The call's.
    own: Option<Arc<dyn Output>>,
}

impl fmt::Debug for OutputWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputWriter").field("entry", self.common.entry.id()).finish_non_exhaustive()
    }
}

impl OutputWriter {
    /// Writes one line, without its end.
    pub fn line(&self, stream: OutputStream, line: &str) {
        let output = self.own.as_ref().unwrap_or(&self.common.services.output);
        self.common.output.line(&**output, stream, line);
    }
}
