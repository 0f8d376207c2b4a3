//! Sleepers in plain Wasmtime, with what they need and nothing else.

use super::crowd::{Counts, Crowd, gather};
use super::setting::{Guest, IN_ONE, Setting};
use crate::guests::guest;
use crate::plain::{bound, limits, ticked};
use futures::StreamExt as _;
use futures::future::{BoxFuture, poll_immediate};
use futures::stream::FuturesUnordered;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use wasmtime::component::{
    Accessor, Component, ComponentExportIndex, Func, HasData, InstancePre, Linker, ResourceTable, Val,
};
use wasmtime::{Engine, Store, StoreLimits};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksCtx, WasiClocksCtxView};
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi::p2::bindings::io::poll;

struct Data {
    clocks: WasiClocksCtx,
    table: ResourceTable,
    limits: StoreLimits,
}

impl Data {
    fn clocks(&mut self) -> WasiClocksCtxView<'_> {
        WasiClocksCtxView { ctx: &mut self.clocks, table: &mut self.table }
    }
}

struct Table;

impl HasData for Table {
    type Data<'a> = &'a mut ResourceTable;
}

/// What instances are made of.
struct Sleeper {
    pre: InstancePre<Data>,
    method: ComponentExportIndex,
    limit: Duration,
    counts: Arc<Counts>,
}

type Call = BoxFuture<'static, Result<(), String>>;

pub(super) fn run(setting: Setting) -> Crowd {
    let counts = Counts::new(setting.sleepers);
    let sleeper = Arc::new(Sleeper::new(&setting, &counts));
    match setting.guest {
        Guest::P2 => gather(&counts, setting.asleep, || sleeper.clone().of_p2()),
        Guest::P3 => gather(&counts, setting.asleep, || sleeper.clone().of_p3()),
        Guest::Shared => {
            let shared = Arc::new(Shared::default());
            gather(&counts, setting.asleep, || shared.clone().call(sleeper.clone()))
        }
    }
}

impl Sleeper {
    fn new(setting: &Setting, counts: &Arc<Counts>) -> Self {
        let concurrent = setting.guest != Guest::P2;
        let engine = ticked(|pooling| {
            let mut config = wippy_host::engine_config(&setting.options().with_pooling(pooling));
            if concurrent {
                config.concurrency_support(true).wasm_component_model_async(true);
            }
            config
        });
        let (name, method) = if concurrent { ("shared-p3", "counted") } else { ("probe-clocks", "sleep-for") };
        let component = Component::new(&engine, guest(name)).unwrap();
        let method = component.get_export_index(None, method).unwrap();
        let linker = if concurrent { linker_p3(&engine, counts) } else { linker_p2(&engine) };
        let pre = linker.unwrap().instantiate_pre(&component).unwrap();
        Self { pre, method, limit: setting.limit(), counts: counts.clone() }
    }

    fn store(&self) -> Store<Data> {
        let data = Data { clocks: WasiClocksCtx::default(), table: ResourceTable::new(), limits: limits() };
        let mut store = Store::new(self.pre.engine(), data);
        bound(&mut store, |data| &mut data.limits);
        store
    }

    // Each future is made in its box, and what it waits for is pinned where it is made: one that is handed on is held twice.

    fn of_p2(self: Arc<Self>) -> Call {
        Box::pin(async move {
            let work = pin!(async {
                let mut store = self.store();
                let instance = self.pre.instantiate_async(&mut store).await?;
                let function = instance.get_func(&mut store, self.method).unwrap();
                let arguments = [Val::U64(self.counts.asleep().as_nanos() as u64)];
                let mut results = [Val::Bool(false)];
                let mut call = pin!(function.call_async(&mut store, &arguments, &mut results));
                // It sleeps when it waits for the first time: its clock is Wasmtime's, and tells nobody.
                match poll_immediate(&mut call).await {
                    Some(called) => called,
                    None => self.counts.sleep(call).await,
                }
            });
            told(tokio::time::timeout(self.limit, work).await)
        })
    }

