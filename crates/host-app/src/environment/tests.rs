//! What each storage promises, on files that others change.

use super::ApplicationEnvironment;
use crate::manifest::{LoadOptions, load};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use wippy_host_core::{Environment, ErrorKind};

const HEAD: &str = "namespace: demo\nentries:\n";

/// An application with these entries, whose `.env` has this text.
fn directory(entries: &str, file: Option<&str>) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("_index.yaml"), format!("{HEAD}{entries}")).unwrap();
    if let Some(text) = file {
        fs::write(directory.path().join(".env"), text).unwrap();
    }
    directory
}

fn opened(directory: &Path) -> (ApplicationEnvironment, Vec<String>) {
    let loaded = load(directory, &LoadOptions::new(|_| None));
    assert_eq!(loaded.problems, []);
    let (environment, problems) = ApplicationEnvironment::open(&loaded.root, &loaded.declarations);
    let root = loaded.root.display().to_string();
    (environment, problems.iter().map(|problem| problem.to_string().replace(&root, "ROOT")).collect())
}

fn environment(directory: &TempDir) -> ApplicationEnvironment {
    let (environment, problems) = opened(directory.path());
    assert_eq!(problems, Vec::<String>::new());
    environment
}

fn value(environment: &ApplicationEnvironment, id: &str) -> Option<String> {
    environment.get(id).unwrap()
}

/// Until something is so; the file is looked at every 100 ms.
#[track_caller]
fn eventually(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it never came to be");
        std::thread::yield_now();
    }
}

const FILE: &str = "  - { name: file, kind: env.storage.file, file_path: .env }
  - { name: a, kind: env.variable, storage: file, variable: A }
  - { name: b, kind: env.variable, storage: file, variable: B, default: none }
";

#[test]
fn a_file_is_read_and_changed_in_place() {
    let directory = directory(FILE, Some("# kept\nA=one\n\n# this too\n"));
    let path = directory.path().join(".env");
    let environment = environment(&directory);
    assert_eq!(
        (value(&environment, "demo:a").as_deref(), value(&environment, "demo:b").as_deref()),
        (Some("one"), Some("none"))
    );
    let before = environment.generation();
    environment.set("demo:a", "a b").unwrap();
    environment.set("demo:b", "").unwrap();
    assert!(environment.generation() > before);
    assert_eq!(value(&environment, "demo:a").as_deref(), Some("a b"));
    assert_eq!(value(&environment, "demo:b").as_deref(), Some(""), "set to nothing is set");
    assert_eq!(fs::read_to_string(&path).unwrap(), "# kept\nA=\"a b\"\n\n# this too\nB=\n");
    let names: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "nothing is left beside it: {names:?}");
}

#[cfg(unix)]
#[test]
fn a_change_keeps_the_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let directory = directory(FILE, Some("A=1\n"));
    let path = directory.path().join(".env");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    environment(&directory).set("demo:a", "2").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o640);
}

#[test]
fn a_change_from_outside_is_seen_and_makes_a_new_generation() {
    let directory = directory(FILE, Some("A=1\n"));
    let path = directory.path().join(".env");
    let environment = environment(&directory);
    let before = environment.generation();
    fs::write(&path, "A=second\n").unwrap();
    eventually(|| environment.generation() > before);
    assert_eq!(value(&environment, "demo:a").as_deref(), Some("second"));

    fs::write(&path, "oops\n").unwrap();
    eventually(|| environment.get("demo:a").is_err());
    let error = environment.get("demo:a").unwrap_err();
    assert_eq!(error.message(), "demo:a: .env:1: the line cannot be read: it has no `=`");
    assert_eq!(environment.set("demo:a", "x").unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(fs::read_to_string(&path).unwrap(), "oops\n", "what cannot be read is not overwritten");

    fs::remove_file(&path).unwrap();
    eventually(|| environment.get("demo:a").is_err_and(|error| error.kind() == ErrorKind::NotFound));
    fs::write(&path, "A=back\n").unwrap();
    eventually(|| environment.get("demo:a").is_ok_and(|value| value.as_deref() == Some("back")));
}

#[test]
fn a_change_from_outside_is_not_undone_by_ours() {
    let directory = directory(FILE, Some("A=1\n"));
    let environment = environment(&directory);
    fs::write(directory.path().join(".env"), "A=1\nB=theirs\n").unwrap();
    environment.set("demo:a", "ours").unwrap();
    assert_eq!(fs::read_to_string(directory.path().join(".env")).unwrap(), "A=ours\nB=theirs\n");
    assert_eq!(value(&environment, "demo:b").as_deref(), Some("theirs"));
}

#[test]
fn whoever_reads_while_it_is_changed_finds_a_whole_file() {
    let directory = directory(FILE, Some("A=0\n"));
    let path = directory.path().join(".env");
    let environment = environment(&directory);
    let long = "x".repeat(100_000);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (0..50).for_each(|_| environment.set("demo:a", &long).unwrap()));
        let whole = format!("A={long}\n");
        while !writer.is_finished() {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text == "A=0\n" || text == whole, "{} bytes", text.len());
        }
    });
}

#[test]
fn a_missing_file_is_created_on_request() {
    let entry = "  - { name: file, kind: env.storage.file, file_path: state/x.env, auto_create: true }
  - { name: a, kind: env.variable, storage: file, variable: A }\n";
    let directory = directory(entry, None);
    let environment = environment(&directory);
    assert_eq!(fs::read_to_string(directory.path().join("state/x.env")).unwrap(), "");
    environment.set("demo:a", "1").unwrap();
    assert_eq!(fs::read_to_string(directory.path().join("state/x.env")).unwrap(), "A=1\n");
}

