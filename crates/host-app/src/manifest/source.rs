//! A file's text, and places in it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Lines beyond this are not shown beside a message: a minified file is one line of megabytes.
const LONGEST_SHOWN_LINE: usize = 500;

/// A file of the application, kept so that every place in it can be shown.
pub struct SourceFile {
    path: PathBuf,
    text: String,
    line_starts: OnceLock<Vec<usize>>,
}

impl SourceFile {
    /// `path` is relative to the application's root.
    pub(super) fn new(path: PathBuf, text: String) -> Arc<Self> {
        Arc::new(Self { path, text, line_starts: OnceLock::new() })
    }

    /// The path, relative to the application's root.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The whole text, as it stands in the file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A line's text without its line break, counted from 1. None beyond the end.
    pub fn line(&self, number: u32) -> Option<&str> {
        let starts = self.line_starts.get_or_init(|| line_starts(&self.text));
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        let start = *starts.get(index)?;
        let end = starts.get(index + 1).copied().unwrap_or(self.text.len());
        let line = self.text.get(start..end)?;
        Some(line.trim_end_matches(['\n', '\r']).trim_start_matches('\u{feff}'))
    }

    pub(super) fn has_line(&self, number: usize) -> bool {
        number <= self.line_starts.get_or_init(|| line_starts(&self.text)).len()
    }

    /// The place of a byte offset.
    pub(super) fn span_at(self: &Arc<Self>, offset: usize) -> Span {
        let starts = self.line_starts.get_or_init(|| line_starts(&self.text));
        let line = starts.partition_point(|start| *start <= offset).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0);
        let column =
            self.text.get(start..offset).map_or(0, |before| before.trim_start_matches('\u{feff}').chars().count());
        Span::new(self, line, column + 1)
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The text can be megabytes and hold values that do not belong in a log.
        f.debug_struct("SourceFile").field("path", &self.path).finish_non_exhaustive()
    }
}

/// YAML counts a lone carriage return as a line break, `str::lines` does not; a place must mean the same to both.
fn line_starts(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        let breaks = byte == b'\n' || (byte == b'\r' && bytes.peek().is_none_or(|(_, next)| *next != b'\n'));
        if breaks {
            starts.push(at + 1);
        }
    }
    starts
}

/// A place in a file: where a value, a key, a list or a mapping begins.
#[derive(Clone)]
#[non_exhaustive]
pub struct Span {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl Span {
    pub(super) fn new(file: &Arc<SourceFile>, line: usize, column: usize) -> Self {
        let narrow = |n: usize| u32::try_from(n.max(1)).unwrap_or(u32::MAX);
        Self { file: Arc::clone(file), line: narrow(line), column: narrow(column) }
    }

    /// Another place in the same file.
    pub(crate) fn moved(&self, line: u32, column: u32) -> Self {
        Self { file: Arc::clone(&self.file), line, column }
    }

    /// The line that the place is in, for showing beside a message; control characters other than tabs are replaced.
    /// None for a line longer than 500 characters.
    pub fn source_line(&self) -> Option<String> {
        let line = self.file.line(self.line)?;
        if line.chars().nth(LONGEST_SHOWN_LINE).is_some() {
            return None;
        }
        Some(line.replace(|c: char| c.is_control() && c != '\t', "\u{fffd}"))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.path.display(), self.line, self.column)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where a text came from that does not stand in the file itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// `${env:NAME}` was replaced in it; the names, in order.
    Environment(Vec<String>),
    /// `file://` brought it in; the path relative to the application's root.
    File(PathBuf),
}

/// A value together with the place that it was read from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
    /// Where its text came from, if not from there.
    pub origin: Option<Arc<Origin>>,
}

impl<T> Located<T> {
    /// A value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span, origin: None }
    }

    /// Another value at the same place.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: change(self.value), span: self.span, origin: self.origin }
    }
}

impl<T> std::ops::Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
