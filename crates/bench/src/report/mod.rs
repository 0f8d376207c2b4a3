//! The report: a table on the terminal, a page with plots, and the data that the next run is compared with.

mod page;
mod plot;
mod table;

use crate::counts::Count;
use crate::row::{Curve, Row};
use serde::{Deserialize, Serialize};
use std::path::Path;

pub(crate) use table::{print, print_counts, verdict};

#[derive(Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) suites: Vec<SuiteOutcome>,
    #[serde(default)]
    pub(crate) counts: Vec<Count>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct SuiteOutcome {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) about: String,
    pub(crate) rows: Vec<Row>,
    pub(crate) curves: Vec<Curve>,
}

impl Outcome {
    fn figure(&self, suite: &str, row: &str) -> Option<f64> {
        let suite = self.suites.iter().find(|outcome| outcome.name == suite)?;
        suite.rows.iter().find(|candidate| candidate.name == row).map(|row| row.figure)
    }

    fn count(&self, path: &str) -> Option<f64> {
        self.counts.iter().find(|count| count.path == path).map(|count| count.instructions)
    }

    /// Takes over what this run did not measure.
    fn complete(&mut self, last: Self) {
        let Self { suites, counts } = last;
        let known = |name: &str| crate::suites::find(name).is_some();
        for old in suites.into_iter().filter(|old| known(&old.name)) {
            if self.suites.iter().all(|suite| suite.name != old.name) {
                self.suites.push(old);
            }
        }
        let place = |suite: &SuiteOutcome| crate::suites::ALL.iter().position(|known| known.name == suite.name);
        self.suites.sort_by_key(place);
        if self.counts.is_empty() {
            self.counts = counts;
        }
    }
}

/// The run that was written last.
pub(crate) fn last(docs: &Path) -> Option<Outcome> {
    serde_json::from_slice(&std::fs::read(docs.join("benchmarks.json")).ok()?).ok()
}

/// Writes page, plots and data.
pub(crate) fn write(docs: &Path, mut outcome: Outcome, last: Option<Outcome>) -> std::io::Result<()> {
    if let Some(last) = last {
        outcome.complete(last);
    }
    let plots = docs.join("benchmarks");
    std::fs::create_dir_all(&plots)?;
    for curve in outcome.suites.iter().flat_map(|suite| &suite.curves) {
        std::fs::write(plots.join(plot::file(curve)), plot::svg(curve))?;
    }
    std::fs::write(docs.join("benchmarks.md"), page::page(&outcome))?;
    std::fs::write(docs.join("benchmarks.json"), serde_json::to_string_pretty(&outcome)? + "\n")
}
