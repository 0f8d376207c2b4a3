//! A WASM function: a fresh instance for each call, from look-up to drop.

use super::Admission;
use super::direct::{Direct, Input};
use super::failure::{classify, timed_out};
use super::store::{Common, StoreData};
use crate::assembly::Export;
use crate::call::{CallContext, Function};
use crate::error::{Error, ErrorKind, Result};
use crate::import::{Registration, SharedState, StateContext};
use crate::value::{Signature, Value};
use crate::{EntryInfo, Preflight};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Instant;
use wasmtime::component::{ComponentExportIndex, Func, InstancePre, Val};
use wasmtime::{Store, UpdateDeadline};

/// An export of a component, ready to be called under the grants of its entry.
pub struct WasmFunction {
    pre: InstancePre<StoreData>,
    export: ComponentExportIndex,
    method: String,
    signature: Signature,
    direct: Option<Direct>,
    common: Arc<Common>,
    states: Vec<(Registration, SharedState)>,
    used: Vec<&'static str>,
    admission: Arc<Admission>,
    preflight: Preflight,
}

/// Arguments that fit the parameters.
enum Arguments {
    Direct(Direct, Input),
    Dynamic(Vec<Val>),
}

/// What a [`WasmFunction`] is made of.
pub(crate) struct Parts {
    pub(crate) pre: InstancePre<StoreData>,
    pub(crate) export: Export,
    pub(crate) common: Arc<Common>,
    pub(crate) states: Vec<(Registration, SharedState)>,
    pub(crate) used: Vec<&'static str>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) preflight: Preflight,
}

