//! Which files belong to an application.

use super::*;
use crate::manifest::Severity;

const FS: &str = "namespace: demo\nentries:\n  - { name: data, kind: fs.directory, directory: ./data }\n";

fn ids(app: &App) -> Vec<String> {
    app.load().declarations.iter().map(|entry| entry.id.to_string()).collect()
}

#[test]
fn every_yaml_and_json_file_with_a_namespace_counts() {
    let app = App::new(&[
        ("_index.yaml", "namespace: a\nentries: [{ name: x, kind: env.storage.os }]"),
        ("deep/er/other.yml", "namespace: b\nentries: [{ name: x, kind: env.storage.os }]"),
        ("third.json", r#"{"namespace": "c", "entries": [{"name": "x", "kind": "env.storage.os"}]}"#),
        ("data.yaml", "- 1\n- 2\n"),
        ("package.json", r#"{"name": "it", "version": "1"}"#),
        ("k8s.yaml", "metadata:\n  namespace: default\n"),
        ("namespace.txt", "namespace: d\nentries: [{ name: x, kind: env.storage.os }]"),
    ]);
    assert_eq!(app.problems(), Vec::<String>::new());
    assert_eq!(ids(&app), ["a:x", "b:x", "c:x"]);
}

#[test]
fn hidden_directories_target_and_node_modules_are_skipped() {
    let app = App::new(&[
        ("_index.yaml", FS),
        (".git/_index.yaml", FS),
        ("target/debug/_index.yaml", FS),
        ("a/node_modules/b/_index.yaml", FS),
    ]);
    assert_eq!(app.problems(), Vec::<String>::new());
}

#[test]
fn a_root_that_is_not_there_is_a_problem() {
    let app = App::new(&[]);
    let missing = app.directory.path().join("missing");
    let loaded = load(&missing, &app.options);
    assert_eq!(
        loaded.problems[0].to_string(),
        format!(
            "the application's directory {} does not exist\n  help: give the directory that holds the application's `_index.yaml`",
            missing.display()
        )
    );
    assert!(loaded.has_errors());
}

#[test]
fn a_root_that_is_a_file_is_a_problem() {
    let app = App::new(&[("_index.yaml", FS)]);
    let file = app.directory.path().join("_index.yaml");
    let loaded = load(&file, &app.options);
    assert_eq!(
        loaded.problems[0].to_string(),
        format!(
            "{} is a file, and an application is a directory\n  help: give the directory that it is in: {}",
            file.display(),
            app.directory.path().display()
        )
    );
}

#[test]
fn an_application_without_a_namespace_file_is_a_problem() {
    let app = App::new(&[("data.yaml", "a: 1\n")]);
    assert_eq!(
        app.problems(),
        [
            "no application in ROOT: no .yaml, .yml or .json file has a `namespace`\n  help: create `_index.yaml` there, \
          with the lines `version: \"1.0\"`, `namespace: demo` and `entries: []`"
        ]
    );
}

#[test]
fn an_index_without_a_namespace_is_a_problem() {
    assert_eq!(problems(""), ["_index.yaml:1:1: namespace is required\n  help: add `namespace: demo`"]);
    assert_eq!(problems("# nothing\n"), ["_index.yaml:1:1: namespace is required\n  help: add `namespace: demo`"]);
    assert_eq!(problems("entries: []\n"), ["_index.yaml:1:1: namespace is required\n  help: add `namespace: demo`"]);
    assert_eq!(
        problems("- a\n"),
        ["_index.yaml:1:1: the file must be a mapping, found a list\n  help: begin it with `namespace: demo`"]
    );
}

#[test]
fn a_file_that_does_not_parse_counts_only_where_it_was_meant_to() {
    let app = App::new(&[
        ("_index.yaml", FS),
        ("broken.yaml", "a: [\n"),
        ("chart.yaml", "{{ if .Values.namespace }}\nmetadata:\n  namespace: {{ x }}\n"),
        ("mine.yaml", "version: [\nnamespace: demo\n"),
        ("mine.json", "{\n  \"entries\": [,\n  \"namespace\": \"demo\"\n}"),
    ]);
    assert_eq!(
        app.problems(),
        [
            "mine.json:2:15: malformed JSON: a value is missing here\n  help: write the value, and close what is open",
            "mine.yaml:2:1: malformed YAML: a bracket is still open, and this line is not indented\n  help: close the `[` or \
             `{`, or indent the line",
        ]
    );
}

#[test]
fn a_file_that_is_too_large_counts_only_where_it_was_meant_to() {
    let app = App {
        options: LoadOptions {
            limits: crate::manifest::LoadLimits { max_file_bytes: 1024, ..Default::default() },
            ..LoadOptions::new(|_| None)
        },
        ..App::new(&[("_index.yaml", FS)])
    };
    app.write("data.json", "[0]".repeat(1000).as_bytes());
    app.write("big.yaml", format!("namespace: demo\n#{}", " ".repeat(2000)).as_bytes());
    assert_eq!(
        app.problems(),
        [
            "big.yaml: the file is larger than 1 KiB\n  help: split it, and move long texts into files that `file://` brings in"
        ]
    );
}

#[test]
fn a_file_that_is_no_text_says_where() {
    let app = App::new(&[("_index.yaml", FS)]);
    app.write("data.yaml", b"a: \xff\n");
    app.write("mine.yaml", b"namespace: demo\nmeta:\n  a: \xc3\xa9\xff\n");
    assert_eq!(app.problems(), ["mine.yaml:3:7: the file is not UTF-8 text\n  help: save it as UTF-8"]);
}

#[test]
fn a_nul_does_not_cut_a_file_short() {
    assert_eq!(
        problems("namespace: demo\nentries: []\n\0hidden: true\n"),
        ["_index.yaml:3:1: malformed YAML: a NUL character\n  help: remove it; the file must be text in UTF-8"]
    );
}

#[test]
fn more_files_than_the_limit_are_a_problem() {
    let mut app = App::new(&[("a.yaml", "1"), ("b.yaml", FS), ("c.yaml", "3")]);
    app.options.limits.max_files = 2;
    assert_eq!(
        app.problems(),
        [
            "more than 2 .yaml, .yml and .json files\n  help: keep data out of the application's directory, or in a hidden \
          directory of it"
        ]
    );
    app.options.limits.max_directory_entries = 2;
    assert!(app.problems()[0].starts_with("more than 2 files and directories\n"));
}

#[test]
fn directories_nested_too_deep_are_left_out_with_a_warning() {
    let mut app = App::new(&[("_index.yaml", FS), ("a/b/c/_index.yaml", FS)]);
    app.options.limits.max_depth = 2;
    assert_eq!(app.problems().len(), 2, "the file's own nesting is beyond the limit too");
    app.options.limits.max_depth = 3;
    assert_eq!(app.problems().len(), 1, "three levels are allowed, and then the second file is a duplicate");
    app.write("a/b/c/d/other.yaml", FS.as_bytes());
    assert_eq!(
        app.problems()[1],
        "a/b/c/d: warning: directories are nested more than 3 levels deep\n  help: flatten the directories"
    );
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_not_followed_out_of_the_root() {
    use std::os::unix::fs::symlink;
    let outside = App::new(&[("_index.yaml", FS), ("module/_index.yaml", FS)]);
    let app = App::new(&[("_index.yaml", FS)]);
    let at = |path: &str| app.directory.path().join(path);
    fs::create_dir(at("sub")).unwrap();
    symlink(outside.directory.path().join("_index.yaml"), at("sub/_index.yaml")).unwrap();
    symlink(outside.directory.path().join("_index.yaml"), at("sub/other.yaml")).unwrap();
    symlink(outside.directory.path().join("module"), at("module")).unwrap();
    symlink(at("nowhere"), at("gone.yaml")).unwrap();
    let remedy = "help: put a copy in the application's directory";
    assert_eq!(
        app.problems(),
        [
            format!(
                "module: remark: the symbolic link leads out of the application's directory, and is not followed\n  {remedy}"
            ),
            format!("sub/_index.yaml: the symbolic link leads out of the application's directory\n  {remedy}"),
            format!(
                "sub/other.yaml: remark: the symbolic link leads out of the application's directory, and is not followed\n  {remedy}"
            ),
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_within_the_root_neither_loops_nor_doubles() {
    use std::os::unix::fs::symlink;
    let app = App::new(&[("_index.yaml", FS), ("text", "namespace: linked\nentries: []\n")]);
    let at = |path: &str| app.directory.path().join(path);
    symlink(app.directory.path(), at("loop")).unwrap();
    symlink(at("_index.yaml"), at("again.yaml")).unwrap();
    symlink(at("text"), at("linked.yaml")).unwrap();
    assert_eq!(app.problems(), Vec::<String>::new());
    assert_eq!(ids(&app), ["demo:data"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_that_is_named_like_a_file_does_not_block() {
    let app = App::new(&[("_index.yaml", FS)]);
    let pipe = app.directory.path().join("pipe.yaml");
    if std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()) {
        assert_eq!(app.problems(), Vec::<String>::new());
    }
}

#[test]
fn a_file_without_entries_is_a_warning() {
    let app = App::new(&[("_index.yaml", "namespace: demo\n")]);
    let problem = &app.load().problems[0];
    assert_eq!(problem.severity, Severity::Warning);
    assert_eq!(
        problem.to_string(),
        "_index.yaml:1:1: warning: the file declares no entries\n  help: add `entries:` and below it `  - name: …`"
    );
}
