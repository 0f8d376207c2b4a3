//! The same in plain Wasmtime.

use super::{LIMIT, Program};
use crate::guests::guest;
use crate::plain::{bound, engine, limits};
use futures::future::BoxFuture;
use std::sync::Arc;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Store, StoreLimits};
use wippy_host::Limits;

pub(super) struct Plain(Arc<InstancePre<StoreLimits>>);

impl Plain {
    pub(super) fn new() -> Self {
        let engine = engine();
        let component = Component::new(&engine, guest("misbehave")).unwrap();
        Self(Arc::new(Linker::new(&engine).instantiate_pre(&component).unwrap()))
    }
}

impl Program for Plain {
    fn endless(&self) -> BoxFuture<'static, ()> {
        let pre = self.0.clone();
        Box::pin(async move { loop_forever(&pre).await })
    }

    fn limited(&self) -> BoxFuture<'static, ()> {
        let pre = self.0.clone();
        Box::pin(async move { assert!(tokio::time::timeout(LIMIT, loop_forever(&pre)).await.is_err()) })
    }

    fn short(&self) -> BoxFuture<'static, ()> {
        let pre = self.0.clone();
        Box::pin(async move {
            let limit = Limits::default().max_execution.unwrap();
            assert_eq!(tokio::time::timeout(limit, count(&pre)).await.unwrap().unwrap(), 1);
        })
    }
}

fn store(pre: &InstancePre<StoreLimits>) -> Store<StoreLimits> {
    let mut store = Store::new(pre.engine(), limits());
    bound(&mut store, |limits| limits);
    store
}

async fn loop_forever(pre: &InstancePre<StoreLimits>) {
    let mut store = store(pre);
    let instance = pre.instantiate_async(&mut store).await.unwrap();
    let function = instance.get_typed_func::<(), ()>(&mut store, "loop-forever").unwrap();
    function.call_async(&mut store, ()).await.unwrap();
}

async fn count(pre: &InstancePre<StoreLimits>) -> wasmtime::Result<u32> {
    let mut store = store(pre);
    let instance = pre.instantiate_async(&mut store).await?;
    let function = instance.get_typed_func::<(), (u32,)>(&mut store, "count")?;
    Ok(function.call_async(&mut store, ()).await?.0)
}
