//! What a suite is given: how long to measure, a runtime, and where its rows go.

use crate::measure::{Length, each, in_turns, median, quantile};
use crate::row::{Curve, Kind, Line, Row, Target};
use std::io::Write as _;
use tokio::runtime::Runtime;

/// One suite at work, in a process of its own.
pub(crate) struct Bench {
    pub(crate) length: Length,
    /// One thread, as all rows that say nothing else.
    pub(crate) runtime: Runtime,
}

impl Bench {
    pub(crate) fn new(length: Length) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { length, runtime }
    }

    /// A row of two programs in turns; each closure is one round and says its figure in `unit`.
    pub(crate) fn ratio(
        &self,
        name: &str,
        unit: &str,
        target: impl Into<Option<Target>>,
        ours: impl FnMut() -> f64,
        baseline: impl FnMut() -> f64,
    ) -> f64 {
        self.ratio_in(self.length.rounds(), name, unit, target, ours, baseline)
    }

    /// The same with rounds as many as suit what a round takes.
    pub(crate) fn ratio_in(
        &self,
        rounds: usize,
        name: &str,
        unit: &str,
        target: impl Into<Option<Target>>,
        ours: impl FnMut() -> f64,
        baseline: impl FnMut() -> f64,
    ) -> f64 {
        self.compare(rounds, name, unit, Kind::Ratio, target.into(), None, ours, baseline)
    }

    /// A row of what ours costs beyond the baseline, in `unit`.
    pub(crate) fn added(
        &self,
        name: &str,
        unit: &str,
        target: impl Into<Option<Target>>,
        ours: impl FnMut() -> f64,
        baseline: impl FnMut() -> f64,
    ) -> f64 {
        self.compare(self.length.rounds(), name, unit, Kind::Added, target.into(), None, ours, baseline)
    }

    /// A row of ours alone.
    pub(crate) fn alone(&self, name: &str, unit: &str, target: impl Into<Option<Target>>, values: &[f64]) -> f64 {
        let figure = median(values);
        self.report(Row {
            name: name.to_owned(),
            unit: unit.to_owned(),
            ours: figure,
            baseline: None,
            figure,
            kind: Kind::Alone,
            spread: (values.len() > 1).then(|| (quantile(values, 0.1), quantile(values, 0.9))),
            target: target.into(),
            note: None,
        });
        figure
    }

    /// A row that was measured in some other way.
    pub(crate) fn report(&self, row: Row) {
        emit(&Line::Row(row));
    }

    pub(crate) fn curve(&self, curve: Curve) {
        emit(&Line::Curve(curve));
    }

    /// A row of two programs, with a word on why it is as it is.
    #[allow(clippy::too_many_arguments, reason = "the fields of a row, of which the callers name a part")]
    pub(crate) fn compare(
        &self,
        rounds: usize,
        name: &str,
        unit: &str,
        kind: Kind,
        target: Option<Target>,
        note: Option<&str>,
        ours: impl FnMut() -> f64,
        baseline: impl FnMut() -> f64,
    ) -> f64 {
        let (ours, baseline) = in_turns(rounds, ours, baseline);
        let figures = each(&ours, &baseline, |ours, baseline| match kind {
            Kind::Ratio => ours / baseline,
            Kind::Added => ours - baseline,
            Kind::Alone => ours,
        });
        let figure = median(&figures);
        self.report(Row {
            name: name.to_owned(),
            unit: unit.to_owned(),
            ours: median(&ours),
            baseline: Some(median(&baseline)),
            figure,
            kind,
            spread: (figures.len() > 1).then(|| (quantile(&figures, 0.1), quantile(&figures, 0.9))),
            target,
            note: note.map(str::to_owned),
        });
        figure
    }
}

fn emit(line: &Line) {
    let mut out = std::io::stdout().lock();
    let written = serde_json::to_writer(&mut out, line).map_err(Into::into).and_then(|()| writeln!(out));
    // Nobody reads any more: the whole run has ended.
    if written.is_err() {
        std::process::exit(1);
    }
}
