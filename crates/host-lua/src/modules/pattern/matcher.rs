//! Matches one pattern at one place of a subject, exactly as Lua 5.4's `match` in `lstrlib.c`, and counts its steps.

use super::class::{ESCAPE, byte, in_class, in_set};
use std::borrow::Cow;
use std::ops::Range;

/// How deep matching may recurse: Lua's own `MAXCCALLS`.
const MAX_DEPTH: u32 = 200;
/// How many captures a pattern may have: Lua's own `LUA_MAXCAPTURES`.
const MAX_CAPTURES: usize = 32;
/// What one step weighs. A run of a single class (`.*`) compares bytes many times faster than the matcher backtracks, so
/// a byte of it is an eighth of a step.
pub(super) const STEP: u64 = 8;
/// The steps of one attempt at one place: 10 million, a tenth of a second. Only backtracking comes near it.
const MAX_ATTEMPT: u64 = 10_000_000 * STEP;

/// Why there is no answer, in Lua's words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault(pub(super) Cow<'static, str>);

impl From<&'static str> for Fault {
    fn from(message: &'static str) -> Self {
        Self(Cow::Borrowed(message))
    }
}

const TOO_COMPLEX: &str = "pattern too complex";

#[derive(Clone, Copy)]
struct Slot {
    start: usize,
    length: Length,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    Unfinished,
    Position,
    Bytes(usize),
}

/// What a capture caught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Capture {
    /// A part of the subject.
    Text(Range<usize>),
    /// A position in it, from 1.
    Position(usize),
    /// A part whose end the pattern lacks: an error where it is used, and not before.
    Unfinished,
}

type Matched = Result<Option<usize>, Fault>;

/// One pattern against one subject.
pub(super) struct Matcher<'a> {
    subject: &'a [u8],
    pattern: &'a [u8],
    depth: u32,
    level: usize,
    slots: [Slot; MAX_CAPTURES],
    spent: u64,
    ceiling: u64,
}

impl<'a> Matcher<'a> {
    /// A matcher of `pattern`, which has no anchor any more.
    pub(super) fn new(subject: &'a [u8], pattern: &'a [u8]) -> Self {
        let empty = Slot { start: 0, length: Length::Unfinished };
        Self { subject, pattern, depth: 0, level: 0, slots: [empty; MAX_CAPTURES], spent: 0, ceiling: 0 }
    }

    /// What all attempts so far have cost, in eighths of a step.
    pub(super) fn spent(&self) -> u64 {
        self.spent
    }

    /// The end of the match that starts at `at`, if there is one.
    pub(super) fn attempt(&mut self, at: usize) -> Matched {
        self.depth = MAX_DEPTH;
        self.level = 0;
        self.ceiling = self.spent.saturating_add(MAX_ATTEMPT);
        self.run(at, 0)
    }

    /// How many captures the last match has.
    pub(super) fn captures(&self) -> usize {
        self.level
    }

    /// Capture `index` of the last match, which is `whole`: that is the capture of a pattern without any.
    pub(super) fn capture(&self, index: usize, whole: Range<usize>) -> Capture {
        if index >= self.level {
            return Capture::Text(whole);
        }
        match self.slots.get(index) {
            Some(Slot { start, length: Length::Bytes(length) }) => Capture::Text(*start..start + length),
            Some(Slot { start, length: Length::Position }) => Capture::Position(start + 1),
            _ => Capture::Unfinished,
        }
    }

    fn spend(&mut self, cost: u64) -> Result<(), Fault> {
        self.spent = self.spent.saturating_add(cost);
        if self.spent > self.ceiling { Err(TOO_COMPLEX.into()) } else { Ok(()) }
    }

    fn run(&mut self, s: usize, p: usize) -> Matched {
        if self.depth == 0 {
            return Err(TOO_COMPLEX.into());
        }
        self.depth -= 1;
        let matched = self.items(s, p);
        self.depth += 1;
        matched
    }

    /// Matches item after item; what Lua does with `goto init` is the loop.
    fn items(&mut self, mut s: usize, mut p: usize) -> Matched {
        while p < self.pattern.len() {
            self.spend(STEP)?;
            match (byte(self.pattern, p), byte(self.pattern, p + 1)) {
                (b'(', b')') => return self.open(s, p + 2, Length::Position),
                (b'(', _) => return self.open(s, p + 1, Length::Unfinished),
                (b')', _) => return self.close(s, p + 1),
                (b'$', _) if p + 1 == self.pattern.len() => return Ok((s == self.subject.len()).then_some(s)),
                (ESCAPE, b'b') => {
                    let Some(end) = self.balanced(s, p + 2)? else { return Ok(None) };
                    (s, p) = (end, p + 4);
                }
                (ESCAPE, b'f') => {
                    let Some(after) = self.frontier(s, p + 2)? else { return Ok(None) };
                    p = after;
                }
                (ESCAPE, digit @ b'0'..=b'9') => {
                    let Some(end) = self.repeated(s, digit)? else { return Ok(None) };
                    (s, p) = (end, p + 2);
                }
                _ => {
                    let after = self.item_end(p)?;
                    let once = self.single(s, p, after)?;
                    match (byte(self.pattern, after), once) {
                        (b'*' | b'?' | b'-', false) => p = after + 1,
                        (_, false) => return Ok(None),
                        (b'?', true) => match self.run(s + 1, after + 1)? {
                            Some(end) => return Ok(Some(end)),
                            None => p = after + 1,
                        },
                        (b'+', true) => return self.most(s + 1, p, after),
                        (b'*', true) => return self.most(s, p, after),
                        (b'-', true) => return self.fewest(s, p, after),
                        (_, true) => (s, p) = (s + 1, after),
                    }
                }
            }
        }
        Ok(Some(s))
    }

