//! Failures as `funcs@0.2.0` tells them.

use crate::node::{self, Node};
use wasmtime::component::{ComponentType, Lift, Lower};
use wippy_host_core::value::ResultShape;
use wippy_host_core::{Error, ErrorKind, Value};

/// `funcs.kind`.
#[derive(ComponentType, Lift, Lower, Clone, Copy, Debug, PartialEq, Eq)]
#[component(enum)]
#[repr(u8)]
pub(crate) enum Kind {
    #[component(name = "not-found")]
    NotFound,
    #[component(name = "already-exists")]
    AlreadyExists,
    #[component(name = "invalid")]
    Invalid,
    #[component(name = "permission-denied")]
    PermissionDenied,
    #[component(name = "unavailable")]
    Unavailable,
    #[component(name = "internal")]
    Internal,
    #[component(name = "canceled")]
    Canceled,
    #[component(name = "conflict")]
    Conflict,
    #[component(name = "timeout")]
    Timeout,
    #[component(name = "rate-limited")]
    RateLimited,
}

/// `funcs.failure`.
#[derive(ComponentType, Lift, Lower, Clone, Debug)]
#[component(record)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) message: String,
}

/// `funcs.error`.
#[derive(ComponentType, Lift, Lower, Clone, Debug)]
#[component(variant)]
pub(crate) enum CallError {
    #[component(name = "returned")]
    Returned(Vec<Node>),
    #[component(name = "failed")]
    Failed(Failure),
}

/// What a call gives its guest.
pub(crate) type Answer = Result<Vec<Node>, CallError>;

pub(crate) fn answer(called: Result<(Value, ResultShape), Error>) -> Answer {
    let (value, shape) = called.map_err(failed)?;
    shape.outcome(value).map(node::nodes).map_err(|payload| CallError::Returned(node::nodes(payload)))
}

pub(crate) fn failed(error: Error) -> CallError {
    let kind = match error.kind() {
        ErrorKind::NotFound => Kind::NotFound,
        ErrorKind::AlreadyExists => Kind::AlreadyExists,
        ErrorKind::Invalid => Kind::Invalid,
        ErrorKind::PermissionDenied => Kind::PermissionDenied,
        ErrorKind::Unavailable => Kind::Unavailable,
        ErrorKind::Canceled => Kind::Canceled,
        ErrorKind::Conflict => Kind::Conflict,
        ErrorKind::Timeout => Kind::Timeout,
        ErrorKind::RateLimited => Kind::RateLimited,
        _ => Kind::Internal,
    };
    CallError::Failed(Failure { kind, message: error.to_string() })
}
