//! Standard streams and terminals of one instance.
//!
//! Wasmtime's own stand in a `WasiCtx`, whose construction seeds random generators and reads clocks. Every guest with a
//! standard library opens its streams before anything else, so that each call would pay for it.

use crate::Cli;
use crate::output::LineStream;
use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::cli::{
    stderr, stdin, stdout, terminal_input, terminal_output, terminal_stderr, terminal_stdin, terminal_stdout,
};
use wasmtime_wasi::p2::pipe::ClosedInputStream;
use wasmtime_wasi_io::streams::{DynInputStream, DynOutputStream};
use wippy_host_core::{OutputStream, OutputWriter, StoreData};

/// The output streams that the guest has opened. All handles to one write to one line.
#[derive(Default)]
pub(crate) struct Lines {
    stdout: Option<LineStream>,
    stderr: Option<LineStream>,
}

impl Lines {
    /// Writes what stands in both without a line's end: it belongs to the call that has ended.
    pub(crate) fn end(&mut self) {
        [&self.stdout, &self.stderr].into_iter().flatten().for_each(LineStream::end);
    }
}

/// Standard output and error.
pub(crate) struct Output<'a> {
    lines: &'a mut Lines,
    writer: OutputWriter,
    table: &'a mut ResourceTable,
}

pub(crate) struct HasOutput;

impl HasData for HasOutput {
    type Data<'a> = Output<'a>;
}

pub(crate) fn output(store: &mut StoreData) -> Output<'_> {
    let writer = store.output();
    let (state, table) = store.state_and_table::<Cli>();
    Output { lines: &mut state.lines, writer, table }
}

impl Output<'_> {
    fn open(&mut self, which: OutputStream) -> wasmtime::Result<Resource<DynOutputStream>> {
        let place = match which {
            OutputStream::Stdout => &mut self.lines.stdout,
            OutputStream::Stderr => &mut self.lines.stderr,
        };
        let stream = place.get_or_insert_with(|| LineStream::new(self.writer.clone(), which)).clone();
        Ok(self.table.push(Box::new(stream) as DynOutputStream)?)
    }
}

impl stdout::Host for Output<'_> {
    fn get_stdout(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        self.open(OutputStream::Stdout)
    }
}

impl stderr::Host for Output<'_> {
    fn get_stderr(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        self.open(OutputStream::Stderr)
    }
}

/// What a function has nothing of: input, and terminals.
pub(crate) struct Absent<'a>(&'a mut ResourceTable);

pub(crate) struct HasAbsent;

impl HasData for HasAbsent {
    type Data<'a> = Absent<'a>;
}

pub(crate) fn absent(store: &mut StoreData) -> Absent<'_> {
    Absent(store.table())
}

impl stdin::Host for Absent<'_> {
    fn get_stdin(&mut self) -> wasmtime::Result<Resource<DynInputStream>> {
        Ok(self.0.push(Box::new(ClosedInputStream) as DynInputStream)?)
    }
}

impl terminal_stdin::Host for Absent<'_> {
    fn get_terminal_stdin(&mut self) -> wasmtime::Result<Option<Resource<terminal_input::TerminalInput>>> {
        Ok(None)
    }
}

impl terminal_stdout::Host for Absent<'_> {
    fn get_terminal_stdout(&mut self) -> wasmtime::Result<Option<Resource<terminal_output::TerminalOutput>>> {
        Ok(None)
    }
}

impl terminal_stderr::Host for Absent<'_> {
    fn get_terminal_stderr(&mut self) -> wasmtime::Result<Option<Resource<terminal_output::TerminalOutput>>> {
        Ok(None)
    }
}

impl terminal_input::Host for Absent<'_> {}

impl terminal_input::HostTerminalInput for Absent<'_> {
    fn drop(&mut self, terminal: Resource<terminal_input::TerminalInput>) -> wasmtime::Result<()> {
        self.0.delete(terminal)?;
        Ok(())
    }
}

impl terminal_output::Host for Absent<'_> {}

impl terminal_output::HostTerminalOutput for Absent<'_> {
    fn drop(&mut self, terminal: Resource<terminal_output::TerminalOutput>) -> wasmtime::Result<()> {
        self.0.delete(terminal)?;
        Ok(())
    }
}
