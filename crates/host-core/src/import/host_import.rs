//! The trait that an import's author implements.

use super::{ConfigProblem, ImportMeta, ModuleFunctions};
use crate::assembly::ImportLinker;
use crate::call::{CallContext, FunctionRegistry};
use crate::error::Result;
use crate::instance::StoreData;
use crate::policy::network::NetworkGuard;
use crate::services::Services;
use crate::slot::Slot;
use crate::{EntryInfo, Limits};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A group of interfaces that guests may import.
///
/// ```
/// use wippy_host_core::{
///     HostImport, ImportLinker, ImportMeta, Interface, Result, SetupContext, StateContext, async_trait,
///     register_import,
/// };
/// use std::sync::Arc;
///
/// /// Counts how often a guest asked.
/// pub struct Counter;
///
/// #[async_trait]
/// impl HostImport for Counter {
///     const META: ImportMeta = ImportMeta::new("demo:counter", "Counts")
///         .with_interfaces(&[Interface::new("demo:counter/count", "1.0.0")]);
///     type Config = wippy_host_core::NoConfig;
///     type Shared = ();
///     type State = u32;
///
///     async fn setup(_: &SetupContext<'_>, _: Self::Config) -> Result<()> {
///         Ok(())
///     }
///
///     fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
///         linker.interface("demo:counter/count@1.0.0", |linker| {
///             linker.instance("demo:counter/count@1.0.0")?.func_wrap("next", |mut store, (): ()| {
///                 let count = store.data_mut().state::<Counter>();
///                 *count += 1;
///                 Ok((*count,))
///             })
///         })
///     }
///
///     fn state(_: &mut StateContext<'_>, _: &Arc<()>) -> Result<u32> {
///         Ok(0)
///     }
/// }
/// register_import!(Counter);
/// ```
#[async_trait]
pub trait HostImport: HostImportSlot<SlotState = Self::State> + Send + Sync + Sized + 'static {
    /// Names, interfaces and the place of the configuration.
    const META: ImportMeta;

    /// Functions that core modules may import where the whole of this import is granted. Several imports may name the same
    /// function: then each of them grants it. Default none.
    const MODULE_FUNCTIONS: &'static [ModuleFunctions] = &[];

    /// The WIT of its packages, one text each, those that others use first. The `wit` text of an entry, for a core module, may use
    /// what is here without writing it out. Default none.
    const WIT: &'static [&'static str] = &[];

    /// This import's configuration in an entry. A key that the schema does not have is an error.
    type Config: DeserializeOwned + JsonSchema + Send;

    /// Made once for each entry that the import is granted to: opened directories, policies, connection pools.
    type Shared: Send + Sync + 'static;

    /// Made for each instance whose component uses the import, before its code runs. `()` costs a call nothing: what most guests
    /// never ask for is better made [on demand](StoreData::on_demand).
    type State: Send + 'static;

    /// Checks what a schema cannot say, in every entry that has the configuration, granted or not. Each problem says
    /// where: all of them are reported.
    fn check(cx: &SetupContext<'_>, config: &Self::Config) -> Vec<ConfigProblem> {
        let _ = (cx, config);
        Vec::new()
    }

    /// Prepares what all instances of an entry share. May do I/O. Where whoever prepares the entry gives up, the future is dropped: what
    /// it has opened must close with it.
    ///
    /// # Errors
    /// The entry does not load.
    async fn setup(cx: &SetupContext<'_>, config: Self::Config) -> Result<Self::Shared>;

    /// Links the interfaces, one call of [`ImportLinker::interface`] for each that [`HostImport::META`] names. Must not
    /// depend on what is granted: the linker decides which take effect. Functions that are linked by hand are best linked
    /// through [`traced`](crate::traced), so that their calls can be seen.
    ///
    /// # Errors
    /// The entry does not load.
    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()>;

    /// Links at least [`HostImport::MODULE_FUNCTIONS`], for a core module that imports some of them from an import which is
    /// granted. Whatever else it defines is out of the module's reach. Several imports may define the same; the last one holds.
    ///
    /// # Errors
    /// The entry does not load.
    fn link_module(linker: &mut wasmtime::Linker<StoreData>) -> Result<()> {
        let _ = linker;
        Ok(())
    }

    /// The state of a new instance. On the path of every call: cheap, no I/O.
    ///
    /// # Errors
    /// The call fails.
    fn state(cx: &mut StateContext<'_>, shared: &Arc<Self::Shared>) -> Result<Self::State>;

    /// Makes an instance that was prepared ahead, or that has served a call before, ready for the call that the context now
    /// has. By default the state is made anew, so that nothing of another call's actor, scope or trace is left in it;
    /// an import whose state holds nothing of a call has nothing to do here. Such calls bring no clock, no output and no
    /// arguments of their own, and the environment has not changed since the state was made.
    ///
    /// # Errors
    /// The call fails.
    fn renew(cx: &mut StateContext<'_>, shared: &Arc<Self::Shared>) -> Result<()> {
        let state = Self::state(cx, shared)?;
        cx.store().provide(Self::slot(), state);
        Ok(())
    }

    /// A call has ended and its instance is kept for another. Default nothing.
    fn settle(state: &mut Self::State) {
        let _ = state;
    }

    /// What [`StoreData::shared`] finds: an import that wraps another reaches through to what that one shares.
    #[doc(hidden)]
    fn reach(shared: &Self::Shared) -> &(dyn Any + Send + Sync) {
        shared
    }
}

/// Where an import's state stands in every store. [`crate::register_import!`] implements it.
pub trait HostImportSlot {
    /// The type that the slot holds: `HostImport::State`.
    type SlotState: Send + 'static;

    /// The slot.
    fn slot() -> &'static Slot<Self::SlotState>;
}

/// The configuration of an import that takes none.
#[derive(Debug, Default, serde::Deserialize, JsonSchema)]
pub struct NoConfig {}

/// What [`HostImport::check`] and [`HostImport::setup`] may use.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct SetupContext<'a> {
    /// The entry that is prepared.
    pub entry: &'a Arc<EntryInfo>,
    /// The host's services.
    pub services: &'a Services,
    /// The host's functions.
    pub functions: &'a FunctionRegistry,
    /// The entry's network rules, policy, denial log and remembered names.
    pub network: &'a Arc<NetworkGuard>,
}

