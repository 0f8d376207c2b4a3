//! `init`: an application that works as it is written.

use crate::support::{App, Ran, run};
use serde_json::json;
use std::fs;
use std::path::Path;

const FILES: [&str; 7] = [
    ".wippy-host/schema.json",
    "guests/add.wat",
    "guests/greet.wat",
    "guests/greet.wit",
    "welcome.lua",
    "README.md",
    "_index.yaml",
];

fn init(directory: &Path) -> Ran {
    run(&["init", directory.to_str().unwrap()])
}

/// A directory with what `init` wrote.
#[track_caller]
fn initialised() -> App {
    let app = App::empty();
    let ran = init(&app.path());
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
    app
}

/// The names of all files, below this directory.
fn names(directory: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            all.extend(names(&path).iter().map(|below| format!("{name}/{below}")));
        } else {
            all.push(name);
        }
    }
    all.sort();
    all
}

#[test]
fn what_is_written_has_no_problem_and_no_remark() {
    let app = initialised();
    let ran = app.run("check", &[]);
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
    assert!(ran.stdout.ends_with("3 functions ready, 0 problems, 0 remarks\n"), "{}", ran.stdout);
}

#[test]
fn its_functions_give_what_its_readme_says() {
    let app = initialised();
    let readme = fs::read_to_string(app.path().join("README.md")).unwrap();
    let mut lines = readme.lines();
    let mut calls = 0;
    while let Some(line) = lines.next() {
        let Some(call) = line.strip_prefix("$ wippy-host call . ") else { continue };
        let arguments: Vec<&str> = call.split(' ').collect();
        app.run("call", &arguments).gives(&format!("{}\n", lines.next().unwrap()));
        calls += 1;
    }
    assert_eq!(calls, 3);
}

#[test]
fn without_the_line_that_its_readme_names_the_guest_is_told_which_is_missing() {
    let app = initialised();
    let index = fs::read_to_string(app.path().join("_index.yaml")).unwrap();
    assert_eq!(index.matches("    imports: [wasi:cli]\n").count(), 1);
    let app = app.with("_index.yaml", index.replace("    imports: [wasi:cli]\n", ""));
    let ran = app.run("call", &["demo:greet", "Ada"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("add \"wasi:cli\" to its imports"), "{ran:?}");
}

#[test]
fn it_says_what_it_wrote_and_what_comes_next() {
    let app = App::empty();
    let directory = app.path().join("deep/app");
    let shown = directory.display();
    init(&directory).gives(&format!(
        "wrote 7 files into {shown}: {}\nnext:\n  wippy-host check {shown}\n  wippy-host call {shown} demo:welcome Ada\n",
        FILES.join(", ")
    ));
    let mut files = FILES.map(str::to_owned);
    files.sort();
    assert_eq!(names(&directory), files);
}

#[test]
fn json_names_the_directory_and_the_files() {
    let app = App::empty();
    let path = app.path();
    let directory = path.to_str().unwrap();
    let ran = run(&["--json", "init", directory]);
    assert_eq!(ran.json(), json!({"directory": directory, "files": FILES}));
}

#[test]
fn a_directory_that_is_not_empty_is_refused_and_not_touched() {
    let app = App::empty().with("notes.txt", "mine").with(".hidden", "");
    init(&app.path()).fails(&format!(
        "error: {} is not empty: there is .hidden, notes.txt (AlreadyExists)\n  help: name a directory that is empty, or not \
         there yet\n",
        app.path().display()
    ));
    assert_eq!(names(&app.path()), [".hidden", "notes.txt"]);
    let app = initialised();
    assert_eq!(init(&app.path()).code, 1);
}

#[test]
fn a_place_that_cannot_hold_a_directory_is_an_error() {
    let app = App::empty().with("file", "");
    let ran = init(&app.path().join("file/app"));
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("cannot write an application into"), "{ran:?}");
}
