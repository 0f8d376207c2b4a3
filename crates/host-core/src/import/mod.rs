//! Imports as plugins: what an author writes ([`HostImport`]), what the host holds ([`Registration`]), and how the names
//! in an entry's `imports` find them ([`Registry`], [`Grants`]).

mod config;
mod grants;
mod host_import;
mod meta;
mod name;
mod pruned;
mod reference;
mod registration;
mod registry;

pub use config::ConfigProblem;
pub use grants::{Grant, Grants, NameProblem};
pub use host_import::{HostImport, HostImportSlot, NoConfig, SetupContext, StateContext};
pub use meta::{Alias, ImportMeta, Interface, ModuleFunctions, Section, track};
pub use name::nearest;
pub use registration::{Registration, Submitted};
pub use registry::{Registry, RegistryBuilder};

pub(crate) use registration::Granted;