#[test]
fn a_file_that_cannot_be_used_is_a_problem_of_its_entry() {
    let place = "_index.yaml:3:54: demo:file";
    let missing = directory(FILE, None);
    assert_eq!(
        opened(missing.path()).1,
        [format!("{place}: the file .env does not exist\n  help: create ROOT/.env, or add auto_create: true")]
    );
    let malformed = directory(FILE, Some("A=1\nB='\n"));
    assert_eq!(
        opened(malformed.path()).1,
        [format!(
            "{place}: .env:2: the line cannot be read: its quote is never closed\n  help: write `NAME=value` or \
             `NAME=\"value\"`"
        )]
    );
    let large = directory(FILE, Some(&"#\n".repeat((1 << 19) + 1)));
    assert_eq!(
        opened(large.path()).1,
        [format!(
            "{place}: .env is larger than 1 MiB\n  help: keep large values in files that a function reads when it runs"
        )]
    );
    let no_file = directory(FILE, None);
    fs::create_dir(no_file.path().join(".env")).unwrap();
    assert_eq!(opened(no_file.path()).1, [format!("{place}: .env is not a file\n  help: name a file")]);
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_does_not_lead_out() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secrets"), "A=secret\n").unwrap();
    let directory = directory(FILE, None);
    std::os::unix::fs::symlink(outside.path().join("secrets"), directory.path().join(".env")).unwrap();
    let (environment, problems) = opened(directory.path());
    assert_eq!(
        problems,
        [
            "_index.yaml:3:54: demo:file: a symbolic link in .env leads out of the application's directory\n  help: put the \
          file itself into the application's directory"
        ]
    );
    assert_eq!(value(&environment, "demo:a"), None);
}

#[test]
fn a_value_that_makes_the_file_too_large_is_refused() {
    let directory = directory(FILE, Some("A=1\n"));
    let environment = environment(&directory);
    let error = environment.set("demo:a", &"x".repeat(1 << 20)).unwrap_err();
    assert_eq!(error.message(), ".env is larger than 1 MiB");
    assert_eq!(value(&environment, "demo:a").as_deref(), Some("1"));
}

#[test]
fn a_file_left_behind_by_a_killed_process_is_removed() {
    let directory = directory(FILE, Some("A=1\n"));
    let (old, young) = (directory.path().join("..env.old.tmp"), directory.path().join("..env.young.tmp"));
    fs::write(&young, "A=").unwrap();
    let file = fs::File::create(&old).unwrap();
    file.set_modified(std::time::SystemTime::now() - Duration::from_secs(3600)).unwrap();
    environment(&directory);
    assert!(!old.exists() && young.exists(), "another process may be writing the young one");
}

#[test]
fn a_router_reads_the_first_that_has_it_and_writes_the_first_that_can_be_written() {
    let directory = directory(
        "  - { name: fixed, kind: env.storage.static, values: { A: fixed } }
  - { name: os, kind: env.storage.os }
  - { name: file, kind: env.storage.file, file_path: .env }
  - { name: memory, kind: env.storage.memory, values: { B: memory } }
  - { name: inner, kind: env.storage.router, storages: [file, memory] }
  - { name: outer, kind: env.storage.router, storages: [fixed, os, inner, memory] }
  - { name: a, kind: env.variable, storage: outer, variable: A }
  - { name: b, kind: env.variable, storage: outer, variable: B }
  - { name: c, kind: env.variable, storage: outer, variable: C_OF_THIS_TEST, default: none }
",
        Some("A=file\n"),
    );
    let environment = environment(&directory);
    assert_eq!(value(&environment, "demo:a").as_deref(), Some("fixed"));
    assert_eq!(value(&environment, "demo:b").as_deref(), Some("memory"));
    assert_eq!(value(&environment, "demo:c").as_deref(), Some("none"));
    environment.set("demo:b", "changed").unwrap();
    assert_eq!(value(&environment, "demo:b").as_deref(), Some("changed"));
    assert_eq!(fs::read_to_string(directory.path().join(".env")).unwrap(), "A=file\nB=changed\n");
}

#[test]
fn what_cannot_be_changed_says_how_it_could_be() {
    let directory = directory(
        "  - { name: fixed, kind: env.storage.static, values: { A: x } }
  - { name: os, kind: env.storage.os }
  - { name: both, kind: env.storage.router, storages: [fixed, os] }
  - { name: memory, kind: env.storage.memory }
  - { name: a, kind: env.variable, storage: fixed }
  - { name: b, kind: env.variable, storage: os }
  - { name: c, kind: env.variable, storage: both }
  - { name: d, kind: env.variable, storage: memory, readonly: true }
",
        None,
    );
    let environment = environment(&directory);
    for (id, remedy) in [
        ("demo:a", "let the `storage` of demo:a name an env.storage.memory or env.storage.file"),
        ("demo:b", "let the `storage` of demo:b name an env.storage.memory or env.storage.file"),
        ("demo:c", "let the `storage` of demo:c name an env.storage.memory or env.storage.file"),
        ("demo:d", "remove `readonly: true` from demo:d"),
    ] {
        let error = environment.set(id, "x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert_eq!(error.message(), format!("the variable {id} cannot be changed"));
        assert_eq!(error.remedy(), Some(remedy));
    }
    assert_eq!(environment.set("demo:z", "x").unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn a_name_that_no_file_can_hold_is_refused() {
    let directory = directory(
        "  - { name: file, kind: env.storage.file, file_path: .env }\n  - { name: a, kind: env.variable, storage: file, variable: \"A=B\" }\n",
        Some(""),
    );
    let error = environment(&directory).set("demo:a", "x").unwrap_err();
    assert_eq!(error.message(), "demo:a: a file cannot hold a variable of the name \"A=B\"");
}
