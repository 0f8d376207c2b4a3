//! The spans of calls, for whoever listens to [`tracing`]: level TRACE, target [`TARGET`]. No argument, result, variable or other
//! payload is in any of them. While nobody listens, a span costs one relaxed load.
//!
//! | span | fields | from its making to its end |
//! |---|---|---|
//! | [`PREPARE`] | `entry` | an entry becomes a function: its code is compiled, its linker assembled, its imports set up |
//! | [`COMPILE`] | `cached` | code is compiled (false), or taken from the cache (true) |
//! | [`CALL`] | `entry`, `outcome`, `trace`, `parent`, `remote` | one call of an entry, its waiting for a slot included; `outcome` is `ok` or the kind of its error |
//! | [`INSTANTIATE`] | `entry` | one instance is made |
//! | [`WORK`] | `entry` | what is done for an entry beside its calls: instances are made ahead, one that several calls share serves them |
//! | [`HOST_CALL`] | `interface`, `function`, `outcome` | one call of a host function; `outcome` is `ok`, or `error` where it ended the guest's call |
//!
//! A host call lies inside of the call whose guest makes it, and a nested call inside of the host call that makes it. A span is
//! entered while its part computes, so that its length without that is what it waited; the making of an instance is not, and counts
//! as the call's. One that is dropped has no `outcome`.
//!
//! `trace` is the `traceparent` that the call gives to whom it calls, `parent` the one that it was given, `remote` whether that came from
//! outside of the host; only where the host gives calls spans in their traces ([`HostBuilder::traces`](crate::HostBuilder::traces)).
//!
//! The bindings that Wasmtime generates have spans of their own for host calls: `wit-bindgen import` (the interface is the end of
//! their module path) and `wiggle abi`, each with `module` and `function`. Their events hold arguments; ours never do.
//!
//! Three events lie inside of these spans: [`COPIED`] with the bytes `to_host` and `to_guest`, [`MEMORY`] with the `bytes` of linear
//! memory that an instance has now, and [`PLACED`] with the `trace` of a host call that tells others of itself: the `traceparent` that it
//! gives them. An event, because the spans of generated bindings have no field for it.

use crate::call::traceparent::child;
use tracing::field::Empty;
use tracing::{Instrument, Level, Span, event, trace_span};

/// The target of the spans and events.
pub const TARGET: &str = "wippy::call";
/// An entry becomes a function.
pub const PREPARE: &str = "prepare";
/// Code is compiled, or taken from the cache.
pub const COMPILE: &str = "compile";
/// One call of an entry.
pub const CALL: &str = "call";
/// One instance is made.
pub const INSTANTIATE: &str = "instantiate";
/// What is done for an entry beside its calls.
pub const WORK: &str = "work";
/// One call of a host function.
pub const HOST_CALL: &str = "host call";
/// The message of the event that says what was copied.
pub const COPIED: &str = "copied";
/// The message of the event that says how much memory an instance has.
pub const MEMORY: &str = "memory";
/// The message of the event that says where in a trace a host call stands.
pub const PLACED: &str = "placed";

/// Whether anybody listens, for what costs something to find out.
#[inline]
pub fn is_enabled() -> bool {
    tracing::enabled!(target: TARGET, Level::TRACE)
}

/// A span of the making of an entry.
#[inline]
pub fn prepare(entry: &str) -> Span {
    trace_span!(target: TARGET, PREPARE, entry)
}

#[inline]
pub(crate) fn compile() -> Span {
    trace_span!(target: TARGET, COMPILE, cached = Empty)
}

/// A span of one call of an entry.
#[inline]
pub fn call(entry: &str) -> Span {
    trace_span!(target: TARGET, CALL, entry, outcome = Empty, trace = Empty, parent = Empty, remote = Empty)
}

#[inline]
pub(crate) fn instantiate(entry: &str) -> Span {
    trace_span!(target: TARGET, INSTANTIATE, entry)
}

/// A span of no other's: it may outlive the call that it began in, which would not close before it.
#[inline]
pub(crate) fn work(entry: &str) -> Span {
    trace_span!(target: TARGET, parent: None, WORK, entry)
}

/// A span of one call of a host function: `wasi:io/poll@0.2.12`, `poll`. [`traced`](crate::traced) gives one to each function that is
/// linked through it.
#[inline]
pub fn host_call(interface: &str, function: &str) -> Span {
    trace_span!(target: TARGET, HOST_CALL, interface, function, outcome = Empty)
}

/// The same of a name with both, `wasi:io/poll#poll`.
pub(crate) fn host_call_of(name: &str) -> Span {
    if !is_enabled() {
        return Span::none();
    }
    let (interface, function) = name.rsplit_once('#').unwrap_or(("", name));
    host_call(interface, function)
}

/// Says how a call of an entry ended.
pub fn called<T>(span: &Span, result: &crate::Result<T>) {
    if !span.is_disabled() {
        span.record("outcome", result.as_ref().map_or_else(|error| error.kind().as_str(), |_| "ok"));
    }
}

/// Says how a host call ended.
pub fn host_called<T, E>(span: &Span, result: &Result<T, E>) {
    if !span.is_disabled() {
        span.record("outcome", if result.is_ok() { "ok" } else { "error" });
    }
}

/// A host function's future in the span of its call: for what [`traced`](crate::traced) cannot link, as the functions of core modules.
/// Dropping it drops `work`.
pub async fn in_host_call<T>(span: Span, work: impl Future<Output = wasmtime::Result<T>>) -> wasmtime::Result<T> {
    let returned = work.instrument(span.clone()).await;
    host_called(&span, &returned);
    returned
}

/// Says how many bytes the current span's function copied out of the guest and into it, for functions that know.
#[inline]
pub fn copied(to_host: usize, to_guest: usize) {
    event!(target: TARGET, Level::TRACE, to_host = to_host as u64, to_guest = to_guest as u64, "copied");
}

/// The `traceparent` that the host call which runs now gives to whom it asks: below `call`, the one of the call that makes it. It names the
/// host call's own span, which whoever listens to the current span is told. `None` where nobody listens, and `call` itself is what to give.
///
/// Only for a call that [has a span](crate::CallContext::has_span), and once for each host call.
pub fn placed(call: &str) -> Option<String> {
    if !is_enabled() {
        return None;
    }
    let trace = child(Some(call)).ok()?;
    event!(target: TARGET, Level::TRACE, trace = &*trace, "placed");
    Some(trace)
}

/// Says how much linear memory the instance has that the current span is about.
#[inline]
pub(crate) fn memory(bytes: usize) {
    event!(target: TARGET, Level::TRACE, bytes = bytes as u64, "memory");
}
