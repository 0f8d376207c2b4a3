//! The environment registry: variables by id, as entries map them to names.

use crate::error::Result;

/// Looks up variables by the id of their `env.variable` entry, for example `demo:api_key`.
pub trait Environment: Send + Sync + 'static {
    /// The value at this moment, its default included; `None` where the variable is not set or not known. Asked at each
    /// call, so it must not block.
    fn get(&self, id: &str) -> Result<Option<String>>;

    /// Whether an entry of this id exists, set or not.
    fn contains(&self, id: &str) -> bool;
}

/// An environment without variables.
pub struct NoEnvironment;

impl Environment for NoEnvironment {
    fn get(&self, _id: &str) -> Result<Option<String>> {
        Ok(None)
    }

    fn contains(&self, _id: &str) -> bool {
        false
    }
}
