//! `check`: everything that is wrong with an application, and everything worth knowing.

use crate::open::{ApplicationArguments, open};
use crate::output::{Failure, Output, problem_json};
use serde_json::json;
use std::process::ExitCode;
use wippy_host::{Finding, Preflight};

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
        output.result(&json!({"ok": !failed, "problems": problems, "preflights": opened.preflights}));
    } else {
        output.problems(&opened.problems);
        opened.preflights.iter().for_each(print);
        let errors = opened.problems.iter().filter(|problem| problem.is_error()).count();
        let remarks = opened.problems.len() - errors;
        let functions = opened.application.host().functions().ids().len();
        anstream::println!("{functions} functions ready, {errors} problems, {remarks} remarks");
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What one function uses of what it is granted.
fn print(preflight: &Preflight) {
    anstream::println!("{}", preflight.entry);
    for finding in &preflight.findings {
        let mark = match finding {
            Finding::Used { .. } => "+",
            Finding::Unused { .. } => "-",
            _ => "!",
        };
        anstream::println!("  {mark} {finding}");
    }
    if preflight.findings.is_empty() {
        anstream::println!("  imports nothing");
    }
}
