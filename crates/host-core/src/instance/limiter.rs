//! Memory, tables and instances of one store, held to the limits of its entry; its memory to the host's cap, too.

use super::memory::HostMemoryFull;
use super::store::Common;
use crate::error::Reason;
use crate::spans;
use std::sync::Arc;
use wasmtime::ResourceLimiter;

/// A limit of the entry would have been exceeded. The guest sees no failed `memory.grow`: its call ends.
#[derive(Debug, thiserror::Error)]
#[error("more than {limit} {what}")]
pub(crate) struct LimitExceeded {
    pub(crate) reason: Reason,
    pub(crate) what: &'static str,
    pub(crate) limit: usize,
    pub(crate) setting: &'static str,
}

pub(crate) struct Limiter {
    memory_left: usize,
    max_memory: usize,
    max_table: usize,
    max_instances: usize,
    /// The store's one reference to it, for each costs a call two locked instructions.
    pub(super) common: Arc<Common>,
    /// Whether the part of the host's memory that is kept for nested calls may be used.
    pub(super) nested: bool,
    full: Option<HostMemoryFull>,
}

impl Limiter {
    pub(super) fn new(common: Arc<Common>, nested: bool) -> Self {
        if let Some(metrics) = &common.metrics {
            metrics.instance_made();
        }
        let limits = common.entry.limits();
        Self {
            nested,
            full: None,
            memory_left: limits.max_memory_bytes,
            max_memory: limits.max_memory_bytes,
            max_table: limits.max_table_elements,
            max_instances: limits.max_instances,
            common,
        }
    }

    /// The bytes of memory that the store has.
    pub(super) fn memory(&self) -> usize {
        self.max_memory - self.memory_left
    }

    /// What the host's cap refused this store, which Wasmtime does not always report.
    pub(super) fn refused_by_host(&self) -> Option<HostMemoryFull> {
        self.full
    }
}

impl Drop for Limiter {
    fn drop(&mut self) {
        self.common.memory.give_back(self.memory());
        if let Some(metrics) = &self.common.metrics {
            metrics.instance_dropped(self.memory());
        }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        // The memory's own maximum: an ordinary failure that the guest handles.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let more = desired.saturating_sub(current);
        match self.memory_left.checked_sub(more) {
            Some(left) => {
                if let Err(full) = self.common.memory.take(more, self.nested) {
                    self.full = Some(full);
                    return Err(full.into());
                }
                self.memory_left = left;
                if let Some(metrics) = &self.common.metrics {
                    metrics.memory_grown(more);
                }
                spans::memory(self.max_memory - left);
                Ok(true)
            }
            None => Err(LimitExceeded {
                reason: Reason::Memory,
                what: "bytes of memory",
                limit: self.max_memory,
                setting: "max_memory_bytes",
            }
            .into()),
        }
    }

    fn table_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        if desired <= self.max_table {
            return Ok(true);
        }
        Err(LimitExceeded {
            reason: Reason::Table,
            what: "elements in a table",
            limit: self.max_table,
            setting: "max_table_elements",
        }
        .into())
    }

    fn instances(&self) -> usize {
        self.max_instances
    }

    fn tables(&self) -> usize {
        self.max_instances
    }

    fn memories(&self) -> usize {
        self.max_instances
    }
}
