//! The state of an import that somebody else wrote, against a plain field of the store's data.

use crate::bench::Bench;
use crate::measure::{Length, time};
use crate::plain::{bound, engine, limits};
use crate::row::Target::AtMost;
use std::sync::Arc;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Store, StoreLimits};
use wippy_host::{
    CallContext, EntrySpec, Function as _, HostImport, ImportLinker, ImportMeta, Interface, NoConfig, Result,
    SetupContext, StateContext, WasmFunction, async_trait, register_import,
};

/// Counts how often a guest asked.
struct Counter;

const INTERFACE: &str = "bench:counter/count@1.0.0";

#[async_trait]
impl HostImport for Counter {
    const META: ImportMeta =
        ImportMeta::new("bench:counter", "Counts").with_interfaces(&[Interface::new("bench:counter/count", "1.0.0")]);
    type Config = NoConfig;
    type Shared = ();
    type State = u64;

    async fn setup(_: &SetupContext<'_>, _: NoConfig) -> Result<()> {
        Ok(())
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        linker.interface(INTERFACE, |linker| {
            linker.instance(INTERFACE)?.func_wrap("next", |mut store, (): ()| {
                let count = store.data_mut().state::<Counter>();
                *count += 1;
                Ok((*count,))
            })
        })
    }

    fn state(_: &mut StateContext<'_>, _: &Arc<()>) -> Result<u64> {
        Ok(0)
    }
}
register_import!(Counter);

/// Calls the function so many times and returns what it said last.
const GUEST: &str = r#"(component
    (import "bench:counter/count@1.0.0" (instance $counter (export "next" (func (result u64)))))
    (core func $next (canon lower (func $counter "next")))
    (core module $module
        (import "counter" "next" (func $next (result i64)))
        (func (export "repeat") (param $times i32) (result i64) (local $last i64)
            (loop $more
                (local.set $last (call $next))
                (local.set $times (i32.sub (local.get $times) (i32.const 1)))
                (br_if $more (local.get $times)))
            (local.get $last)))
    (core instance $instance (instantiate $module (with "counter" (instance (export "next" (func $next))))))
    (func (export "repeat") (param "times" u32) (result u64) (canon lift (core func $instance "repeat"))))"#;

const TIMES: u32 = 100_000;

pub(super) fn run(bench: &Bench) {
    let times = if bench.length == Length::Once { 20 } else { TIMES };
    let (ours, plain) = (bench.runtime.block_on(ours()), Plain::new());
    let each = |round: f64| round * 1e3 / f64::from(times);
    let call = async || {
        let count = ours.call(&CallContext::new(), vec![times.into()]).await.unwrap();
        assert_eq!(count.as_u64(), Some(times.into()));
    };
    let by_hand = async || assert_eq!(plain.call(times).await, u64::from(times));
    bench.added(
        "state of a third party's import, over a plain field",
        "ns",
        AtMost(10.0),
        || each(time(&bench.runtime, 1, call)),
        || each(time(&bench.runtime, 1, by_hand)),
    );
}

async fn ours() -> WasmFunction {
    let host = wippy_host::builder().unwrap().build().unwrap();
    let entry = EntrySpec::new("bench:counts", "repeat").with_imports(["bench:counter"]);
    host.prepare(entry, host.compile(GUEST).unwrap()).await.unwrap()
}

struct Plain(InstancePre<Data>);

struct Data {
    count: u64,
    limits: StoreLimits,
}

impl Plain {
    fn new() -> Self {
        let mut linker = Linker::<Data>::new(&engine());
        let mut interface = linker.instance(INTERFACE).unwrap();
        interface
            .func_wrap("next", |mut store, (): ()| {
                let data = store.data_mut();
                data.count += 1;
                Ok((data.count,))
            })
            .unwrap();
        Self(linker.instantiate_pre(&Component::new(&engine(), GUEST).unwrap()).unwrap())
    }

    async fn call(&self, times: u32) -> u64 {
        let mut store = Store::new(self.0.engine(), Data { count: 0, limits: limits() });
        bound(&mut store, |data| &mut data.limits);
        let instance = self.0.instantiate_async(&mut store).await.unwrap();
        let repeat = instance.get_typed_func::<(u32,), (u64,)>(&mut store, "repeat").unwrap();
        repeat.call_async(&mut store, (times,)).await.unwrap().0
    }
}
