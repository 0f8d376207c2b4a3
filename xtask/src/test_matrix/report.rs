//! What the matrix found, as a table for people and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::sets::FeatureSet;
use super::{suite, tree};
use crate::cargo;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    Passed,
    Failed,
    /// Left out after a failure, with `--fail-fast`.
    NotRun,
}

/// One row.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) set: String,
    pub(crate) features: Vec<String>,
    /// Crates in the tree besides the facade; null where there is no tree.
    pub(crate) dependencies: Option<usize>,
    pub(crate) tree_ok: Option<bool>,
    pub(crate) tests_passed: Option<u64>,
    pub(crate) seconds: f64,
    pub(crate) verdict: Verdict,
    pub(crate) problems: Vec<String>,
    /// All output of the tests: a path under the target folder.
    pub(crate) log: Option<String>,
    /// Repeats this set.
    pub(crate) repeat: String,
    /// Repeats its two steps without xtask.
    pub(crate) repeat_tree: String,
    pub(crate) repeat_tests: String,
}

impl Row {
    pub(crate) fn not_run(set: &FeatureSet) -> Self {
        Self {
            set: set.name.clone(),
            features: set.features.iter().cloned().collect(),
            dependencies: None,
            tree_ok: None,
            tests_passed: None,
            seconds: 0.0,
            verdict: Verdict::NotRun,
            problems: Vec::new(),
            log: None,
            repeat: format!("cargo xtask test-matrix --only {}", set.name),
            repeat_tree: cargo::display(&tree::of_set(set)),
            repeat_tests: suite::command_line(set),
        }
    }
}

/// The whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) package: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) seconds: f64,
    pub(crate) sets: Vec<Row>,
}

impl Report {
    pub(crate) fn new(package: &'static str, seconds: f64, sets: Vec<Row>) -> Self {
        let passed = sets.iter().all(|row| row.verdict == Verdict::Passed);
        let verdict = if passed { Verdict::Passed } else { Verdict::Failed };
        Self { package, verdict, seconds, sets }
    }

    pub(crate) fn failed(&self) -> usize {
        self.sets.iter().filter(|row| row.verdict == Verdict::Failed).count()
    }

    /// The table, then what is wrong with each failed set and how to repeat it. Plain text: it reads the same on a
    /// terminal, in a log and in a file.
    pub(crate) fn text(&self) -> String {
        let head = ["set", "dependencies", "tree", "tests", "seconds", "verdict"].map(str::to_owned);
        let lines: Vec<[String; 6]> = [head].into_iter().chain(self.sets.iter().map(cells)).collect();
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
                    1 | 3 | 4 => write!(row, "{cell:>width$}  "),
                    _ => write!(row, "{cell:<width$}  "),
                };
            }
            let _ = writeln!(text, "{}", row.trim_end());
        }
        for row in self.sets.iter().filter(|row| row.verdict == Verdict::Failed) {
            let _ = writeln!(text, "\n{} failed:", row.set);
            for problem in &row.problems {
                let _ = writeln!(text, "  - {problem}");
            }
            if let Some(log) = &row.log {
                let _ = writeln!(text, "  log:    {log}");
            }
            let _ = writeln!(text, "  repeat: {}", row.repeat);
            let _ = writeln!(text, "          {}", row.repeat_tree);
            let _ = writeln!(text, "          {}", row.repeat_tests);
        }
        text
    }
}

fn cells(row: &Row) -> [String; 6] {
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let tree = row.tree_ok.map(|ok| if ok { "ok" } else { "FAILED" }.to_owned());
    let verdict = match row.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "FAILED",
        Verdict::NotRun => "not run",
    };
    [
        row.set.clone(),
        or_dash(row.dependencies.map(|count| count.to_string())),
        or_dash(tree),
        or_dash(row.tests_passed.map(|count| count.to_string())),
        format!("{:.1}", row.seconds),
        verdict.to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let set = |name: &str, features: &[&str]| FeatureSet {
            name: name.into(),
            features: features.iter().map(|feature| (*feature).to_owned()).collect(),
        };
        let passed = Row {
            dependencies: Some(87),
            tree_ok: Some(true),
            tests_passed: Some(12),
            seconds: 30.06,
            verdict: Verdict::Passed,
            ..Row::not_run(&set("none", &[]))
        };
        let failed = Row {
            dependencies: Some(210),
            tree_ok: Some(false),
            tests_passed: Some(3),
            seconds: 9.0,
            verdict: Verdict::Failed,
            problems: vec!["first".into(), "second".into()],
            log: Some("target/test-matrix/02-clocks.log".into()),
            ..Row::not_run(&set("clocks", &["clocks"]))
        };
        Report::new("wippy-host", 39.06, vec![passed, failed, Row::not_run(&set("all", &["clocks", "io"]))])
    }

    #[test]
    fn the_text_is_a_table_and_the_failures_with_the_commands_that_repeat_them() {
        assert_eq!(
            report().text(),
            "\
set     dependencies  tree    tests  seconds  verdict
none              87  ok         12     30.1  passed
clocks           210  FAILED      3      9.0  FAILED
all                -  -           -      0.0  not run

clocks failed:
  - first
  - second
  log:    target/test-matrix/02-clocks.log
  repeat: cargo xtask test-matrix --only clocks
          cargo tree -p wippy-host --no-default-features --features clocks -e normal --prefix none --format '{p}'
          WIPPY_EXPECTED_IMPORTS=clocks cargo test -p wippy-host --no-default-features --features clocks
"
        );
    }

    #[test]
    fn a_report_with_a_failed_or_missing_set_has_failed() {
        let mut report = report();
        assert_eq!((report.verdict, report.failed()), (Verdict::Failed, 1));
        report.sets.remove(1);
        assert_eq!(Report::new("wippy-host", 1.0, report.sets).verdict, Verdict::Failed);
    }

    #[test]
    fn the_json_has_one_object_for_each_set() {
        let json = serde_json::to_value(report()).unwrap();
        assert_eq!(json["verdict"], "failed");
        assert_eq!(json["sets"][0]["verdict"], "passed");
        assert_eq!(json["sets"][2]["verdict"], "not-run");
        assert_eq!(json["sets"][2]["features"], serde_json::json!(["clocks", "io"]));
        assert_eq!(json["sets"][2]["dependencies"], serde_json::Value::Null);
    }
}
