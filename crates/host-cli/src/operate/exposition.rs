//! The numbers in Prometheus' text format. The README has the table of their names.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use std::fmt;
use std::sync::Arc;
use wippy_host::metrics::{EntrySnapshot, HistogramSnapshot};

/// All numbers at one moment.
#[derive(Debug)]
pub(super) struct Exposition {
    pub(super) entries: Vec<(Arc<str>, EntrySnapshot)>,
    /// Of each service, by class of status.
    pub(super) requests: Vec<(String, [(&'static str, u64); 5])>,
    /// Calls that wait for room in the host.
    pub(super) waiting: usize,
    /// Bytes of all guests.
    pub(super) memory: usize,
}

type Labels<'a> = &'a [(&'static str, &'a str)];

impl Exposition {
    /// The content type, and the text.
    pub(super) fn text(self) -> Result<(&'static str, String), fmt::Error> {
        let mut registry = Registry::with_prefix("wippy");
        registry.register_collector(Box::new(self));
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry)?;
        Ok((prometheus_text::CONTENT_TYPE, text))
    }

    /// One number of each entry.
    fn of_entries<T>(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        (name, help, ty): (&str, &str, MetricType),
        number: impl Fn(&EntrySnapshot) -> T,
        encode: impl Fn(&mut MetricEncoder<'_>, Labels<'_>, T) -> fmt::Result,
    ) -> fmt::Result {
        let mut family = encoder.encode_descriptor(name, help, None, ty)?;
        self.entries.iter().try_for_each(|(id, entry)| encode(&mut family, &[("entry", id)], number(entry)))
    }

    fn gauge_of_entries(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
        number: impl Fn(&EntrySnapshot) -> usize,
    ) -> fmt::Result {
        self.of_entries(encoder, (name, help, MetricType::Gauge), number, gauge)
    }

    fn histogram_of_entries(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
        number: impl Fn(&EntrySnapshot) -> HistogramSnapshot,
    ) -> fmt::Result {
        self.of_entries(encoder, (name, help, MetricType::Histogram), number, |family, labels, times| {
            let mut encoder = family.encode_family(&labels)?;
            encoder.encode_histogram::<NoLabelSet>(times.sum, times.count, &times.steps, None)
        })
    }
}

impl Collector for Exposition {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let encoder = &mut encoder;
        let calls = "Calls that ended, by outcome: ok, the kind of the error, or dropped by the caller";
        let mut family = encoder.encode_descriptor("entry_calls", calls, None, MetricType::Counter)?;
        for (id, entry) in &self.entries {
            for (outcome, count) in &entry.calls {
                counter(&mut family, &[("entry", id), ("outcome", outcome.as_str())], *count)?;
            }
        }
        self.histogram_of_entries(
            encoder,
            "entry_call_duration_seconds",
            "Calls from beginning to end, waiting included",
            |entry| entry.took.clone(),
        )?;
        self.gauge_of_entries(encoder, "entry_calls_running", "Calls now, those that wait included", |entry| {
            entry.running
        })?;
        self.gauge_of_entries(encoder, "entry_queue_length", "Calls that wait for a slot of the pool now", |entry| {
            entry.waiting
        })?;
        self.histogram_of_entries(
            encoder,
            "entry_queue_wait_seconds",
            "Waits of the calls that found no slot free, or no room in the host",
            |entry| entry.waited.clone(),
        )?;
        self.gauge_of_entries(encoder, "entry_instances_in_use", "Instances that serve a call now", |entry| {
            entry.instances.saturating_sub(entry.ready)
        })?;
        self.gauge_of_entries(encoder, "entry_instances_ready", "Instances that wait for a call now", |entry| {
            entry.ready
        })?;
        self.gauge_of_entries(
            encoder,
            "entry_memory_bytes",
            "Linear memory of all instances, or memory of all Lua VMs, now",
            |entry| entry.memory_bytes,
        )?;
        let denials = "What was denied: not_granted, a host function that the entry does not import, or policy";
        let mut family = encoder.encode_descriptor("entry_denials", denials, None, MetricType::Counter)?;
        for (id, entry) in &self.entries {
            counter(&mut family, &[("entry", id), ("reason", "not_granted")], entry.not_granted)?;
            counter(&mut family, &[("entry", id), ("reason", "policy")], entry.refused)?;
        }
        let traps = ("entry_traps", "Trapping instructions and exhausted stacks", MetricType::Counter);
        self.of_entries(encoder, traps, |entry| entry.traps, counter)?;

        let requests = "HTTP requests answered, by class of status";
        let mut family = encoder.encode_descriptor("http_requests", requests, None, MetricType::Counter)?;
        for (service, classes) in &self.requests {
            for (class, count) in classes {
                counter(&mut family, &[("service", service), ("status", class)], *count)?;
            }
        }
        let waiting = "Calls that wait for room in the host now";
        encoder
            .encode_descriptor("host_queue_length", waiting, None, MetricType::Gauge)?
            .encode_gauge(&self.waiting)?;
        let memory = "Linear memory of all guests now";
        encoder.encode_descriptor("host_memory_bytes", memory, None, MetricType::Gauge)?.encode_gauge(&self.memory)
    }
}

fn counter(family: &mut MetricEncoder<'_>, labels: Labels<'_>, count: u64) -> fmt::Result {
    family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&count, None)
}

fn gauge(family: &mut MetricEncoder<'_>, labels: Labels<'_>, now: usize) -> fmt::Result {
    family.encode_family(&labels)?.encode_gauge(&now)
}
