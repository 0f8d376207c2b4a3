//! Hears the spans of calls, and counts and times them. Of their fields, only those are read that name something.

use super::profile::Profile;
use super::stats::{Compiled, Copied, Stats};
use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use wippy_host::spans;

/// A layer of the log.
pub(crate) struct Recorder {
    stats: Option<Arc<Stats>>,
    profile: Option<Arc<Profile>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Prepare,
    Compile,
    Call,
    Instantiate,
    Work,
    HostCall,
}

/// What is kept of an open span.
struct Open {
    kind: Kind,
    entry: Option<Arc<str>>,
    /// Of a host call, unless it is made by another host call: that is its affair.
    function: Option<Arc<str>>,
    began: Instant,
    busy: Duration,
    failed: bool,
    cached: Option<bool>,
    copied: Option<Copied>,
}

thread_local! {
    /// The spans that are entered on this thread, the innermost last, and what those inside of each took.
    static ENTERED: RefCell<Vec<(Instant, Duration)>> = const { RefCell::new(Vec::new()) };
}

impl Recorder {
    pub(super) fn new(stats: Option<Arc<Stats>>, profile: Option<Arc<Profile>>) -> Self {
        Self { stats, profile }
    }

    /// Whether a span or event is one of those that it hears. No event of generated bindings is: they hold arguments.
    pub(crate) fn hears(metadata: &Metadata<'_>) -> bool {
        if metadata.is_span() { Kind::of(metadata).is_some() } else { metadata.target() == spans::TARGET }
    }

    fn count(&self, open: &Open, whole: Duration) {
        let Some((stats, entry)) = self.stats.as_ref().zip(open.entry.as_ref()) else { return };
        stats.entry(entry, |entry| match open.kind {
            // Counted as it goes: its span may close behind the report.
            Kind::Prepare | Kind::Work => {}
            Kind::Compile => {
                entry.compiled = open.cached.map(|cached| Compiled { time: whole, cached });
            }
            Kind::Call => {
                entry.calls.add(whole, open.busy, open.failed);
                entry.copied.add(open.copied.unwrap_or_default());
            }
            Kind::Instantiate => entry.instances.add(whole, open.busy, open.failed),
            Kind::HostCall => {
                let Some(function) = &open.function else { return };
                let function = entry.functions.entry(function.clone()).or_default();
                function.calls.add(whole, open.busy, open.failed);
                if let Some(copied) = open.copied {
                    function.copied.get_or_insert_default().add(copied);
                }
            }
        });
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let (Some(span), Some(kind)) = (context.span(id), Kind::of(attributes.metadata())) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let parent = span.parent();
        let (around, entry) = match parent.as_ref().map(|parent| parent.extensions()) {
            Some(extensions) => {
                let open = extensions.get::<Open>();
                (open.map(|open| open.kind), open.and_then(|open| open.entry.clone()))
            }
            None => (None, None),
        };
        let entry = fields.entry.as_deref().map(Arc::from).or(entry);
        let function = (kind == Kind::HostCall && around != Some(Kind::HostCall))
            .then(|| function_name(attributes.metadata(), &fields));
        // Ours say how they ended, unless they are dropped.
        let failed = attributes.metadata().fields().field("outcome").is_some();
        let (began, busy) = (Instant::now(), Duration::ZERO);
        if let (Kind::Call, Some(stats), Some(entry)) = (kind, &self.stats, &entry) {
            stats.entry(entry, |entry| entry.called = entry.called.or(Some(began)));
        }
        let open = Open { kind, entry, function, began, busy, failed, cached: None, copied: None };
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            open.failed = fields.outcome.map_or(open.failed, |outcome| outcome != "ok");
            open.cached = fields.cached.or(open.cached);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut extensions = span.extensions_mut();
        let Some(open) = extensions.get_mut::<Open>() else { return };
        if let (Some(to_host), Some(to_guest)) = (fields.to_host, fields.to_guest) {
            let copied = Copied { to_host, to_guest };
            match (&open.kind, &self.stats, &open.entry) {
                (Kind::Work, Some(stats), Some(entry)) => stats.entry(entry, |entry| entry.copied.add(copied)),
                _ => open.copied.get_or_insert_default().add(copied),
            }
        }
        if let (Some(bytes), Some(stats), Some(entry)) = (fields.bytes, &self.stats, &open.entry) {
            stats.entry(entry, |entry| entry.memory = entry.memory.max(bytes));
        }
    }

    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        ENTERED.with_borrow_mut(|entered| entered.push((Instant::now(), Duration::ZERO)));
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let own = ENTERED.with_borrow_mut(|entered| {
            let (since, inside) = entered.pop()?;
            let whole = since.elapsed();
            if let Some((_, inside)) = entered.last_mut() {
                *inside += whole;
            }
            Some(whole.saturating_sub(inside))
        });
        let Some((own, span)) = own.zip(context.span(id)) else { return };
        if let Some(open) = span.extensions_mut().get_mut::<Open>() {
            open.busy += own;
            if let (Kind::Work, Some(stats), Some(entry)) = (&open.kind, &self.stats, &open.entry) {
                stats.entry(entry, |entry| entry.beside += own);
            }
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else { return };
        let ended = Instant::now();
        self.count(&open, ended.saturating_duration_since(open.began));
        let Some((profile, entry)) = self.profile.as_ref().zip(open.entry) else { return };
        match (open.kind, open.function) {
            (Kind::Call, _) => profile.call(&entry, open.began, ended),
            (Kind::HostCall, Some(function)) => profile.host_call(&entry, &function, open.began, ended),
            _ => {}
        }
    }
}

