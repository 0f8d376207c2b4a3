//! Spans that have ended and wait to be sent. Nobody waits for room: what does not fit is lost, and counted.

use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanData, SpanProcessor};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Spans that wait or are being sent; more are lost.
pub(super) const CAPACITY: usize = 4096;

/// What the queue and the exporter know of each other.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) waiting: AtomicUsize,
    lost: AtomicUsize,
    /// Why the last request came to nothing, which the SDK does not pass on.
    reason: Mutex<Option<String>>,
}

impl Counts {
    pub(super) fn failed(&self, reason: String) {
        *self.reason.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }

    pub(super) fn reason(&self) -> Option<String> {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Counts what is lost, and says so once, and why.
    pub(super) fn lost(&self, spans: usize, why: &str) {
        if self.lost.fetch_add(spans, Ordering::Relaxed) == 0 {
            tracing::warn!(spans, "spans are lost: {why}; how many is told at the end");
        }
    }
}

pub(super) struct Queue {
    processor: BatchSpanProcessor,
    counts: Arc<Counts>,
}

impl Queue {
    pub(super) fn new(processor: BatchSpanProcessor, counts: Arc<Counts>) -> Self {
        Self { processor, counts }
    }

    pub(super) fn add(&self, span: SpanData) {
        if self.counts.waiting.fetch_add(1, Ordering::Relaxed) < CAPACITY {
            self.processor.on_end(span);
        } else {
            self.counts.waiting.fetch_sub(1, Ordering::Relaxed);
            self.counts.lost(1, &format!("{CAPACITY} wait for the collector, and no more do"));
        }
    }

    /// Blocks until all are sent, or `patience` is over.
    pub(super) fn finish(&self, patience: Duration) {
        if self.processor.shutdown_with_timeout(patience).is_err() {
            // Their request may still go well, but nobody will know.
            let left = self.counts.waiting.swap(0, Ordering::Relaxed);
            self.counts.lost(left, "the collector does not take them in time");
        }
        let spans = self.counts.lost.load(Ordering::Relaxed);
        if spans > 0 {
            tracing::warn!(spans, "spans were lost");
        }
    }
}
