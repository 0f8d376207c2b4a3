//! The lines of a run while it goes on: one for each step, the same on a terminal and in the log of a CI run.

use std::time::Instant;

use super::records::{Record, Verdict};
use super::steps::Step;
use crate::progress;

/// Writes to stderr.
#[derive(Debug)]
pub(crate) struct Console {
    started: Instant,
    /// Whether GitHub's markers are understood.
    groups: bool,
    /// Whether nobody watches: a step then has a line when it ends alone.
    unattended: bool,
    count: usize,
}

impl Console {
    pub(crate) fn new(count: usize) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "false");
        let groups = set("GITHUB_ACTIONS");
        Self { started: Instant::now(), groups, unattended: groups || set("CI"), count }
    }

    pub(crate) fn seconds(&self) -> f64 {
        tenths(self.started)
    }

    pub(crate) fn starts(&self, number: usize, step: &Step) {
        if !self.unattended {
            progress(format_args!("[{number}/{}] {}: {} ...", self.count, step.subject, step.kind().name()));
        }
    }

    /// The line of a step that ended, with the end of its log where it failed.
    pub(crate) fn ends(&self, number: usize, record: &Record, tail: &[String]) {
        progress(format_args!("{}", line(number, self.count, record, self.seconds())));
        for problem in &record.problems {
            progress(format_args!("    {problem}"));
        }
        if !tail.is_empty() {
            let log = record.log.as_deref().unwrap_or_default();
            if self.groups {
                progress(format_args!("::group::the end of {log}"));
            }
            for line in tail {
                progress(format_args!("    {line}"));
            }
            if self.groups {
                progress(format_args!("::endgroup::"));
            }
        }
        if self.groups && record.verdict == Verdict::Failed {
            progress(format_args!("{}", annotation(record)));
        }
    }
}

/// Seconds since, to a tenth.
pub(crate) fn tenths(started: Instant) -> f64 {
    (started.elapsed().as_secs_f64() * 10.0).round() / 10.0
}

fn line(number: usize, count: usize, record: &Record, total: f64) -> String {
    let (subject, kind, seconds) = (&record.subject, record.kind.name(), record.seconds);
    let found = Some(record.found()).filter(|found| !found.is_empty());
    let found = found.map(|found| format!(", {found}")).unwrap_or_default();
    if record.resumed {
        return format!("[{number}/{count}] {subject}: {kind} passed before{found}");
    }
    let verdict = match record.verdict {
        Verdict::Passed => "ok",
        Verdict::Failed => "FAILED",
        Verdict::NotRun => "not run",
    };
    format!("[{number}/{count}] {subject}: {kind} {verdict}{found}, {seconds:.1} s ({total:.1} s in all)")
}

/// What GitHub shows beside the run. A line break would end it.
fn annotation(record: &Record) -> String {
    let escaped = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let problems = escaped(&record.problems.join("; "));
    let title = escaped(&format!("{} {}", record.kind.name(), record.subject)).replace([',', ':'], " ");
    format!("::error title={title}::{problems}; repeat: {}", escaped(&record.repeat))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_matrix::report::tests::records;

    #[test]
    fn a_step_is_one_line_with_its_number_and_times() {
        let [passed, failed, _] = records();
        assert_eq!(line(1, 3, &passed, 31.0), "[1/3] none: tests ok, 12 tests, 30.1 s (31.0 s in all)");
        assert_eq!(line(2, 3, &failed, 40.0), "[2/3] clocks: tree FAILED, 210 crates, 9.0 s (40.0 s in all)");
        let resumed = Record { resumed: true, ..passed };
        assert_eq!(line(1, 3, &resumed, 31.0), "[1/3] none: tests passed before, 12 tests");
    }

    #[test]
    fn an_annotation_is_one_line_whatever_the_problem() {
        let [_, mut failed, _] = records();
        failed.problems = vec!["100 %\nof it".into()];
        assert_eq!(
            annotation(&failed),
            "::error title=tree clocks::100 %25%0Aof it; repeat: cargo xtask test-matrix --only clocks"
        );
    }
}
