#![doc = include_str!("../README.md")]
//!
//! [`StandardStreams`]: wippy_host_core::StandardStreams
//! [`Output`]: wippy_host_core::Output

mod config;
mod environment;
mod last_words;
mod output;
#[cfg(feature = "p3")]
mod p3;
mod pipes;
mod preview1;
mod stdio;
mod streams;
#[cfg(test)]
mod threads;
mod variables;

pub use config::{Config, Variable};
pub use environment::CliState;
pub use variables::SharedVariables;

use environment::{Surroundings, surroundings};
use std::sync::Arc;
use streams::{HasStandard, HasTerminals, standard, terminals};
use wasmtime::component::HasData;
use wasmtime_wasi::p2::bindings::cli::{
    environment as environment_interface, exit, stderr, stdin, stdout, terminal_input, terminal_output,
    terminal_stderr, terminal_stdin, terminal_stdout,
};
use wippy_host_core::{
    Alias, ConfigProblem, GuestExit, HostImport, ImportLinker, ImportMeta, Interface, ModuleFunctions, Result, Section,
    SetupContext, StateContext, StoreData, async_trait, register_import,
};

/// `wasi:cli`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cli;

const VERSION: &str = "0.2.12";
#[cfg(feature = "p3")]
const VERSION_3: &str = "0.3.0";

#[async_trait]
impl HostImport for Cli {
    const META: ImportMeta = ImportMeta::new("wasi:cli", "Environment, arguments, exit, standard streams, terminals")
        .with_interfaces(&[
            Interface::new("wasi:cli/environment", VERSION),
            Interface::new("wasi:cli/exit", VERSION),
            Interface::new("wasi:cli/stderr", VERSION),
            Interface::new("wasi:cli/stdin", VERSION),
            Interface::new("wasi:cli/stdout", VERSION),
            Interface::new("wasi:cli/terminal-input", VERSION),
            Interface::new("wasi:cli/terminal-output", VERSION),
            Interface::new("wasi:cli/terminal-stderr", VERSION),
            Interface::new("wasi:cli/terminal-stdin", VERSION),
            Interface::new("wasi:cli/terminal-stdout", VERSION),
            #[cfg(feature = "p3")]
            Interface::new("wasi:cli/environment", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::new("wasi:cli/exit", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::concurrent("wasi:cli/stderr", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::concurrent("wasi:cli/stdin", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::concurrent("wasi:cli/stdout", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::new("wasi:cli/terminal-input", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::new("wasi:cli/terminal-output", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::new("wasi:cli/terminal-stderr", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::new("wasi:cli/terminal-stdin", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::new("wasi:cli/terminal-stdout", VERSION_3),
            #[cfg(feature = "p3")]
            Interface::new("wasi:cli/types", VERSION_3),
        ])
        .with_aliases(&[
            Alias::whole("wasi1"),
            Alias::whole("wasi-preview1"),
            Alias::whole("preview1"),
            Alias::whole("wasi_snapshot_preview1"),
        ])
        .with_section(Section::Shared("wasi"));

    const MODULE_FUNCTIONS: &'static [ModuleFunctions] = preview1::FUNCTIONS;

    type Config = Config;
    type Shared = SharedVariables;
    type State = CliState;

    fn check(cx: &SetupContext<'_>, config: &Config) -> Vec<ConfigProblem> {
        config::check(cx, config)
    }

    async fn setup(cx: &SetupContext<'_>, config: Config) -> Result<SharedVariables> {
        Ok(SharedVariables::new(config.resolved(cx)))
    }

    fn link(linker: &mut ImportLinker<'_, Self>) -> Result<()> {
        wippy_wasi_context::link_io_types(linker)?;
        linker.interface("wasi:cli/environment@0.2.12", |l| {
            environment_interface::add_to_linker::<_, HasSurroundings>(l, surroundings)
        })?;
        linker.interface("wasi:cli/exit@0.2.12", |l| exit::add_to_linker::<_, HasSurroundings>(l, surroundings))?;
        linker.interface("wasi:cli/stderr@0.2.12", |l| stderr::add_to_linker::<_, HasStandard>(l, standard))?;
        linker.interface("wasi:cli/stdin@0.2.12", |l| stdin::add_to_linker::<_, HasStandard>(l, standard))?;
        linker.interface("wasi:cli/stdout@0.2.12", |l| stdout::add_to_linker::<_, HasStandard>(l, standard))?;
        linker.interface("wasi:cli/terminal-input@0.2.12", |l| {
            terminal_input::add_to_linker::<_, HasTerminals>(l, terminals)
        })?;
        linker.interface("wasi:cli/terminal-output@0.2.12", |l| {
            terminal_output::add_to_linker::<_, HasTerminals>(l, terminals)
        })?;
        linker.interface("wasi:cli/terminal-stderr@0.2.12", |l| {
            terminal_stderr::add_to_linker::<_, HasTerminals>(l, terminals)
        })?;
        linker.interface("wasi:cli/terminal-stdin@0.2.12", |l| {
            terminal_stdin::add_to_linker::<_, HasTerminals>(l, terminals)
        })?;
        linker.interface("wasi:cli/terminal-stdout@0.2.12", |l| {
            terminal_stdout::add_to_linker::<_, HasTerminals>(l, terminals)
        })?;
        #[cfg(feature = "p3")]
        p3::link(linker)?;
        Ok(())
    }

    fn link_module(linker: &mut wasmtime::Linker<StoreData>) -> Result<()> {
        wippy_wasi_context::link_preview1(linker)
    }

    fn state(cx: &mut StateContext<'_>, shared: &Arc<SharedVariables>) -> Result<CliState> {
        if cx.denies() {
            cx.store().set_last_words(last_words::of);
        }
        let state = CliState::new(cx, shared)?;
        if cx.is_module() {
            preview1::provide(cx, shared, &state);
        }
        Ok(state)
    }

    /// Variables hold until the environment changes, and there are no arguments: an instance that waited keeps its state.
    fn renew(_: &mut StateContext<'_>, _: &Arc<SharedVariables>) -> Result<()> {
        Ok(())
    }

    fn settle(state: &mut CliState) {
        state.opened.end();
        #[cfg(feature = "p3")]
        drop(state.wasi.take());
    }
}

register_import!(Cli);

struct HasSurroundings;

impl HasData for HasSurroundings {
    type Data<'a> = Surroundings<'a>;
}

impl exit::Host for Surroundings<'_> {
    fn exit(&mut self, status: Result<(), ()>) -> wasmtime::Result<()> {
        Err(GuestExit(i32::from(status.is_err())).into())
    }

    fn exit_with_code(&mut self, code: u8) -> wasmtime::Result<()> {
        Err(GuestExit(code.into()).into())
    }
}
