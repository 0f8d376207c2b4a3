//! What the service offers guests under `service:`, in Rust.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use wippy_host::{CallContext, Error, ErrorKind, Host, Result, Value, function};

/// How many users have a counter at most: a guest makes nothing grow without a bound.
const MAX_COUNTERS: usize = 10_000;

type Counters = Arc<Mutex<HashMap<String, u64>>>;

pub(crate) fn register(host: &Host) -> Result<()> {
    let counters = Counters::default();
    host.functions().register("service:upper", function(upper))?;
    host.functions().register("service:count", function(move |call, _| count(counters.clone(), call)))
}

async fn upper(_call: CallContext, arguments: Vec<Value>) -> Result<Value> {
    Ok(Value::from(arguments.first().and_then(Value::as_str).unwrap_or_default().to_uppercase()))
}

/// Counts for whoever the call is for: the context travels with it, and no guest can change it.
async fn count(counters: Counters, call: CallContext) -> Result<Value> {
    let actor = call.actor().unwrap_or_default();
    let mut counters = counters.lock().unwrap_or_else(PoisonError::into_inner);
    if counters.len() >= MAX_COUNTERS && !counters.contains_key(actor) {
        return Err(Error::new(ErrorKind::RateLimited, "service:count: there are too many counters"));
    }
    let count = counters.entry(actor.to_owned()).or_default();
    *count += 1;
    Ok(Value::from(*count))
}
