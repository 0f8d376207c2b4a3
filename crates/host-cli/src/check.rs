//! `check`: everything that is wrong with an application, everything worth knowing, and what each entry is granted.

mod annotations;
mod columns;
mod least;

use crate::open::{ApplicationArguments, open};
use crate::output::{Failure, Output, count, error_json, problem_json};
use serde_json::{Value as Json, json};
use std::process::ExitCode;
use wippy_host::{Compilations, Finding, Preflight};
use wippy_host_app::Opened;
use wippy_host_app::manifest::Severity;

#[derive(clap::Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    application: ApplicationArguments,
    /// Fail also where there are warnings or remarks, as in CI.
    #[arg(long)]
    strict: bool,
    /// Show what each function uses of what it is granted under the lines of the YAML, instead of as a list.
    #[arg(long)]
    annotate: bool,
}

pub(crate) async fn run(output: &Output, check: CheckArguments) -> Result<ExitCode, Failure> {
    let opened = open(output, &check.application).await?;
    let failed = opened.has_errors() || check.strict && !opened.problems.is_empty();
    let compilations = opened.application.host().compilations();
    let rows = least::rows(&opened, &wippy_host::registry()?);
    if output.json {
        let problems: Vec<_> = opened.problems.iter().map(problem_json).collect();
        let code = compilations_json(&compilations);
        let privileges = least::json(&rows);
        output.json(&json!({
            "ok": !failed, "problems": problems, "preflights": opened.preflights, "privileges": privileges, "code": code,
        }))?;
    } else {
        output.problems(&opened.problems);
        if let Some(remark) = &compilations.remark {
            output.remark(remark);
        }
        let reports: String = match check.annotate {
            true => annotations::annotated(&opened),
            false => opened.preflights.iter().map(report).collect(),
        };
        output.text(format_args!("{reports}{}{}\n", least::text(&rows), summary(&opened)))?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// How the code came about, and the remark on the cache if there is one.
fn compilations_json(compilations: &Compilations) -> Json {
    let remark = compilations.remark.as_ref().map(error_json);
    json!({"compiled": compilations.compiled, "cached": compilations.cached, "cache_remark": remark})
}

/// What one function uses of what it is granted.
fn report(preflight: &Preflight) -> String {
    let mut report = format!("{}\n", preflight.entry);
    for finding in &preflight.findings {
        let mark = match finding {
            Finding::Used { .. } | Finding::Given { .. } | Finding::Bound { .. } => "+",
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
