//! Looks for the next match in a subject, and stops in between when it has used up its slice.

use super::matcher::{Capture, Fault, Matcher};
use super::meter::Meter;
use std::ops::Range;

/// What a search came to.
pub(super) enum Found {
    /// A match, and its captures; the whole match is the one capture of a pattern without any, where that is wanted.
    Match(Range<usize>, Vec<Capture>),
    /// There is none.
    Nothing,
    /// The slice is used up; the search goes on at this place.
    Paused(usize),
}

/// Splits an anchor off a pattern.
pub(super) fn anchored(pattern: &[u8]) -> (bool, &[u8]) {
    match pattern {
        [b'^', rest @ ..] => (true, rest),
        _ => (false, pattern),
    }
}

/// Whether the pattern has only characters that stand for themselves.
pub(super) fn is_plain(pattern: &[u8]) -> bool {
    !pattern.iter().any(|c| b"^$*+?.([%-".contains(c))
}

/// Which captures a caller wants.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Those that the pattern has.
    Own,
    /// Those, or the whole match where it has none.
    OwnOrWhole,
}

/// The first match at `from` or behind it. `last` is the end of the match before, which an empty match may not repeat.
pub(super) fn next(
    subject: &[u8],
    pattern: &[u8],
    from: usize,
    only_here: bool,
    last: Option<usize>,
    wanted: Wanted,
    meter: &Meter,
) -> Result<Found, Fault> {
    let mut matcher = Matcher::new(subject, pattern);
    let found = search(&mut matcher, subject.len(), from, only_here, last, wanted, meter);
    meter.add(matcher.spent());
    found
}

fn search(
    matcher: &mut Matcher<'_>,
    length: usize,
    from: usize,
    only_here: bool,
    last: Option<usize>,
    wanted: Wanted,
    meter: &Meter,
) -> Result<Found, Fault> {
    let mut at = from;
    while at <= length {
        if let Some(end) = matcher.attempt(at)?.filter(|end| Some(*end) != last) {
            return Ok(Found::Match(at..end, captures(matcher, at..end, wanted)));
        }
        if only_here {
            return Ok(Found::Nothing);
        }
        at += 1;
        if at <= length && meter.is_full(matcher.spent()) {
            return Ok(Found::Paused(at));
        }
    }
    Ok(Found::Nothing)
}

fn captures(matcher: &Matcher<'_>, whole: Range<usize>, wanted: Wanted) -> Vec<Capture> {
    let count = match (matcher.captures(), wanted) {
        (0, Wanted::OwnOrWhole) => 1,
        (count, _) => count,
    };
    (0..count).map(|index| matcher.capture(index, whole.clone())).collect()
}

/// Where `needle` first stands in `hay`: the plain search.
pub(super) fn plain(hay: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(hay, needle)
}
