//! The limits of an entry. All are on by default.

use std::time::Duration;

/// What one call of an entry may use. A breach ends that call with an error of its own kind; the host, other calls and
/// the next call of the same function are untouched.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Time from the call to its result, computing and waiting alike; `None` for no limit. Default 30 s.
    pub max_execution: Option<Duration>,
    /// Linear memory of the instance, in bytes, all memories together. Default 256 MiB.
    pub max_memory_bytes: usize,
    /// Elements of one table. Default 100,000.
    pub max_table_elements: usize,
    /// Core instances, and as many memories and tables. Default 100.
    pub max_instances: usize,
    /// Bytes that the guest may make the host allocate in one host call. Default 64 MiB.
    pub max_host_bytes: usize,
    /// Handles of host resources (files, sockets, streams, pollables) open at one time. Default 10,000.
    pub max_resources: usize,
    /// Open calls from function to function, the first included. Default 64.
    pub max_call_depth: usize,
    /// Output that is written, in bytes a second; the rest is counted. Default 1 MiB.
    pub max_log_bytes: u64,
}

impl Limits {
    /// Time from the call to its result; `None` for no limit. Default 30 s.
    #[must_use]
    pub fn with_max_execution(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.max_execution = time.into();
        self
    }

    /// Linear memory of the instance, in bytes. Default 256 MiB.
    #[must_use]
    pub fn with_max_memory_bytes(mut self, bytes: usize) -> Self {
        self.max_memory_bytes = bytes;
        self
    }

    /// Elements of one table. Default 100,000.
    #[must_use]
    pub fn with_max_table_elements(mut self, elements: usize) -> Self {
        self.max_table_elements = elements;
        self
    }

    /// Core instances, and as many memories and tables. Default 100.
    #[must_use]
    pub fn with_max_instances(mut self, instances: usize) -> Self {
        self.max_instances = instances;
        self
    }

    /// Bytes that the guest may make the host allocate in one host call. Default 64 MiB.
    #[must_use]
    pub fn with_max_host_bytes(mut self, bytes: usize) -> Self {
        self.max_host_bytes = bytes;
        self
    }

    /// Handles of host resources open at one time. Default 10,000.
    #[must_use]
    pub fn with_max_resources(mut self, handles: usize) -> Self {
        self.max_resources = handles;
        self
    }

    /// Open calls from function to function, the first included. Default 64.
    #[must_use]
    pub fn with_max_call_depth(mut self, calls: usize) -> Self {
        self.max_call_depth = calls;
        self
    }

    /// Output that is written, in bytes a second. Default 1 MiB.
    #[must_use]
    pub fn with_max_log_bytes(mut self, bytes: u64) -> Self {
        self.max_log_bytes = bytes;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_execution: Some(Duration::from_secs(30)),
            max_memory_bytes: 256 << 20,
            max_table_elements: 100_000,
            max_instances: 100,
            max_host_bytes: 64 << 20,
            max_resources: 10_000,
            max_call_depth: 64,
            max_log_bytes: 1 << 20,
        }
    }
}
