//! Standard streams and terminals of one instance: those of the call, else lines for the log and nothing to read.
//!
//! Wasmtime's own stand in a `WasiCtx`, whose construction seeds random generators and reads clocks. Every guest with a
//! standard library opens its streams before anything else, so that each call would pay for it.

use crate::Cli;
use crate::last_words::Handles;
use crate::output::LineStream;
use crate::pipes::{Input, PIECE, Sink, io_error};
use std::io;
use std::pin::Pin;
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
    stdout: Option<Out>,
    stderr: Option<Out>,
    /// The handles to standard error.
    pub(crate) handles: Handles,
}

impl Opened {
    /// Writes what stands in the lines without an end: it belongs to the call that has ended.
    pub(crate) fn end(&mut self) {
        [&self.stdout, &self.stderr].into_iter().flatten().for_each(|out| {
            if let Out::Lines(lines) = out {
                lines.end();
            }
        });
    }
}

/// Where an output stream leads.
#[derive(Clone)]
pub(crate) enum Out {
    Lines(LineStream),
    Pipe(Sink),
}

impl Out {
    /// A stream that the call brings along.
    pub(crate) fn to(own: &StandardStreams, which: OutputStream) -> Self {
        let sink = match which {
            OutputStream::Stdout => &own.stdout,
            OutputStream::Stderr => &own.stderr,
        };
        Self::Pipe(Sink::new(sink.clone()))
    }

    /// Lines for the log.
    pub(crate) fn lines(writer: OutputWriter, which: OutputStream) -> Self {
        Self::Lines(LineStream::new(writer, which))
    }

    pub(crate) fn into_stream(self) -> DynOutputStream {
        match self {
            Self::Lines(lines) => Box::new(lines),
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
            Out::Lines(lines) => Stream::write(lines, taken),
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
        let stream = match self.out(which) {
            Some(out) => out.clone(),
            None => {
                let out = match self.0.call().streams() {
                    Some(own) => Out::to(own, which),
                    None => Out::lines(self.0.output(), which),
                };
                self.out(which).insert(out).clone()
            }
        };
        let (state, table) = self.0.state_and_table::<Cli>();
        match which {
            OutputStream::Stdout => Ok(table.push(stream.into_stream())?),
            OutputStream::Stderr => state.opened.handles.push(table, stream.into_stream()),
        }
    }

    fn out(&mut self, which: OutputStream) -> &mut Option<Out> {
        let opened = &mut self.0.state::<Cli>().opened;
        match which {
            OutputStream::Stdout => &mut opened.stdout,
            OutputStream::Stderr => &mut opened.stderr,
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
