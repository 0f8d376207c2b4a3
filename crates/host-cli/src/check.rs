//! `check`: everything that is wrong with an application, and everything worth knowing.

use crate::open::{ApplicationArguments, open};
use crate::output::{Failure, Output, count, problem_json};
use serde_json::json;
use std::process::ExitCode;
use wippy_host::{Finding, Preflight};
use wippy_host_app::Opened;
use wippy_host_app::manifest::Severity;

#[derive(clap::Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    application: ApplicationArguments,
}

pub(crate) async fn run(output: &Output, check: CheckArguments) -> Result<ExitCode, Failure> {
    let opened = open(&check.application).await?;
    let failed = opened.has_errors();
    if output.json {
        let problems: Vec<_> = opened.problems.iter().map(problem_json).collect();
        output.json(&json!({"ok": !failed, "problems": problems, "preflights": opened.preflights}))?;
    } else {
        output.problems(&opened.problems);
        let reports: String = opened.preflights.iter().map(report).collect();
        output.text(format_args!("{reports}{}\n", summary(&opened)))?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What one function uses of what it is granted.
fn report(preflight: &Preflight) -> String {
    let mut report = format!("{}\n", preflight.entry);
    for finding in &preflight.findings {
        let mark = match finding {
            Finding::Used { .. } | Finding::Given { .. } => "+",
            Finding::Unused { .. } => "-",
            _ => "!",
        };
        report.push_str(&format!("  {mark} {finding}\n"));
    }
    if preflight.findings.is_empty() {
        report.push_str("  imports nothing\n");
    }
    report
}

/// `2 functions ready, 1 problem, 0 remarks`.
fn summary(opened: &Opened) -> String {
    let of = |severity| opened.problems.iter().filter(|problem| problem.severity == severity).count();
    let mut parts = vec![
        format!("{} ready", count(opened.application.host().functions().ids().len(), "function")),
        count(of(Severity::Error), "problem"),
        count(of(Severity::Remark), "remark"),
    ];
    if of(Severity::Warning) > 0 {
        parts.insert(2, count(of(Severity::Warning), "warning"));
    }
    parts.join(", ")
}
