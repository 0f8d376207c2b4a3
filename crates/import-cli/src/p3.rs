//! The interfaces of WASI 0.3: our own environment and exit, and Wasmtime's own streams over ours.

use crate::environment::{Surroundings, surroundings};
use crate::{Cli, HasSurroundings, stdio};
use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::cli::{WasiCli, WasiCliCtxView};
use wasmtime_wasi::p2::bindings::cli::environment as env;
use wasmtime_wasi::p3::bindings::cli::{
    environment, exit, stderr, stdin, stdout, terminal_input, terminal_output, terminal_stderr, terminal_stdin,
    terminal_stdout,
};
use wippy_host_core::{GuestExit, ImportLinker, Result, StoreData};

pub(crate) fn link(linker: &mut ImportLinker<'_, Cli>) -> Result<()> {
    linker.interface("wasi:cli/environment@0.3.0", |l| {
        environment::add_to_linker::<_, HasSurroundings>(l, surroundings)
    })?;
    linker.interface("wasi:cli/exit@0.3.0", |l| exit::add_to_linker::<_, HasSurroundings>(l, surroundings))?;
    linker.interface("wasi:cli/stderr@0.3.0", |l| stderr::add_to_linker::<_, WasiCli>(l, streams))?;
    linker.interface("wasi:cli/stdin@0.3.0", |l| stdin::add_to_linker::<_, WasiCli>(l, streams))?;
    linker.interface("wasi:cli/stdout@0.3.0", |l| stdout::add_to_linker::<_, WasiCli>(l, streams))?;
    linker.interface("wasi:cli/terminal-input@0.3.0", |l| terminal_input::add_to_linker::<_, WasiCli>(l, streams))?;
    linker.interface("wasi:cli/terminal-output@0.3.0", |l| terminal_output::add_to_linker::<_, WasiCli>(l, streams))?;
    linker.interface("wasi:cli/terminal-stderr@0.3.0", |l| terminal_stderr::add_to_linker::<_, WasiCli>(l, streams))?;
    linker.interface("wasi:cli/terminal-stdin@0.3.0", |l| terminal_stdin::add_to_linker::<_, WasiCli>(l, streams))?;
    linker.interface("wasi:cli/terminal-stdout@0.3.0", |l| terminal_stdout::add_to_linker::<_, WasiCli>(l, streams))?;
    // Types alone: there is nothing to link.
    linker.interface("wasi:cli/types@0.3.0", |_| Ok(()))
}

/// The streams of the call, in a context of Wasmtime's that is used for nothing else.
fn streams(store: &mut StoreData) -> WasiCliCtxView<'_> {
    if store.state::<Cli>().wasi.is_none() {
        let (own, writer) = (store.call().streams().cloned(), store.output());
        let mut builder = WasiCtxBuilder::new();
        stdio::provide(&mut builder, own.as_ref(), &writer);
        store.state::<Cli>().wasi = Some(Box::new(builder.build()));
    }
    let (state, table) = store.state_and_table::<Cli>();
    let made = state.wasi.get_or_insert_with(|| Box::new(WasiCtxBuilder::new().build()));
    WasiCliCtxView { ctx: made.cli(), table }
}

impl environment::Host for Surroundings<'_> {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        env::Host::get_environment(self)
    }

    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        env::Host::get_arguments(self)
    }

    fn get_initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        env::Host::initial_cwd(self)
    }
}

impl exit::Host for Surroundings<'_> {
    fn exit(&mut self, status: Result<(), ()>) -> wasmtime::Result<()> {
        Err(GuestExit(i32::from(status.is_err())).into())
    }

    fn exit_with_code(&mut self, code: u8) -> wasmtime::Result<()> {
        Err(GuestExit(code.into()).into())
    }
}
