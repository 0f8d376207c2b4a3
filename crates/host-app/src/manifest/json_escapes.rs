//! The one thing in JSON that YAML does not read: characters beyond U+FFFF as two `\u` escapes.
//!
//! Tools write them (`json.dump` of Python does by default). They are joined before parsing into the escape that YAML
//! has for them, which is two characters shorter, so places after them on their line are corrected.

use std::borrow::Cow;
use std::path::Path;

/// How much longer `\ud83d\ude00` is than `\U0001f600`.
const SHORTENED_BY: usize = 2;

/// Where the parsed text is shorter than the file's: (line from 1, column from 0 in the parsed text), in order.
#[derive(Default)]
pub(super) struct Shifts(Vec<(usize, usize)>);

impl Shifts {
    /// The column in the file of a column in the parsed text.
    pub(super) fn original_column(&self, line: usize, column: usize) -> usize {
        let before = self.0.partition_point(|shift| *shift <= (line, column));
        let on_line = before - self.0.partition_point(|shift| shift.0 < line).min(before);
        column + on_line * SHORTENED_BY
    }
}

pub(super) fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// Joins the pairs. A lone half stays as it is: the parser refuses it.
pub(super) fn join_surrogates(text: &str) -> (Cow<'_, str>, Shifts) {
    if !text.contains("\\u") {
        return (Cow::Borrowed(text), Shifts::default());
    }
    let mut joined = String::with_capacity(text.len());
    let mut shifts = Vec::new();
    let (mut line, mut column) = (1, 0);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (written, length) = match pair(rest) {
            Some(c) => (format!("\\U{:08x}", u32::from(c)), 12),
            // Whatever a backslash escapes goes with it, so that `\\ud83d` is not taken for an escape.
            None if c == '\\' => {
                let length =
                    1 + rest.chars().nth(1).filter(|next| !matches!(next, '\n' | '\r')).map_or(0, char::len_utf8);
                (rest.get(..length).unwrap_or_default().to_owned(), length)
            }
            None => {
                joined.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                (line, column) = match c {
                    '\r' if rest.starts_with('\n') => (line, column + 1),
                    '\n' | '\r' => (line + 1, 0),
                    _ => (line, column + 1),
                };
                continue;
            }
        };
        column += written.chars().count();
        if length == 12 {
            shifts.push((line, column));
        }
        joined.push_str(&written);
        rest = rest.get(length..).unwrap_or_default();
    }
    (Cow::Owned(joined), Shifts(shifts))
}

fn pair(text: &str) -> Option<char> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok()).flatten()
    };
    let high = unit(0)?;
    if !(0xd800..0xdc00).contains(&high) {
        return None;
    }
    char::decode_utf16([high, unit(6)?]).next()?.ok()
}
