//! Where the lines go that guests write to stdout and stderr.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Which of a guest's two output streams a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl OutputStream {
    /// `stdout` or `stderr`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// Takes guests' output, line by line.
pub trait Output: Send + Sync + 'static {
    /// One line, without its end. Must not block.
    fn line(&self, entry: &str, stream: OutputStream, line: &str);
}

/// Writes each line to the log: target `wippy::guest`, fields `entry` and `stream`; stdout at level info, stderr at warn.
#[derive(Debug, Clone, Copy, Default)]
pub struct TracingOutput;

impl Output for TracingOutput {
    fn line(&self, entry: &str, stream: OutputStream, line: &str) {
        match stream {
            OutputStream::Stdout => tracing::info!(target: "wippy::guest", entry, stream = "stdout", "{line}"),
            OutputStream::Stderr => tracing::warn!(target: "wippy::guest", entry, stream = "stderr", "{line}"),
        }
    }
}

/// A line that [`CapturedOutput`] kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputLine {
    /// The id of the entry that wrote it.
    pub entry: String,
    /// The stream that it came from.
    pub stream: OutputStream,
    /// The text, without the line's end.
    pub text: String,
}

/// Keeps the lines, for tests. Clones share one buffer.
#[derive(Clone, Default)]
pub struct CapturedOutput(Arc<Mutex<Vec<OutputLine>>>);

impl fmt::Debug for CapturedOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CapturedOutput").field("lines", &self.lines().len()).finish_non_exhaustive()
    }
}

impl CapturedOutput {
    /// The lines so far.
    pub fn lines(&self) -> Vec<OutputLine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Output for CapturedOutput {
    fn line(&self, entry: &str, stream: OutputStream, line: &str) {
        let line = OutputLine { entry: entry.to_owned(), stream, text: line.to_owned() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// The output of one entry: attributes each line, and holds the entry to its `limits.max_log_bytes` a second. What is
/// over is counted; the count is written when the next second's first line is.
pub struct GuestOutput {
    entry: Arc<str>,
    max_bytes: u64,
    window: Mutex<Window>,
}

impl fmt::Debug for GuestOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestOutput")
            .field("entry", &self.entry)
            .field("max_bytes", &self.max_bytes)
            .finish_non_exhaustive()
    }
}

struct Window {
    start: Instant,
    written: u64,
    suppressed: u64,
}

impl GuestOutput {
    /// The output of `entry` (its id), of at most `max_bytes` a second.
    pub fn new(entry: Arc<str>, max_bytes: u64) -> Self {
        Self { entry, max_bytes, window: Mutex::new(Window { start: Instant::now(), written: 0, suppressed: 0 }) }
    }

    /// Hands one line to `output`, or counts it where this second's allowance is used up.
    pub fn line(&self, output: &dyn Output, stream: OutputStream, line: &str) {
        if self.admit(output, line.len()) {
            output.line(&self.entry, stream, line);
        }
    }

    /// Whether a line of this many bytes may be written; one that may not is counted. The count of the second before goes
    /// to `output`.
    pub fn admit(&self, output: &dyn Output, bytes: usize) -> bool {
        let bytes = (bytes as u64).saturating_add(1);
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let mut report = 0;
        if window.start.elapsed() >= Duration::from_secs(1) {
            report = window.suppressed;
            *window = Window { start: Instant::now(), written: 0, suppressed: 0 };
        }
        let fits = window.written.saturating_add(bytes) <= self.max_bytes;
        if fits {
            window.written += bytes;
        } else {
            window.suppressed = window.suppressed.saturating_add(bytes);
        }
        let first_over = !fits && window.suppressed == bytes;
        drop(window);
        if report > 0 {
            output.line(&self.entry, OutputStream::Stderr, &format!("({report} bytes of output were not written)"));
        }
        if first_over {
            tracing::warn!(
                entry = &*self.entry,
                max_log_bytes = self.max_bytes,
                "the guest writes more than its limits.max_log_bytes a second; the rest is counted, not written"
            );
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_over_the_limit_of_a_second_is_counted_and_not_written() {
        let captured = CapturedOutput::default();
        let guest = GuestOutput::new("app:noisy".into(), 16);
        for _ in 0..100 {
            guest.line(&captured, OutputStream::Stdout, "1234567");
        }
        let lines = captured.lines();
        assert!(lines.len() < 100, "{}", lines.len());
        assert_eq!(lines.first().map(|line| line.text.as_str()), Some("1234567"));
    }
}
