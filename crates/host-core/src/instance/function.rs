//! A WASM function: a call on an instance, under its pool, its deadline and its cancellation.

use super::Admission;
use super::arguments::{Arguments, copied_in, copied_out};
use super::direct::Direct;
use super::maker::{Linked, Maker, stock};
use super::ready::{Callee, Ready};
use super::seats::Sharing;
use super::store::{Common, StoreData};
use crate::call::{CallContext, Function};
use crate::error::{Error, Result};
use crate::metrics::Level;
use crate::pool::{Calls, Idle, Slots, Spare};
use crate::spans;
use crate::value::{Signature, Value, size_of_plain};
use crate::{EntryInfo, Preflight};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Instant;
use wasmtime::Store;
use wasmtime::component::{Accessor, Func, Val};

/// An export of a component, ready to be called under the grants of its entry.
pub struct WasmFunction {
    signature: Signature,
    pub(super) maker: Arc<Maker>,
    preflight: Preflight,
}

impl fmt::Debug for WasmFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasmFunction")
            .field("entry", self.entry())
            .field("method", &self.method())
            .finish_non_exhaustive()
    }
}

/// What a [`WasmFunction`] is made of.
pub(crate) struct Parts {
    pub(crate) linked: Linked,
    pub(crate) signature: Signature,
    pub(crate) method: String,
    pub(crate) common: Arc<Common>,
    pub(crate) shareable: bool,
    pub(crate) admission: Arc<Admission>,
    pub(crate) idle: Arc<Idle>,
    pub(crate) calls: Arc<Calls>,
    pub(crate) slots: Slots,
    pub(crate) preflight: Preflight,
}

