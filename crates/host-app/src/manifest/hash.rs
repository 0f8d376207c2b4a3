//! `hash`: what the content of a file must be.

use super::fields::Fields;
use super::problem::shortened;
use super::source::Located;
use std::fmt;

const FORM: &str = "write `hash: sha256:<64 hexadecimal digits>`, as `sha256sum` prints them for the file";

/// A SHA-256 digest, shown as `sha256:<64 lower-case hexadecimal digits>`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash(pub [u8; 32]);

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

pub(super) fn read(fields: &Fields<'_>) -> Option<Located<ContentHash>> {
    let text = fields.required_text("hash")?;
    // A file that `file://` names ends with a line break.
    let hash = text.value.trim();
    let Some((algorithm, digits)) = hash.split_once(':') else {
        fields.error(&text.span, format!("invalid hash format: {}", shortened(hash)), FORM);
        return None;
    };
    if algorithm != "sha256" {
        fields.error(&text.span, format!("unsupported hash algorithm: {}", shortened(algorithm)), FORM);
        return None;
    }
    match digest(digits) {
        Some(digest) => Some(text.map(|_| ContentHash(digest))),
        None => {
            fields.error(&text.span, format!("invalid hash format: {}", shortened(hash)), FORM);
            None
        }
    }
}

fn digest(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut digest = [0; 32];
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(digest)
}
