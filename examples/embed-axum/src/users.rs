//! A user's function: from what was uploaded to what is called.

use std::sync::Arc;
use std::time::Duration;
use wippy_host::pool::{PoolFields, PoolKind, PoolSpec};
use wippy_host::{EntrySpec, Error, ErrorKind, Host, Limits, Result};

/// What a function may use that somebody uploaded. Everything else is refused at the call that uses it.
const IMPORTS: [&str; 4] = ["funcs", "wasi:cli", "wasi:clocks", "wasi:random"];

/// How many functions the service holds for all users together.
const MAX_FUNCTIONS: usize = 10_000;

/// The id of a user's function. The user is its namespace, which the policy goes by: so no name holds what an id is made of, and
/// nobody is called as the service's own.
pub(crate) fn id(user: &str, name: &str) -> Result<String> {
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !is_word(user) || !is_word(name) || user == "service" {
        return Err(Error::invalid("no such user or function").with_remedy("names are letters, digits and dashes"));
    }
    Ok(format!("{user}:{name}"))
}

/// Compiles and prepares it, and puts it in the place of the one of the same id.
pub(crate) async fn install(host: &Host, id: String, method: String, code: Vec<u8>) -> Result<()> {
    if host.functions().ids().len() >= MAX_FUNCTIONS {
        return Err(Error::new(ErrorKind::RateLimited, "the service holds no more functions"));
    }
    let compiler = host.clone();
    // Compiling is computing: not for a thread that serves.
    let compiled = tokio::task::spawn_blocking(move || compiler.compile(code)).await;
    let component = compiled.map_err(|error| Error::internal(error.to_string()))??;
    let entry = EntrySpec::new(id.as_str(), method).with_imports(IMPORTS).with_limits(limits()).with_pool(pool());
    let function = host.prepare(entry, component).await?;
    host.functions().replace(&id, Arc::new(function));
    Ok(())
}

fn limits() -> Limits {
    Limits::default()
        .with_max_execution(Duration::from_secs(2))
        .with_max_memory_bytes(32 << 20)
        .with_max_host_bytes(1 << 20)
        .with_max_call_depth(8)
}

/// No user takes all of the service: four calls of a function run at one time, sixteen wait, the next is refused.
fn pool() -> PoolSpec {
    PoolSpec::resolve(PoolFields::default().with_kind(PoolKind::Lazy).with_max_size(4).with_buffer(16))
}