impl fmt::Debug for SetupContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetupContext").field("entry", self.entry).finish_non_exhaustive()
    }
}

impl<'a> SetupContext<'a> {
    pub(crate) fn new(
        entry: &'a Arc<EntryInfo>,
        services: &'a Services,
        functions: &'a FunctionRegistry,
        network: &'a Arc<NetworkGuard>,
    ) -> Self {
        Self { entry, services, functions, network }
    }

    /// The id that `text` means in this entry: a bare name is one of the entry's own namespace.
    pub fn resolve_id(&self, text: &str) -> String {
        self.entry.resolve_id(text)
    }
}

/// What [`HostImport::state`] may use.
pub struct StateContext<'a> {
    pub(crate) data: &'a mut StoreData,
}

impl fmt::Debug for StateContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateContext").field("entry", self.entry()).finish_non_exhaustive()
    }
}

impl StateContext<'_> {
    /// The data of the store, for state that imports share.
    pub fn store(&mut self) -> &mut StoreData {
        self.data
    }

    /// The context of the call.
    pub fn call(&self) -> &CallContext {
        self.data.call()
    }

    /// The entry.
    pub fn entry(&self) -> &Arc<EntryInfo> {
        self.data.entry()
    }

    /// The host's services.
    pub fn services(&self) -> &Services {
        self.data.services()
    }

    /// The limits of the entry.
    pub fn limits(&self) -> &Limits {
        self.data.limits()
    }

    /// Whether the component imports this interface (name without version), or the core module from this module of
    /// [`HostImport::MODULE_FUNCTIONS`], so that state can be left out that no function will ask for.
    pub fn uses(&self, interface: &str) -> bool {
        self.data.imports().uses(interface)
    }

    /// Whether the code is a core module.
    pub fn is_module(&self) -> bool {
        self.data.imports().is_module
    }

    /// Whether the component imports functions that its entry does not grant: a guest that calls one is at its end.
    pub fn denies(&self) -> bool {
        self.data.imports().denies
    }
}
