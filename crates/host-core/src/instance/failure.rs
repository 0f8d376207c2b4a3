//! What ended a guest's call, in words that its author and its operator understand.

use super::limiter::LimitExceeded;
use super::memory::HostMemoryFull;
use crate::EntryInfo;
use crate::error::{Error, ErrorKind, Reason};
use std::error::Error as StdError;
use std::fmt;
use wasmtime::component::ResourceTableError;
use wasmtime::{GcHeapOutOfMemory, PoolConcurrencyLimitError, Trap};

/// A guest called a function that its entry does not import. Stubs end the call with it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NotGranted {
    /// The function, for example `wasi:filesystem/types#[method]descriptor.open-at`.
    pub function: String,
    /// The entry.
    pub entry: String,
    /// Why it is not granted and what to write.
    pub hint: String,
    /// What the guest wanted to say of its own failure with that call: the text that it wrote to its standard error.
    pub said: Option<String>,
}

impl fmt::Display for NotGranted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "guest called {}, but {}", self.function, self.hint)
    }
}

impl StdError for NotGranted {}

/// The guest asked to end. An import that offers an `exit` returns this as its error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuestExit(
    /// The exit code; 0 is success.
    pub i32,
);

impl fmt::Display for GuestExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exited with code {}", self.0)
    }
}

impl StdError for GuestExit {}

/// The call's time is up while its guest computes on a host that does not interrupt it.
#[derive(Debug, Clone, Copy)]
pub(super) struct OutOfTime;

impl fmt::Display for OutOfTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time of this call is up")
    }
}

impl StdError for OutOfTime {}

/// The error of a call that Wasmtime or a host function ended.
///
/// `full` is what the host's cap on memory refused the guest before.
pub(super) fn classify(
    entry: &EntryInfo,
    method: &str,
    error: &wasmtime::Error,
    full: Option<HostMemoryFull>,
) -> Error {
    let (id, declared) = (entry.id(), entry.declared());
    if let Some(denied) = error.downcast_ref::<NotGranted>() {
        // A guest that fails and may not say why: its own error comes first.
        let refused = match &denied.said {
            None => Error::new(ErrorKind::PermissionDenied, denied.to_string()),
            Some(said) => {
                Error::new(ErrorKind::PermissionDenied, format!("{id}: {method} wrote to its standard error: {said}"))
                    .with_remedy(denied.to_string())
                    .with_source(denied.clone())
            }
        };
        return refused.with_reason(Reason::NotGranted);
    }
    if let Some(error) = error.downcast_ref::<Error>() {
        return error.clone();
    }
    if let Some(limit) = error.downcast_ref::<LimitExceeded>() {
        return Error::new(
            ErrorKind::RateLimited,
            format!("{id}: the guest asked for {limit} ({})", declared.limit(limit.setting)),
        )
        .with_reason(limit.reason)
        .with_remedy(format!("raise {} if the guest needs more", declared.limit_to_raise(limit.setting)));
    }
    // The growth that the limiter refused is not what Wasmtime reports of objects.
    let objects = error.downcast_ref::<GcHeapOutOfMemory<()>>().and(full);
    if let Some(full) = error.downcast_ref::<HostMemoryFull>().copied().or(objects) {
        return Error::new(ErrorKind::Unavailable, format!("{id}: {full}"))
            .with_reason(Reason::HostFull)
            .with_remedy("try again, or raise the host's max_total_memory_bytes");
    }
    if error.downcast_ref::<GcHeapOutOfMemory<()>>().is_some() {
        return Error::new(
            ErrorKind::RateLimited,
            format!("{id}: the guest's garbage-collected objects need more memory"),
        )
        .with_reason(Reason::Memory)
        .with_remedy(format!("raise {} if the guest needs more", declared.limit_to_raise("max_memory_bytes")));
    }
    if error.downcast_ref::<OutOfTime>().is_some() {
        return timed_out(entry, true);
    }
    if let Some(GuestExit(code)) = error.downcast_ref::<GuestExit>() {
        return exited(id, *code);
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return trapped(id, method, *trap, error);
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref::<ResourceTableError>() {
        return too_many_handles(entry);
    }
    if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
        return Error::new(ErrorKind::Unavailable, format!("{id}: the host has no room for another instance"))
            .with_reason(Reason::HostFull)
            .with_remedy("try again, or raise the host's max_instances");
    }
    // Wasmtime's own form of the backtrace takes lines, and repeats the guest's names as they are: no text of the guest's is to
    // be taken for one of Wasmtime's.
    let backtrace = usize::from(error.downcast_ref::<wasmtime::WasmBacktrace>().is_some());
    let causes: Vec<_> = error.chain().skip(backtrace).map(ToString::to_string).collect();
    let message = causes.join(": ");
    // Wasmtime has no types for these; the texts are those of 48.0.8, and tests hold them.
    if message.contains("store handle limit exceeded") {
        return too_many_handles(entry);
    }
    if message.contains("fuel allocated for hostcalls has been exhausted") {
        return Error::new(ErrorKind::RateLimited, format!("{id}: the guest passed too much data in one host call"))
            .with_reason(Reason::HostBytes)
            .with_remedy(format!(
                "raise {}, or let the guest pass less at a time",
                declared.limit_to_raise("max_host_bytes")
            ));
    }
    if message.contains("resource limit exceeded") {
        return Error::new(ErrorKind::RateLimited, format!("{id}: the component needs too many instances: {message}"))
            .with_reason(Reason::Instances)
            .with_remedy(format!("raise {}", declared.limit_to_raise("max_instances")));
    }
    if message.contains(NO_MEMORY) {
        return Error::new(ErrorKind::Unavailable, format!("{id}: the kernel has no memory for it: {message}"))
            .with_reason(Reason::HostFull)
            .with_remedy("try again, lower the host's max_instances, or raise vm.max_map_count");
    }
    Error::internal(format!("{id}: {method} failed: {message}{}", place(error)))
}