    fn of_p3(self: Arc<Self>) -> Call {
        Box::pin(async move {
            let work = pin!(async {
                let mut store = self.store();
                let instance = self.pre.instantiate_async(&mut store).await?;
                let function = instance.get_func(&mut store, self.method).unwrap();
                function.call_async(&mut store, &[Val::String("wait".into())], &mut [Val::Bool(false)]).await
            });
            told(tokio::time::timeout(self.limit, work).await)
        })
    }
}

fn told(called: Result<wasmtime::Result<()>, tokio::time::error::Elapsed>) -> Result<(), String> {
    called.map_err(|error| error.to_string())?.map_err(|error| format!("{error:#}"))
}

fn linker_p2(engine: &Engine) -> wasmtime::Result<Linker<Data>> {
    let mut linker = Linker::new(engine);
    monotonic_clock::add_to_linker::<Data, WasiClocks>(&mut linker, Data::clocks)?;
    wall_clock::add_to_linker::<Data, WasiClocks>(&mut linker, Data::clocks)?;
    poll::add_to_linker::<Data, Table>(&mut linker, |data| &mut data.table)?;
    // Imported by the guest, and not called.
    let mut timezone = linker.instance("wasi:clocks/timezone@0.2.12")?;
    for function in ["display", "utc-offset"] {
        timezone.func_new(function, |_, _, _, _| Err(wasmtime::Error::msg("not called")))?;
    }
    Ok(linker)
}

fn linker_p3(engine: &Engine, counts: &Arc<Counts>) -> wasmtime::Result<Linker<Data>> {
    let mut linker = Linker::new(engine);
    let counts = counts.clone();
    linker.instance("wasi:clocks/monotonic-clock@0.3.0")?.func_wrap_concurrent(
        "wait-for",
        move |_, (_,): (u64,)| {
            let counts = counts.clone();
            Box::pin(async move {
                counts.sleep(tokio::time::sleep(counts.asleep())).await;
                Ok(())
            })
        },
    )?;
    Ok(linker)
}

type Job = oneshot::Sender<wasmtime::Result<()>>;

/// The instance that was made last, while it has seats.
#[derive(Default)]
struct Shared(Mutex<Option<(mpsc::UnboundedSender<Job>, usize)>>);

impl Shared {
    fn call(self: Arc<Self>, sleeper: Arc<Sleeper>) -> Call {
        Box::pin(async move {
            let answer = self.seat(&sleeper);
            let answer = tokio::time::timeout(sleeper.limit, answer).await.map_err(|error| error.to_string())?;
            answer.map_err(|error| error.to_string())?.map_err(|error| format!("{error:#}"))
        })
    }

    fn seat(&self, sleeper: &Arc<Sleeper>) -> oneshot::Receiver<wasmtime::Result<()>> {
        let (sender, answer) = oneshot::channel();
        let mut open = self.0.lock().unwrap();
        if open.as_ref().is_none_or(|(_, left)| *left == 0) {
            let (jobs, received) = mpsc::unbounded_channel();
            tokio::spawn(serve(sleeper.clone(), received));
            *open = Some((jobs, IN_ONE));
        }
        if let Some((jobs, left)) = &mut *open {
            *left -= 1;
            let _ = jobs.send(sender);
        }
        answer
    }
}

/// One instance on a task of its own, until it has served as many calls as it may.
async fn serve(sleeper: Arc<Sleeper>, mut jobs: mpsc::UnboundedReceiver<Job>) -> wasmtime::Result<()> {
    let mut store = sleeper.store();
    let instance = sleeper.pre.instantiate_async(&mut store).await?;
    let function = instance.get_func(&mut store, sleeper.method).unwrap();
    let serving = async |accessor: &Accessor<Data>| {
        let mut calls = FuturesUnordered::new();
        loop {
            tokio::select! {
                biased;
                Some(job) = jobs.recv() => calls.push(one(accessor, function, job)),
                Some(()) = calls.next(), if !calls.is_empty() => {}
                else => return,
            }
        }
    };
    store.run_concurrent(serving).await
}

async fn one(accessor: &Accessor<Data>, function: Func, job: Job) {
    let mut results = [Val::Bool(false)];
    let called = function.call_concurrent(accessor, &[Val::String("wait".into())], &mut results).await;
    let _ = job.send(called);
}
