//! Standard output and error of a function: lines for the log, in the name of the entry.

use std::io::BufRead;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime_wasi_io::bytes::Bytes;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{OutputStream as Stream, StreamError, StreamResult};
use wippy_host_core::{OutputStream, OutputWriter, async_trait};

/// A longer line is written in pieces of this many bytes.
const MAX_LINE: usize = 8 * 1024;

/// How much a guest may write at a time.
const PERMIT: usize = 64 * 1024;

/// What a guest writes to its two output streams. Both in one place: most calls open them, and few write.
pub(crate) struct Lines {
    writer: OutputWriter,
    /// What stands in each line that has no end yet.
    stdout: Mutex<Vec<u8>>,
    stderr: Mutex<Vec<u8>>,
}

impl Lines {
    pub(crate) fn new(writer: OutputWriter) -> Arc<Self> {
        Arc::new(Self { writer, stdout: Mutex::default(), stderr: Mutex::default() })
    }

    /// One of the streams. All handles to it write to one line.
    pub(crate) fn stream(self: &Arc<Self>, stream: OutputStream) -> LineStream {
        LineStream { lines: self.clone(), stream }
    }

    /// Ends the lines that are open.
    pub(crate) fn end(&self) {
        for stream in [OutputStream::Stdout, OutputStream::Stderr] {
            let mut pending = self.pending(stream);
            if !pending.is_empty() {
                self.end_line(stream, &mut pending);
            }
        }
    }

    fn pending(&self, stream: OutputStream) -> MutexGuard<'_, Vec<u8>> {
        let pending = match stream {
            OutputStream::Stdout => &self.stdout,
            OutputStream::Stderr => &self.stderr,
        };
        pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, stream: OutputStream, mut bytes: &[u8]) {
        let mut pending = self.pending(stream);
        // Reading from a slice fails never, and finds the end of a line many bytes at a time.
        while let Ok(1..) = bytes.read_until(b'\n', &mut pending) {
            if pending.pop_if(|last| *last == b'\n').is_some() {
                self.end_line(stream, &mut pending);
            }
        }
        while pending.len() > MAX_LINE {
            let rest = pending.split_off(MAX_LINE);
            self.end_line(stream, &mut pending);
            *pending = rest;
        }
    }

    fn end_line(&self, stream: OutputStream, pending: &mut Vec<u8>) {
        let line = pending.strip_suffix(b"\r").unwrap_or(pending);
        let (first, rest) = line.split_at(line.len().min(MAX_LINE));
        for piece in std::iter::once(first).chain(rest.chunks(MAX_LINE)) {
            self.writer.line(stream, &String::from_utf8_lossy(piece));
        }
        pending.clear();
    }
}

impl Drop for Lines {
    /// What the guest wrote last, without a line's end, is a line too.
    fn drop(&mut self) {
        self.end();
    }
}

/// One of a guest's output streams.
#[derive(Clone)]
pub(crate) struct LineStream {
    lines: Arc<Lines>,
    stream: OutputStream,
}

impl Stream for LineStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > PERMIT {
            return Err(StreamError::trap("write of more bytes than check-write permitted"));
        }
        self.lines.write(self.stream, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(PERMIT)
    }
}

#[async_trait]
impl Pollable for LineStream {
    async fn ready(&mut self) {}
}