impl WasmFunction {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { linked, signature, method, common, shareable, admission, idle, calls, slots, preflight } = parts;
        let direct = Direct::of(signature.params(), signature.result());
        let stock = stock(&slots);
        if let Some(stock) = &stock {
            let spare: Weak<dyn Spare> = Arc::downgrade(stock) as _;
            idle.add(spare);
            if let Some(metrics) = &common.metrics {
                let level: Weak<dyn Level> = Arc::downgrade(stock) as _;
                metrics.levels().add(level);
            }
        }
        let sharing = Sharing::new(shareable);
        let maker = Arc::new(Maker { linked, method, direct, common, admission, calls, slots, stock, sharing });
        maker.prepare_ahead();
        Self { signature, maker, preflight }
    }

    /// The entry.
    pub fn entry(&self) -> &EntryInfo {
        &self.maker.common.entry
    }

    /// The full name of the export.
    pub fn method(&self) -> &str {
        &self.maker.method
    }

    /// The slots of its pool.
    pub fn slots(&self) -> &Slots {
        &self.maker.slots
    }

    /// Instances that wait for a call at this moment: prepared ahead, or kept after another call.
    pub fn ready(&self) -> usize {
        self.maker.stock.as_ref().map_or(0, |stock| stock.len())
    }

    /// What the preflight found.
    pub fn preflight(&self) -> &Preflight {
        &self.preflight
    }

    /// The arguments as the guest takes them.
    fn convert(&self, arguments: Vec<Value>) -> Result<Arguments> {
        let arguments = match self.maker.direct {
            Some(direct) => match direct.input(arguments) {
                Ok(input) => return Ok(Arguments::Direct(input)),
                Err(arguments) => arguments,
            },
            None => arguments,
        };
        self.signature.to_vals(arguments).map(Arguments::Dynamic).map_err(|error| {
            let refused = Error::invalid(format!("{}: {error}", self.entry().id())).with_source(error);
            if let Some(metrics) = &self.maker.common.metrics {
                metrics.begin(Instant::now()).failed(&refused);
            }
            refused
        })
    }

    /// The same as Wasmtime's dynamic values.
    fn dynamic(&self, arguments: Arguments) -> Result<Vec<Val>> {
        match arguments {
            Arguments::Dynamic(arguments) => Ok(arguments),
            Arguments::Direct(input) => Ok(self.signature.to_vals(vec![input.into()])?),
        }
    }

    /// Runs `body` on an instance of this function's component, with the function that `method` names: for transports
    /// that hand resources over, which no [`Value`] can carry. Everything else is as in [`Function::call`]: chain, limits,
    /// deadline, cancellation, pool and room for the instance.
    ///
    /// `body` gives back the error of a guest's call that failed, or says [`StoreData::spend`]: an instance that trapped must
    /// not serve another call. Dropping the future drops what `body` made, cancels the guest's call, and drops the instance.
    ///
    /// # Errors
    /// What ended the call, in the words of the host.
    pub async fn call_with<R: Send>(
        &self,
        context: &CallContext,
        body: impl for<'a> FnOnce(&'a mut Store<StoreData>, Func) -> BoxFuture<'a, wasmtime::Result<R>> + Send,
    ) -> Result<R> {
        self.in_own_instance(context, async |ready: &mut Ready| {
            let function = self.export(ready)?;
            let called = body(&mut ready.store, function).await;
            called.map_err(|error| self.maker.failed(&ready.store, &error))
        })
        .await
    }

    /// The same for a component with asynchronous functions. Where the entry's `pool.reuse` allows it, and nothing in
    /// `context` tells the call from another, the instance may serve other calls meanwhile.
    ///
    /// Dropping the future cancels the guest's call, as with [`WasmFunction::call_with`]. In an instance that serves others too, a call
    /// that has begun goes on beside them, nobody gets its result, and the instance takes no further call.
    ///
    /// # Errors
    /// As [`WasmFunction::call_with`]. A trap ends all calls that share the instance.
    pub async fn call_beside<R: Send + 'static>(
        &self,
        context: &CallContext,
        body: impl for<'a> FnOnce(&'a Accessor<StoreData>, Func) -> BoxFuture<'a, wasmtime::Result<R>> + Send + 'static,
    ) -> Result<R> {
        if self.maker.shares() && context.is_anyones() {
            let beside = async |context: &mut CallContext| self.maker.beside(context, body).await;
            return self.guarded(context, beside).await;
        }
        self.in_own_instance(context, async |ready: &mut Ready| {
            let function = self.export(ready)?;
            let serving = async |accessor: &Accessor<StoreData>| {
                let result = body(accessor, function).await;
                // What the guest does behind its result is part of the call.
                if result.is_ok() {
                    poll_fn(|cx| accessor.poll_no_interesting_tasks(cx)).await;
                }
                result
            };
            let called = ready.store.run_concurrent(serving).await;
            called.flatten().map_err(|error| self.maker.failed(&ready.store, &error))
        })
        .await
    }

    fn export(&self, ready: &Ready) -> Result<Func> {
        match ready.callee {
            Callee::Component(function) => Ok(function),
            Callee::Command(_) => {
                Err(Error::internal(format!("{}: a core module takes no resources", self.entry().id())))
            }
        }
    }

    async fn in_own_instance<R>(
        &self,
        context: &CallContext,
        body: impl AsyncFnOnce(&mut Ready) -> Result<R>,
    ) -> Result<R> {
        let maker = &self.maker;
        self.guarded(context, async |context: &mut CallContext| {
            let mut ready = match maker.kept(context)? {
                Some(ready) => ready,
                // In a box: a request that waits in its instance would carry the room for making one.
                None => Box::pin(maker.fresh(context)).await?,
            };
            let result = body(&mut ready).await?;
            maker.keep(ready);
            Ok(result)
        })
        .await
    }

    /// Calls with values.
    async fn invoke(&self, ready: &mut Ready, arguments: Arguments) -> Result<Value> {
        let Ready { store, callee, typed, .. } = ready;
        arguments.copied();
        let called = match (*callee, arguments, typed) {
            (Callee::Command(start), ..) => {
                // A program runs once: another call finds an instance of its own.
                store.data_mut().spend();
                start.call_async(&mut *store, &[], &mut []).await.map(|()| None)
            }
            (Callee::Component(_), Arguments::Direct(input), Some(typed)) => match typed.call(store, input).await {
                Ok(result) => {
                    if spans::is_enabled() {
                        spans::copied(size_of_plain(&result), 0);
                    }
                    return Ok(result);
                }
                Err(error) => Err(error),
            },
            (Callee::Component(function), arguments, _) => {
                let arguments = self.dynamic(arguments)?;
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
            Err(error) => {
                store.data_mut().spend();
                self.exited_well(&error).ok_or_else(|| self.maker.failed(store, &error))?
            }
        };
        copied_out(result.as_ref());
        let id = self.entry().id();
        self.signature.to_value(result).map_err(|error| Error::internal(format!("{id}: {error}")).with_source(error))
    }

    /// The same in an instance that may serve other calls meanwhile.
    async fn invoke_beside(&self, context: &CallContext, arguments: Arguments) -> Result<Value> {
        let arguments = self.dynamic(arguments)?;
        let count = usize::from(self.signature.result().is_some());
        let called = self.guarded(context, async |context: &mut CallContext| {
            let call = self.maker.beside(context, move |accessor, function| {
                Box::pin(async move {
                    copied_in(&arguments);
                    let mut results = [Val::Bool(false)];
                    let asked = results.get_mut(..count).unwrap_or_default();
                    function.call_concurrent(accessor, &arguments, asked).await?;
                    let [result] = results;
                    let result = (count == 1).then_some(result);
                    copied_out(result.as_ref());
                    Ok(result)
                })
            });
            call.await
        });
        let id = self.entry().id();
        let result = called.await?;
        self.signature.to_value(result).map_err(|error| Error::internal(format!("{id}: {error}")).with_source(error))
    }

    /// A guest that exits with success has returned where nothing is returned, or where the method is a command's `run`.
    fn exited_well(&self, error: &wasmtime::Error) -> Option<Option<Val>> {
        let super::GuestExit(0) = error.downcast_ref()? else { return None };
        match self.signature.result() {
            None => Some(None),
            Some(wasmtime::component::Type::Result(ty))
                if ty.ok().is_none() && (self.method() == "run" || self.method().ends_with("#run")) =>
            {
                Some(Some(Val::Result(Ok(None))))
            }
            Some(_) => None,
        }
    }
}

