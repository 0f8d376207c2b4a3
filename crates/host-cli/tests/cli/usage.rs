//! Help, version, wrong usage, and the list of imports.

use crate::support::run;
use serde_json::{Value, json};

#[test]
fn help_lists_the_commands() {
    run(&["--help"]).gives(
        "Runs WebAssembly functions with exactly the host functions that their entries declare

Usage: wippy-host [OPTIONS] <COMMAND>

Commands:
  call     Call one function of an application and print its result
  check    Load, compile and preflight an application; print all problems and remarks
  exec     Run a command, a component or a preview 1 module, outside any application, with what the
           options grant and nothing else
  graph    Draw an application: its entries, what each is granted, and who calls whom
  run      Run the services of an application or one of its commands, or list the commands
  schema   Print the JSON Schema of an application's files, for editors
  serve    Serve a component that handles HTTP requests, with what the options grant and nothing
           else
  imports  List the import groups of this build, with interfaces, versions and aliases
  init     Write a small working application into an empty or new directory
  inspect  Say what a component or module exports and imports, with the entry that it needs
  help     Print this message or the help of the given subcommand(s)

Options:
      --json     Print results, problems and errors as JSON
  -h, --help     Print help
  -V, --version  Print version

Log:
      --log-format <FORMAT>  The form of the log: text for people, or JSON, one object a line
                             [default: text] [possible values: text, json]
      --log-level <FILTER>   What is logged: a level (error, warn, info, debug, trace, off), or
                             target=level, with commas between. Default info; WIPPY_LOG says it
                             where this does not
      --log-file <FILE>      Append the log to this file, in the place of standard error
",
    );
    for command in ["call", "check", "exec", "graph", "run", "schema", "serve", "imports", "init", "inspect"] {
        let ran = run(&[command, "--help"]);
        assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
        assert!(ran.stdout.contains(&format!("\nUsage: wippy-host {command} ")), "{ran:?}");
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    run(&["--version"]).gives(concat!("wippy-host ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn wrong_usage_exits_with_2() {
    for (arguments, says) in [
        ([].as_slice(), "Usage: wippy-host [OPTIONS] <COMMAND>"),
        (["chek", "."].as_slice(), "tip: some similar subcommands exist: 'schema', 'check'"),
        (["check"].as_slice(), "the following required arguments were not provided:\n  <APP>"),
        (["call", "."].as_slice(), "the following required arguments were not provided:\n  <NS:NAME>"),
        (["imports", "wasi:clock"].as_slice(), "did you mean \"wasi:clocks\"?"),
        (["imports", "--markdown", "--json"].as_slice(), "cannot be used with"),
        (["call", ".", "demo:it", "--rwa"].as_slice(), "unexpected argument '--rwa' found"),
    ] {
        let ran = run(arguments);
        assert_eq!((ran.stdout.as_str(), ran.code), ("", 2), "{arguments:?}");
        assert!(ran.stderr.contains(says), "{ran:?}");
    }
}

#[test]
fn imports_are_listed_for_people() {
    let ran = run(&["imports"]);
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
    let groups: Vec<&str> = ran.stdout.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(groups.len(), 8);
    assert_eq!(groups[0], "funcs: Calls of other functions of the registry");
    let io = "wasi:io: Streams, their errors, and polling
  wasi:io/error@0.2.12
  wasi:io/poll@0.2.12
  wasi:io/streams@0.2.12
  also named: wasi:poll, wasi1, wasi-preview1, preview1, wasi_snapshot_preview1
";
    assert!(ran.stdout.contains(io), "{}", ran.stdout);
}

#[test]
fn imports_are_listed_for_programs() {
    let ran = run(&["imports", "--json"]);
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
    let listed = ran.json();
    let groups = listed.as_array().unwrap();
    let names: Vec<&str> = groups.iter().map(|group| group["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["funcs", "wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:http", "wasi:io", "wasi:random", "wasi:sockets"]
    );
    for group in groups {
        let texts = |key: &str| group[key].as_array().unwrap().iter().all(Value::is_string);
        assert!(texts("aliases") && texts("interfaces"), "{group}");
        assert!(!group["interfaces"].as_array().unwrap().is_empty(), "{group}");
    }
    assert_eq!(
        groups[0]["interfaces"],
        json!([
            "wippy:runtime/funcs@0.1.0",
            "wippy:runtime/values@0.2.0",
            "wippy:runtime/funcs@0.2.0",
            "wippy:runtime/async-funcs@0.2.0"
        ])
    );
    assert_eq!(groups[0]["aliases"], json!([]));
}

#[test]
fn an_import_of_some_name_is_told_alone() {
    let ran = run(&["imports", "WASI:Random"]);
    assert!(ran.stdout.starts_with("wasi:random: ") && !ran.stdout.contains("wasi:clocks"), "{ran:?}");
}

#[test]
fn the_reference_of_an_import_is_a_page_in_markdown() {
    let ran = run(&["imports", "--markdown", "wasi:filesystem", "wasi:clocks"]);
    assert_eq!((ran.stderr.as_str(), ran.code), ("", 0));
    assert!(ran.stdout.starts_with("## `wasi:clocks`\n\nWall clock, "), "{}", ran.stdout);
    let book = include_str!("../../../../docs/book/src/reference/imports.md");
    for heading in ["`wasi:clocks`", "`wasi:filesystem`"] {
        let section = |page: &str| {
            let section = page.split("## ").find(|section| section.starts_with(heading)).unwrap();
            section.split_once("\n\n").unwrap().1.split_once("\n\n").unwrap().1.trim_end().to_owned()
        };
        assert_eq!(section(&ran.stdout), section(book));
    }
}
