//! A guest's call of another function of the registry: what it takes along, and what it gives back.

use super::{CallContext, FunctionRegistry};
use crate::CallRequest;
use crate::error::Result;
use crate::instance::StoreData;
use crate::value::{ResultShape, Signature, TextOrBytes, Value};

/// A call that a guest has asked for. It holds nothing of the guest's store, so that the guest may go on meanwhile.
///
/// Dropping the future of the call cancels it, and releases all that it holds.
#[derive(Debug)]
pub struct NestedCall {
    context: CallContext,
    functions: FunctionRegistry,
    target: String,
    allowed: Result<()>,
}

impl StoreData {
    /// A call of `target`, `namespace:name`, for the guest of this store: under the call's actor, scope, context, trace and
    /// deadline, and if the policy allows it, which is asked now.
    pub fn nested_call(&self, target: impl Into<String>) -> NestedCall {
        let target = target.into();
        let context = self.call().nested();
        let request = CallRequest::new(self.entry().id(), &target).for_actor(context.actor(), context.scope());
        let allowed = self.services().policy.call(&request);
        if let (Err(_), Some(metrics)) = (&allowed, self.metrics()) {
            metrics.refused();
        }
        NestedCall { functions: self.functions(), allowed, context, target }
    }
}

impl NestedCall {
    /// Calls with one text or byte string: see [`Function::call_payload`](super::Function::call_payload). Dropping the future cancels
    /// the call, and no other: this one may be made again.
    ///
    /// # Errors
    /// `invalid function target: <target>`, `no handler registered for target: <target>`, the policy's, and the function's
    /// own; also where it returned the `err` of a `result`.
    pub async fn with_payload(&self, input: TextOrBytes) -> Result<TextOrBytes> {
        self.allowed.clone()?;
        self.functions.call_payload(&self.context, &self.target, input).await
    }

    /// Calls with positional arguments, and says whether the value that comes back is a `result`. Dropping the future cancels as with
    /// [`NestedCall::with_payload`].
    ///
    /// # Errors
    /// As [`NestedCall::with_payload`], but an `err` that the function returned is a value.
    pub async fn with_values(&self, arguments: Vec<Value>) -> Result<(Value, ResultShape)> {
        self.allowed.clone()?;
        let function = self.functions.find(&self.target)?;
        let shape = function.signature().map_or(ResultShape::PLAIN, |signature| Signature::shape(signature).result);
        Ok((function.call(&self.context, arguments).await?, shape))
    }
}
