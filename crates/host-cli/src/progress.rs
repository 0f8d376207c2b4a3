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
        if quiet || !std::io::stderr().is_terminal() {
            return (Self(Arc::default()), None);
        }
        let (line, progress) = Self::after(PATIENCE, ProgressDrawTarget::stderr);
        (line, Some(progress))
    }

    /// A line that appears on `target` when so much time has passed.
    fn after(patience: Duration, target: fn() -> ProgressDrawTarget) -> (Self, Progress) {
        let bar = Arc::new(OnceLock::new());
        let line = Self(Arc::clone(&bar));
        let started = Instant::now();
        let progress = move |done: usize, count: usize| {
            if started.elapsed() >= patience {
                let bar: &ProgressBar = bar.get_or_init(|| drawn(count as u64, target()));
                bar.set_position(done as u64);
            }
        };
        (line, Arc::new(progress))
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if let Some(bar) = self.0.get() {
            bar.finish_and_clear();
        }
    }
}

fn drawn(count: u64, target: ProgressDrawTarget) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(count), target);
    let style = ProgressStyle::with_template("compiling {bar:30} {pos} of {len} entries");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::TermLike;
    use std::io::Result;
    use std::sync::Mutex;

    /// A terminal that remembers what stood on its line, and that the line was cleared.
    #[derive(Debug)]
    struct Recorder(&'static Mutex<Vec<String>>);

    impl Recorder {
        fn note(&self, text: &str) -> Result<()> {
            self.0.lock().unwrap().push(text.trim_end().to_owned());
            Ok(())
        }
    }

    impl TermLike for Recorder {
        fn width(&self) -> u16 {
            80
        }

        fn write_line(&self, text: &str) -> Result<()> {
            self.note(text)
        }

        fn write_str(&self, text: &str) -> Result<()> {
            self.note(text)
        }

        fn clear_line(&self) -> Result<()> {
            self.note("cleared")
        }

        fn move_cursor_up(&self, _: usize) -> Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> Result<()> {
            Ok(())
        }

        fn flush(&self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_line_says_how_many_entries_are_done_and_is_gone_at_the_end() {
        static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
        let target = || ProgressDrawTarget::term_like(Box::new(Recorder(&SEEN)));
        let (line, progress) = ProgressLine::after(Duration::ZERO, target);
        for done in 0..3 {
            progress(done, 3);
        }
        drop(line);
        let seen = SEEN.lock().unwrap();
        for done in 1..3 {
            let text = format!("{done} of 3 entries");
            assert!(seen.iter().any(|line| line.starts_with("compiling ") && line.ends_with(&text)), "{seen:?}");
        }
        let last = seen.iter().rev().find(|line| !line.is_empty());
        assert_eq!(last.map(String::as_str), Some("cleared"), "{seen:?}");
    }

    #[test]
    fn what_opens_quickly_draws_no_line() {
        let target = || -> ProgressDrawTarget { unreachable!("nothing is drawn within an hour") };
        let (line, progress) = ProgressLine::after(Duration::from_secs(3600), target);
        progress(0, 3);
        drop(line);
    }
}
