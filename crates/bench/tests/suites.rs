//! Every suite runs to its end and reports what it measured. How fast it was is no matter of a test.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::process::Command;

#[test]
fn each_suite_runs_and_reports() {
    let program = env!("CARGO_BIN_EXE_wippy-host-bench");
    let list = Command::new(program).arg("--list").output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let suites: Vec<&str> = list
        .lines()
        .filter(|line| !line.starts_with("hot paths"))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(suites.len() > 3, "{list}");
    let docs = tempfile::tempdir().unwrap();
    let run = Command::new(program).args(["--once", "--write", "--docs"]).arg(docs.path()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{out}\n{err}");
    assert!(out.contains("targets met"), "{out}");
    let page = std::fs::read_to_string(docs.path().join("benchmarks.md")).unwrap();
    let data = std::fs::read(docs.path().join("benchmarks.json")).unwrap();
    let data: serde_json::Value = serde_json::from_slice(&data).unwrap();
    for suite in suites {
        assert!(page.contains(&format!("\n## {suite}\n")), "{suite}: {page}");
        let outcome = data["suites"].as_array().unwrap().iter().find(|outcome| outcome["name"] == suite).unwrap();
        let figures = outcome["rows"].as_array().unwrap();
        assert!(!figures.is_empty() && figures.iter().all(|row| row["figure"].is_f64()), "{suite}: {figures:?}");
    }
}

#[test]
fn a_suite_that_does_not_exist_is_answered_with_those_that_do() {
    let run = Command::new(env!("CARGO_BIN_EXE_wippy-host-bench")).arg("frsh").output().unwrap();
    let err = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.code() == Some(2) && err.contains("\"frsh\"") && err.contains("fresh, pools"), "{err}");
}
