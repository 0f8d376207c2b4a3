//! Hears the spans of calls and hands those that have ended to the queue. Of their fields, only those are read that name something.

use super::queue::Queue;
use super::returned::Returned;
use crate::measure::{Fields, function_name, is_host_call};
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SpanData, SpanEvents, SpanLinks};
use std::sync::Arc;
use std::time::SystemTime;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use wippy_host::spans;

/// A layer of the log.
pub(super) struct Traces {
    queue: Arc<Queue>,
    scope: InstrumentationScope,
}

/// What is kept of an open span.
struct Open {
    entry: Arc<str>,
    /// Of a host call.
    function: Option<Arc<str>>,
    /// Known once the call has its place in a trace.
    place: Option<Place>,
    /// Of the host call that made this call.
    around: Option<Place>,
    parent: SpanId,
    remote: bool,
    began: SystemTime,
    /// `dropped` until more is said.
    outcome: Option<String>,
}

#[derive(Clone, Copy)]
struct Place {
    trace: TraceId,
    span: SpanId,
    flags: TraceFlags,
}

impl Traces {
    pub(super) fn new(queue: Arc<Queue>) -> Self {
        let scope = InstrumentationScope::builder("wippy-host").with_version(env!("CARGO_PKG_VERSION")).build();
        Self { queue, scope }
    }

    /// Whether a span or an event is one of those that it hears. Of the events of generated bindings, those with arguments are not.
    pub(super) fn hears(metadata: &Metadata<'_>) -> bool {
        match metadata.is_span() {
            true => is_call(metadata) || is_host_call(metadata),
            // What asks whether anybody hears the spans, and what says where a host call stands.
            false => {
                let told = !metadata.is_event() || metadata.fields().field("trace").is_some();
                told && metadata.target() == spans::TARGET || is_return(metadata)
            }
        }
    }
}

fn is_call(metadata: &Metadata<'_>) -> bool {
    metadata.target() == spans::TARGET && metadata.name() == spans::CALL
}

/// Whether an event is what generated bindings say when a host function has returned: how that call ended is in no field of its span.
fn is_return(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() && metadata.target() != spans::TARGET && metadata.fields().field("result").is_some()
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Traces {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let began = SystemTime::now();
        // They say how they ended, unless they are dropped.
        let outcome = Some("dropped".to_owned());
        let open = if is_call(attributes.metadata()) {
            let around = span.scope().skip(1).find_map(|around| around.extensions().get::<Open>()?.place);
            let entry = fields.entry.unwrap_or_default().into();
            Open { entry, function: None, place: None, around, parent: SpanId::INVALID, remote: false, began, outcome }
        } else {
            let Some(parent) = span.parent() else { return };
            let extensions = parent.extensions();
            // A host call that is made by another is that one's affair, and one of a call without a place is nobody's.
            let Some(Open { entry, function: None, place: Some(parent), .. }) = extensions.get() else { return };
            let place = Place { span: RandomIdGenerator::default().new_span_id(), ..*parent };
            let function = Some(function_name(attributes.metadata(), &fields));
            let (entry, place, parent) = (entry.clone(), Some(place), parent.span);
            Open { entry, function, place, around: None, parent, remote: false, began, outcome }
        };
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        values.record(&mut fields);
        let mut extensions = span.extensions_mut();
        let Some(open) = extensions.get_mut::<Open>() else { return };
        open.place = fields.trace.as_deref().and_then(Place::parsed).or(open.place);
        open.remote = fields.remote.unwrap_or(open.remote);
        if let Some(parent) = fields.parent.as_deref().and_then(Place::parsed) {
            // The call knows the call that made it; the host call between them is only known here.
            let between = open.around.filter(|around| around.trace == parent.trace && !open.remote);
            open.parent = between.unwrap_or(parent).span;
        }
        open.outcome = fields.outcome.or(open.outcome.take());
    }

    /// A host call that tells others of its span has made the span's id; one of generated bindings says how it ended.
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if is_return(event.metadata()) {
            let mut returned = Returned::default();
            event.record(&mut returned);
            let Some(span) = context.event_span(event) else { return };
            if let Some(open) = span.extensions_mut().get_mut::<Open>().filter(|open| open.function.is_some()) {
                open.outcome = returned.outcome.map(str::to_owned);
            }
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Some(told) = fields.trace.as_deref().and_then(Place::parsed) else { return };
        for span in context.event_scope(event).into_iter().flatten() {
            let mut extensions = span.extensions_mut();
            let Some(open) = extensions.get_mut::<Open>() else { continue };
            if let Some(place) =
                open.place.as_mut().filter(|place| open.function.is_some() && place.trace == told.trace)
            {
                place.span = told.span;
            }
            return;
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(open) = context.span(&id).and_then(|span| span.extensions_mut().remove::<Open>()) else { return };
        let Some(place) = open.place.filter(|place| place.flags.is_sampled()) else { return };
        self.queue.add(open.ended(place, self.scope.clone()));
    }
}

impl Open {
    fn ended(self, Place { trace, span, flags }: Place, instrumentation_scope: InstrumentationScope) -> SpanData {
        let mut attributes = vec![KeyValue::new("wippy.entry", self.entry.clone())];
        attributes.extend(self.function.clone().map(|function| KeyValue::new("wippy.function", function)));
        let failure = self.outcome.as_ref().filter(|outcome| !["ok", "returned"].contains(&outcome.as_str())).cloned();
        attributes.extend(self.outcome.map(|outcome| KeyValue::new("wippy.outcome", outcome)));
        SpanData {
            span_context: SpanContext::new(trace, span, flags, false, TraceState::NONE),
            parent_span_id: self.parent,
            parent_span_is_remote: self.remote,
            span_kind: if self.remote { SpanKind::Server } else { SpanKind::Internal },
            name: self.function.unwrap_or(self.entry).to_string().into(),
            start_time: self.began,
            end_time: SystemTime::now(),
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: failure.map_or(Status::Unset, Status::error),
            instrumentation_scope,
        }
    }
}

impl Place {
    /// That of a `traceparent`.
    fn parsed(traceparent: &str) -> Option<Self> {
        let mut parts = traceparent.split('-').skip(1);
        let trace = TraceId::from_hex(parts.next()?).ok()?;
        let span = SpanId::from_hex(parts.next()?).ok()?;
        let flags = u8::from_str_radix(parts.next()?, 16).ok()?;
        Some(Self { trace, span, flags: TraceFlags::new(flags) & TraceFlags::SAMPLED })
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_traceparent_has_its_parts_and_says_whether_it_is_recorded() {
        let parsed = Place::parsed("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03").unwrap();
        assert_eq!(parsed.trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(parsed.span.to_string(), "00f067aa0ba902b7");
        assert!(parsed.flags.is_sampled());
        assert!(!Place::parsed("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00").unwrap().flags.is_sampled());
        assert!(Place::parsed("00-4bf9").is_none());
    }
}
