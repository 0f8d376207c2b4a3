//! Character classes: `%a` and its kin as in the C locale, and sets in brackets.

/// What stands for "escape" in a pattern.
pub(super) const ESCAPE: u8 = b'%';

/// The byte at `index`, or the 0 that stands behind every string of C: patterns may look one byte past their end.
pub(super) fn byte(text: &[u8], index: usize) -> u8 {
    text.get(index).copied().unwrap_or(0)
}

/// Whether `c` belongs to the class `%class`; an upper-case letter negates, anything else stands for itself.
pub(super) fn in_class(c: u8, class: u8) -> bool {
    let belongs = match class.to_ascii_lowercase() {
        b'a' => c.is_ascii_alphabetic(),
        b'c' => c.is_ascii_control(),
        b'd' => c.is_ascii_digit(),
        b'g' => c.is_ascii_graphic(),
        b'l' => c.is_ascii_lowercase(),
        b'p' => c.is_ascii_punctuation(),
        b's' => matches!(c, b' ' | b'\t'..=b'\r'),
        b'u' => c.is_ascii_uppercase(),
        b'w' => c.is_ascii_alphanumeric(),
        b'x' => c.is_ascii_hexdigit(),
        b'z' => c == 0,
        _ => return class == c,
    };
    belongs == class.is_ascii_lowercase()
}

/// Whether `c` belongs to the set whose `[` is at `open` and whose `]` is at `close`.
pub(super) fn in_set(c: u8, pattern: &[u8], open: usize, close: usize) -> bool {
    let mut at = open;
    let mut found = true;
    if byte(pattern, at + 1) == b'^' {
        found = false;
        at += 1;
    }
    loop {
        at += 1;
        if at >= close {
            return !found;
        }
        let item = byte(pattern, at);
        if item == ESCAPE {
            at += 1;
            if in_class(c, byte(pattern, at)) {
                return found;
            }
        } else if byte(pattern, at + 1) == b'-' && at + 2 < close {
            at += 2;
            if item <= c && c <= byte(pattern, at) {
                return found;
            }
        } else if item == c {
            return found;
        }
    }
}