impl WasmFunction {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { pre, export, common, states, used, admission, preflight } = parts;
        let signature = Signature::of(&export.ty);
        let direct = Direct::of(signature.params(), signature.result());
        Self {
            pre,
            export: export.index,
            method: export.name,
            signature,
            direct,
            common,
            states,
            used,
            admission,
            preflight,
        }
    }

    /// The entry.
    pub fn entry(&self) -> &EntryInfo {
        &self.common.entry
    }

    /// The full name of the export.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// What the preflight found.
    pub fn preflight(&self) -> &Preflight {
        &self.preflight
    }

    /// The arguments as the guest takes them.
    fn convert(&self, arguments: Vec<Value>) -> Result<Arguments> {
        let arguments = match self.direct {
            Some(direct) => match direct.input(arguments) {
                Ok(input) => return Ok(Arguments::Direct(direct, input)),
                Err(arguments) => arguments,
            },
            None => arguments,
        };
        let converted = self.signature.to_vals(arguments);
        converted
            .map(Arguments::Dynamic)
            .map_err(|error| Error::invalid(format!("{}: {error}", self.common.entry.id())).with_source(error))
    }

    /// The error of a call of this function that Wasmtime or a host function ended.
    fn failed(&self, error: &wasmtime::Error) -> Error {
        classify(&self.common.entry, &self.method, error)
    }

    /// Runs `body` on an instance of this function's component, with the function that `method` names: for transports
    /// that hand resources over, which no [`Value`] can carry. Everything else is as in [`Function::call`]: chain, limits,
    /// deadline, cancellation and room for the instance.
    ///
    /// # Errors
    /// What ended the call, in the words of the host.
    pub async fn call_with<R: Send>(
        &self,
        context: &CallContext,
        body: impl for<'a> FnOnce(&'a mut Store<StoreData>, Func) -> BoxFuture<'a, wasmtime::Result<R>> + Send,
    ) -> Result<R> {
        self.guarded(context, async |store: &mut Store<StoreData>, function| {
            body(store, function).await.map_err(|error| self.failed(&error))
        })
        .await
    }

    /// A call under its chain, deadline and cancellation, which drop what they end.
    async fn guarded<R>(
        &self,
        context: &CallContext,
        body: impl AsyncFnOnce(&mut Store<StoreData>, Func) -> Result<R>,
    ) -> Result<R> {
        let entry = &self.common.entry;
        let limits = entry.limits();
        let own = limits.max_execution.and_then(|limit| Instant::now().checked_add(limit));
        let context = context.enter(entry.id(), limits.max_call_depth)?.until(own);
        let deadline = context.deadline();
        let cancellation = context.cancellation().cloned();
        // Pinned where it is made: it holds Wasmtime's futures, kilobytes that each wrapper would copy.
        let work = std::pin::pin!(async {
            let _permit = self.admission.admit(context.depth()).await?;
            let mut store = self.store(context)?;
            let instance = self.pre.instantiate_async(&mut store).await.map_err(|error| self.failed(&error))?;
            let Some(function) = instance.get_func(&mut store, self.export) else {
                return Err(Error::internal(format!("{}: {} is gone", entry.id(), self.method)));
            };
            body(&mut store, function).await
        });
        let work = async {
            match deadline {
                Some(deadline) => match tokio::time::timeout_at(deadline.into(), work).await {
                    Ok(result) => result,
                    Err(_) => Err(timed_out(entry, own == Some(deadline))),
                },
                None => work.await,
            }
        };
        match cancellation {
            None => work.await,
            Some(token) => match token.run_until_cancelled(work).await {
                Some(result) => result,
                None => Err(Error::new(ErrorKind::Canceled, format!("{}: canceled by the caller", entry.id()))),
            },
        }
    }

    /// Calls with values.
    async fn invoke(&self, store: &mut Store<StoreData>, function: Func, arguments: Arguments) -> Result<Value> {
        let called = match arguments {
            Arguments::Direct(direct, input) => match direct.call(store, function, input).await {
                Ok(result) => return Ok(result),
                Err(error) => Err(error),
            },
            Arguments::Dynamic(arguments) => {
                let mut results = [Val::Bool(false)];
                let count = usize::from(self.signature.result().is_some());
                let asked = results.get_mut(..count).unwrap_or_default();
                let called = function.call_async(&mut *store, &arguments, asked).await;
                let [result] = results;
                called.map(|()| (count == 1).then_some(result))
            }
        };
        let result = match called {
            Ok(result) => result,
            Err(error) => self.exited_well(&error).ok_or_else(|| self.failed(&error))?,
        };
        let id = self.common.entry.id();
        self.signature.to_value(result).map_err(|error| Error::internal(format!("{id}: {error}")).with_source(error))
    }

    fn store(&self, context: CallContext) -> Result<Store<StoreData>> {
        let mut store = Store::new(self.pre.engine(), StoreData::new(self.common.clone(), context));
        let limits = self.common.entry.limits();
        store.set_hostcall_fuel(limits.max_host_bytes);
        store.set_max_component_handles(limits.max_resources);
        store.limiter(|data| &mut data.limiter);
        store.set_epoch_deadline(1);
        // Tokio's own yield lets its timers and sockets go first; Wasmtime's plain one would starve them where a guest
        // computes on the only worker.
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now()))));
        for (import, shared) in &self.states {
            let mut cx = StateContext { data: store.data_mut(), used: &self.used };
            import.add_state(&mut cx, shared)?;
        }
        Ok(store)
    }

    /// A guest that exits with success has returned where nothing is returned, or where the method is a command's `run`.
    fn exited_well(&self, error: &wasmtime::Error) -> Option<Option<Val>> {
        let super::GuestExit(0) = error.downcast_ref()? else { return None };
        match self.signature.result() {
            None => Some(None),
            Some(wasmtime::component::Type::Result(ty))
                if ty.ok().is_none() && (self.method == "run" || self.method.ends_with("#run")) =>
            {
                Some(Some(Val::Result(Ok(None))))
            }
            Some(_) => None,
        }
    }
}

#[async_trait]
impl Function for WasmFunction {
    async fn call(&self, context: &CallContext, arguments: Vec<Value>) -> Result<Value> {
        let arguments = self.convert(arguments)?;
        self.guarded(context, async |store: &mut Store<StoreData>, function| {
            self.invoke(store, function, arguments).await
        })
        .await
    }

    fn signature(&self) -> Option<&Signature> {
        Some(&self.signature)
    }
}
