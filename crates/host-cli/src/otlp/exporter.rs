//! The SDK's exporter, with a count of what it could not send.

use super::queue::Counts;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Exporter {
    inner: opentelemetry_otlp::SpanExporter,
    url: String,
    counts: Arc<Counts>,
}

impl Exporter {
    pub(super) fn new(inner: opentelemetry_otlp::SpanExporter, url: &str, counts: Arc<Counts>) -> Self {
        Self { inner, url: url.to_owned(), counts }
    }
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let sent = self.inner.export(batch).await;
        self.counts.waiting.fetch_sub(spans, Ordering::Relaxed);
        if let Err(error) = &sent {
            let reason = self.counts.reason().unwrap_or_else(|| error.to_string());
            self.counts.lost(spans, &format!("{} does not take them: {reason}", self.url));
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }
}
