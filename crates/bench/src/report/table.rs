//! The table on the terminal, and the words that it shares with the page.

use super::{Outcome, SuiteOutcome};
use crate::row::{Count, Kind, Row, Target};

/// How much worse than last time a figure has to be to be called so, beyond its own spread.
const WORSE: f64 = 1.05;

/// Prints what a suite measured, beside what it measured last.
pub fn print(suite: &SuiteOutcome, last: Option<&Outcome>) {
    println!(
        "\n{:<40} {:>12} {:>12} {:>10} {:>17} {:>10} {:>9}   verdict",
        suite.name, "ours", "baseline", "figure", "p10 to p90", "target", "last"
    );
    for row in &suite.rows {
        let old = last.and_then(|last| last.figure(&suite.name, &row.name));
        println!(
            "{:<40} {:>12} {:>12} {:>10} {:>17} {:>10} {:>9}   {}",
            row.name,
            amount(row.ours, &row.unit),
            row.baseline.map_or_else(|| "-".to_owned(), |baseline| amount(baseline, &row.unit)),
            figure(row, row.figure),
            spread(row),
            target(row),
            old.map_or_else(|| "-".to_owned(), |old| figure(row, old)),
            verdict_of(row, old),
        );
    }
    for curve in &suite.curves {
        println!("curve {:<34} slope {:.3} over {} sizes", curve.name, curve.slope(), curve.ours.len());
    }
}

/// Prints the counted instructions.
pub fn print_counts(counts: &[Count], last: Option<&Outcome>) {
    if counts.is_empty() {
        return;
    }
    println!("\n{:<40} {:>14} {:>14} {:>8} {:>14}", "instructions a call", "ours", "baseline", "ratio", "last");
    for count in counts {
        let old = last.and_then(|last| last.count(&count.path));
        println!(
            "{:<40} {:>14.0} {:>14} {:>8} {:>14}",
            count.path,
            count.instructions,
            count.baseline.map_or_else(|| "-".to_owned(), |baseline| format!("{baseline:.0}")),
            count.baseline.map_or_else(|| "-".to_owned(), |baseline| format!("{:.3}", count.instructions / baseline)),
            old.map_or_else(|| "-".to_owned(), |old| format!("{old:.0}")),
        );
    }
}

/// One line that sums up.
pub fn verdict(outcome: &Outcome) {
    let with_target: Vec<&Row> =
        outcome.suites.iter().flat_map(|suite| &suite.rows).filter(|row| row.target.is_some()).collect();
    let missed: Vec<&str> = with_target.iter().filter(|row| !is_met(row)).map(|row| row.name.as_str()).collect();
    println!("\n{} of {} targets met", with_target.len() - missed.len(), with_target.len());
    if !missed.is_empty() {
        println!("missed: {}", missed.join("; "));
    }
}

pub(super) fn is_met(row: &Row) -> bool {
    row.target.is_none_or(|target| target.is_met(row.figure))
}

pub(super) fn amount(value: f64, unit: &str) -> String {
    match value.abs() {
        size if size >= 1000.0 => format!("{value:.0} {unit}"),
        size if size >= 100.0 => format!("{value:.1} {unit}"),
        size if size >= 1.0 || size == 0.0 => format!("{value:.2} {unit}"),
        _ => format!("{value:.3} {unit}"),
    }
}

pub(super) fn figure(row: &Row, value: f64) -> String {
    match row.kind {
        Kind::Ratio => format!("{value:.3}"),
        Kind::Added => format!("+{}", amount(value, &row.unit)),
        Kind::Alone => amount(value, &row.unit),
    }
}

pub(super) fn spread(row: &Row) -> String {
    row.spread.map_or_else(|| "-".to_owned(), |(low, high)| format!("{low:.2} to {high:.2}"))
}

pub(super) fn target(row: &Row) -> String {
    match row.target {
        None => "-".to_owned(),
        Some(Target::AtMost(limit)) => format!("≤ {limit}"),
        Some(Target::AtLeast(limit)) => format!("≥ {limit}"),
    }
}

pub(super) fn verdict_of(row: &Row, old: Option<f64>) -> String {
    let met = match (row.target, is_met(row)) {
        (None, _) => "",
        (_, true) => "met",
        (_, false) => "MISSED",
    };
    let changed = old.map_or("", |old| changed(row, old));
    [met, changed].join(" ").trim().to_owned()
}

fn changed(row: &Row, old: f64) -> &'static str {
    let more_is_better = matches!(row.target, Some(Target::AtLeast(_)));
    let (low, high) = row.spread.unwrap_or((row.figure, row.figure));
    let (is_more, is_less) = (low > old && row.figure > old * WORSE, high < old && row.figure * WORSE < old);
    match (is_more, is_less, more_is_better) {
        (true, _, true) | (_, true, false) => "better than last",
        (true, _, false) | (_, true, true) => "WORSE than last",
        _ => "",
    }
}
