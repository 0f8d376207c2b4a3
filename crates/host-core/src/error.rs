//! Errors as values: a kind, a cause, a remedy. Rendering them for people is the command line's work.

use std::fmt;
use std::sync::Arc;

/// What sort of failure an [`Error`] is, in the vocabulary that applications see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A function, entry, file or variable does not exist.
    NotFound,
    /// A name is taken.
    AlreadyExists,
    /// The input (a file, an argument, a component) is not acceptable.
    Invalid,
    /// A policy or a missing grant forbids it.
    PermissionDenied,
    /// There is no room at the moment, or a needed service does not answer.
    Unavailable,
    /// The guest trapped, or the host is at fault.
    Internal,
    /// The caller gave up.
    Canceled,
    /// The state does not allow it.
    Conflict,
    /// A deadline passed.
    Timeout,
    /// A limit of an entry was reached.
    RateLimited,
}

impl ErrorKind {
    /// The kind's name as applications write it, for example `PermissionDenied`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "NotFound",
            Self::AlreadyExists => "AlreadyExists",
            Self::Invalid => "Invalid",
            Self::PermissionDenied => "PermissionDenied",
            Self::Unavailable => "Unavailable",
            Self::Internal => "Internal",
            Self::Canceled => "Canceled",
            Self::Conflict => "Conflict",
            Self::Timeout => "Timeout",
            Self::RateLimited => "RateLimited",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What ended a call, where that is more than its [`ErrorKind`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Nothing more than the kind and the message.
    Other,
    /// The guest called a function that its entry does not import.
    NotGranted,
    /// The guest executed a trapping instruction.
    Trap,
    /// The guest's call stack is exhausted.
    StackOverflow,
    /// `limits.max_execution_ms`, or the caller's deadline, passed.
    ExecutionTime,
    /// `limits.max_memory_bytes` would have been exceeded.
    Memory,
    /// `limits.max_table_elements` would have been exceeded.
    Table,
    /// `limits.max_instances` would have been exceeded.
    Instances,
    /// `limits.max_host_bytes` would have been exceeded.
    HostBytes,
    /// `limits.max_resources` would have been exceeded.
    Resources,
    /// `limits.max_call_depth` would have been exceeded.
    CallDepth,
    /// The guest called `exit` with this code before it returned a result.
    Exited(i32),
    /// The host has no room for another instance, or no memory left for guests.
    HostFull,
    /// As many calls wait for the function as its `pool.buffer` allows.
    PoolQueueFull,
    /// What the entry asks for could not be had when an instance was made for the call: a variable, a directory.
    Setup,
    /// The call would have waited for a slot that is only given back when it ends.
    WaitCycle,
}

/// A failure of the host or of a call: what happened, why, and what to do about it.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    reason: Reason,
    message: String,
    remedy: Option<String>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// A result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind` with a message that says what happened and to whom.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, reason: Reason::Other, message: message.into(), remedy: None, source: None }))
    }

    /// An error of kind [`ErrorKind::Invalid`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// An error of kind [`ErrorKind::Internal`].
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Says what mends it, best as the exact line to write.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.0.remedy = Some(remedy.into());
        self
    }

    /// Says what ended the call.
    #[must_use]
    pub fn with_reason(mut self, reason: Reason) -> Self {
        self.0.reason = reason;
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What ended the call.
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// What happened, in one sentence, without the remedy.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether a grant that the entry lacks ended the call, and the guest had no error of its own to tell: then the host has logged all that
    /// there is to say.
    pub fn is_refusal_alone(&self) -> bool {
        self.0.reason == Reason::NotGranted && self.0.source.is_none()
    }

    /// What mends it.
    pub fn remedy(&self) -> Option<&str> {
        self.0.remedy.as_deref()
    }
}

impl fmt::Display for Error {
    /// The message and, behind a semicolon, the remedy: one line, fit for a guest's `err` and for a log field.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match &self.0.remedy {
            Some(remedy) => write!(f, "; {remedy}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source.as_ref() as &(dyn std::error::Error + 'static))
    }
}

impl From<crate::value::ValueError> for Error {
    fn from(error: crate::value::ValueError) -> Self {
        Self::invalid(error.to_string()).with_source(error)
    }
}
