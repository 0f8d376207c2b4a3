//! Standard streams and terminals of one instance: those of the call, else lines for the log and nothing to read.
//!
//! Wasmtime's own stand in a `WasiCtx`, whose construction seeds random generators and reads clocks. Every guest with a
//! standard library opens its streams before anything else, so that each call would pay for it.

use crate::Cli;
use crate::last_words::Handles;
use crate::output::{LineStream, Lines};
use crate::pipes::{Input, PIECE, Sink, io_error};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::cli::{
    stderr, stdin, stdout, terminal_input, terminal_output, terminal_stderr, terminal_stdin, terminal_stdout,
};
use wasmtime_wasi::p2::pipe::ClosedInputStream;
use wasmtime_wasi_io::bytes::Bytes;
use wasmtime_wasi_io::streams::{DynInputStream, DynOutputStream, OutputStream as Stream};
use wippy_host_core::{OutputStream, OutputWriter, StandardStreams, StoreData};

/// The streams that the guest has opened. All handles to one read from, or write to, one place.
#[derive(Default)]
pub(crate) struct Opened {
    stdin: Option<Input>,
    outputs: Option<Outputs>,
    /// The handles to standard error.
    pub(crate) handles: Handles,
}

impl Opened {
    /// Writes what stands in the lines without an end: it belongs to the call that has ended.
    pub(crate) fn end(&mut self) {
        if let Some(Outputs::Lines(lines)) = &self.outputs {
            lines.end();
        }
    }
}

/// Where both output streams lead.
pub(crate) enum Outputs {
    /// Lines for the log.
    Lines(Arc<Lines>),
    /// Streams that the call brings along.
    Own { stdout: Sink, stderr: Sink },
}

impl Outputs {
    /// Those of the call, else lines for the log.
    pub(crate) fn of(own: Option<&StandardStreams>, writer: impl FnOnce() -> OutputWriter) -> Self {
        match own {
            Some(own) => Self::Own { stdout: Sink::new(own.stdout.clone()), stderr: Sink::new(own.stderr.clone()) },
            None => Self::Lines(Lines::new(writer())),
        }
    }

    pub(crate) fn stream(&self, which: OutputStream) -> Out {
        match (self, which) {
            (Self::Lines(lines), _) => Out::Line(lines.stream(which)),
            (Self::Own { stdout, .. }, OutputStream::Stdout) => Out::Pipe(stdout.clone()),
            (Self::Own { stderr, .. }, OutputStream::Stderr) => Out::Pipe(stderr.clone()),
        }
    }
}

/// An output stream.
#[derive(Clone)]
pub(crate) enum Out {
    Line(LineStream),
    Pipe(Sink),
}

impl Out {
    pub(crate) fn into_stream(self) -> DynOutputStream {
        match self {
            Self::Line(line) => Box::new(line),
            Self::Pipe(pipe) => Box::new(pipe),
        }
    }
}

/// An output stream as WASI 0.3 writes to it.
pub(crate) struct OutWriter(pub(crate) Out);

impl AsyncWrite for OutWriter {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let piece = bytes.get(..bytes.len().min(PIECE)).unwrap_or_default();
        let taken = Bytes::copy_from_slice(piece);
        let written = match &mut self.0 {
            Out::Line(line) => Stream::write(line, taken),
            Out::Pipe(pipe) => {
                std::task::ready!(pipe.poll_written(cx));
                pipe.write(taken)
            }
        };
        Poll::Ready(written.map(|()| piece.len()).map_err(io_error))
    }

    /// Waits until all has been written: a guest may say so to somebody else.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Out::Pipe(pipe) = &mut self.0 else { return Poll::Ready(Ok(())) };
        std::task::ready!(pipe.poll_written(cx));
        Poll::Ready(pipe.flush().map_err(io_error))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

/// What opens the standard streams of a store.
pub(crate) struct Standard<'a>(&'a mut StoreData);

pub(crate) struct HasStandard;

impl HasData for HasStandard {
    type Data<'a> = Standard<'a>;
}

pub(crate) fn standard(store: &mut StoreData) -> Standard<'_> {
    Standard(store)
}

