//! How a command ends: its exit code, and what of its result is printed.

use crate::output::{Failure, Output};
use crate::terminal::Terminal;
use std::process::ExitCode;
use std::time::Duration;
use wippy_host::value::Signature;
use wippy_host::{Error, Reason, Result, Value};

/// The exit code for a trap, as of a process that aborts.
const TRAPPED: u8 = 134;

/// How long what a guest wrote has to get out after the host has ended it: the reader may be the reason.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Ends a command with its result: text is printed, a whole number from 0 to 255 is the exit code, an `err` goes to standard
/// error with exit code 1, and anything else is printed as JSON.
pub(crate) async fn ended(
    output: &Output,
    terminal: &Terminal,
    result: Result<Value>,
    signature: Option<&Signature>,
) -> Result<ExitCode, Failure> {
    let error = match result {
        Ok(value) => {
            terminal.written().await;
            return returned(output, value, signature);
        }
        Err(error) => error,
    };
    if let Reason::Exited(code) = error.reason() {
        terminal.written().await;
        // What does not fit is a failure all the same.
        return Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)));
    }
    let _ = tokio::time::timeout(AFTER_FAILURE, terminal.written()).await;
    let trapped = matches!(error.reason(), Reason::Trap | Reason::StackOverflow);
    let failed = output.fail(&error.into());
    Ok(if trapped { ExitCode::from(TRAPPED) } else { failed })
}

fn returned(output: &Output, value: Value, signature: Option<&Signature>) -> Result<ExitCode, Failure> {
    let is_result = signature.is_some_and(|signature| signature.shape().result.is_result());
    let Some(outcome) = value.as_object().filter(|_| is_result) else { return printed(output, value) };
    if let Some(ok) = outcome.get("ok") {
        return printed(output, ok.clone());
    }
    match outcome.get("err") {
        None | Some(Value::Null) => Ok(ExitCode::FAILURE),
        Some(Value::Text(text)) => Ok(output.fail(&Failure::message(text.clone()))),
        Some(other) => {
            let json = other.clone().into_json().map_err(Error::from)?;
            Ok(output.fail(&Failure::message(json.to_string())))
        }
    }
}

fn printed(output: &Output, value: Value) -> Result<ExitCode, Failure> {
    match &value {
        Value::Null => {}
        Value::Text(text) => output.text(format_args!("{text}{}", if text.ends_with('\n') { "" } else { "\n" }))?,
        Value::Bytes(bytes) => output.raw(bytes)?,
        Value::Integer(_) | Value::Unsigned(_) | Value::Float(_) => return number(&value),
        _ => output.json(&value.into_json().map_err(Error::from)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A number as an exit code.
fn number(value: &Value) -> Result<ExitCode, Failure> {
    let whole = value.as_u64().or_else(|| {
        value.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0).map(|number| number as u64)
    });
    match whole.and_then(|code| u8::try_from(code).ok()) {
        Some(code) => Ok(ExitCode::from(code)),
        None => Err(Error::invalid(format!("the command returned {value:?}, which is no exit code"))
            .with_remedy("return a whole number from 0 to 255, or text to print")
            .into()),
    }
}
