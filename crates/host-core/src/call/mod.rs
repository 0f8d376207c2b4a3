//! Functions and the calls between them: the context that travels with a call, the trait, and the registry.

mod context;
mod function;
mod nested;
mod payload;
mod registry;
pub(crate) mod traceparent;
mod tracestate;

pub use context::{CallContext, CallContextBuilder};
pub use function::{Function, function};
pub use nested::NestedCall;
pub use registry::{FunctionRegistry, WeakFunctionRegistry};
pub use traceparent::is_traceparent;
pub use tracestate::is_tracestate;
