#![doc = include_str!("../README.md")]
//!
//! [`Policy::call`]: wippy_host_core::Policy::call
//! [`Binding`]: wippy_host_core::Binding

mod error;
mod node;
mod places;
mod running;
mod structured;
mod text;
#[cfg(test)]
mod threads;

use std::sync::Arc;
use wippy_host_core::{
    HostImport, ImportLinker, ImportMeta, Interface, NoConfig, Result, SetupContext, StateContext, async_trait,
    register_import,
};

/// `wippy:runtime/funcs`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Funcs;

#[async_trait]
impl HostImport for Funcs {
    const META: ImportMeta = ImportMeta::new("funcs", "Calls of other functions of the registry").with_interfaces(&[
        // A call that one makes is made in the name of the instance's call: it inherits chain, deadline and actor.
        Interface::new("wippy:runtime/funcs", "0.1.0").for_one_call(),
        Interface::new("wippy:runtime/values", "0.2.0"),
        Interface::new("wippy:runtime/funcs", "0.2.0").for_one_call(),
        #[cfg(feature = "p3")]
        Interface::concurrent("wippy:runtime/async-funcs", "0.2.0").for_one_call(),
    ]);

    type Config = NoConfig;
    type Shared = ();
    type State = ();

    async fn setup(_: &SetupContext<'_>, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        linker.interface("wippy:runtime/funcs@0.1.0", text::link)?;
        // It holds types alone.
        linker.interface("wippy:runtime/values@0.2.0", |linker| {
            linker.instance("wippy:runtime/values@0.2.0").map(drop)
        })?;
        linker.interface("wippy:runtime/funcs@0.2.0", structured::link)?;
        #[cfg(feature = "p3")]
        linker.interface("wippy:runtime/async-funcs@0.2.0", structured::link_concurrent)?;
        Ok(())
    }

    fn state(_: &mut StateContext<'_>, _: &Arc<()>) -> Result<()> {
        Ok(())
    }
}

register_import!(Funcs);
