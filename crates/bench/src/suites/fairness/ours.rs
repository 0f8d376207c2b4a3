//! Endless and short guests in the host.

use super::{LIMIT, Program};
use crate::guests::guest;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use wippy_host::wasmtime::component::Component;
use wippy_host::{CallContext, EntrySpec, Function, Host, Limits, Reason, WasmFunction};

pub(super) struct Ours {
    endless: Arc<WasmFunction>,
    limited: Arc<WasmFunction>,
    short: Arc<WasmFunction>,
}

impl Ours {
    pub(super) async fn new() -> Self {
        let host = wippy_host::builder().unwrap().build().unwrap();
        let component = host.compile(guest("misbehave")).unwrap();
        Self {
            endless: prepared(&host, &component, "loop-forever", None).await,
            limited: prepared(&host, &component, "loop-forever", Some(LIMIT)).await,
            short: prepared(&host, &component, "count", Limits::default().max_execution).await,
        }
    }
}

async fn prepared(host: &Host, component: &Component, method: &str, limit: Option<Duration>) -> Arc<WasmFunction> {
    let mut limits = Limits::default();
    limits.max_execution = limit;
    let entry = EntrySpec::new(format!("bench:{method}"), method).with_limits(limits);
    Arc::new(host.prepare(entry, component).await.unwrap())
}

impl Program for Ours {
    fn endless(&self) -> BoxFuture<'static, ()> {
        let endless = self.endless.clone();
        Box::pin(async move { drop(endless.call(&CallContext::new(), Vec::new()).await) })
    }

    fn limited(&self) -> BoxFuture<'static, ()> {
        let limited = self.limited.clone();
        Box::pin(async move {
            let ended = limited.call(&CallContext::new(), Vec::new()).await;
            assert_eq!(ended.unwrap_err().reason(), Reason::ExecutionTime);
        })
    }

    fn short(&self) -> BoxFuture<'static, ()> {
        let short = self.short.clone();
        Box::pin(
            async move { assert_eq!(short.call(&CallContext::new(), Vec::new()).await.unwrap().as_u64(), Some(1)) },
        )
    }
}
