#![doc = include_str!("../README.md")]

mod cache;
mod call;
mod check;
mod ending;
mod exec;
mod graceful;
mod grants;
mod graph;
mod imports;
mod init;
mod inspect;
mod log;
mod measure;
mod observation;
mod open;
mod operate;
#[cfg_attr(not(feature = "otlp"), path = "otlp/absent.rs")]
mod otlp;
mod output;
mod progress;
mod run;
mod schema;
mod serve;
mod signals;
mod single;
mod terminal;

use clap::{Parser, Subcommand};
use log::LogArguments;
use measure::Measuring;
use observation::Observation;
use otlp::{Exporting, OtlpArguments};
use output::{Failure, Output};
use std::process::ExitCode;
use tokio::runtime::Runtime;
use wippy_host::ManualClock;

// A VM of Lua is a thousand small allocations, and the futures and buffers of a call are larger than what the system's allocator
// keeps at hand.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs WebAssembly functions with exactly the host functions that their entries declare.
#[derive(Parser)]
#[command(name = "wippy-host", version, max_term_width = 120)]
struct Arguments {
    /// Print results, problems and errors as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    log: LogArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Call one function of an application and print its result.
    Call(call::CallArguments),
    /// Load, compile and preflight an application; print all problems and remarks.
    Check(check::CheckArguments),
    /// Run a command, a component or a preview 1 module, outside any application, with what the options grant and nothing
    /// else.
    Exec(exec::ExecArguments),
    /// Draw an application: its entries, what each is granted, and who calls whom.
    Graph(graph::GraphArguments),
    /// Run the services of an application or one of its commands, or list the commands.
    Run(run::RunArguments),
    /// Print the JSON Schema of an application's files, for editors.
    Schema,
    /// Serve a component that handles HTTP requests, with what the options grant and nothing else.
    Serve(serve::ServeArguments),
    /// List the import groups of this build, with interfaces, versions and aliases.
    Imports(imports::ImportsArguments),
    /// Write a small working application into an empty or new directory.
    Init(init::InitArguments),
    /// Say what a component or module exports and imports, with the entry that it needs.
    Inspect(inspect::InspectArguments),
}

impl Command {
    /// Whether it answers requests until it is told to stop.
    fn serves(&self) -> bool {
        match self {
            Self::Run(run) => run.serves(),
            Self::Serve(_) => true,
            _ => false,
        }
    }

    /// Where its traces go.
    fn otlp(&self) -> Option<&OtlpArguments> {
        match self {
            Self::Call(call) => Some(call.otlp()),
            Self::Exec(exec) => Some(exec.otlp()),
            Self::Run(run) => Some(run.otlp()),
            Self::Serve(serve) => Some(serve.otlp()),
            _ => None,
        }
    }
}

/// Runs the command line of this process, with every import that the program links, and gives its exit code.
///
/// Reads the process's arguments and environment, writes to its standard streams, sets its global log subscriber, and
/// makes an async runtime of its own: to be called once, from `main`.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let mut output = Output { json: arguments.json, stats: None };
    let measuring = match &arguments.command {
        Command::Call(call) => call.measuring(),
        Command::Exec(exec) => exec.measuring(),
        _ => Ok(Measuring::default()),
    };
    let measuring = match measuring {
        Ok(measuring) => measuring,
        Err(failure) => return output.fail(&failure),
    };
    output.stats = measuring.stats();
    let clock = match &arguments.command {
        Command::Call(call) => call.clock(),
        _ => None,
    };
    let runtime = match runtime(clock.clone()) {
        Ok(runtime) => runtime,
        Err(error) => return output.fail(&Failure::message(format!("no async runtime: {error}"))),
    };
    let exporting = arguments.command.otlp().map_or(Ok(Exporting::default()), |otlp| otlp.begin(&output, &runtime));
    let exporting = match exporting {
        Ok(exporting) => exporting,
        Err(failure) => return output.fail(&failure),
    };
    let observation = Observation { measuring, exporting, ..Observation::default() };
    let heard = match arguments.log.start(&output, arguments.command.serves(), observation.listeners()) {
        Ok(heard) => heard,
        Err(failure) => return output.fail(&failure),
    };
    let done = runtime.block_on(async {
        match arguments.command {
            Command::Call(call) => call::run(&output, call, clock, &observation).await,
            Command::Check(check) => check::run(&output, check).await,
            Command::Exec(exec) => exec::run(&output, exec, &observation).await,
            Command::Graph(graph) => graph::run(&output, graph).await,
            Command::Run(run) => run::run(&output, run, arguments.log.format(), &observation).await,
            Command::Schema => schema::run(&output),
            Command::Serve(serve) => serve::run(&output, serve, &observation).await,
            Command::Imports(imports) => imports::run(&output, &imports),
            Command::Init(init) => init::run(&output, &init),
            Command::Inspect(inspect) => inspect::run(&output, inspect).await,
        }
    });
    observation.denials.summarise();
    observation.exporting.finish(&runtime);
    // A guest's file operation may still run on the blocking pool; nobody waits for it.
    runtime.shutdown_background();
    let code = match done {
        Ok(code) => code,
        Err(failure) => output.fail(&failure),
    };
    match observation.measuring.finish(&output, heard) {
        Ok(()) => code,
        Err(failure) => output.fail(&failure),
    }
}

/// With a clock that is moved by hand: one thread, which moves it where there is nothing else to do.
fn runtime(clock: Option<ManualClock>) -> std::io::Result<Runtime> {
    let mut builder = match clock {
        None => tokio::runtime::Builder::new_multi_thread(),
        Some(clock) => {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            builder.on_thread_park(move || {
                clock.advance_to_next();
            });
            builder
        }
    };
    builder.enable_all().build()
}
