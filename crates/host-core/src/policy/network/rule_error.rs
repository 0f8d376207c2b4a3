//! A bad item of an `allow` list.

use serde::Serialize;
use thiserror::Error;

/// What is wrong with one item of `wasi.network.allow`, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize)]
#[error("wasi.network.allow[{index}]: {message}; {remedy}")]
#[non_exhaustive]
pub struct RuleError {
    /// Which item it is, counted from 0.
    pub index: usize,
    /// What is wrong. It quotes the item (shortened), and does not say where the item stands.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

/// A [`RuleError`] before its place is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) remedy: String,
}

impl Problem {
    pub(super) fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: remedy.into() }
    }

    /// A problem whose remedy is to write `instead`, a sound item.
    pub(super) fn write(message: impl Into<String>, instead: &str) -> Self {
        Self::new(message, format!("write \"{instead}\""))
    }

    pub(super) fn at(self, index: usize) -> RuleError {
        RuleError { index, message: self.message, remedy: self.remedy }
    }
}

/// `text` for a message: quoted, with everything unprintable escaped, and cut after 80 characters.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?} (cut short)", text.get(..end).unwrap_or_default()),
    }
}
