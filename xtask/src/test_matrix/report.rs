//! What the matrix found, as a table for people and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::records::{Record, Verdict};

/// The whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) package: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) seconds: f64,
    /// What the compiler says of itself.
    pub(crate) rustc: String,
    pub(crate) steps: Vec<Record>,
}

impl Report {
    pub(crate) fn new(package: &'static str, seconds: f64, rustc: String, steps: Vec<Record>) -> Self {
        let passed = steps.iter().all(|step| step.verdict == Verdict::Passed);
        let verdict = if passed { Verdict::Passed } else { Verdict::Failed };
        Self { package, verdict, seconds, rustc, steps }
    }

    pub(crate) fn failed(&self) -> usize {
        self.steps.iter().filter(|step| step.verdict == Verdict::Failed).count()
    }

    /// The table, then what is wrong with each failed step and how to repeat it. Plain text: it reads the same on a
    /// terminal, in a log and in a file.
    pub(crate) fn text(&self) -> String {
        let head = ["step", "of", "found", "seconds", "build", "verdict"].map(str::to_owned);
        let lines: Vec<[String; 6]> = [head].into_iter().chain(self.steps.iter().map(cells)).collect();
        let mut widths = [0; 6];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = String::new();
        for line in &lines {
            let mut row = String::new();
            for ((column, cell), width) in line.iter().enumerate().zip(widths) {
                // Numbers to the right, words to the left.
                let _ = match column {
                    3 | 4 => write!(row, "{cell:>width$}  "),
                    _ => write!(row, "{cell:<width$}  "),
                };
            }
            let _ = writeln!(text, "{}", row.trim_end());
        }
        for step in self.steps.iter().filter(|step| step.verdict == Verdict::Failed) {
            let _ = writeln!(text, "\n{} of {} failed:", step.kind.name(), step.subject);
            for problem in &step.problems {
                let _ = writeln!(text, "  - {problem}");
            }
            if let Some(log) = &step.log {
                let _ = writeln!(text, "  log:    {log}");
            }
            let _ = writeln!(text, "  repeat: {}", step.repeat);
            if step.command != step.repeat {
                let _ = writeln!(text, "          {}", step.command);
            }
        }
        text
    }
}

fn cells(step: &Record) -> [String; 6] {
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let verdict = match step.verdict {
        Verdict::Passed if step.resumed => "passed before",
        Verdict::Passed => "passed",
        Verdict::Failed => "FAILED",
        Verdict::NotRun => "not run",
    };
    [
        step.kind.name().to_owned(),
        step.subject.clone(),
        or_dash(step.found()),
        format!("{:.1}", step.seconds),
        or_dash(step.build_seconds.map(|seconds| format!("{seconds:.1}")).unwrap_or_default()),
        verdict.to_owned(),
    ]
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::test_matrix::sets::FeatureSet;
    use crate::test_matrix::steps::Plan;

    /// Tests that passed, a tree that failed, and tests that did not run.
    pub(in crate::test_matrix) fn records() -> [Record; 3] {
        let set = |name: &str, features: &[&str]| FeatureSet {
            name: name.into(),
            features: features.iter().map(|feature| (*feature).to_owned()).collect(),
            ..FeatureSet::default()
        };
        let sets = [set("none", &[]), set("clocks", &["clocks"]), set("clocks+io", &["clocks", "io"])];
        let plan = Plan {
            sets: &sets,
            capabilities: &[],
            trees_and_tests: true,
            short: false,
            docs: false,
            examples: &[],
            minimal: None,
        };
        let steps = plan.steps();
        let passed = Record {
            tests_passed: Some(12),
            seconds: 30.06,
            build_seconds: Some(21.0),
            verdict: Verdict::Passed,
            log: Some("target/test-matrix/04-tests-none.log".into()),
            ..Record::not_run(&steps[3], "k1".into())
        };
        let failed = Record {
            dependencies: Some(210),
            seconds: 9.0,
            verdict: Verdict::Failed,
            problems: vec!["first".into(), "second".into()],
            log: Some("target/test-matrix/02-tree-clocks.log".into()),
            ..Record::not_run(&steps[1], "k2".into())
        };
        [passed, failed, Record::not_run(&steps[5], "k3".into())]
    }

    fn report() -> Report {
        Report::new("wippy-host", 39.06, "rustc 1.95.0".into(), records().into())
    }

    #[test]
    fn the_text_is_a_table_and_the_failures_with_the_commands_that_repeat_them() {
        assert_eq!(
            report().text(),
            "\
step   of         found       seconds  build  verdict
tests  none       12 tests       30.1   21.0  passed
tree   clocks     210 crates      9.0      -  FAILED
tests  clocks+io  -               0.0      -  not run

tree of clocks failed:
  - first
  - second
  log:    target/test-matrix/02-tree-clocks.log
  repeat: cargo xtask test-matrix --only clocks
          cargo tree -p wippy-host --no-default-features --features clocks -e normal --prefix none --format '{p}'
"
        );
    }

    #[test]
    fn a_report_with_a_failed_or_missing_step_has_failed() {
        let mut report = report();
        assert_eq!((report.verdict, report.failed()), (Verdict::Failed, 1));
        report.steps.remove(1);
        assert_eq!(Report::new("wippy-host", 1.0, String::new(), report.steps).verdict, Verdict::Failed);
    }

    #[test]
    fn the_json_has_one_object_for_each_step() {
        let json = serde_json::to_value(report()).unwrap();
        assert_eq!(json["verdict"], "failed");
        assert_eq!(json["steps"][0]["kind"], "tests");
        assert_eq!(json["steps"][0]["verdict"], "passed");
        assert_eq!(json["steps"][2]["verdict"], "not-run");
        assert_eq!(json["steps"][2]["features"], serde_json::json!(["clocks", "io"]));
        assert_eq!(json["steps"][2]["dependencies"], serde_json::Value::Null);
    }
}
