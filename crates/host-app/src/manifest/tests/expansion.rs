//! `${env:…}` and `file://`.

use super::*;
use crate::manifest::{FunctionCode, Origin};
use std::path::PathBuf;
use std::sync::Arc;

fn with_variables(text: &str) -> App {
    let mut app = App::new(&[("_index.yaml", text)]);
    app.options = LoadOptions::new(|name| match name {
        "NAME" => Some("value".to_owned()),
        "EMPTY" => Some(String::new()),
        "NUMBER" => Some("7".to_owned()),
        "TRICK" => Some("${env:NAME} file://_index.yaml".to_owned()),
        _ => None,
    });
    app
}

fn value(text: &str) -> Arc<str> {
    let text = format!(
        "namespace: demo\nentries:\n  - name: it\n    kind: env.storage.static\n    values:\n      X: {text}\n"
    );
    let app = with_variables(&text);
    assert_eq!(app.problems(), Vec::<String>::new());
    match &app.load().declarations.get(&id("demo:it")).unwrap().declaration {
        Declaration::EnvStorageStatic(values) => values.values["X"].value.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_variable_is_replaced() {
    assert_eq!(&*value("${env:NAME}"), "value");
    assert_eq!(&*value("a ${env:NAME} and ${env:NAME|x}."), "a value and value.");
    assert_eq!(&*value("${env:UNSET|a default}"), "a default");
    assert_eq!(&*value("${env:UNSET|}"), "");
    assert_eq!(&*value("${env:EMPTY|unused}"), "", "a variable that is set to nothing is set");
    assert_eq!(&*value("$NAME ${NAME} $${x}"), "$NAME ${NAME} $${x}");
}

#[test]
fn what_a_variable_brings_in_is_not_looked_at_again() {
    assert_eq!(&*value("${env:TRICK}"), "${env:NAME} file://_index.yaml");
}

#[test]
fn an_unset_variable_names_itself_and_the_remedy() {
    assert_eq!(
        problems_of("kind: fs.directory\ndirectory: ${env:DATA_DIR}"),
        ["6:16: demo:it: the environment variable DATA_DIR is not set\n  help: set DATA_DIR, or write a default: \
          `${env:DATA_DIR|default}`"],
        "and nothing else is said about the value"
    );
}

#[test]
fn a_malformed_variable_is_a_problem() {
    let cases = [
        ("${env:NAME", "`${env:` is never closed\n  help: write `${env:NAME}` or `${env:NAME|default}`"),
        ("${env:}", "`` is not the name of a variable\n  help: write `${env:NAME}` or `${env:NAME|default}`"),
        ("${env:A B}", "`A B` is not the name of a variable\n  help: write `${env:NAME}` or `${env:NAME|default}`"),
        (
            "${env:A|${env:B}}",
            "the default of a variable cannot hold another one\n  help: write a plain default: `${env:NAME|default}`",
        ),
    ];
    for (text, expected) in cases {
        let problems = problems_of(&format!("kind: fs.directory\ndirectory: \"{text}\""));
        assert_eq!(problems, [format!("6:16: demo:it: {expected}")]);
    }
}

#[test]
fn a_variable_may_stand_for_a_number_or_true() {
    let app = with_variables(
        "namespace: demo\nentries:\n  - name: it\n    kind: function.wat\n    source: x\n    method: ${env:NAME}\n    strict_imports: ${env:UNSET|true}\n    limits: { max_execution_ms: \"${env:NUMBER}\" }\n",
    );
    assert_eq!(app.problems(), Vec::<String>::new());
    let loaded = app.load();
    let function = loaded.declarations.get(&id("demo:it")).unwrap().function().unwrap();
    assert_eq!(function.limits.max_execution_ms.as_ref().unwrap().value, 7);
    assert!(function.strict_imports.as_ref().unwrap().value);
    assert_eq!(function.method.origin.as_deref(), Some(&Origin::Environment(vec!["NAME".to_owned()])));
}

#[test]
fn a_name_and_a_namespace_may_come_from_variables() {
    let app =
        with_variables("namespace: ${env:NAME}\nentries:\n  - { name: \"n${env:NUMBER}\", kind: env.storage.os }\n");
    assert_eq!(app.problems(), Vec::<String>::new());
    assert!(app.load().declarations.get(&id("value:n7")).is_some());
}

#[test]
fn a_file_is_brought_in_relative_to_the_file_that_names_it() {
    let app = App::new(&[
        (
            "mod/_index.yaml",
            "namespace: demo\nentries:\n  - { name: a, kind: function.wat, method: run, source: file://code/a.wat }\n  - { name: b, kind: function.wat, method: run, source: \"file://../${env:X|shared}.wat\" }\n",
        ),
        ("mod/code/a.wat", "(module ${env:NOT})"),
        ("shared.wat", "\u{feff}(module)"),
    ]);
    assert_eq!(app.problems(), Vec::<String>::new());
    let loaded = app.load();
    let source = |name: &str| match &loaded.declarations.get(&id(name)).unwrap().function().unwrap().code {
        FunctionCode::Wat { source } => (source.value.to_string(), source.origin.clone()),
        FunctionCode::Wasm { .. } => panic!(),
    };
    let from = |path: &str| Some(Arc::new(Origin::File(PathBuf::from(path))));
    assert_eq!(source("demo:a"), ("(module ${env:NOT})".to_owned(), from("mod/code/a.wat")));
    assert_eq!(source("demo:b"), ("(module)".to_owned(), from("shared.wat")));
}

#[test]
fn a_file_that_cannot_be_brought_in_is_a_problem() {
    let mut app = App::new(&[("sub/big.txt", "12345678901"), ("sub/dir/x", "")]);
    app.options.limits.max_included_bytes = 10;
    app.write("sub/binary.wasm", b"\0asm\xff");
    let outside = "the path leaves the application's directory\n  help: put the file into the application's directory, \
                   and write its path relative to this file";
    let cases = [
        (
            "missing.wat",
            "there is no such file\n  help: create sub/missing.wat, or mend the path: it is relative to this file",
        ),
        ("../../etc/passwd", outside),
        ("/etc/passwd", outside),
        ("a/../../../b", outside),
        (
            "big.txt",
            "the file is larger than 10 bytes\n  help: only text belongs here; a compiled module is named with `fs` and `path`",
        ),
        (
            "binary.wasm",
            "the file is not UTF-8 text\n  help: only text belongs here; a compiled module is named with `fs` and `path`",
        ),
        ("dir", "it is not a regular file\n  help: name a text file that this user can read"),
        ("", "a path is missing\n  help: write `file://` and a relative path"),
    ];
    for (path, expected) in cases {
        let text = format!(
            "namespace: demo\nentries:\n  - name: it\n    kind: function.wat\n    method: run\n    source: file://{path}\n"
        );
        app.write("sub/_index.yaml", text.as_bytes());
        assert_eq!(app.problems(), [format!("sub/_index.yaml:6:13: demo:it: file://{path}: {expected}")]);
    }
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_brings_nothing_in_from_outside() {
    let outside = App::new(&[("secret", "s")]);
    let app = App::new(&[(
        "_index.yaml",
        "namespace: demo\nentries:\n  - { name: it, kind: function.wat, method: run, source: file://link }\n",
    )]);
    let at = |path: &str| app.directory.path().join(path);
    std::os::unix::fs::symlink(outside.directory.path().join("secret"), at("link")).unwrap();
    assert_eq!(
        app.problems(),
        [
            "_index.yaml:3:58: demo:it: file://link: a symbolic link leads out of the application's directory\n  help: put a \
          copy of the file into the application's directory"
        ]
    );
    fs::remove_file(at("link")).unwrap();
    app.write("real", b"(module)");
    std::os::unix::fs::symlink(at("real"), at("link")).unwrap();
    assert_eq!(app.problems(), Vec::<String>::new());
}

#[test]
fn all_that_is_brought_in_has_a_limit() {
    let mut app = App::new(&[("a.txt", "12345678"), ("b.txt", "12345678")]);
    app.options.limits.max_expanded_bytes = 10;
    app.write(
        "_index.yaml",
        b"namespace: demo\nentries:\n  - name: it\n    kind: env.storage.static\n    values:\n      A: file://a.txt\n      A2: file://a.txt\n      B: file://b.txt\n",
    );
    assert_eq!(
        app.problems(),
        [
            "_index.yaml:8:10: demo:it: `file://` and `${env:…}` bring in more than 10 bytes of text\n  help: keep large data \
          in files that a function reads when it runs"
        ]
    );
}

#[test]
fn text_from_elsewhere_is_not_repeated_in_messages() {
    let mut app = App::new(&[(
        "_index.yaml",
        "namespace: demo\nentries:\n  - { name: it, kind: fs.directory, directory: d, auto_init: \"${env:SECRET}\" }\n",
    )]);
    app.options = LoadOptions::new(|_| Some("hunter2".to_owned()));
    assert_eq!(
        app.problems(),
        [
            "_index.yaml:3:62: demo:it: `auto_init` must be true or false, found other text\n  help: write `auto_init: true` \
          or `auto_init: false`"
        ]
    );
}

#[test]
fn a_hash_may_come_from_a_file_with_a_line_break() {
    let app = App::new(&[
        ("it.sha256", &format!("{HASH}\n")),
        (
            "_index.yaml",
            "namespace: demo\nentries:\n  - { name: fs, kind: fs.directory, directory: . }\n  - { name: it, kind: function.wasm, fs: fs, path: it, method: run, hash: \"file://it.sha256\" }\n",
        ),
    ]);
    assert_eq!(app.problems(), Vec::<String>::new());
}

#[test]
fn the_environment_of_the_process_can_be_asked_for_anything() {
    let options = LoadOptions::from_process_environment();
    for name in ["PATH", "", "A=B", "a\0b", "A_VARIABLE_THAT_NOBODY_SETS"] {
        assert_eq!((options.environment)(name), std::env::var(name).ok(), "{name:?}");
    }
}
