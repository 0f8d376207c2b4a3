//! Standard streams as Wasmtime's own context takes them, for preview 1 and WASI 0.3.

use crate::pipes::{Input, InputReader};
use crate::streams::{Out, OutWriter, Outputs};
use tokio::io::{AsyncRead, AsyncWrite};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::cli::{IsTerminal, StdinStream, StdoutStream};
use wasmtime_wasi::p2::pipe::ClosedInputStream;
use wasmtime_wasi_io::streams::{DynInputStream, DynOutputStream};
use wippy_host_core::{OutputStream, OutputWriter, StandardStreams};

/// Those of the call, else nothing to read and lines for the log.
pub(crate) fn provide(builder: &mut WasiCtxBuilder, own: Option<&StandardStreams>, writer: &OutputWriter) {
    let outputs = Outputs::of(own, || writer.clone());
    let out = |which| outputs.stream(which);
    let is_terminal = |asked: fn(&StandardStreams) -> bool| own.is_some_and(asked);
    builder
        .stdin(Stream {
            stream: own.map(|own| Input::new(own.stdin.clone())),
            is_terminal: is_terminal(|own| own.stdin.is_terminal()),
        })
        .stdout(Stream { stream: out(OutputStream::Stdout), is_terminal: is_terminal(|own| own.stdout.is_terminal()) })
        .stderr(Stream { stream: out(OutputStream::Stderr), is_terminal: is_terminal(|own| own.stderr.is_terminal()) });
}

/// A stream that both tracks can ask for.
struct Stream<S> {
    stream: S,
    is_terminal: bool,
}

impl<S> IsTerminal for Stream<S> {
    fn is_terminal(&self) -> bool {
        self.is_terminal
    }
}

impl StdinStream for Stream<Option<Input>> {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        match &self.stream {
            Some(input) => Box::new(InputReader::new(input.clone())),
            None => Box::new(tokio::io::empty()),
        }
    }

    fn p2_stream(&self) -> DynInputStream {
        match &self.stream {
            Some(input) => Box::new(input.clone()),
            None => Box::new(ClosedInputStream),
        }
    }
}

impl StdoutStream for Stream<Out> {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(OutWriter(self.stream.clone()))
    }

    fn p2_stream(&self) -> DynOutputStream {
        self.stream.clone().into_stream()
    }
}
