//! Spans of calls and host calls for a collector of OpenTelemetry (OTLP over HTTP, as protobuf): `--otlp` of `run`,
//! `serve`, `exec` and `call`.
//!
//! A call has its place in a trace from the host ([`HostBuilder::traces`]); the layer only hears of it, and hands what has ended to the SDK's
//! queue. A thread of the SDK's sends it, in batches.

mod client;
mod endpoint;
mod exporter;
mod layer;
mod queue;
mod returned;

use crate::log::Listener;
use crate::output::{Failure, Output};
use client::Client;
use endpoint::Endpoint;
use exporter::Exporter;
use layer::Traces;
use opentelemetry_otlp::{Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SpanExporter as _};
use queue::{Counts, Queue};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use wippy_host::{Error, HostBuilder};

/// How long the end of the program waits for the collector.
const FLUSH: Duration = Duration::from_secs(2);

/// Who the collector is told that the spans are of, unless the environment says otherwise.
const SERVICE: &str = "wippy-host";

#[derive(clap::Args)]
#[command(next_help_heading = "Operating")]
pub(crate) struct OtlpArguments {
    /// Send spans of calls and host calls to this collector of OpenTelemetry: OTLP over HTTP as protobuf, for example
    /// http://127.0.0.1:4318. OTEL_EXPORTER_OTLP_ENDPOINT says it where this does not; without both, a request's traceparent is
    /// passed on as it came.
    #[arg(long, value_name = "URL")]
    otlp: Option<String>,
}

impl OtlpArguments {
    /// Sends from here on, where somebody has said whereto.
    ///
    /// # Errors
    /// Where the flag's URL is none, or the exporter cannot be had.
    pub(crate) fn begin(&self, output: &Output, runtime: &Runtime) -> Result<Exporting, Failure> {
        let Some(endpoint) = endpoint::chosen(output, self.otlp.as_deref())? else { return Ok(Exporting::default()) };
        match sending(&endpoint, runtime) {
            Ok(queue) => Ok(Exporting(Some(queue))),
            Err(error) => endpoint::refused(output, endpoint.said_by, error).map(|()| Exporting::default()),
        }
    }
}

/// Spans on their way; nothing where no collector is named.
#[derive(Default)]
pub(crate) struct Exporting(Option<Arc<Queue>>);

impl Exporting {
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// What has to hear of the spans.
    pub(crate) fn listener(&self) -> Option<Listener> {
        let queue = self.0.as_ref()?;
        Some(Traces::new(queue.clone()).with_filter(filter_fn(Traces::hears)).boxed())
    }

    /// The host, whose calls get spans in their traces.
    pub(crate) fn host(&self, host: HostBuilder) -> HostBuilder {
        host.traces(self.is_on())
    }

    /// Sends what is left, as far as the collector takes it in time, and says what was lost.
    pub(crate) fn finish(&self, runtime: &Runtime) {
        let Some(queue) = self.0.clone() else { return };
        // The one thread of a runtime that has no others is needed for the client.
        let ended = runtime.spawn_blocking(move || queue.finish(FLUSH));
        let _ = runtime.block_on(ended);
    }
}

fn sending(endpoint: &Endpoint, runtime: &Runtime) -> Result<Arc<Queue>, Error> {
    let counts = Arc::<Counts>::default();
    let mut inner = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(Client::new(runtime.handle().clone(), counts.clone()))
        .with_endpoint(&endpoint.url)
        .with_protocol(Protocol::HttpBinary)
        .build()
        .map_err(|error| Error::invalid(format!("{}: {error}", endpoint.said_by)))?;
    inner.set_resource(&resource());
    let exporter = Exporter::new(inner, &endpoint.url, counts.clone());
    let config = BatchConfigBuilder::default().with_max_queue_size(queue::CAPACITY).build();
    let processor = BatchSpanProcessor::builder(exporter).with_batch_config(config).build();
    Ok(Arc::new(Queue::new(processor, counts)))
}

/// Who the spans are of: `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`, as the SDK reads them.
fn resource() -> Resource {
    let of_environment = Resource::builder().build();
    let named = of_environment.get(&"service.name".into()).map(|name| name.to_string());
    match named.filter(|name| !name.starts_with("unknown_service")) {
        Some(_) => of_environment,
        None => Resource::builder().with_service_name(SERVICE).build(),
    }
}
