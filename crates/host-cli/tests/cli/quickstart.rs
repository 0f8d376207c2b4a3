//! The example of the README, and what it says happens when its `imports` are wrong.

use crate::services::Services;
use crate::support::{App, Ran, repository, run, run_in};
use serde_json::json;
use std::fs;
use std::path::Path;

/// The example in a directory of its own, its index changed.
fn copy(change: impl Fn(String) -> String) -> App {
    let example = repository().join("examples/quickstart");
    let read = |path: &str| fs::read(example.join(path)).unwrap();
    let index = change(String::from_utf8(read("_index.yaml")).unwrap());
    ["badge.wat", "data/sales.csv", "wasm/report.wasm", "wasm/totals.wasm"]
        .into_iter()
        .fold(App::empty().with("_index.yaml", index), |app, path| app.with(path, read(path)))
}

fn report(root: &Path, currency: &str, variables: &[(&str, &str)]) -> Ran {
    let services = Services::start();
    let mut environment = vec![
        ("NO_COLOR", "1"),
        ("WIPPY_LOG", "off"),
        ("RATES_ADDR", services.rates.as_str()),
        ("AUDIT_ADDR", services.audit.as_str()),
    ];
    environment.extend(variables);
    run_in(&environment, &["call", root.to_str().unwrap(), "demo:report", currency])
}

#[test]
fn the_report_uses_every_import_and_gives_a_structured_result() {
    let app = copy(|index| index);
    let ran = report(&app.path(), "USD", &[]);
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
    let result = ran.json();
    let report = &result["ok"];
    let id = report["id"].as_str().unwrap();
    assert_eq!((id.len(), id.matches('-').count()), (36, 4), "{id}");
    assert_eq!([&report["currency"], &report["rate"]], [&json!("USD"), &json!(1.25)]);
    let lines = report["lines"].as_array().unwrap();
    let regions: Vec<_> = lines.iter().map(|line| (line["region"].as_str().unwrap(), &line["units"])).collect();
    assert_eq!(regions, [("North", &json!(134)), ("South", &json!(231)), ("West", &json!(177)), ("East", &json!(147))]);
    let sum: f64 = lines.iter().map(|line| line["total"].as_f64().unwrap()).sum();
    assert!((sum - report["total"].as_f64().unwrap()).abs() < 0.05, "{report}");
    assert_eq!(report["receipt"], format!("filed {id}"));
    assert_eq!(report["summary-path"], "/out/summary.md");

    let summary = fs::read_to_string(app.path().join("out/summary.md")).unwrap();
    let badge = "```text\n+--------------+\n| Sales in USD |\n+--------------+\n```\n";
    assert!(summary.starts_with(badge), "{summary}");
    assert!(summary.contains("\n| North | 134 | "), "{summary}");
    assert!(summary.ends_with(&format!("\nAudit: filed {id}\n")), "{summary}");
}

#[test]
fn a_service_that_refuses_is_an_err_of_the_function() {
    let app = copy(|index| index);
    let ran = report(&app.path(), "XYZ", &[]);
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 1));
    let failure = ran.json();
    assert!(failure["err"].as_str().unwrap().ends_with("no rate for XYZ (status 404)"), "{failure}");
    let ran = report(&app.path(), "USD", &[("REPORT_API_KEY", "wrong")]);
    let failure = ran.json();
    assert!(failure["err"].as_str().unwrap().ends_with("the API key was refused (status 401)"), "{failure}");
    assert_eq!(ran.code, 1);
}

#[test]
fn without_its_services_the_report_says_what_is_not_set() {
    let app = copy(|index| index);
    app.run("call", &["demo:report", "USD"]).fails(
        "error: required wasi env variable not found: demo:rates_addr (NotFound)\n  \
         help: set the variable behind demo:rates_addr, or give its entry a default\n",
    );
}

#[test]
fn without_the_grant_of_files_the_report_ends_where_it_reads_one() {
    let app = copy(|index| index.replace("wasi:filesystem, ", ""));
    report(&app.path(), "USD", &[]).fails(
        "error: guest called wasi:filesystem/preopens#get-directories, but entry demo:report does not import it; add \
         \"wasi:filesystem\" to its imports (PermissionDenied)\n",
    );
    assert!(!app.path().join("out/summary.md").exists());
}

#[test]
fn a_misspelt_grant_stops_the_application() {
    let app = copy(|index| index.replace("wasi:filesystem, ", "wasi:filesytem, "));
    app.run("call", &["demo:report", "USD"]).fails(
        "error: demo:report: unsupported wasm host import: wasi:filesytem
  --> _index.yaml:41:54
    41 |     imports: [funcs, wasi:cli, wasi:io, wasi:clocks, wasi:filesytem, wasi:random, wasi:sockets, wasi:http]
  help: did you mean \"wasi:filesystem\"? this build has: funcs, wasi:cli, wasi:clocks, wasi:filesystem, wasi:http, \
         wasi:io, wasi:random, wasi:sockets
error: the application has 1 problem and does not run
",
    );
}

#[test]
fn the_example_has_no_problems_and_no_remarks() {
    let example = repository().join("examples/quickstart");
    let ran = run(&["check", example.to_str().unwrap()]);
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
    assert!(ran.stdout.ends_with("3 functions ready, 0 problems, 0 remarks\n"), "{}", ran.stdout);
}
