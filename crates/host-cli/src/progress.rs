//! How far an application is while it opens: on a terminal, and only where it takes long enough to wonder.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use wippy_host_app::manifest::Progress;

/// What opens faster is not worth a line.
const PATIENCE: Duration = Duration::from_millis(300);

/// A line on standard error, gone when this is dropped.
pub(crate) struct ProgressLine(Arc<OnceLock<ProgressBar>>);

impl ProgressLine {
    /// The line, and who is to be told; nobody where no person looks.
    pub(crate) fn new(quiet: bool) -> (Self, Option<Progress>) {
        let bar = Arc::new(OnceLock::new());
        let line = Self(Arc::clone(&bar));
        if quiet || !std::io::stderr().is_terminal() {
            return (line, None);
        }
        let started = Instant::now();
        let progress = move |done: usize, count: usize| {
            if started.elapsed() >= PATIENCE {
                let bar: &ProgressBar = bar.get_or_init(|| drawn(count as u64));
                bar.set_position(done as u64);
            }
        };
        (line, Some(Arc::new(progress)))
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if let Some(bar) = self.0.get() {
            bar.finish_and_clear();
        }
    }
}

fn drawn(count: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(count), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("compiling {bar:30} {pos} of {len} entries");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
