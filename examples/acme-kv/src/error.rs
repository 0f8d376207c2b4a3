//! The interface's `error`.

use wasmtime::component::{ComponentType, Lower};
use wippy_host_core::Error;

/// As the WIT has it.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lower)]
#[component(variant)]
pub(crate) enum KvError {
    #[component(name = "invalid")]
    Invalid(String),
    #[component(name = "denied")]
    Denied(String),
    #[component(name = "quota")]
    Quota(String),
    #[component(name = "not-a-number")]
    NotANumber,
    #[component(name = "unavailable")]
    Unavailable(String),
}

impl KvError {
    pub(crate) fn unavailable(what: impl std::fmt::Display) -> Self {
        Self::Unavailable(what.to_string())
    }

    /// What the policy said.
    pub(crate) fn denied(error: &Error) -> Self {
        Self::Denied(error.to_string())
    }
}

/// redb has an error type for each step; what went wrong is in its text.
macro_rules! from_redb {
    ($($error:ident),+) => {
        $(impl From<redb::$error> for KvError {
            fn from(error: redb::$error) -> Self {
                Self::unavailable(format_args!("the database failed: {error}"))
            }
        })+
    };
}

from_redb!(CommitError, StorageError, TableError, TransactionError);
