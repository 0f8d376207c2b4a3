//! Problems themselves: their order, their form, their number.

use super::*;
use crate::manifest::{Problem, Severity};
use std::path::Path;
use wippy_host_core::ErrorKind;

#[test]
fn a_problem_is_one_line_and_its_remedy() {
    let app = App::new(&[("_index.yaml", "namespace: demo\nentries:\n  - name: it\n    kind: fs.directory\n")]);
    let problem = &app.load().problems[0];
    assert_eq!(
        problem,
        &Problem {
            severity: Severity::Error,
            file: "_index.yaml".into(),
            line: 3,
            column: 5,
            entry: Some("demo:it".to_owned()),
            kind: ErrorKind::Invalid,
            message: "directory is required".to_owned(),
            remedy: Some("add `directory: ./data`, a path relative to the application".to_owned()),
            source_line: Some("  - name: it".to_owned()),
        }
    );
    assert_eq!(
        problem.to_string(),
        "_index.yaml:3:5: demo:it: directory is required\n  help: add `directory: ./data`, a path relative to the \
         application"
    );
}

#[test]
fn control_characters_of_a_file_do_not_reach_a_terminal() {
    let problems = problems("namespace: demo\nentries:\n  - name: \"\\e[31m\\n\"\n    kind: \"x\\r\\ny\"\n");
    assert_eq!(
        problems[0],
        "_index.yaml:3:11: demo:\\u{1b}[31m\\n: invalid name `\\u{1b}[31m\\n`: the character U+001B is not allowed in a \
         name\n  help: write `name: _[31m_`"
    );
    assert!(problems[1].contains("unknown kind: x\\r\\ny\n  help: "), "{}", problems[1]);
    assert!(problems.iter().all(|problem| problem.lines().count() == 2));
    // A problem of syntax is said of its entry, too.
    let problems = super::problems("namespace: demo\nentries:\n  - name: \"\\e[31m\"\n    kind: a\n    kind: b\n");
    assert!(problems[2].contains(" demo:\\u{1b}[31m: the key `kind` is here twice"), "{}", problems[2]);
}

#[test]
fn long_text_of_a_file_is_cut() {
    let found = problems_of(&format!("kind: {}", "k".repeat(10_000)));
    assert!(found[0].starts_with(&format!("5:11: demo:it: unknown kind: {}…\n", "k".repeat(80))), "{}", found[0]);
    let app =
        App::new(&[("_index.yaml", &format!("namespace: demo\nentries: [] # {}\nhuh: 1 # {}\n", "", "x".repeat(600)))]);
    assert_eq!(app.load().problems[0].source_line, None);
}

#[test]
fn problems_come_in_the_order_of_their_places() {
    let app = App::new(&[
        ("b.yaml", "namespace: b\nzz: 1\nentries: []\n"),
        ("a/_index.yaml", "namespace: a\nentries: []\ny: 1\nx: { a: 1, a: 2 }\n"),
    ]);
    let places: Vec<String> =
        app.problems().iter().map(|problem| problem.split(": ").next().unwrap().to_owned()).collect();
    assert_eq!(places, ["a/_index.yaml:3:1", "a/_index.yaml:4:1", "a/_index.yaml:4:12", "b.yaml:2:1"]);
}

#[test]
fn one_bad_entry_hides_nothing_of_another() {
    let found = problems(
        "namespace: demo\nentries:\n  - { name: a, kind: fs.directory, directory: 5 }\n  - 7\n  - { name: b, kind: nope }\n  - { name: c, kind: function.wat, method: run, source: x, limits: { max_execution_ms: -1 }, pool: { size: -1 } }\n  - { name: d, kind: env.variable, storage: missing }\n",
    );
    let lines: Vec<&str> = found.iter().map(|problem| problem.lines().next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "_index.yaml:3:47: demo:a: `directory` must be text, found the number `5`",
            "_index.yaml:4:5: an entry must be a mapping, found the number `7`",
            "_index.yaml:5:22: demo:b: unknown kind: nope",
            "_index.yaml:6:88: demo:c: limits.max_execution_ms cannot be negative",
            "_index.yaml:6:108: demo:c: pool values cannot be negative",
            "_index.yaml:7:45: demo:d: `storage` names demo:missing, and there is no such entry",
        ]
    );
}

#[test]
fn problems_beyond_the_limit_are_counted() {
    let mut app = App::new(&[("_index.yaml", "namespace: demo\nentries: []\na: 1\nb: 2\nc: 3\nd: 4\n")]);
    app.options.limits.max_problems = 2;
    let found = app.problems();
    assert_eq!(found.len(), 3);
    assert_eq!(found[2], "2 further problems are not shown\n  help: mend these first, then load again");
    assert!(app.load().has_errors());
}

#[test]
fn the_severity_is_told_before_the_entry() {
    let problem = Problem::in_file(ErrorKind::Invalid, Path::new("a.yaml"), "m").for_entry("n:e");
    assert_eq!(problem.to_string(), "a.yaml: n:e: m");
    assert_eq!(problem.clone().into_warning().to_string(), "a.yaml: warning: n:e: m");
    assert_eq!(problem.into_remark().with_remedy("r").to_string(), "a.yaml: remark: n:e: m\n  help: r");
}

#[test]
fn what_an_alias_repeats_is_reported_once_for_each_entry() {
    let found = problems(
        "namespace: demo\nentries:\n  - name: a\n    kind: env.storage.static\n    values: &v { X: [1] }\n    meta: *v\n  - name: b\n    kind: env.storage.static\n    values: *v\n",
    );
    assert_eq!(
        found,
        [
            "_index.yaml:5:21: demo:a: `values.X` must be text, found a list",
            "_index.yaml:5:21: demo:b: `values.X` must be text, found a list",
        ]
    );
}
