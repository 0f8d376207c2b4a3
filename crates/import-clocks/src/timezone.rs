//! `wasi:clocks/timezone`: UTC, whatever the moment. `wasmtime-wasi` does not implement the interface.

use wasmtime::component::{ComponentType, Linker, Lower};
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;
use wippy_host_core::{StoreData, traced};

const INTERFACE: &str = "wasi:clocks/timezone@0.2.12";

#[derive(ComponentType, Lower)]
#[component(record)]
struct TimezoneDisplay {
    #[component(name = "utc-offset")]
    utc_offset: i32,
    name: &'static str,
    #[component(name = "in-daylight-saving-time")]
    in_daylight_saving_time: bool,
}

pub(crate) fn link(linker: &mut Linker<StoreData>) -> wasmtime::Result<()> {
    let mut instance = linker.instance(INTERFACE)?;
    let mut instance = traced(&mut instance, INTERFACE);
    instance.func_wrap("display", |_, (_when,): (Datetime,)| {
        Ok((TimezoneDisplay { utc_offset: 0, name: "UTC", in_daylight_saving_time: false },))
    })?;
    instance.func_wrap("utc-offset", |_, (_when,): (Datetime,)| Ok((0_i32,)))
}
