//! Memory, tables and instances of one store, held to the limits of its entry.

use crate::Limits;
use crate::error::Reason;
use wasmtime::ResourceLimiter;

/// A limit of the entry would have been exceeded. The guest sees no failed `memory.grow`: its call ends.
#[derive(Debug, thiserror::Error)]
#[error("more than {limit} {what} ({setting})")]
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
}

impl Limiter {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            memory_left: limits.max_memory_bytes,
            max_memory: limits.max_memory_bytes,
            max_table: limits.max_table_elements,
            max_instances: limits.max_instances,
        }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        // The memory's own maximum: an ordinary failure that the guest handles.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        match self.memory_left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => {
                self.memory_left = left;
                Ok(true)
            }
            None => Err(LimitExceeded {
                reason: Reason::Memory,
                what: "bytes of memory",
                limit: self.max_memory,
                setting: "limits.max_memory_bytes",
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
            setting: "limits.max_table_elements",
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
