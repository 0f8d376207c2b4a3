//! `process.host` and `terminal.host`: where processes and commands run.

use super::fields::Fields;
use super::lifecycle;
use super::limits::limit;
use super::source::Located;

/// A `process.host` or `terminal.host`.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ProcessHost {
    /// Whether it starts with the application. Default: yes.
    pub auto_start: Option<Located<bool>>,
    /// `host.max_processes`: how many processes run in it at once, from 1. None: the host's default.
    pub max_processes: Option<Located<u64>>,
}

pub(super) const KEYS: &[&str] = &["host", "kind", "lifecycle", "meta", "name"];

/// What Wippy has under `host` besides.
pub(super) const WITHOUT_EFFECT: &[&str] =
    &["buffer_size", "local_queue_size", "queue_size", "worker_count", "workers"];

pub(super) fn read(fields: &Fields<'_>) -> ProcessHost {
    let auto_start = lifecycle::auto_start(fields);
    let host = fields.nested("host", "host.");
    let max_processes = host.and_then(|host| {
        host.check_keys(&["max_processes"], WITHOUT_EFFECT);
        limit(&host, "max_processes", 1)
    });
    ProcessHost { auto_start, max_processes }
}
