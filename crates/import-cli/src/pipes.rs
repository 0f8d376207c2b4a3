//! Standard streams that the call brings along: bytes as they are, with back-pressure, and no thread held.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, ReadBuf};
use wasmtime_wasi_io::bytes::Bytes;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{InputStream, OutputStream, StreamError, StreamResult};
use wippy_host_core::{ByteSink, ByteSource, async_trait};

/// How much is read ahead of a guest, and how much it may write at a time.
pub(crate) const PIECE: usize = 64 * 1024;

type Writing = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// Standard input. All handles to it read from one place.
#[derive(Clone)]
pub(crate) struct Input {
    source: Arc<dyn ByteSource>,
    state: Arc<Mutex<Arrived>>,
}

#[derive(Default)]
struct Arrived {
    bytes: Bytes,
    /// That the source has ended, or how it failed until that is told.
    end: Option<Option<io::Error>>,
}

impl Input {
    pub(crate) fn new(source: Arc<dyn ByteSource>) -> Self {
        Self { source, state: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, Arrived> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InputStream for Input {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        let mut state = self.state();
        if state.bytes.is_empty() {
            return match &mut state.end {
                None => Ok(Bytes::new()),
                Some(error) => Err(error.take().map_or(StreamError::Closed, failed)),
            };
        }
        let size = size.min(state.bytes.len());
        Ok(state.bytes.split_to(size))
    }
}

#[async_trait]
impl Pollable for Input {
    async fn ready(&mut self) {
        let there = |state: &Arrived| !state.bytes.is_empty() || state.end.is_some();
        if there(&self.state()) {
            return;
        }
        let read = self.source.read(PIECE).await;
        let mut state = self.state();
        match read {
            Ok(bytes) if bytes.is_empty() => state.end = Some(None),
            Ok(bytes) if state.bytes.is_empty() => state.bytes = bytes,
            // Another handle was waiting, too, and had its piece first.
            Ok(bytes) => state.bytes = [&*state.bytes, &*bytes].concat().into(),
            Err(error) => state.end = Some(Some(error)),
        }
    }
}

/// Standard input as WASI 0.3 reads it.
pub(crate) struct InputReader {
    input: Input,
    /// A wait for more. Locked by nobody: it makes the future one that threads may share.
    waiting: Mutex<Option<Waiting>>,
}

type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

impl InputReader {
    pub(crate) fn new(input: Input) -> Self {
        Self { input, waiting: Mutex::new(None) }
    }
}

impl AsyncRead for InputReader {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let InputReader { input, waiting } = &mut *self;
        let waiting = waiting.get_mut().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(wait) = waiting {
                std::task::ready!(wait.as_mut().poll(cx));
                *waiting = None;
            }
            match input.read(buf.remaining()) {
                Ok(bytes) if bytes.is_empty() && buf.remaining() > 0 => {
                    let mut input = input.clone();
                    *waiting = Some(Box::pin(async move { input.ready().await }));
                }
                Ok(bytes) => {
                    buf.put_slice(&bytes);
                    return Poll::Ready(Ok(()));
                }
                Err(StreamError::Closed) => return Poll::Ready(Ok(())),
                Err(error) => return Poll::Ready(Err(io_error(error))),
            }
        }
    }
}

/// The error of a stream as a reader or writer has it.
pub(crate) fn io_error(error: StreamError) -> io::Error {
    match error {
        StreamError::Closed => io::ErrorKind::BrokenPipe.into(),
        StreamError::LastOperationFailed(error) => error.downcast::<io::Error>().unwrap_or_else(io::Error::other),
        StreamError::Trap(error) => io::Error::other(error),
    }
}

/// Standard output or error. All handles to it write to one place, one piece at a time.
#[derive(Clone)]
pub(crate) struct Sink {
    sink: Arc<dyn ByteSink>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
enum State {
    #[default]
    Free,
    Writing(Writing),
    Failed(io::Error),
    Closed,
}

impl Sink {
    pub(crate) fn new(sink: Arc<dyn ByteSink>) -> Self {
        Self { sink, state: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn poll_written(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        let State::Writing(writing) = &mut *state else { return Poll::Ready(()) };
        match writing.as_mut().poll(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(())) => *state = State::Free,
            Poll::Ready(Err(error)) => *state = State::Failed(error),
        }
        Poll::Ready(())
    }
}

impl OutputStream for Sink {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let mut state = self.state();
        match &*state {
            State::Free if bytes.len() <= PIECE => {}
            State::Free => return Err(StreamError::trap("write of more bytes than check-write permitted")),
            State::Writing(_) => return Err(StreamError::trap("write without a permit of check-write")),
            State::Failed(_) | State::Closed => return Err(state.take_failure()),
        }
        if !bytes.is_empty() {
            *state = State::Writing(self.sink.write(bytes));
        }
        Ok(())
    }

    /// Nothing is kept back: the next permit comes when all is written.
    fn flush(&mut self) -> StreamResult<()> {
        let mut state = self.state();
        match &*state {
            State::Free | State::Writing(_) => Ok(()),
            State::Failed(_) | State::Closed => Err(state.take_failure()),
        }
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        let mut state = self.state();
        match &*state {
            State::Free => Ok(PIECE),
            State::Writing(_) => Ok(0),
            State::Failed(_) | State::Closed => Err(state.take_failure()),
        }
    }
}

impl State {
    /// What failed, the first time; that the stream is closed from then on.
    fn take_failure(&mut self) -> StreamError {
        match std::mem::replace(self, Self::Closed) {
            Self::Failed(error) => failed(error),
            _ => StreamError::Closed,
        }
    }
}

#[async_trait]
impl Pollable for Sink {
    async fn ready(&mut self) {
        std::future::poll_fn(|cx| self.poll_written(cx)).await;
    }
}

/// The error of a stream as a guest gets it: closed where nobody reads it any more.
fn failed(error: io::Error) -> StreamError {
    match error.kind() {
        io::ErrorKind::BrokenPipe => StreamError::Closed,
        _ => StreamError::LastOperationFailed(error.into()),
    }
}
