//! The trace context of the W3C in the requests of a call.

use http::{HeaderMap, HeaderValue};
use std::fmt;
use wippy_host_core::{CallContext, is_traceparent, spans};

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// The trace of a call as the headers of a request.
pub struct Trace {
    parent: HeaderValue,
    /// The same where it names a span of this host: each request has one of its own below it.
    span: Option<String>,
    state: Option<HeaderValue>,
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace").field("parent", &self.parent).finish_non_exhaustive()
    }
}

impl Trace {
    /// That of a call, where it is one of the W3C's form.
    pub fn of(call: &CallContext) -> Option<Self> {
        let parent = call.trace().filter(|trace| is_traceparent(trace))?;
        let state = call.trace_state().and_then(|state| HeaderValue::from_str(state).ok());
        let span = call.has_span().then(|| parent.to_owned());
        Some(Self { parent: HeaderValue::from_str(parent).ok()?, span, state })
    }

    /// Tells it to whoever gets the request, unless the request names a trace itself. To be called inside of the host call's span, which is
    /// what the request then names where the host gives calls spans in their traces.
    pub fn tell(&self, headers: &mut HeaderMap) {
        if headers.contains_key(TRACEPARENT) {
            return;
        }
        let own = self.span.as_deref().and_then(spans::placed).and_then(|own| HeaderValue::from_str(&own).ok());
        headers.insert(TRACEPARENT, own.unwrap_or_else(|| self.parent.clone()));
        if let Some(state) = &self.state {
            headers.entry(TRACESTATE).or_insert_with(|| state.clone());
        }
    }
}
