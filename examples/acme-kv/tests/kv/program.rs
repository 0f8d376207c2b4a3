//! The program: an import of a third party is shown, checked and explained as the host's own are.

use crate::support::app;
use serde_json::{Value as Json, json};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A copy of the application, which a test may change.
struct App(TempDir);

/// What a command did, with the application's folder as `APP`.
#[derive(Debug)]
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl App {
    fn new() -> Self {
        let copy = tempfile::tempdir().unwrap();
        std::fs::create_dir(copy.path().join("wasm")).unwrap();
        for file in ["_index.yaml", "wasm/kv.wasm", "wasm/kv-p3.wasm"] {
            std::fs::copy(app().join(file), copy.path().join(file)).unwrap();
        }
        Self(copy)
    }

    /// The application with another text in the place of the first one that is so.
    fn with(self, from: &str, to: &str) -> Self {
        let index = self.0.path().join("_index.yaml");
        let text = std::fs::read_to_string(&index).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(&index, text.replacen(from, to, 1)).unwrap();
        self
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let root = self.0.path().canonicalize().unwrap();
        let cache = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_acme-kv"));
        let ran = command.args(arguments).current_dir(&root).env("XDG_CACHE_HOME", cache.path()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap().replace(root.to_str().unwrap(), "APP");
        Ran { code: ran.status.code().unwrap(), stdout: text(ran.stdout), stderr: text(ran.stderr) }
    }

    /// The result of a call that works.
    fn call(&self, arguments: &[&str]) -> Json {
        let ran = self.run(&[&["call", "."], arguments].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.stdout).unwrap()
    }
}

#[test]
fn imports_lists_it_among_the_others() {
    let ran = App::new().run(&["imports"]);
    let own = "acme:kv: Keys and values in a database of the entry's own\n  acme:kv/store@0.1.0\n";
    assert!(ran.stdout.starts_with(own) && ran.stdout.contains("\nwasi:clocks: "), "{}", ran.stdout);
}

/// Rewrites the page instead of comparing it.
const WRITE: &str = "WIPPY_WRITE_DOCS";

#[test]
fn its_page_of_reference_is_what_the_program_says() {
    let ran = App::new().run(&["imports", "--markdown", "acme:kv"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference.md");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &ran.stdout).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(page, ran.stdout, "reference.md is stale: set {WRITE}=1 and run this test");
}

#[test]
fn check_knows_its_grants_and_opens_nothing() {
    let app = App::new();
    let ran = app.run(&["check", ".", "--strict"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("acme:kv"), "{ran:?}");
    let made = std::fs::read_dir(app.0.path().join("data")).map_or(0, Iterator::count);
    assert_eq!(made, 0);
}

#[test]
fn inspect_prints_the_line_that_grants_it() {
    let ran = App::new().run(&["inspect", "wasm/kv.wasm"]);
    assert!(ran.stdout.contains("acme:kv/store@0.1.0"), "{ran:?}");
    assert!(ran.stdout.contains("imports: [\"acme:kv\"]") || ran.stdout.contains("imports: [acme:kv]"), "{ran:?}");
}

#[test]
fn what_one_call_keeps_the_next_one_finds() {
    let app = App::new();
    assert_eq!(app.call(&["demo:add", "Buy apples"]), json!({"ok": 1}));
    assert_eq!(app.call(&["demo:add", "Buy pears"]), json!({"ok": 2}));
    assert_eq!(app.call(&["demo:notes"]), json!({"ok": ["Buy apples", "Buy pears"]}));
    assert!(app.0.path().join("data/notes.redb").exists());
    #[cfg(feature = "p3")]
    assert_eq!(app.call(&["demo:many", "notes", "visits", "20"]), json!({"ok": 20}));
}

#[test]
fn runs_that_repeat_have_it_too() {
    let app = App::new();
    assert_eq!(app.call(&["demo:add", "Buy apples", "--deterministic", "1"]), json!({"ok": 1}));
    assert_eq!(app.call(&["demo:notes", "--deterministic", "1"]), json!({"ok": ["Buy apples"]}));
}

/// Each mistake in the file with what is said of it.
#[test]
fn mistakes_in_its_section_are_shown_where_they_stand() {
    for (from, to, said) in [
        ("[acme:kv]", "[acme:kw]", vec!["unsupported wasm host import: acme:kw", "did you mean \"acme:kv\"?"]),
        ("max_keys: 100", "max_kyes: 100", vec!["unknown key", "max_keys", "_index.yaml:23:"]),
        ("max_keys: 100", "max_keys: many", vec!["max_keys", "_index.yaml:23:"]),
        ("max_keys: 100", "max_keys: 0", vec!["max_keys must be at least 1", "_index.yaml:23:"]),
        ("fs: data, file: notes.redb, max", "fs: dota, max", vec!["no fs.directory demo:dota", "_index.yaml:23:"]),
        ("fs: data, file: notes.redb, max", "max", vec!["fs", "_index.yaml:23:"]),
        ("file: notes.redb, max", "file: ../notes.redb, max", vec!["is no plain name of a file", "notes.redb"]),
    ] {
        let ran = App::new().with(from, to).run(&["check", "."]);
        assert_eq!(ran.code, 1, "{to}: {ran:?}");
        for said in said {
            assert!(ran.stderr.contains(said), "{to}: {said} is not in\n{}", ran.stderr);
        }
    }
}

#[test]
fn without_its_grant_the_error_names_the_line() {
    let app = App::new().with("imports: [acme:kv]\n    config:", "imports: []\n    config:");
    let ran = app.run(&["call", ".", "demo:add", "Buy apples"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("add \"acme:kv\" to its imports"), "{}", ran.stderr);
}

#[test]
fn the_schema_for_editors_has_its_section() {
    let ran = App::new().run(&["schema"]);
    let schema: Json = serde_json::from_str(&ran.stdout).unwrap();
    assert!(schema.to_string().contains("Buckets that one instance has open at a time"), "{schema}");
}
