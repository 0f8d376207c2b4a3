//! What bytes are, by how they begin.

/// What a file holds, by its first bytes.
pub(crate) enum Bytes<'a> {
    Component(&'a [u8]),
    CoreModule(&'a [u8]),
    Text(&'a [u8]),
    Empty,
    TooShort,
    OtherVersion,
    Other,
}

const MAGIC: &[u8] = b"\0asm";
const CORE: &[u8] = &[1, 0, 0, 0];
const COMPONENT: &[u8] = &[0x0d, 0, 1, 0];

impl<'a> Bytes<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        match bytes.strip_prefix(MAGIC) {
            Some(rest) if rest.starts_with(COMPONENT) => Self::Component(bytes),
            Some(rest) if rest.starts_with(CORE) => Self::CoreModule(bytes),
            Some(rest) if rest.len() < 4 => Self::TooShort,
            Some(_) => Self::OtherVersion,
            None if bytes.is_empty() => Self::Empty,
            None if is_text(bytes) => Self::Text(bytes),
            None => Self::Other,
        }
    }
}

/// WebAssembly text starts with a parenthesis, behind blanks and comments.
fn is_text(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let text = text.trim_start();
    text.starts_with('(') || text.starts_with(";;")
}