impl Kind {
    fn of(metadata: &Metadata<'_>) -> Option<Self> {
        if !metadata.is_span() {
            return None;
        }
        match (metadata.target(), metadata.name()) {
            (spans::TARGET, spans::PREPARE) => Some(Self::Prepare),
            (spans::TARGET, spans::COMPILE) => Some(Self::Compile),
            (spans::TARGET, spans::CALL) => Some(Self::Call),
            (spans::TARGET, spans::INSTANTIATE) => Some(Self::Instantiate),
            (spans::TARGET, spans::WORK) => Some(Self::Work),
            (spans::TARGET, spans::HOST_CALL) | (_, "wit-bindgen import" | "wiggle abi") => Some(Self::HostCall),
            _ => None,
        }
    }
}

/// The fields that name something, and the numbers of ours. A field that nobody asked for is not even looked at.
#[derive(Default)]
pub(crate) struct Fields {
    pub(crate) entry: Option<String>,
    interface: Option<String>,
    module: Option<String>,
    function: Option<String>,
    pub(crate) outcome: Option<String>,
    pub(crate) trace: Option<String>,
    pub(crate) parent: Option<String>,
    pub(crate) remote: Option<bool>,
    cached: Option<bool>,
    to_host: Option<u64>,
    to_guest: Option<u64>,
    bytes: Option<u64>,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        let place = match field.name() {
            "entry" => &mut self.entry,
            "interface" => &mut self.interface,
            "module" => &mut self.module,
            "function" => &mut self.function,
            "outcome" => &mut self.outcome,
            "trace" => &mut self.trace,
            "parent" => &mut self.parent,
            _ => return,
        };
        *place = Some(value.to_owned());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "to_host" => self.to_host = Some(value),
            "to_guest" => self.to_guest = Some(value),
            "bytes" => self.bytes = Some(value),
            _ => {}
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        match field.name() {
            "cached" => self.cached = Some(value),
            "remote" => self.remote = Some(value),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// Whether a span is that of a call of a host function.
#[cfg(feature = "otlp")]
pub(crate) fn is_host_call(metadata: &Metadata<'_>) -> bool {
    Kind::of(metadata) == Some(Kind::HostCall)
}

/// `wasi:io/poll#poll`, without a version.
pub(crate) fn function_name(metadata: &Metadata<'_>, fields: &Fields) -> Arc<str> {
    let function = fields.function.as_deref().unwrap_or_default();
    let interface = match (&fields.interface, &fields.module) {
        (Some(interface), _) => interface.split('@').next().unwrap_or_default().to_owned(),
        (None, Some(module)) => generated_interface(metadata.module_path().unwrap_or_default(), module),
        (None, None) => String::new(),
    };
    if interface.is_empty() { function.into() } else { format!("{interface}#{function}").into() }
}

/// The interface of bindings that Wasmtime has generated, from the Rust module that they stand in: its last three names are
/// those of namespace, package and interface. `module` is the interface, and what is left where the path is another.
fn generated_interface(path: &str, module: &str) -> String {
    let mut names = path.rsplit("::").map(|name| name.replace('_', "-"));
    match (names.next(), names.next(), names.next()) {
        (Some(interface), Some(package), Some(namespace)) if interface == module => {
            format!("{namespace}:{package}/{interface}")
        }
        _ => module.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::generated_interface;

    #[test]
    fn generated_bindings_are_named_by_their_place() {
        let named = |path| generated_interface(path, "monotonic-clock");
        assert_eq!(
            named("wasmtime_wasi::p2::bindings::generated::wasi::clocks::monotonic_clock"),
            "wasi:clocks/monotonic-clock"
        );
        assert_eq!(named("acme::own"), "monotonic-clock");
        assert_eq!(generated_interface("wasmtime_wasi::p1", "wasi_snapshot_preview1"), "wasi_snapshot_preview1");
    }
}
