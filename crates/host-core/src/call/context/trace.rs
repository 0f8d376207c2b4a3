//! The trace of a call: what it was given, and the span that it has of its own where the host gives one.

use super::{CallContext, CallContextBuilder};
use crate::call::traceparent::{child, is_traceparent};
use crate::call::tracestate::is_tracestate;
use std::sync::Arc;
use tracing::Span;

#[derive(Clone)]
pub(super) struct Trace {
    id: String,
    state: Option<String>,
    /// Whether it names a span of this host.
    own: bool,
    /// See [`CallContextBuilder::trace_for_span`].
    for_span: bool,
}

impl Trace {
    /// Whether a function that is called may tell it to others.
    pub(super) fn passes_on(&self) -> bool {
        !self.for_span
    }
}

impl CallContext {
    /// The trace it belongs to.
    pub fn trace(&self) -> Option<&str> {
        self.trace.as_ref().map(|trace| &*trace.id)
    }

    /// Whether [`trace`](Self::trace) names a span of this host: see [`HostBuilder::traces`](crate::HostBuilder::traces). A host call
    /// that tells the trace to others then tells its own place there: see [`spans::placed`](crate::spans::placed).
    pub fn has_span(&self) -> bool {
        self.trace.as_ref().is_some_and(|trace| trace.own)
    }

    /// What others say of that trace, as the header `tracestate` carries it.
    pub fn trace_state(&self) -> Option<&str> {
        self.trace.as_ref()?.state.as_deref()
    }

    /// The same context with a span of its own, which `span` is told, in its trace or in one that begins here. A trace that is no
    /// `traceparent` is the embedder's, and stays as it is.
    #[must_use]
    pub fn traced(mut self, span: &Span) -> Self {
        let parent = self.trace.take();
        if parent.as_ref().is_some_and(|parent| !is_traceparent(&parent.id)) {
            return Self { trace: parent, ..self };
        }
        let Ok(id) = child(parent.as_ref().map(|parent| &*parent.id)) else { return Self { trace: parent, ..self } };
        span.record("trace", &*id);
        if let Some(parent) = &parent {
            span.record("remote", !parent.own);
            span.record("parent", &*parent.id);
        }
        let state = parent.and_then(|parent| parent.state.clone());
        Self { trace: Some(Arc::new(Trace { id, state, own: true, for_span: false })), ..self }
    }
}

impl CallContextBuilder {
    /// The trace it belongs to.
    pub fn trace(mut self, trace: impl Into<String>) -> Self {
        self.trace = Some(Arc::new(Trace { id: trace.into(), state: None, own: false, for_span: false }));
        self
    }

    /// The same where the function called can tell it to nobody: only the span of the call is to know it, and the call may share an
    /// instance with calls of other traces.
    pub fn trace_for_span(mut self, trace: impl Into<String>) -> Self {
        self.trace = Some(Arc::new(Trace { id: trace.into(), state: None, own: false, for_span: true }));
        self
    }

    /// What others say of the trace that was given before, which passes on with it. Dropped where there is no trace, or the text is no
    /// [`tracestate`](crate::is_tracestate).
    pub fn trace_state(mut self, state: impl Into<String>) -> Self {
        let state = state.into();
        if let Some(trace) = self.trace.as_mut().filter(|_| is_tracestate(&state)) {
            Arc::make_mut(trace).state = Some(state);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_call_with_a_span_of_its_own_stays_in_its_trace_and_keeps_its_state() {
        let given = CallContext::builder().trace(TRACE).trace_state("vendor=1").build();
        let traced = given.clone().traced(&Span::none());
        let trace = traced.trace().unwrap();
        assert!(is_traceparent(trace) && trace != TRACE);
        assert_eq!((&trace[..36], &trace[52..]), (&TRACE[..36], &TRACE[52..]));
        assert_eq!(traced.trace_state(), Some("vendor=1"));
        assert!(is_traceparent(CallContext::new().traced(&Span::none()).trace().unwrap()));
        let foreign = CallContext::builder().trace("an embedder's own").build();
        assert_eq!(foreign.traced(&Span::none()).trace(), Some("an embedder's own"));
    }

    #[test]
    fn a_state_without_a_trace_or_without_form_is_dropped() {
        assert_eq!(CallContext::builder().trace_state("vendor=1").build().trace_state(), None);
        assert_eq!(CallContext::builder().trace(TRACE).trace_state("Vendor").build().trace_state(), None);
    }

    #[test]
    fn a_trace_for_the_span_alone_makes_a_call_no_different_from_others() {
        assert!(CallContext::builder().trace_for_span(TRACE).build().is_anyones());
        assert!(!CallContext::builder().trace(TRACE).build().is_anyones());
    }
}
