//! Sleepers in plain Wasmtime.

use super::crowd::{Counts, Crowd, gather};
use super::setting::{Guest, IN_ONE, Setting};
use crate::guests::guest;
use crate::plain::{bound, limits, ticked};
use futures::future::poll_immediate;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use wasmtime::component::{Accessor, Component, Func, InstancePre, Linker, ResourceTable, Val};
use wasmtime::{Engine, Store, StoreLimits};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

struct Data {
    wasi: WasiCtx,
    table: ResourceTable,
    limits: StoreLimits,
}

impl WasiView for Data {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// What instances are made of.
struct Sleeper {
    pre: InstancePre<Data>,
    method: &'static str,
    limit: Duration,
    asleep: Duration,
    counts: Arc<Counts>,
}

pub(super) fn run(setting: Setting) -> Crowd {
    let counts = Counts::new(setting.sleepers);
    let sleeper = Arc::new(Sleeper::new(&setting, &counts));
    let call = || sleeper.clone();
    match setting.guest {
        Guest::P2 => gather(&counts, setting.asleep, || in_time(call(), call().of_p2())),
        Guest::P3 => gather(&counts, setting.asleep, || in_time(call(), call().of_p3())),
        Guest::Shared => {
            let shared = Arc::new(Shared::default());
            gather(&counts, setting.asleep, || in_time(call(), shared.clone().call(call())))
        }
    }
}

async fn in_time(sleeper: Arc<Sleeper>, call: impl Future<Output = wasmtime::Result<()>>) -> Result<(), String> {
    let called = tokio::time::timeout(sleeper.limit, call).await.map_err(|error| error.to_string())?;
    called.map_err(|error| format!("{error:#}"))
}

impl Sleeper {
    fn new(setting: &Setting, counts: &Arc<Counts>) -> Self {
        let concurrent = setting.guest != Guest::P2;
        let engine = ticked(|pooling| {
            let mut config = wippy_host::engine_config(&setting.options(), pooling);
            if concurrent {
                config.concurrency_support(true).wasm_component_model_async(true);
            }
            config
        });
        let (name, method) = if concurrent { ("shared-p3", "counted") } else { ("probe-clocks", "sleep-for") };
        let component = Component::new(&engine, guest(name)).unwrap();
        let pre = linker(&engine, setting, counts).instantiate_pre(&component).unwrap();
        Self { pre, method, limit: setting.limit(), asleep: setting.asleep, counts: counts.clone() }
    }

    fn store(&self) -> Store<Data> {
        let data = Data { wasi: WasiCtxBuilder::new().build(), table: ResourceTable::new(), limits: limits() };
        let mut store = Store::new(self.pre.engine(), data);
        bound(&mut store, |data| &mut data.limits);
        store
    }

    async fn of_p2(self: Arc<Self>) -> wasmtime::Result<()> {
        let mut store = self.store();
        let instance = self.pre.instantiate_async(&mut store).await?;
        let function = instance.get_typed_func::<(u64,), (u64,)>(&mut store, self.method)?;
        let mut call = pin!(function.call_async(&mut store, (self.asleep.as_nanos() as u64,)));
        // It sleeps when it waits for the first time: its clock is Wasmtime's, and tells nobody.
        match poll_immediate(&mut call).await {
            Some(called) => called?,
            None => {
                let mut called = None;
                self.counts.sleep(async { called = Some(call.await) }).await;
                called.unwrap()?
            }
        };
        Ok(())
    }

    async fn of_p3(self: Arc<Self>) -> wasmtime::Result<()> {
        let mut store = self.store();
        let instance = self.pre.instantiate_async(&mut store).await?;
        let function = instance.get_typed_func::<(&str,), ((u32, u32),)>(&mut store, self.method)?;
        function.call_async(&mut store, ("wait",)).await?;
        Ok(())
    }
}

fn linker(engine: &Engine, setting: &Setting, counts: &Arc<Counts>) -> Linker<Data> {
    let mut linker = Linker::new(engine);
    if setting.guest == Guest::P2 {
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        return linker;
    }
    let (second, counts) = (setting.asleep, counts.clone());
    let mut clock = linker.instance("wasi:clocks/monotonic-clock@0.3.0").unwrap();
    clock
        .func_wrap_concurrent("wait-for", move |_, (asked,): (u64,)| {
            let counts = counts.clone();
            Box::pin(async move {
                counts.sleep(tokio::time::sleep(second.mul_f64(asked as f64 / 1e9))).await;
                Ok(())
            })
        })
        .unwrap();
    linker
}

type Job = oneshot::Sender<wasmtime::Result<()>>;

/// Instances that serve several calls, each on a task of its own: the last one made, while it has seats.
#[derive(Default)]
struct Shared(Mutex<Option<(mpsc::UnboundedSender<Job>, usize)>>);

impl Shared {
    async fn call(self: Arc<Self>, sleeper: Arc<Sleeper>) -> wasmtime::Result<()> {
        let (sender, answer) = oneshot::channel();
        {
            let mut open = self.0.lock().unwrap();
            if open.as_ref().is_none_or(|(_, left)| *left == 0) {
                let (jobs, received) = mpsc::unbounded_channel();
                tokio::spawn(serve(sleeper, received));
                *open = Some((jobs, IN_ONE));
            }
            let (jobs, left) = open.as_mut().unwrap();
            *left -= 1;
            let _ = jobs.send(sender);
        }
        answer.await?
    }
}

/// One instance, until it has served as many calls as it may.
async fn serve(sleeper: Arc<Sleeper>, mut jobs: mpsc::UnboundedReceiver<Job>) -> wasmtime::Result<()> {
    let mut store = sleeper.store();
    let instance = sleeper.pre.instantiate_async(&mut store).await?;
    let function = instance.get_func(&mut store, sleeper.method).unwrap();
    store
        .run_concurrent(async |accessor| {
            let mut calls = futures::stream::FuturesUnordered::new();
            loop {
                tokio::select! {
                    biased;
                    Some(job) = jobs.recv() => calls.push(one(accessor, function, job)),
                    Some(()) = futures::StreamExt::next(&mut calls), if !calls.is_empty() => {}
                    else => return,
                }
            }
        })
        .await
}

async fn one(accessor: &Accessor<Data>, function: Func, job: Job) {
    let mut results = [Val::Bool(false)];
    let called = function.call_concurrent(accessor, &[Val::String("wait".into())], &mut results).await;
    let _ = job.send(called);
}
