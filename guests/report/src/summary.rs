//! The summary as Markdown.

use crate::bindings::Report;
use std::fmt::Write;

pub fn markdown(title: &str, report: &Report) -> String {
    let mut text = format!("```text\n{}\n```\n\n", title.trim_end());
    let Report { id, generated_at, currency, rate, total, receipt, .. } = report;
    let units: u32 = report.lines.iter().map(|line| line.units).sum();
    text += &format!("Report `{id}`, {generated_at}, 1 EUR = {rate} {currency}.\n\n");
    text += &format!("| region | units | {currency} |\n|---|---:|---:|\n");
    for line in &report.lines {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| {} | {} | {:.2} |", line.region, line.units, line.total);
    }
    text += &format!("| **total** | **{units}** | **{total:.2}** |\n\nAudit: {receipt}\n");
    text
}