    /// The place behind the single-character item at `p`, where its suffix may stand.
    fn item_end(&mut self, p: usize) -> Result<usize, Fault> {
        let end = self.pattern.len();
        let mut at = p + 1;
        match byte(self.pattern, p) {
            ESCAPE if at == end => Err("malformed pattern (ends with '%')".into()),
            ESCAPE => Ok(at + 1),
            b'[' => {
                if byte(self.pattern, at) == b'^' {
                    at += 1;
                }
                loop {
                    if at >= end {
                        return Err("malformed pattern (missing ']')".into());
                    }
                    let item = byte(self.pattern, at);
                    at += 1;
                    if item == ESCAPE && at < end {
                        at += 1;
                    }
                    if byte(self.pattern, at) == b']' && at < end {
                        break;
                    }
                }
                self.spend((at - p) as u64)?;
                Ok(at + 1)
            }
            _ => Ok(at),
        }
    }

    fn single(&mut self, s: usize, p: usize, after: usize) -> Result<bool, Fault> {
        let Some(&c) = self.subject.get(s) else { return Ok(false) };
        Ok(match byte(self.pattern, p) {
            b'.' => true,
            ESCAPE => in_class(c, byte(self.pattern, p + 1)),
            b'[' => {
                self.spend((after - p) as u64)?;
                in_set(c, self.pattern, p, after - 1)
            }
            literal => literal == c,
        })
    }

    /// As many as there are, then fewer.
    fn most(&mut self, s: usize, p: usize, after: usize) -> Matched {
        let mut end = s;
        if byte(self.pattern, p) == b'.' {
            end = self.subject.len();
        } else {
            while self.single(end, p, after)? {
                self.spend(1)?;
                end += 1;
            }
        }
        loop {
            if let Some(matched) = self.run(end, after + 1)? {
                return Ok(Some(matched));
            }
            if end == s {
                return Ok(None);
            }
            end -= 1;
        }
    }

    /// As few as will do.
    fn fewest(&mut self, mut s: usize, p: usize, after: usize) -> Matched {
        loop {
            if let Some(matched) = self.run(s, after + 1)? {
                return Ok(Some(matched));
            }
            if !self.single(s, p, after)? {
                return Ok(None);
            }
            s += 1;
        }
    }

    fn open(&mut self, s: usize, p: usize, length: Length) -> Matched {
        let Some(slot) = self.slots.get_mut(self.level) else { return Err("too many captures".into()) };
        *slot = Slot { start: s, length };
        self.level += 1;
        let matched = self.run(s, p)?;
        if matched.is_none() {
            self.level -= 1;
        }
        Ok(matched)
    }

    fn close(&mut self, s: usize, p: usize) -> Matched {
        let open = self.slots.iter().take(self.level).rposition(|slot| slot.length == Length::Unfinished);
        let Some(index) = open else { return Err("invalid pattern capture".into()) };
        if let Some(slot) = self.slots.get_mut(index) {
            slot.length = Length::Bytes(s - slot.start);
        }
        let matched = self.run(s, p)?;
        if let (None, Some(slot)) = (matched, self.slots.get_mut(index)) {
            slot.length = Length::Unfinished;
        }
        Ok(matched)
    }

    /// `%bxy`: the place behind the `y` that balances the `x` at `s`.
    fn balanced(&mut self, s: usize, p: usize) -> Matched {
        if p + 1 >= self.pattern.len() {
            return Err("malformed pattern (missing arguments to '%b')".into());
        }
        let (opening, closing) = (byte(self.pattern, p), byte(self.pattern, p + 1));
        if byte(self.subject, s) != opening {
            return Ok(None);
        }
        let mut open = 1_usize;
        let rest = self.subject.get(s + 1..).unwrap_or_default();
        let mut end = None;
        for (offset, &c) in rest.iter().enumerate() {
            if c == closing {
                open -= 1;
                if open == 0 {
                    end = Some(s + offset + 2);
                    break;
                }
            } else if c == opening {
                open += 1;
            }
        }
        self.spend(end.map_or(rest.len(), |end| end - s) as u64)?;
        Ok(end)
    }

    /// `%f[set]`: the place behind it in the pattern, where `s` is a frontier.
    fn frontier(&mut self, s: usize, p: usize) -> Matched {
        if byte(self.pattern, p) != b'[' {
            return Err("missing '[' after '%f' in pattern".into());
        }
        let after = self.item_end(p)?;
        let before = s.checked_sub(1).map_or(0, |previous| byte(self.subject, previous));
        let here = byte(self.subject, s);
        let frontier = !in_set(before, self.pattern, p, after - 1) && in_set(here, self.pattern, p, after - 1);
        Ok(frontier.then_some(after))
    }

    /// `%1`: the place behind another occurrence of the capture.
    fn repeated(&mut self, s: usize, digit: u8) -> Matched {
        let number = usize::from(digit - b'0');
        let slot = number.checked_sub(1).filter(|index| *index < self.level).and_then(|index| self.slots.get(index));
        let (start, length) = match slot {
            Some(Slot { start, length: Length::Bytes(length) }) => (*start, *length),
            // Lua takes a position's length for a very large number, which nothing matches.
            Some(Slot { length: Length::Position, .. }) => return Ok(None),
            _ => return Err(invalid_index(number)),
        };
        self.spend(length as u64)?;
        let caught = self.subject.get(start..start + length).unwrap_or_default();
        let rest = self.subject.get(s..).unwrap_or_default();
        Ok(rest.starts_with(caught).then_some(s + length))
    }
}

fn invalid_index(number: usize) -> Fault {
    Fault(Cow::Owned(format!("invalid capture index %{number}")))
}
