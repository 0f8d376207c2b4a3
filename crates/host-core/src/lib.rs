#![doc = include_str!("../README.md")]

mod assembly;
mod call;
mod component;
mod engine;
mod entry;
mod error;
mod host;
mod import;
mod instance;
mod limits;
pub mod metrics;
pub mod policy;
pub mod pool;
#[cfg(test)]
mod printed;
mod problem;
mod services;
mod slot;
pub mod spans;
#[cfg(test)]
mod threads;
mod unfolding;
pub mod value;

pub use assembly::{Finding, ImportLinker, LinkTarget, Preflight, Traced, traced};
pub use async_trait::async_trait;
pub use call::{
    CallContext, CallContextBuilder, Function, FunctionRegistry, NestedCall, WeakFunctionRegistry, function,
    is_traceparent, is_tracestate,
};
pub use component::{CacheOptions, CodeKind, Compilations, ExportedFunction, Inspection, Program, WatError, WitError};
pub use engine::{EPOCH, EngineOptions, config as engine_config};
pub use entry::{Binding, Declared, EntryInfo, EntrySpec};
pub use error::{Error, ErrorKind, Reason, Result};
pub use host::{Host, HostBuilder};
pub use import::{
    Alias, ConfigProblem, Grant, Grants, HostImport, HostImportSlot, ImportMeta, Interface, ModuleFunctions,
    NameProblem, NoConfig, Registration, Registry, RegistryBuilder, Section, SetupContext, StateContext, Submitted,
    nearest, track,
};
pub use instance::{
    GuestExit, HostBytes, HostShare, LastWords, NotGranted, OutputWriter, Sample, SampledFrame, Sampler, StoreData,
    WasmFunction, in_turns, next_turn,
};
pub use limits::Limits;
pub use policy::{
    ActionRequest, CallRequest, DefaultPolicy, EnvironmentRequest, MountAccess, MountRequest, Policy, VariableAccess,
};
pub use problem::{EntryProblem, EntryProblems, Place};
pub use services::*;
pub use slot::Slot;
pub use value::Value;

#[doc(hidden)]
pub use inventory;
/// The Wasmtime that the host is built on, for what an import links.
pub use wasmtime;

/// Registers an import: gives it its slot in every store, a `pub static IMPORT` for explicit registries, and an entry in
/// the registry of every program that links its crate.
///
/// One import a module. A crate that nobody names is dropped by the linker, silently: `use my_import as _;` is enough.
#[macro_export]
macro_rules! register_import {
    ($import:ty) => {
        impl $crate::HostImportSlot for $import {
            type SlotState = <$import as $crate::HostImport>::State;

            fn slot() -> &'static $crate::Slot<Self::SlotState> {
                static SLOT: $crate::Slot<<$import as $crate::HostImport>::State> = $crate::Slot::new();
                &SLOT
            }
        }

        /// This import, for a registry that is built by hand.
        pub static IMPORT: $crate::Registration = $crate::Registration::new::<$import>();

        $crate::inventory::submit! { $crate::Submitted(&IMPORT) }
    };
}
