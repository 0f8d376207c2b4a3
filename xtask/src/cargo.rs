//! Runs Cargo for the tasks and keeps what it said when it fails.

use std::ffi::OsStr;
use std::io;
use std::process::{Command, ExitStatus};

/// Lines of Cargo's stderr that an error repeats: enough for one message of Cargo with its hints.
const STDERR_LINES: usize = 30;

#[derive(Debug, thiserror::Error)]
pub(crate) enum CargoError {
    #[error("`{command}` could not be started")]
    Start { command: String, source: io::Error },
    #[error("`{command}` failed ({status}){stderr}")]
    Failed { command: String, status: ExitStatus, stderr: String },
    #[error("`{command}` printed text that is not UTF-8")]
    NotUtf8 { command: String },
}

/// The Cargo that runs this program, in the current directory.
pub(crate) fn command() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // `cargo run` describes xtask in these variables. Build scripts that watch them (ring's does) would run again, and
    // all that depends on them, each time the developer changes between `cargo xtask` and plain `cargo`.
    for (name, _) in std::env::vars_os() {
        let described = name.to_str().is_some_and(|n| n.starts_with("CARGO_PKG_") || n.starts_with("CARGO_MANIFEST_"));
        if described {
            command.env_remove(name);
        }
    }
    command
}

/// The same, where each chosen package has its own features alone: an unstable setting that gives it those of the whole
/// workspace is taken away.
pub(crate) fn chosen_features() -> Command {
    let mut command = command();
    command.env_remove("CARGO_RESOLVER_FEATURE_UNIFICATION").env_remove("CARGO_UNSTABLE_FEATURE_UNIFICATION");
    command
}

/// Runs to the end and returns stdout.
pub(crate) fn capture(command: &mut Command) -> Result<String, CargoError> {
    command.env("CARGO_TERM_COLOR", "never");
    let output = command.output().map_err(|source| CargoError::Start { command: display(command), source })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = text.trim().lines().collect();
        let tail = lines.get(lines.len().saturating_sub(STDERR_LINES)..).unwrap_or_default();
        let stderr = tail.iter().map(|line| format!("\n    {line}")).collect();
        return Err(CargoError::Failed { command: display(command), status: output.status, stderr });
    }
    String::from_utf8(output.stdout).map_err(|_| CargoError::NotUtf8 { command: display(command) })
}

/// Runs to the end with the terminal of this program.
pub(crate) fn pass_through(command: &mut Command) -> Result<(), CargoError> {
    let status = command.status().map_err(|source| CargoError::Start { command: display(command), source })?;
    if status.success() {
        return Ok(());
    }
    Err(CargoError::Failed { command: display(command), status, stderr: String::new() })
}

/// The line that a person types to run the same, without the environment.
pub(crate) fn display(command: &Command) -> String {
    let mut line = "cargo".to_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&quoted(argument));
    }
    line
}

fn quoted(argument: &OsStr) -> String {
    let text = argument.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_+,./:=@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::{chosen_features, command, display};

    #[test]
    fn a_displayed_command_can_be_pasted_into_a_shell() {
        let mut cargo = command();
        cargo.args(["tree", "--features", "io,http", "--format", "{p}", "it's", ""]);
        assert_eq!(display(&cargo), r"cargo tree --features io,http --format '{p}' 'it'\''s' ''");
    }

    #[test]
    fn a_setting_that_unites_features_does_not_reach_cargo() {
        let cargo = chosen_features();
        for name in ["CARGO_RESOLVER_FEATURE_UNIFICATION", "CARGO_UNSTABLE_FEATURE_UNIFICATION"] {
            assert!(cargo.get_envs().any(|(set, value)| set == name && value.is_none()), "{name}");
        }
    }
}
