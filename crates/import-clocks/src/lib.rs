#![doc = include_str!("../README.md")]
//!
//! [`Clock`]: wippy_host_core::Clock
//! [`CallContextBuilder::clock`]: wippy_host_core::CallContextBuilder::clock

#[cfg(feature = "p3")]
mod p3;
mod preview1;
mod sleep;
#[cfg(test)]
mod threads;
mod timezone;

use sleep::Sleep;
use std::sync::Arc;
use wasmtime::component::{HasData, Resource};
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wippy_host_core::{
    Alias, Clock, HostImport, ImportLinker, ImportMeta, Interface, ModuleFunctions, NoConfig, Result, SetupContext,
    StateContext, StoreData, async_trait, register_import,
};
use wippy_wasi_context::PREVIEW1;

/// `wasi:clocks`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clocks;

const VERSION: &str = "0.2.12";
#[cfg(feature = "p3")]
const VERSION_3: &str = "0.3.0";

#[async_trait]
impl HostImport for Clocks {
    const META: ImportMeta = ImportMeta::new("wasi:clocks", "Wall clock, monotonic clock, sleep, time zone (UTC)")
        .with_interfaces(&[
            Interface::new("wasi:clocks/monotonic-clock", VERSION),
            Interface::new("wasi:clocks/timezone", VERSION),
            Interface::new("wasi:clocks/wall-clock", VERSION),
            #[cfg(feature = "p3")]
            Interface::concurrent("wasi:clocks/monotonic-clock", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::new("wasi:clocks/system-clock", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::new("wasi:clocks/timezone", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::new("wasi:clocks/types", VERSION_3),
        ])
        .with_aliases(&[
            Alias::whole("wasi1"),
            Alias::whole("wasi-preview1"),
            Alias::whole("preview1"),
            Alias::whole("wasi_snapshot_preview1"),
        ]);

    // A poll is how a program of preview 1 sleeps, and most ask for a moment by which it ends.
    const MODULE_FUNCTIONS: &'static [ModuleFunctions] =
        &[ModuleFunctions::new(PREVIEW1, &["clock_res_get", "clock_time_get", "poll_oneoff", "sched_yield"])];

    type Config = NoConfig;
    type Shared = ();
    type State = ();

    async fn setup(_: &SetupContext<'_>, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        wippy_wasi_context::link_io_types(linker)?;
        linker.interface("wasi:clocks/monotonic-clock@0.2.12", |l| {
            monotonic_clock::add_to_linker::<_, HasClocks>(l, view)
        })?;
        linker.interface("wasi:clocks/timezone@0.2.12", timezone::link)?;
        linker.interface("wasi:clocks/wall-clock@0.2.12", |l| wall_clock::add_to_linker::<_, HasClocks>(l, view))?;
        #[cfg(feature = "p3")]
        p3::link(linker)?;
        Ok(())
    }

    fn link_module(linker: &mut wasmtime::Linker<StoreData>) -> Result<()> {
        wippy_wasi_context::link_preview1(linker)
    }

    /// A component is told by the clock of its call, whenever it asks.
    fn state(cx: &mut StateContext<'_>, _: &Arc<()>) -> Result<()> {
        if cx.is_module() {
            let clock = cx.store().clock().clone();
            preview1::provide(cx.store(), clock);
        }
        Ok(())
    }
}

register_import!(Clocks);

struct ClocksView<'a>(&'a mut StoreData);

impl ClocksView<'_> {
    fn clock(&self) -> &Arc<dyn Clock> {
        self.0.clock()
    }
}

struct HasClocks;

impl HasData for HasClocks {
    type Data<'a> = ClocksView<'a>;
}

fn view(store: &mut StoreData) -> ClocksView<'_> {
    ClocksView(store)
}

impl wall_clock::Host for ClocksView<'_> {
    fn now(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        let now = self.clock().wall();
        Ok(wall_clock::Datetime { seconds: now.as_secs(), nanoseconds: now.subsec_nanos() })
    }

    fn resolution(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        let step = self.clock().wall_resolution();
        Ok(wall_clock::Datetime { seconds: step.as_secs(), nanoseconds: step.subsec_nanos() })
    }
}

impl monotonic_clock::Host for ClocksView<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.clock().monotonic())
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(self.clock().monotonic_resolution())
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let sleep = Sleep::until(self.clock().clone(), when);
        let table = self.0.table();
        let sleep = table.push(sleep)?;
        wasmtime_wasi::p2::subscribe(table, sleep)
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let when = self.clock().monotonic().saturating_add(duration);
        self.subscribe_instant(when)
    }
}
