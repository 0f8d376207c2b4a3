//! WebAssembly text to binary.

use crate::error::Result;
use std::borrow::Cow;
use std::fmt;

/// What is wrong with WebAssembly text, at its place in the text. It is the source of the [`Error`](crate::Error) that
/// [`Host::compile`](crate::Host::compile) gives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WatError {
    /// What is wrong, without the place.
    pub message: String,
    /// The line in the text, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for WatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at line {}, column {}", self.message, self.line, self.column)
    }
}

impl std::error::Error for WatError {}

impl WatError {
    /// Reads what the parser says, which draws the place below it: ` --> <anon>:LINE:COLUMN`.
    fn read(drawn: &str) -> Option<Self> {
        let (message, drawing) = drawn.split_once('\n')?;
        let mut place = drawing.lines().next()?.rsplit(':');
        let column = place.next()?.trim().parse().ok()?;
        let line = place.next()?.trim().parse().ok()?;
        Some(Self { message: message.trim_end().to_owned(), line, column })
    }
}

/// The binary of a text.
pub(super) fn parse(text: &[u8]) -> Result<Cow<'_, [u8]>> {
    wat::parse_bytes(text).map_err(|error| {
        let drawn = error.to_string();
        match WatError::read(&drawn) {
            Some(error) => {
                let said = super::broken_text(&error.to_string());
                said.with_remedy("mend the text there").with_source(error)
            }
            None => super::broken_text(&drawn),
        }
    })
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

#[cfg(test)]
mod tests {
    use super::WatError;

    #[test]
    fn the_place_of_an_error_is_read_from_its_drawing() {
        let drawn = "expected `(`\n     --> <anon>:1:17\n      |\n    1 | (component (func\n      |                 ^";
        let read = WatError { message: "expected `(`".into(), line: 1, column: 17 };
        assert_eq!(WatError::read(drawn), Some(read));
        for other in ["", "one line: 3:4", "two\nlines"] {
            assert_eq!(WatError::read(other), None, "{other}");
        }
    }
}
