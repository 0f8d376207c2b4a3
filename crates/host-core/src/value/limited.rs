//! Text that is for people and may come from anywhere: cut at a limit, so that no value or type makes a message long.

use std::fmt::{self, Write};

/// What `write` writes, cut behind `limit` bytes with an ellipsis. `write` is told by an error that it may stop.
pub(super) fn limited(limit: usize, write: impl FnOnce(&mut Limited) -> fmt::Result) -> String {
    let mut out = Limited { text: String::new(), limit, full: false };
    // The error says that the limit was reached, which the ellipsis in the text says already.
    let _ = write(&mut out);
    out.text
}

pub(super) struct Limited {
    text: String,
    limit: usize,
    full: bool,
}

impl Write for Limited {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.full {
            return Err(fmt::Error);
        }
        let room = self.limit.saturating_sub(self.text.len());
        if part.len() <= room {
            self.text.push_str(part);
            return Ok(());
        }
        let (kept, _) = part.split_at(part.floor_char_boundary(room));
        self.text.push_str(kept);
        self.text.push('…');
        self.full = true;
        Err(fmt::Error)
    }
}

/// `text` in quotes with control characters escaped, at most `limit` bytes of it.
pub(super) fn quoted(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return format!("{text:?}");
    }
    let (kept, _) = text.split_at(text.floor_char_boundary(limit));
    format!("{:?}", format!("{kept}…"))
}
