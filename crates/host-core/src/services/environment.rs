//! The environment registry: variables by id, as entries map them to names.

use crate::error::{Error, ErrorKind, Result};

/// Looks up variables by the id of their `env.variable` entry, for example `demo:api_key`.
pub trait Environment: Send + Sync + 'static {
    /// The value at this moment, its default included; `None` where the variable is not set or not known. Asked by calls, so it
    /// must not block.
    fn get(&self, id: &str) -> Result<Option<String>>;

    /// Whether an entry of this id exists, set or not.
    fn contains(&self, id: &str) -> bool;

    /// The ids of all variables, set or not, in any order. Default none.
    fn ids(&self) -> Vec<String> {
        Vec::new()
    }

    /// Changes a variable; the next call sees it. By default no variable can be changed. Must not block for long.
    ///
    /// # Errors
    /// Kind `NotFound` where there is no such variable, `PermissionDenied` where it cannot be changed.
    fn set(&self, id: &str, value: &str) -> Result<()> {
        let _ = value;
        Err(Error::new(ErrorKind::PermissionDenied, format!("the variable {id} cannot be changed")))
    }

    /// A number that grows whenever a variable may have changed: what was read under an older one, and instances that were made
    /// under it, are not used again. Asked at each call, so it must be cheap. Default: always 0, which says that nothing is
    /// known of changes: variables are read for each instance, and instances are used again.
    fn generation(&self) -> u64 {
        0
    }
}

/// An environment without variables.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEnvironment;

impl Environment for NoEnvironment {
    fn get(&self, _id: &str) -> Result<Option<String>> {
        Ok(None)
    }

    fn contains(&self, _id: &str) -> bool {
        false
    }
}