/// How `ENOMEM` is written: too little memory, or as many memory maps as a process may have.
const NO_MEMORY: &str = "(os error 12)";

fn too_many_handles(entry: &EntryInfo) -> Error {
    let (id, setting) = (entry.id(), entry.declared().limit_to_raise("max_resources"));
    Error::new(ErrorKind::RateLimited, format!("{id}: the guest holds too many handles"))
        .with_reason(Reason::Resources)
        .with_remedy(format!("raise {setting}, or let the guest drop what it no longer needs"))
}

/// The guest left before it returned.
fn exited(id: &str, code: i32) -> Error {
    let error = if code == 0 {
        Error::new(ErrorKind::Internal, format!("{id}: exited before returning a result"))
            .with_remedy("return from the function instead of calling exit")
    } else {
        Error::new(ErrorKind::Internal, format!("{id}: exited with code {code}"))
    };
    error.with_reason(Reason::Exited(code))
}

fn trapped(id: &str, method: &str, trap: Trap, error: &wasmtime::Error) -> Error {
    if trap == Trap::StackOverflow {
        return Error::new(ErrorKind::RateLimited, format!("{id}: {method} exhausted its call stack"))
            .with_reason(Reason::StackOverflow)
            .with_remedy("look for a recursion without end, or raise the host's max_wasm_stack");
    }
    // Wasmtime's texts all start with the same two words, which say nothing here.
    let why = trap.to_string();
    let why = why.strip_prefix("wasm trap: ").unwrap_or(&why);
    Error::internal(format!("{id}: {method} trapped: {why}{}", place(error))).with_reason(Reason::Trap)
}

/// Where in the guest it was, by the guest's own names: ` (in f < main)`.
fn place(error: &wasmtime::Error) -> String {
    let Some(backtrace) = error.downcast_ref::<wasmtime::WasmBacktrace>() else { return String::new() };
    let frames = backtrace.frames().iter().filter_map(|frame| frame.func_name()).take(8);
    let frames: Vec<_> = frames.map(shortened).collect();
    if frames.is_empty() { String::new() } else { format!(" (in {})", frames.join(" < ")) }
}

/// A longer name is not demangled: what that takes is the guest's to choose.
const MANGLED: usize = 2048;

/// A name from a guest's name section, fit for a log and a terminal: as its author wrote it, cut where it is long, without
/// control characters.
pub(super) fn shortened(name: &str) -> String {
    let demangled = Some(name).filter(|name| name.len() <= MANGLED);
    let demangled = demangled.and_then(|name| rustc_demangle::try_demangle(name).ok());
    let demangled = demangled.map(|demangled| format!("{demangled:#}"));
    let name = demangled.as_deref().unwrap_or(name);
    let mut shown: String = name.chars().take(120).flat_map(printable).collect();
    if name.chars().nth(120).is_some() {
        shown.push('…');
    }
    shown
}

fn printable(c: char) -> impl Iterator<Item = char> {
    let escaped = c.is_control().then(|| c.escape_default());
    let plain = escaped.is_none().then_some(c);
    escaped.into_iter().flatten().chain(plain)
}

/// The error of a call whose time is up.
pub(super) fn timed_out(entry: &EntryInfo, own_limit: bool) -> Error {
    let id = entry.id();
    let error = match entry.limits().max_execution {
        Some(limit) if own_limit => {
            Error::new(ErrorKind::Timeout, format!("{id}: no result within {} ms", limit.as_millis())).with_remedy(
                format!("raise {} if it needs longer", entry.declared().limit_to_raise("max_execution_ms")),
            )
        }
        _ => Error::new(ErrorKind::Timeout, format!("{id}: the caller's deadline passed")),
    };
    error.with_reason(Reason::ExecutionTime)
}
