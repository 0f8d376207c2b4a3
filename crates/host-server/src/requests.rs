//! How many requests a service has answered, and with what.

use http::StatusCode;
use std::sync::atomic::{AtomicU64, Ordering};

/// The requests of one service, by the class of their status. Safe to share: a service that takes another's address may go on
/// counting where that one ended.
#[derive(Debug, Default)]
pub struct Requests([AtomicU64; 5]);

impl Requests {
    /// Counts one. One relaxed addition.
    pub(crate) fn count(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(count) = self.0.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many were answered so far with a status of each class: `1xx` to `5xx`. A response counts when its head is made.
    pub fn by_class(&self) -> [(&'static str, u64); 5] {
        let [first, second, third, fourth, fifth] = &self.0;
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            ("1xx", count(first)),
            ("2xx", count(second)),
            ("3xx", count(third)),
            ("4xx", count(fourth)),
            ("5xx", count(fifth)),
        ]
    }
}
