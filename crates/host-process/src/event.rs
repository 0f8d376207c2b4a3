//! What a mailbox holds.

use crate::Pid;
use std::time::SystemTime;
use wippy_host_core::{Result, Value};

/// What an [`Event`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A monitored process has ended.
    Exit,
    /// The receiver is asked to end.
    Cancel,
}

/// One event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// What it tells.
    pub kind: EventKind,
    /// The process that ended; or who asks to end, where it is the embedder the host itself with number 0.
    pub from: Pid,
    /// When it happened, by the real clock.
    pub at: SystemTime,
    /// Of an EXIT: what the process returned, or why it failed.
    pub result: Option<Result<Value>>,
    /// Of a CANCEL: why.
    pub reason: Option<String>,
}

impl Event {
    pub(crate) fn exit(from: Pid, result: Result<Value>) -> Self {
        Self { kind: EventKind::Exit, from, at: SystemTime::now(), result: Some(result), reason: None }
    }

    pub(crate) fn cancel(from: Pid, reason: &str) -> Self {
        Self { kind: EventKind::Cancel, from, at: SystemTime::now(), result: None, reason: Some(reason.to_owned()) }
    }
}
