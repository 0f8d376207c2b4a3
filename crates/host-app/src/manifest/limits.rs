//! `limits`: what one call of a function may use up.

use super::fields::Fields;
use super::source::{Located, Span};

/// The limits that an entry sets. What it does not set has the host's default.
///
/// All are whole numbers from 1, but for `max_execution_ms`, where 0 stands for no limit.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct FunctionLimits {
    /// Where the section is, if there is one.
    pub span: Option<Span>,
    /// Time for computing and waiting, in milliseconds. 0: none.
    pub max_execution_ms: Option<Located<u64>>,
    /// Linear memory of the instance, in bytes.
    pub max_memory_bytes: Option<Located<u64>>,
    /// Elements of all tables of the instance.
    pub max_table_elements: Option<Located<u64>>,
    /// Core instances that one instance is made of.
    pub max_instances: Option<Located<u64>>,
    /// What the guest may make the host allocate, in bytes.
    pub max_host_bytes: Option<Located<u64>>,
    /// Handles that are open at once.
    pub max_resources: Option<Located<u64>>,
    /// Nested calls of functions.
    pub max_call_depth: Option<Located<u64>>,
    /// What is written to the log, in bytes a second.
    pub max_log_bytes: Option<Located<u64>>,
}

pub(super) const KEYS: &[&str] = &[
    "max_call_depth",
    "max_execution_ms",
    "max_host_bytes",
    "max_instances",
    "max_log_bytes",
    "max_memory_bytes",
    "max_resources",
    "max_table_elements",
];

pub(super) fn read(fields: &Fields<'_>) -> FunctionLimits {
    let Some(limits) = fields.nested("limits", "limits.") else { return FunctionLimits::default() };
    limits.check_keys(KEYS, &[]);
    FunctionLimits {
        span: Some(limits.span().clone()),
        max_execution_ms: limit(&limits, "max_execution_ms", 0),
        max_memory_bytes: limit(&limits, "max_memory_bytes", 1),
        max_table_elements: limit(&limits, "max_table_elements", 1),
        max_instances: limit(&limits, "max_instances", 1),
        max_host_bytes: limit(&limits, "max_host_bytes", 1),
        max_resources: limit(&limits, "max_resources", 1),
        max_call_depth: limit(&limits, "max_call_depth", 1),
        max_log_bytes: limit(&limits, "max_log_bytes", 1),
    }
}

/// A whole number from `least`, which is 1, or 0 where that stands for no limit.
pub(super) fn limit(limits: &Fields<'_>, key: &str, least: i128) -> Option<Located<u64>> {
    let number = limits.integer(key)?;
    let name = limits.name(key);
    let (message, remedy) = match u64::try_from(number.value) {
        Ok(value) if number.value >= least => return Some(number.map(|_| value)),
        Ok(_) => (format!("{name} must be at least 1"), format!("leave `{key}` out for the host's default")),
        // Beyond `u64` a number is read as a float, so it is below zero here.
        Err(_) if least == 0 => (format!("{name} cannot be negative"), format!("write `{key}: 0` for no limit")),
        Err(_) => (format!("{name} cannot be negative"), format!("leave `{key}` out for the host's default")),
    };
    limits.error(&number.span, message, remedy);
    None
}
