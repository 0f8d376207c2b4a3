//! `schema`: the JSON Schema of an application's files, for editors.

use crate::output::{Failure, Output};
use std::process::ExitCode;

pub(crate) fn run(output: &Output) -> Result<ExitCode, Failure> {
    output.text(text()?)?;
    Ok(ExitCode::SUCCESS)
}

/// The schema for the imports of this program.
pub(crate) fn text() -> wippy_host::Result<String> {
    Ok(format!("{:#}\n", wippy_host_app::schema(&wippy_host::registry()?)))
}
