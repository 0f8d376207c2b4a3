//! What can be called: a WASM export, a Lua function, a Rust closure.

use super::CallContext;
use crate::error::Result;
use crate::value::{Signature, TextOrBytes, Value};
use async_trait::async_trait;
use std::future::Future;

/// A function of the registry.
#[async_trait]
pub trait Function: Send + Sync + 'static {
    /// Calls it with positional arguments. Dropping the future cancels the call and releases all that it holds.
    ///
    /// `context` is the caller's; the function enters its own link into the chain.
    ///
    /// # Errors
    /// What ended the call. A function that returned the `err` of a `result` has returned a value: `{"err": …}`.
    async fn call(&self, context: &CallContext, arguments: Vec<Value>) -> Result<Value>;

    /// The WIT types of parameters and result, where the function has them. Without, an argument is passed as it is.
    fn signature(&self) -> Option<&Signature> {
        None
    }

    /// Calls it with one text or byte string, as `funcs` does, and gives back the same. A parameter of that kind gets it as it
    /// is; anything else is read from it as JSON, an array for several parameters. Of the result, text and bytes stay what
    /// they are, the payload of an `ok` goes by the same rules, and anything else becomes JSON. Dropping the future cancels as with
    /// [`Function::call`].
    ///
    /// # Errors
    /// Also where the function returned the `err` of a `result`.
    async fn call_payload(&self, context: &CallContext, input: TextOrBytes) -> Result<TextOrBytes> {
        super::payload::call(self, context, input).await
    }
}

/// Makes a function of a Rust closure. Where the call is dropped, so is the closure's future.
///
/// ```
/// use wippy_host_core::{CallContext, Value, function};
///
/// let echo = function(|_context: CallContext, mut arguments: Vec<Value>| async move {
///     Ok(arguments.pop().unwrap_or(Value::Null))
/// });
/// # let _ = echo;
/// ```
pub fn function<F, R>(body: F) -> impl Function
where
    F: Fn(CallContext, Vec<Value>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Value>> + Send + 'static,
{
    Closure(body)
}

struct Closure<F>(F);

#[async_trait]
impl<F, R> Function for Closure<F>
where
    F: Fn(CallContext, Vec<Value>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Value>> + Send + 'static,
{
    async fn call(&self, context: &CallContext, arguments: Vec<Value>) -> Result<Value> {
        (self.0)(context.clone(), arguments).await
    }
}
