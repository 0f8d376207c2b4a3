//! The report: a table on the terminal, a page with plots, and the data that the next run is compared with.

mod page;
mod plot;
mod reasons;
mod table;

use crate::row::{Count, Curve, Row};
use serde::{Deserialize, Serialize};
use std::path::Path;

pub use table::{print, print_counts, verdict};

/// What a whole run measured.
#[derive(Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// In the order of the report.
    pub suites: Vec<SuiteOutcome>,
    /// Of the hot paths.
    #[serde(default)]
    pub counts: Vec<Count>,
}

/// What one suite measured.
#[derive(Debug, Serialize, Deserialize)]
pub struct SuiteOutcome {
    /// The suite.
    pub name: String,
    /// What it is about.
    #[serde(default)]
    pub about: String,
    /// Whether it was measured for as long as its figures deserve.
    #[serde(default)]
    pub full: bool,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Its curves.
    pub curves: Vec<Curve>,
}

impl Outcome {
    fn figure(&self, suite: &str, row: &str) -> Option<f64> {
        let suite = self.suites.iter().find(|outcome| outcome.name == suite)?;
        suite.rows.iter().find(|candidate| candidate.name == row).map(|row| row.figure)
    }

    fn count(&self, path: &str) -> Option<f64> {
        self.counts.iter().find(|count| count.path == path).map(|count| count.instructions)
    }

    /// Takes over what this run did not measure of the suites that there are.
    fn complete(&mut self, last: Self, order: &[&str]) {
        let Self { suites, counts, .. } = last;
        for old in suites.into_iter().filter(|old| order.contains(&old.name.as_str())) {
            if self.suites.iter().all(|suite| suite.name != old.name) {
                self.suites.push(old);
            }
        }
        self.suites.sort_by_key(|suite| order.iter().position(|known| *known == suite.name));
        if self.counts.is_empty() {
            self.counts = counts;
        }
    }
}

/// The run that was written last.
pub fn last(docs: &Path) -> Option<Outcome> {
    serde_json::from_slice(&std::fs::read(docs.join("benchmarks.json")).ok()?).ok()
}

/// Writes page, plots and data. What this run did not measure stays as it was; suites that are not in `order` go.
///
/// # Errors
/// Where a file cannot be written.
pub fn write(docs: &Path, mut outcome: Outcome, last: Option<Outcome>, order: &[&str]) -> std::io::Result<()> {
    if let Some(last) = last {
        outcome.complete(last, order);
    }
    let plots = docs.join("benchmarks");
    std::fs::create_dir_all(&plots)?;
    for curve in outcome.suites.iter().flat_map(|suite| &suite.curves) {
        std::fs::write(plots.join(plot::file(curve)), plot::svg(curve))?;
    }
    std::fs::write(docs.join("benchmarks.md"), page::page(&outcome))?;
    std::fs::write(docs.join("benchmarks.json"), serde_json::to_string_pretty(&outcome)? + "\n")
}
