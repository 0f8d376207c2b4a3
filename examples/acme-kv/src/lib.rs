#![doc = include_str!("../README.md")]

mod bucket;
mod config;
mod entry;
mod error;
mod instance;
mod open;
#[cfg(feature = "p3")]
mod p3;
mod store;

pub use config::Config;
pub use entry::Entry;
pub use instance::Instance;

use std::sync::Arc;
use wippy_host_core::{
    ConfigProblem, HostImport, ImportLinker, ImportMeta, Interface, Result, Section, SetupContext, StateContext,
    async_trait, register_import,
};

/// `acme:kv`.
pub struct Kv;

pub(crate) const STORE: &str = "acme:kv/store@0.1.0";
#[cfg(feature = "p3")]
pub(crate) const STORE_ASYNC: &str = "acme:kv/store@0.2.0";

#[async_trait]
impl HostImport for Kv {
    const META: ImportMeta = ImportMeta::new("acme:kv", "Keys and values in a database of the entry's own").with_interfaces(&[
            Interface::new("acme:kv/store", "0.1.0"),
            #[cfg(feature = "p3")]
            Interface::concurrent("acme:kv/store", "0.2.0"),
        ]).with_section(Section::Own("acme:kv"));

    const WIT: &'static [&'static str] = &[
        include_str!("../wit/0.1/store.wit"),
        #[cfg(feature = "p3")]
        include_str!("../wit/0.2/store.wit"),
    ];

    type Config = Config;
    type Shared = Entry;
    type State = Instance;

    fn check(cx: &SetupContext<'_>, config: &Config) -> Vec<ConfigProblem> {
        config::check(cx, config)
    }

    async fn setup(cx: &SetupContext<'_>, config: Config) -> Result<Entry> {
        Entry::new(cx, config)
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        linker.interface(STORE, store::link)?;
        #[cfg(feature = "p3")]
        linker.interface(STORE_ASYNC, p3::link)?;
        Ok(())
    }

    fn state(_: &mut StateContext<'_>, shared: &Arc<Entry>) -> Result<Instance> {
        Ok(Instance::new(shared))
    }

    /// Nothing of a call is in it: a guest that is kept keeps its buckets, and they still count.
    fn renew(_: &mut StateContext<'_>, _: &Arc<Entry>) -> Result<()> {
        Ok(())
    }
}

register_import!(Kv);
