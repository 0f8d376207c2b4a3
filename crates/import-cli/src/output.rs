//! Standard output and error of a function: lines for the log, in the name of the entry.

use std::io::BufRead;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime_wasi_io::bytes::Bytes;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{OutputStream as Stream, StreamError, StreamResult};
use wippy_host_core::{OutputStream, OutputWriter, async_trait};

/// A longer line is written in pieces of this many bytes.
const MAX_LINE: usize = 8 * 1024;

/// How much a guest may write at a time.
const PERMIT: usize = 64 * 1024;

/// One of a guest's two output streams. All handles to it write to one line.
#[derive(Clone)]
pub(crate) struct LineStream(Arc<Mutex<Line>>);

struct Line {
    writer: OutputWriter,
    stream: OutputStream,
    pending: Vec<u8>,
}

impl LineStream {
    pub(crate) fn new(writer: OutputWriter, stream: OutputStream) -> Self {
        Self(Arc::new(Mutex::new(Line { writer, stream, pending: Vec::new() })))
    }

    fn write(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes);
    }

    /// Ends the line that is open, where one is.
    pub(crate) fn end(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).end_open();
    }
}

impl Line {
    fn write(&mut self, mut bytes: &[u8]) {
        // Reading from a slice fails never, and finds the end of a line many bytes at a time.
        while let Ok(1..) = bytes.read_until(b'\n', &mut self.pending) {
            if self.pending.pop_if(|last| *last == b'\n').is_some() {
                self.end();
            }
        }
        while self.pending.len() > MAX_LINE {
            let rest = self.pending.split_off(MAX_LINE);
            self.end();
            self.pending = rest;
        }
    }

    fn end(&mut self) {
        let line = self.pending.strip_suffix(b"\r").unwrap_or(&self.pending);
        let (first, rest) = line.split_at(line.len().min(MAX_LINE));
        for piece in std::iter::once(first).chain(rest.chunks(MAX_LINE)) {
            self.writer.line(self.stream, &String::from_utf8_lossy(piece));
        }
        self.pending.clear();
    }

    fn end_open(&mut self) {
        if !self.pending.is_empty() {
            self.end();
        }
    }
}

impl Drop for Line {
    /// What the guest wrote last, without a line's end, is a line too.
    fn drop(&mut self) {
        self.end_open();
    }
}

impl Stream for LineStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > PERMIT {
            return Err(StreamError::trap("write of more bytes than check-write permitted"));
        }
        LineStream::write(self, &bytes);
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
