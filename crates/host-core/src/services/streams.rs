//! Standard streams that a call brings along: bytes as they are, as a command has them. Without, a function reads nothing,
//! and what it writes becomes lines of the log.

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt, ready};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Where a guest's standard input comes from.
pub trait ByteSource: Send + Sync + 'static {
    /// At most `size` bytes, waited for; none at the end. Dropping the future loses nothing: what has arrived goes to the
    /// next read. Must not block.
    fn read(&self, size: usize) -> BoxFuture<'_, io::Result<Bytes>>;

    /// Whether a person sits at the other end. Default false.
    fn is_terminal(&self) -> bool {
        false
    }
}

/// Where a guest's standard output or error goes.
pub trait ByteSink: Send + Sync + 'static {
    /// Writes all of `bytes`. The write begins when this is called, also where nobody polls the future, which waits for its
    /// end; the next write is not begun before. Must not block. An error of kind
    /// [`BrokenPipe`](io::ErrorKind::BrokenPipe) tells the guest that the stream is closed.
    fn write(&self, bytes: Bytes) -> BoxFuture<'static, io::Result<()>>;

    /// Whether a person sits at the other end. Default false.
    fn is_terminal(&self) -> bool {
        false
    }
}

/// The three standard streams of one call, which are all that there are. Cheap to clone.
#[derive(Clone)]
pub struct StandardStreams {
    /// Standard input.
    pub stdin: Arc<dyn ByteSource>,
    /// Standard output.
    pub stdout: Arc<dyn ByteSink>,
    /// Standard error.
    pub stderr: Arc<dyn ByteSink>,
}

impl fmt::Debug for StandardStreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandardStreams").finish_non_exhaustive()
    }
}

impl StandardStreams {
    /// Streams in memory: `input` to read, and what was written to each of the two outputs, for tests and for embedders
    /// that want it whole.
    pub fn captured(input: impl Into<Bytes>) -> (Self, CapturedBytes, CapturedBytes) {
        let (stdout, stderr) = (CapturedBytes::default(), CapturedBytes::default());
        let streams = Self {
            stdin: Arc::new(InputBytes(Mutex::new(input.into()))),
            stdout: Arc::new(stdout.clone()),
            stderr: Arc::new(stderr.clone()),
        };
        (streams, stdout, stderr)
    }
}

/// Standard input from memory.
struct InputBytes(Mutex<Bytes>);

impl ByteSource for InputBytes {
    fn read(&self, size: usize) -> BoxFuture<'_, io::Result<Bytes>> {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let size = size.min(left.len());
        ready(Ok(left.split_to(size))).boxed()
    }
}

/// Keeps what is written to it, at most [`CapturedBytes::LIMIT`]. Clones share one buffer.
#[derive(Clone, Default)]
pub struct CapturedBytes(Arc<Mutex<Vec<u8>>>);

impl fmt::Debug for CapturedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = self.0.lock().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("CapturedBytes").field("len", &len).finish()
    }
}

impl CapturedBytes {
    /// 64 MiB: a write beyond it fails, so that no guest fills the host's memory.
    pub const LIMIT: usize = 64 << 20;

    /// What was written so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ByteSink for CapturedBytes {
    fn write(&self, bytes: Bytes) -> BoxFuture<'static, io::Result<()>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = kept.len().saturating_add(bytes.len()) <= Self::LIMIT;
        if fits {
            kept.extend_from_slice(&bytes);
        }
        ready(if fits { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }).boxed()
    }
}
