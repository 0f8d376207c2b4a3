//! `run`: the services of an application, or one of its commands.

mod commands;
mod services;
mod summary;

use crate::ending::ended;
use crate::log::Format;
use crate::observation::Observation;
use crate::open::{ApplicationArguments, open_with};
use crate::operate::OperateArguments;
use crate::otlp::OtlpArguments;
use crate::output::{Failure, Output};
use crate::signals::{Signals, until_signal};
use crate::terminal::Terminal;
use commands::{Command, Commands};
use std::process::ExitCode;
use std::time::Duration;
use wippy_host::value::{Signature, arguments_from_text};
use wippy_host::{CallContext, Error, HostBuilder, Value};
use wippy_host_app::Opened;
use wippy_host_app::manifest::{Problem, Severity};
use wippy_host_process::Spawn;

/// How long what a command has started may take to end after it.
const GRACE: Duration = Duration::from_secs(5);

/// Without a command, starts the application's HTTP services and runs until SIGINT or SIGTERM: then no more is accepted, what
/// was accepted ends within 30 s, and the exit code is 0. A second signal ends it at once.
///
/// The exit code of a command is the number that it returns, or that of its `exit`; 1 where it returns an error or the host
/// ends it; 2 for a command that there is not; 134 for a trap; 130 and 143 for SIGINT and SIGTERM.
#[derive(clap::Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    application: ApplicationArguments,
    /// Without a command: take over what changes in the application's files while it runs. An edit with a problem is not taken
    /// over, and the problem is printed.
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    operate: OperateArguments,
    #[command(flatten)]
    otlp: OtlpArguments,
    /// The command and its arguments, each as text for the parameter of its place; `list` prints the commands. All that stands
    /// behind COMMAND is the command's, options too.
    #[arg(value_names = ["COMMAND", "ARGS"], num_args = 0.., trailing_var_arg = true)]
    command_and_arguments: Vec<String>,
}

impl RunArguments {
    /// Whether it runs services rather than a command.
    pub(crate) fn serves(&self) -> bool {
        self.command_and_arguments.is_empty()
    }

    pub(crate) fn otlp(&self) -> &OtlpArguments {
        &self.otlp
    }
}

pub(crate) async fn run(
    output: &Output,
    run: RunArguments,
    format: Format,
    observation: &Observation,
) -> Result<ExitCode, Failure> {
    let Some((name, arguments)) = run.command_and_arguments.split_first() else {
        // One listener from the start: a signal that came between two would be lost.
        let mut signals = Signals::new()?;
        let operations = run.operate.begin().await?;
        let opened = tokio::select! {
            code = signals.next() => return Ok(ExitCode::from(code)),
            opened = open_sound(output, &run.application, |host| operations.host(observation.host(host))) => opened?,
        };
        operations.opened(&opened.application);
        return services::serve(output, &opened, &mut signals, &operations, (run.watch, format)).await;
    };
    if run.watch {
        let error = Error::invalid("--watch is for services, not for a command");
        return Err(Failure::usage(error.with_remedy("leave the command out, or --watch")));
    }
    if run.operate.is_on() {
        let error = Error::invalid("--metrics is for services, not for a command");
        return Err(Failure::usage(error.with_remedy("leave the command out, or --metrics")));
    }
    until_signal(async {
        let opened = open_sound(output, &run.application, |host| observation.host(host)).await?;
        let commands = Commands::of(&opened.declarations);
        if name == "list" {
            let json = output.json || arguments.iter().any(|argument| argument == "--json");
            return commands.print(output, json);
        }
        let command = commands.get(name).map_err(Failure::usage)?;
        let code = execute(output, &opened.application, command, arguments).await;
        opened.application.processes().stop(GRACE).await;
        code
    })
    .await
}

/// Opens an application that has no problem; what else there is to say of it is not asked for.
async fn open_sound(
    output: &Output,
    arguments: &ApplicationArguments,
    change: impl FnOnce(HostBuilder) -> HostBuilder,
) -> Result<Opened, Failure> {
    let opened = open_with(output, arguments, change).await?;
    if opened.has_errors() {
        let shown = opened.problems.iter().filter(|problem| problem.severity != Severity::Remark);
        return Err(Failure::Problems(shown.cloned().collect::<Vec<Problem>>()));
    }
    Ok(opened)
}

async fn execute(
    output: &Output,
    application: &wippy_host_app::Application,
    command: &Command<'_>,
    texts: &[String],
) -> Result<ExitCode, Failure> {
    let processes = application.processes();
    let id = command.id();
    let program = processes.program(&id).ok_or_else(|| Error::internal(format!("{id} is not prepared")))?;
    let signature = program.signature();
    let (arguments, command_line) = match command.takes_command_line() {
        true => (Vec::new(), command.command_line(texts)),
        false => (converted(command, signature, texts)?, Vec::new()),
    };
    let terminal = Terminal::default();
    let host = command.host().to_owned();
    let spawn = Spawn::new(id, host, CallContext::new()).with_arguments(arguments);
    let result = processes.exec(spawn.as_command(command_line, terminal.streams())).await;
    ended(output, &terminal, result, signature).await
}

/// The arguments as the command's parameters take them.
fn converted(command: &Command<'_>, signature: Option<&Signature>, texts: &[String]) -> Result<Vec<Value>, Failure> {
    let parameters = signature.map(Signature::params).unwrap_or_default();
    arguments_from_text(parameters, texts)
        .map_err(|error| Failure::usage(Error::invalid(format!("{}: {error}", command.name())).with_source(error)))
}
