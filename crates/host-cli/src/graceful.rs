//! How a service ends: within a grace after the first signal, at once with the second.

use crate::output::Output;
use crate::signals::Signals;
use std::process::ExitCode;
use std::time::Duration;

/// How long accepted requests, processes and calls may take to end after the signal. A second signal ends all at once.
pub(crate) const GRACE: Duration = Duration::from_secs(30);

/// Waits for `stopping`, which says whether everything ended by itself within [`GRACE`]: exit code 0. A second signal drops
/// it, and the exit code is that of the first, `code`.
pub(crate) async fn stopped(
    output: &Output,
    signals: &mut Signals,
    code: u8,
    stopping: impl Future<Output = bool>,
) -> ExitCode {
    tokio::select! {
        ended = stopping => {
            if !ended {
                output.warn(&format!("what had not ended after {} s was cancelled", GRACE.as_secs()));
            }
            ExitCode::SUCCESS
        }
        _ = signals.next() => ExitCode::from(code),
    }
}
