//! `call`: one function, once.

use crate::open::{ApplicationArguments, open};
use crate::output::{Failure, Output, problem_json};
use serde_json::json;
use std::io::Write;
use std::process::ExitCode;
use wippy_host::value::arguments_from_text;
use wippy_host::{CallContext, Error, ErrorKind, Host, Value};

#[derive(clap::Args)]
pub(crate) struct CallArguments {
    #[command(flatten)]
    application: ApplicationArguments,
    /// The function: namespace:name.
    #[arg(value_name = "NS:NAME")]
    function: String,
    /// The arguments, each as JSON, or as plain text where the parameter is a string.
    #[arg(value_name = "ARGS", allow_hyphen_values = true, trailing_var_arg = true)]
    arguments: Vec<String>,
    /// Print a text or byte result as it is, without quotes or a line's end.
    #[arg(long)]
    raw: bool,
}

pub(crate) async fn run(output: &Output, call: CallArguments) -> Result<ExitCode, Failure> {
    let opened = open(&call.application).await?;
    if opened.has_errors() {
        if output.json {
            let problems: Vec<_> = opened.problems.iter().map(problem_json).collect();
            anstream::eprintln!("{}", json!({"problems": problems}));
        } else {
            let errors: Vec<_> = opened
                .problems
                .into_iter()
                .filter(|problem| problem.severity != wippy_host_app::manifest::Severity::Remark)
                .collect();
            output.problems(&errors);
        }
        return Err(Failure::Printed);
    }
    let host = opened.application.host();
    let function = host.functions().get(&call.function).ok_or_else(|| no_function(host, &call.function))?;
    let parameters = function.signature().map(|signature| signature.params()).unwrap_or_default();
    let arguments = arguments_from_text(parameters, &call.arguments)
        .map_err(|error| Error::invalid(format!("{}: {error}", call.function)).with_source(error))?;
    let result = function.call(&CallContext::new(), arguments).await?;
    let failed = function.signature().is_some_and(|signature| signature.shape().result.is_result())
        && result.as_object().is_some_and(|result| result.get("err").is_some());
    print(output, result, call.raw)?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Nothing is printed for a function that returns nothing.
fn print(output: &Output, result: Value, raw: bool) -> Result<(), Failure> {
    let written = match (&result, raw) {
        (Value::Null, true) => Ok(()),
        (Value::Text(text), true) => std::io::stdout().write_all(text.as_bytes()),
        (Value::Bytes(bytes), true) => std::io::stdout().write_all(bytes),
        _ => {
            output.result(&result.into_json().map_err(Error::from)?);
            Ok(())
        }
    };
    match written.and_then(|()| std::io::stdout().flush()) {
        Ok(()) => Ok(()),
        // Whoever read the output has read enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::message(format!("cannot write the result: {error}"))),
    }
}

fn no_function(host: &Host, id: &str) -> Error {
    let ids = host.functions().ids();
    let listed: Vec<&str> = ids.iter().take(20).map(|id| &**id).collect();
    let error = Error::new(ErrorKind::NotFound, format!("no function {id} in the application"));
    match (wippy_host::nearest(id, listed.iter().copied()), listed.is_empty()) {
        (_, true) => error.with_remedy("the application has no functions"),
        (Some(near), _) => error.with_remedy(format!("did you mean {near}? the functions are: {}", listed.join(", "))),
        (None, _) => error.with_remedy(format!("the functions are: {}", listed.join(", "))),
    }
}
