//! The interfaces of WASI 0.3. Sleeping is by the clock of the call, which Wasmtime's own knows nothing of.

use crate::{Clocks, ClocksView, HasClocks, view};
use wasmtime::component::{Accessor, Linker};
use wasmtime_wasi::p3::bindings::clocks::{monotonic_clock, system_clock, types};
use wippy_host_core::{ImportLinker, Result, StoreData, traced};

const TIMEZONE: &str = "wasi:clocks/timezone@0.3.0";

pub(crate) fn link(linker: &mut ImportLinker<'_, Clocks>) -> Result<()> {
    linker
        .interface("wasi:clocks/monotonic-clock@0.3.0", |l| monotonic_clock::add_to_linker::<_, HasClocks>(l, view))?;
    linker.interface("wasi:clocks/system-clock@0.3.0", |l| system_clock::add_to_linker::<_, HasClocks>(l, view))?;
    linker.interface(TIMEZONE, timezone)?;
    linker.interface("wasi:clocks/types@0.3.0", |l| types::add_to_linker::<_, HasClocks>(l, view))
}

/// UTC, whatever the moment.
fn timezone(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut instance = linker.instance(TIMEZONE)?;
    let mut instance = traced(&mut instance, TIMEZONE);
    instance.func_wrap("iana-id", |_, (): ()| Ok((Some("UTC"),)))?;
    instance.func_wrap("utc-offset", |_, (_when,): (system_clock::Instant,)| Ok((Some(0_i64),)))?;
    instance.func_wrap("to-debug-string", |_, (): ()| Ok(("UTC",)))
}

impl types::Host for ClocksView<'_> {}

impl system_clock::Host for ClocksView<'_> {
    fn now(&mut self) -> wasmtime::Result<system_clock::Instant> {
        let now = self.clock().wall();
        Ok(system_clock::Instant { seconds: now.as_secs().try_into()?, nanoseconds: now.subsec_nanos() })
    }

    fn get_resolution(&mut self) -> wasmtime::Result<types::Duration> {
        Ok(self.clock().wall_resolution().as_nanos().try_into()?)
    }
}

impl monotonic_clock::Host for ClocksView<'_> {
    fn now(&mut self) -> wasmtime::Result<monotonic_clock::Mark> {
        Ok(self.clock().monotonic())
    }

    fn get_resolution(&mut self) -> wasmtime::Result<types::Duration> {
        Ok(self.clock().monotonic_resolution())
    }
}

impl<T: Send> monotonic_clock::HostWithStore<T> for HasClocks {
    async fn wait_until(store: &Accessor<T, Self>, when: monotonic_clock::Mark) -> wasmtime::Result<()> {
        let clock = store.with(|mut access| access.get().clock().clone());
        clock.sleep_until(when).await;
        Ok(())
    }

    async fn wait_for(store: &Accessor<T, Self>, duration: types::Duration) -> wasmtime::Result<()> {
        let clock = store.with(|mut access| access.get().clock().clone());
        let when = clock.monotonic().saturating_add(duration);
        clock.sleep_until(when).await;
        Ok(())
    }
}
