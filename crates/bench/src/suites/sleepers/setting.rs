//! What a process of sleepers is told.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use wippy_host::EngineOptions;

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Program {
    Ours,
    Plain,
}

/// How the sleepers wait.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Guest {
    /// In a host function of WASI 0.2, on a stack of its own.
    P2,
    /// In a task of WASI 0.3, each in an instance of its own.
    P3,
    /// The same, as many in one instance as the host allows.
    Shared,
}

/// Calls in one instance at a time: as the host has it.
pub(super) const IN_ONE: usize = 16;

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Setting {
    pub(super) program: Program,
    pub(super) guest: Guest,
    pub(super) sleepers: usize,
    /// Instances that the engine has room for.
    pub(super) instances: u32,
    pub(super) asleep: Duration,
}

impl Setting {
    /// Room for as many instances, whatever memory they ask for, and none of it for nested calls alone.
    pub(super) fn options(&self) -> EngineOptions {
        let mut options = EngineOptions::default();
        options.max_instances = self.instances;
        options.nested_instances = Some(0);
        options.max_total_memory_bytes = usize::MAX;
        options.nested_memory_bytes = Some(0);
        options
    }

    /// Twice as long as anybody sleeps, and whatever starting and ending all of them takes.
    pub(super) fn limit(&self) -> Duration {
        self.asleep * 2 + Duration::from_secs(60)
    }
}