#[async_trait]
impl Function for WasmFunction {
    fn call<'f, 'c, 'both>(
        &'f self,
        context: &'c CallContext,
        arguments: Vec<Value>,
    ) -> Pin<Box<dyn Future<Output = Result<Value>> + Send + 'both>>
    where
        'f: 'both,
        'c: 'both,
    {
        if self.maker.shares() && context.is_anyones() {
            // Its future is small, and thousands may wait in one instance.
            return Box::pin(async move {
                let arguments = self.convert(arguments)?;
                self.invoke_beside(context, arguments).await
            });
        }
        // Written into its box rather than moved there, as an `async fn` would be: a copy of kilobytes, of which a call that
        // has not begun uses a hundred bytes. With the box at hand, nothing can unwind in between and ask for the copy.
        let place = Box::new_uninit();
        let call = Box::write(place, async move {
            let arguments = self.convert(arguments)?;
            let maker = &self.maker;
            self.guarded(context, async |context: &mut CallContext| {
                let mut ready = match maker.kept(context)? {
                    Some(ready) => ready,
                    // In no box: what making it takes is room that the call needs later.
                    None => maker.fresh(context).await?,
                };
                let result = self.invoke(&mut ready, arguments).await?;
                maker.keep(ready);
                Ok(result)
            })
            .await
        });
        Box::into_pin(call)
    }

    fn signature(&self) -> Option<&Signature> {
        Some(&self.signature)
    }
}
