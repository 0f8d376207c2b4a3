//! `docs/benchmarks.md`.

use super::plot;
use super::table::{amount, figure, spread, target, verdict_of};
use super::{Outcome, SuiteOutcome, reasons};
use crate::row::{Row, slope};
use std::fmt::Write as _;

const HEAD: &str = "# Benchmarks

Written by `cargo xtask bench`; do not edit. Each row is two programs that took turns in rounds, within one run on one machine: ours, and a
**baseline** written by hand on plain Wasmtime for that one job, with the same engine settings, context, limiter and deadline (`crates/bench`). Its
figure is the median over the rounds of each round's own ratio (or difference), so that a busy machine slows both. Absolute times say
something of that machine alone.
";

pub(super) fn page(outcome: &Outcome) -> String {
    let mut page = HEAD.to_owned();
    for suite in &outcome.suites {
        let _ = suite_of(&mut page, suite);
    }
    let _ = counts(&mut page, outcome);
    page
}

fn suite_of(page: &mut String, suite: &SuiteOutcome) -> std::fmt::Result {
    let length = if suite.full { "" } else { " From a short run (`--quick`), which is noisier." };
    write!(page, "\n## {}\n\n{}.{length}\n", suite.name, capital(&suite.about))?;
    if !suite.rows.is_empty() {
        writeln!(page, "\n| what | ours | baseline | figure | p10 to p90 | target | verdict |")?;
        writeln!(page, "|---|---:|---:|---:|---:|---:|---|")?;
    }
    for row in &suite.rows {
        writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} |",
            row.name,
            amount(row.ours, &row.unit),
            row.baseline.map_or_else(|| "-".to_owned(), |baseline| amount(baseline, &row.unit)),
            figure(row, row.figure),
            spread(row),
            target(row),
            verdict_of(row, None),
        )?;
    }
    let note = |row: &'_ Row| {
        let notes = [row.note.as_deref(), reasons::of(&suite.name, row)].into_iter().flatten();
        notes.map(str::to_owned).reduce(|note, reason| format!("{note}; {reason}"))
    };
    let mut notes = suite.rows.iter().filter_map(|row| Some((row, note(row)?))).peekable();
    if notes.peek().is_some() {
        page.push('\n');
    }
    for (row, note) in notes {
        writeln!(page, "- {}: {note}", row.name)?;
    }
    for curve in &suite.curves {
        let file = plot::file(curve);
        write!(page, "\n![{}](benchmarks/{file})\n\n", curve.name)?;
        let plain = match curve.baseline.as_slice() {
            [] => String::new(),
            points => format!(", the baseline's {:.3}", slope(points)),
        };
        let ours = curve.slope();
        writeln!(page, "Slope {ours:.3}{plain}: the cost grows as that power of the size; 0 is flat, 1 is linear.")?;
    }
    Ok(())
}

fn counts(page: &mut String, outcome: &Outcome) -> std::fmt::Result {
    if outcome.counts.is_empty() {
        return Ok(());
    }
    write!(
        page,
        "\n## Instructions\n\nOf one call, counted by callgrind (without the kernel's), so that a regression shows on a noisy machine.\n\n"
    )?;
    writeln!(page, "| hot path | ours | baseline | ratio |\n|---|---:|---:|---:|")?;
    for count in &outcome.counts {
        let (baseline, ratio) = match count.baseline {
            Some(baseline) => (format!("{baseline:.0}"), format!("{:.3}", count.instructions / baseline)),
            None => ("-".to_owned(), "-".to_owned()),
        };
        writeln!(page, "| {} | {:.0} | {baseline} | {ratio} |", count.path, count.instructions)?;
    }
    Ok(())
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
