//! WebAssembly text to binary.

use crate::error::Result;
use std::borrow::Cow;

/// The binary of a text. The parser says line and column itself.
pub(super) fn parse(text: &[u8]) -> Result<Cow<'_, [u8]>> {
    wat::parse_bytes(text).map_err(|error| super::broken_text(&error.to_string()))
}

/// The names of a list for a message, at most `shown` of them.
pub(super) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>, shown: usize) -> String {
    let more = names.len().saturating_sub(shown);
    let first: Vec<&str> = names.take(shown).collect();
    match more {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
