//! Preview 1's part of the group: variables, arguments, standard streams, and how a program ends.

use crate::CliState;
use crate::pipes::Input;
use crate::streams::Out;
use tokio::io::{AsyncRead, AsyncWrite};
use wasmtime_wasi::cli::{IsTerminal, StdinStream, StdoutStream};
use wasmtime_wasi::p2::bindings::cli::environment::Host;
use wasmtime_wasi::p2::pipe::ClosedInputStream;
use wasmtime_wasi_io::streams::{DynInputStream, DynOutputStream};
use wippy_host_core::{ModuleFunctions, OutputStream, Result, StateContext};
use wippy_wasi_context::{PREVIEW1, provide_preview1};

/// The descriptors of the standard streams are served by the functions that serve files. Every program asks for its
/// preopened directories when it starts: it has none without `wasi:filesystem`.
pub(crate) const FUNCTIONS: &[ModuleFunctions] = &[ModuleFunctions {
    module: PREVIEW1,
    functions: &[
        "args_get",
        "args_sizes_get",
        "environ_get",
        "environ_sizes_get",
        "fd_close",
        "fd_fdstat_get",
        "fd_fdstat_set_flags",
        "fd_filestat_get",
        "fd_prestat_dir_name",
        "fd_prestat_get",
        "fd_read",
        "fd_renumber",
        "fd_seek",
        "fd_tell",
        "fd_write",
        "proc_exit",
        "proc_raise",
    ],
}];

/// Provides what the state of an instance has.
pub(crate) fn provide(cx: &mut StateContext<'_>, mut state: &mut CliState) -> Result<()> {
    let surroundings = state.get_environment().and_then(|variables| Ok((variables, state.get_arguments()?)));
    let (variables, arguments) =
        surroundings.map_err(|error| wippy_host_core::Error::internal(format!("{error:#}")))?;
    let (own, writer) = (cx.call().streams().cloned(), cx.store().output());
    provide_preview1(cx.store(), move |builder| {
        let out = |which| match &own {
            Some(own) => Out::to(own, which),
            None => Out::lines(writer.clone(), which),
        };
        let (stdout, stderr) = (out(OutputStream::Stdout), out(OutputStream::Stderr));
        let is_terminal = |asked: fn(&wippy_host_core::StandardStreams) -> bool| own.as_ref().is_some_and(asked);
        builder.envs(&variables).args(&arguments);
        builder
            .stdin(Stream {
                stream: own.as_ref().map(|own| Input::new(own.stdin.clone())),
                is_terminal: is_terminal(|own| own.stdin.is_terminal()),
            })
            .stdout(Stream { stream: stdout, is_terminal: is_terminal(|own| own.stdout.is_terminal()) })
            .stderr(Stream { stream: stderr, is_terminal: is_terminal(|own| own.stderr.is_terminal()) });
    });
    Ok(())
}

/// A stream as Wasmtime asks for it.
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
    /// For WASI 0.3: preview 1 asks for the other.
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        Box::new(tokio::io::empty())
    }

    fn p2_stream(&self) -> DynInputStream {
        match &self.stream {
            Some(input) => Box::new(input.clone()),
            None => Box::new(ClosedInputStream),
        }
    }
}

impl StdoutStream for Stream<Out> {
    /// For WASI 0.3: preview 1 asks for the other.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> DynOutputStream {
        self.stream.clone().into_stream()
    }
}
