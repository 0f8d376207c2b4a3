//! `exec`: a command component, outside any application.

use crate::ending::ended;
use crate::output::{Failure, Output};
use crate::signals::until_signal;
use crate::single::SingleArguments;
use crate::terminal::Terminal;
use std::process::ExitCode;
use wippy_host::{CallContext, Function};

/// Exit codes: that of the guest; 1 where its `run` returns an error or the host ends it; 2 for wrong usage; 134 for a trap;
/// 130 and 143 for SIGINT and SIGTERM.
#[derive(clap::Args)]
pub(crate) struct ExecArguments {
    #[command(flatten)]
    single: SingleArguments,
    /// The guest's arguments. Options behind FILE are the guest's, too.
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) async fn run(output: &Output, exec: ExecArguments) -> Result<ExitCode, Failure> {
    until_signal(async {
        let single = exec.single.open(None).await?;
        let command = single.prepare("wasi:cli/run#run", "command").await?;
        let terminal = Terminal::default();
        let context = CallContext::builder().arguments(exec.arguments).streams(terminal.streams()).build();
        let result = command.call(&context, Vec::new()).await;
        ended(output, &terminal, result, command.signature()).await
    })
    .await
}
