//! A part of a suite in a process of its own: where the start of a process, its memory or its end is what is measured.

use serde::de::DeserializeOwned;
use std::process::{Command, Output, Stdio};

/// This program, to do the part that the words name: see `suites::part`.
pub(crate) fn command(words: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    // With a backtrace Wasmtime captures a stack for each error, tens of microseconds that are no cost of ours.
    command.arg("--part").args(words).env_remove("RUST_BACKTRACE").stdin(Stdio::null());
    command
}

/// What a part says, and that it ended well.
pub(crate) fn output(mut command: Command) -> Result<Vec<u8>, String> {
    let Output { status, stdout, stderr } = command.output().map_err(|error| error.to_string())?;
    if status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&stderr);
    let last = stderr.trim().lines().last().unwrap_or_default();
    Err(format!("{status}: {last}"))
}

/// What a part says, as JSON.
pub(crate) fn said<T: DeserializeOwned>(command: Command) -> Result<T, String> {
    serde_json::from_slice(&output(command)?).map_err(|error| error.to_string())
}