impl Standard<'_> {
    fn open(&mut self, which: OutputStream) -> wasmtime::Result<Resource<DynOutputStream>> {
        let stream = match &self.0.state::<Cli>().opened.outputs {
            Some(outputs) => outputs.stream(which),
            None => {
                let outputs = Outputs::of(self.0.call().streams(), || self.0.output());
                let stream = outputs.stream(which);
                self.0.state::<Cli>().opened.outputs = Some(outputs);
                stream
            }
        };
        // A guest that can be denied nothing has no last words.
        let watched = which == OutputStream::Stderr && self.0.has_last_words();
        let (state, table) = self.0.state_and_table::<Cli>();
        match watched {
            true => state.opened.handles.push(table, stream.into_stream()),
            false => Ok(table.push(stream.into_stream())?),
        }
    }
}

impl stdout::Host for Standard<'_> {
    fn get_stdout(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        self.open(OutputStream::Stdout)
    }
}

impl stderr::Host for Standard<'_> {
    fn get_stderr(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        self.open(OutputStream::Stderr)
    }
}

impl stdin::Host for Standard<'_> {
    fn get_stdin(&mut self) -> wasmtime::Result<Resource<DynInputStream>> {
        let own = self.0.call().streams().map(|own| own.stdin.clone());
        let (state, table) = self.0.state_and_table::<Cli>();
        let stream: DynInputStream = match own {
            None => Box::new(ClosedInputStream),
            Some(own) => Box::new(state.opened.stdin.get_or_insert_with(|| Input::new(own)).clone()),
        };
        Ok(table.push(stream)?)
    }
}

/// Terminals: one stands behind a standard stream only where the call says so.
pub(crate) struct Terminals<'a> {
    own: Option<StandardStreams>,
    table: &'a mut ResourceTable,
}

pub(crate) struct HasTerminals;

impl HasData for HasTerminals {
    type Data<'a> = Terminals<'a>;
}

pub(crate) fn terminals(store: &mut StoreData) -> Terminals<'_> {
    Terminals { own: store.call().streams().cloned(), table: store.table() }
}

impl Terminals<'_> {
    /// A resource for a stream behind which there is a terminal.
    fn there<T: Send + 'static>(
        &mut self,
        is_terminal: impl FnOnce(&StandardStreams) -> bool,
        terminal: T,
    ) -> wasmtime::Result<Option<Resource<T>>> {
        Ok(match &self.own {
            Some(own) if is_terminal(own) => Some(self.table.push(terminal)?),
            _ => None,
        })
    }
}

impl terminal_stdin::Host for Terminals<'_> {
    fn get_terminal_stdin(&mut self) -> wasmtime::Result<Option<Resource<terminal_input::TerminalInput>>> {
        self.there(|own| own.stdin.is_terminal(), terminal_input::TerminalInput)
    }
}

impl terminal_stdout::Host for Terminals<'_> {
    fn get_terminal_stdout(&mut self) -> wasmtime::Result<Option<Resource<terminal_output::TerminalOutput>>> {
        self.there(|own| own.stdout.is_terminal(), terminal_output::TerminalOutput)
    }
}

impl terminal_stderr::Host for Terminals<'_> {
    fn get_terminal_stderr(&mut self) -> wasmtime::Result<Option<Resource<terminal_output::TerminalOutput>>> {
        self.there(|own| own.stderr.is_terminal(), terminal_output::TerminalOutput)
    }
}

impl terminal_input::Host for Terminals<'_> {}

impl terminal_input::HostTerminalInput for Terminals<'_> {
    fn drop(&mut self, terminal: Resource<terminal_input::TerminalInput>) -> wasmtime::Result<()> {
        self.table.delete(terminal)?;
        Ok(())
    }
}

impl terminal_output::Host for Terminals<'_> {}

impl terminal_output::HostTerminalOutput for Terminals<'_> {
    fn drop(&mut self, terminal: Resource<terminal_output::TerminalOutput>) -> wasmtime::Result<()> {
        self.table.delete(terminal)?;
        Ok(())
    }
}
