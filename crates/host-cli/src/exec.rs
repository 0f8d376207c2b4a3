//! `exec`: a command, a component or a module of preview 1, outside any application.

use crate::ending::ended;
use crate::measure::{MeasureArguments, Measuring};
use crate::observation::Observation;
use crate::otlp::OtlpArguments;
use crate::output::{Failure, Output};
use crate::signals::until_signal;
use crate::single::SingleArguments;
use crate::terminal::Terminal;
use std::path::PathBuf;
use std::process::ExitCode;
use wippy_host::{CallContext, Function, Program};

/// Exit codes: that of the guest; 1 where its `run` returns an error or the host ends it; 2 for wrong usage; 134 for a trap;
/// 130 and 143 for SIGINT and SIGTERM.
#[derive(clap::Args)]
pub(crate) struct ExecArguments {
    #[command(flatten)]
    single: SingleArguments,
    #[command(flatten)]
    otlp: OtlpArguments,
    #[command(flatten)]
    measure: MeasureArguments,
    /// The component or preview 1 module, a .wasm or .wat file, and its arguments: all that stands behind FILE is the
    /// guest's, options too.
    #[arg(value_names = ["FILE", "ARGS"], required = true, num_args = 1.., trailing_var_arg = true, help_heading = None::<&str>)]
    file_and_arguments: Vec<String>,
}

impl ExecArguments {
    pub(crate) fn otlp(&self) -> &OtlpArguments {
        &self.otlp
    }

    /// What is measured of it.
    pub(crate) fn measuring(&self) -> Result<Measuring, Failure> {
        let file = self.file_and_arguments.first().map(String::as_str).unwrap_or_default();
        self.measure.begin(&format!("exec {file}"))
    }
}

pub(crate) async fn run(output: &Output, exec: ExecArguments, observation: &Observation) -> Result<ExitCode, Failure> {
    until_signal(async {
        let mut arguments = exec.file_and_arguments;
        let file = PathBuf::from(arguments.remove(0));
        let single = exec.single.open(&file, None, |host| observation.host(host)).await?;
        let method = method(&single.program);
        let command = single.prepare(&method, "command").await?;
        let terminal = Terminal::default();
        let context = CallContext::builder().arguments(arguments).streams(terminal.streams()).build();
        let result = command.call(&context, Vec::new()).await;
        ended(output, &terminal, result, command.signature()).await
    })
    .await
}

/// What runs it. A component for both tracks of WASI is run by the newer one, which is what its author moves to.
fn method(program: &Program) -> String {
    let Some(component) = program.component() else { return "_start".to_owned() };
    let exports = component.component_type();
    let names = exports.exports(component.engine()).map(|(name, _)| name.to_owned());
    let run = names.filter(|name| name.starts_with("wasi:cli/run@")).max();
    format!("{}#run", run.as_deref().unwrap_or("wasi:cli/run"))
}
