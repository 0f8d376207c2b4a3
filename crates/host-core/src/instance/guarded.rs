//! A call under its chain, its slot, its deadline and its cancellation, which drop what they end.

use super::WasmFunction;
use super::ends::{Ended, Ends};
use super::failure::timed_out;
use crate::call::CallContext;
use crate::error::{Error, ErrorKind, Result};
use crate::metrics::CountedCall;
use crate::pool::Held;
use crate::spans;
use std::pin::pin;
use std::time::Instant;
use tracing::Instrument;

/// The result of a call, once it is counted.
fn ended<R>(counted: Option<CountedCall<'_>>, result: Result<R>) -> Result<R> {
    match (counted, &result) {
        (Some(counted), Ok(_)) => counted.ended(),
        (Some(counted), Err(error)) => counted.failed(error),
        (None, _) => {}
    }
    result
}

impl WasmFunction {
    /// Runs `body` under the context of one call of this function, which it may take over, in a slot of the function's pool.
    pub(super) async fn guarded<R>(
        &self,
        context: &CallContext,
        body: impl AsyncFnOnce(&mut CallContext) -> Result<R>,
    ) -> Result<R> {
        let entry = self.entry();
        let limits = entry.limits();
        let began = Instant::now();
        let counted = self.maker.common.metrics.as_ref().map(|metrics| metrics.begin(began));
        let own = limits.max_execution.and_then(|limit| began.checked_add(limit));
        let mut context = match context.enter(entry.id(), limits.max_call_depth) {
            Ok(context) => context,
            Err(error) => return ended(counted, Err(error)),
        };
        context.end_by(own);
        if !spans::is_enabled() {
            let result = self.in_slot(&mut context, began, own, body).await;
            return ended(counted, result);
        }
        let span = spans::call(entry.id());
        if self.maker.common.services.traces {
            context = context.traced(&span);
        }
        let result = self.in_slot(&mut context, began, own, body).instrument(span.clone()).await;
        spans::called(&span, &result);
        ended(counted, result)
    }

    /// `own` is the deadline that is the entry's, and not its caller's.
    async fn in_slot<R>(
        &self,
        context: &mut CallContext,
        mut began: Instant,
        own: Option<Instant>,
        body: impl AsyncFnOnce(&mut CallContext) -> Result<R>,
    ) -> Result<R> {
        let mut slot = Held::begin(&self.maker.slots, context)?;
        if slot.waits() {
            slot.wait(context).await?;
            began = Instant::now();
        }
        let (deadline, cancellation) = (context.deadline(), context.cancellation().cloned());
        let ends = Ends { deadline, cancellation: cancellation.as_ref(), abort: slot.abort() };
        // Pinned where it is made: it holds Wasmtime's futures, kilobytes that each wrapper would copy.
        let call = pin!(body(context));
        match ends.or(began, call).await {
            Ok(result) => result,
            Err(Ended::Late) => Err(timed_out(self.entry(), own == deadline)),
            Err(Ended::Canceled) => {
                Err(Error::new(ErrorKind::Canceled, format!("{}: canceled by the caller", self.entry().id())))
            }
            Err(Ended::Stopped) => Err(slot.stopped()),
        }
    }
}
