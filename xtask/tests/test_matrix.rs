//! The matrix over small workspaces of empty crates: Cargo, its trees and its tests are real, nothing is fetched.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests, which no setting of clippy covers"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A workspace with the capabilities `clocks` (WASI), `funcs` (nothing) and `http` (WASI and `hyper`).
struct Workspace {
    root: PathBuf,
    /// Of the matrix.
    environment: Vec<(&'static str, &'static str)>,
}

struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    report: Value,
}

impl Workspace {
    fn new(name: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&root);
        let workspace = Self { root, environment: Vec::new() };
        workspace.write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\nexclude = [\"examples\", \"outside\", \"target\"]\n",
        );
        workspace.package("outside/hyper", &[], "");
        workspace.package("outside/wasmtime-wasi", &[], "");
        workspace.package("wippy-host-core", &[], "");
        let claims = "[package.metadata.test-matrix]\nclaims = [\"wasmtime-wasi*\"]\n";
        workspace.package("wippy-wasi-context", &["wippy-host-core", "outside/wasmtime-wasi"], claims);
        workspace.package("wippy-import-funcs", &["wippy-host-core"], "");
        workspace.package("wippy-import-clocks", &["wippy-host-core", "wippy-wasi-context"], "");
        workspace.package("wippy-import-http", &["wippy-host-core", "wippy-wasi-context", "outside/hyper"], "");
        workspace.facade(&["wippy-host-core"], "");
        workspace
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A package at `path`, a member unless it is `outside`: those stand for what a real build gets from a registry.
    fn package(&self, path: &str, dependencies: &[&str], more: &str) {
        let name = |path: &str| path.rsplit('/').next().unwrap().to_owned();
        let paths: String =
            dependencies.iter().map(|path| format!("{} = {{ path = \"../{path}\" }}\n", name(path))).collect();
        let name = name(path);
        self.write(
            &format!("{path}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n{paths}\n{more}"
            ),
        );
        self.write(&format!("{path}/src/lib.rs"), "");
    }

    /// The facade, whose registry is what `cfg` says, and `extra` besides.
    fn facade(&self, dependencies: &[&str], extra: &str) {
        let features = "[features]\ndefault = [\"all\"]\nall = [\"clocks\", \"funcs\", \"http\"]\n\
            clocks = [\"dep:wippy-import-clocks\"]\nfuncs = [\"dep:wippy-import-funcs\"]\n\
            http = [\"dep:wippy-import-http\"]\n";
        let optional: String = ["clocks", "funcs", "http"]
            .map(|name| {
                format!("[dependencies.wippy-import-{name}]\npath = \"../wippy-import-{name}\"\noptional = true\n")
            })
            .concat();
        self.package("wippy-host", dependencies, &format!("{optional}{features}{extra}"));
        self.registry_test("#[test]");
    }

    fn registry_test(&self, attribute: &str) {
        self.write(
            "wippy-host/tests/registry.rs",
            &format!(
                "{attribute}\nfn the_registry_holds_exactly_the_enabled_groups() {{\n\
                 let mut held = Vec::new();\n\
                 if cfg!(feature = \"clocks\") {{ held.push(\"clocks\"); }}\n\
                 if cfg!(feature = \"funcs\") {{ held.push(\"funcs\"); }}\n\
                 if cfg!(feature = \"http\") {{ held.push(\"http\"); }}\n\
                 assert_eq!(held.join(\",\"), std::env::var(\"WIPPY_EXPECTED_IMPORTS\").unwrap());\n}}\n"
            ),
        );
    }

    fn matrix(&self, arguments: &[&str]) -> Run {
        let json = self.root.join("report.json");
        let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .env("CARGO_NET_OFFLINE", "true")
            .env_remove("CI")
            .env_remove("GITHUB_ACTIONS")
            .envs(self.environment.iter().copied())
            .args(["test-matrix", "--json"])
            .arg(&json)
            .args(arguments)
            .output()
            .unwrap();
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            report: fs::read_to_string(json).map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default(),
        }
    }
}

impl Run {
    /// One field of the steps of a kind.
    fn column(&self, kind: &str, name: &str) -> Vec<String> {
        let steps = self.report["steps"].as_array().unwrap().iter().filter(|step| step["kind"] == kind);
        steps.map(|step| step[name].as_str().map_or_else(|| step[name].to_string(), str::to_owned)).collect()
    }

    fn problems(&self, step: usize) -> Vec<&str> {
        self.report["steps"][step]["problems"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
    }
}

#[test]
fn a_sound_workspace_passes_with_none_each_and_all() {
    let run = Workspace::new("sound").matrix(&[]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.column("tests", "subject"), ["none", "clocks", "funcs", "http", "all"]);
    assert_eq!(run.column("tree", "dependencies"), ["1", "4", "2", "5", "7"]);
    assert_eq!(run.column("tests", "tests_passed"), ["1", "1", "1", "1", "1"]);
    assert_eq!(run.report["verdict"], "passed");
    assert!(run.stderr.contains("\n[2/10] clocks: tree ok, 4 crates, "), "{}", run.stderr);
    assert!(run.stderr.contains("\n[7/10] clocks: tests ok, 1 test, "), "{}", run.stderr);
    assert!(
        run.stdout.starts_with("step   of      found     seconds  build  verdict\ntree   none    1 crate "),
        "{}",
        run.stdout
    );
}

#[test]
fn the_short_matrix_leaves_the_tests_of_all_to_the_workspace() {
    let run = Workspace::new("short").matrix(&["--short"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.column("tree", "subject"), ["none", "funcs", "http", "all"]);
    assert_eq!(run.column("tests", "subject"), ["none", "funcs", "http"]);
    let left_out = "of all capabilities the tree alone: `cargo test --workspace` runs their tests\n";
    assert!(run.stderr.contains(left_out), "{}", run.stderr);
}

#[test]
fn tracks_documentation_and_examples_are_steps_and_a_run_goes_on_where_it_failed() {
    let workspace = Workspace::new("more");
    workspace.package("wippy-import-clocks", &["wippy-host-core", "wippy-wasi-context"], "[features]\np3 = []\n");
    workspace.facade(&["wippy-host-core"], "p3 = [\"wippy-import-clocks?/p3\"]\n");
    workspace.package("examples/one", &[], "[workspace]\n");
    // Else the first run would write it, and the second find other sources.
    let lock = "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\nversion = 4\n\n\
                [[package]]\nname = \"one\"\nversion = \"0.1.0\"\n";
    workspace.write("examples/one/Cargo.lock", lock);
    workspace.write("examples/one/src/lib.rs", "#[test] fn fails() { assert!(false); }");
    workspace.write("wippy-import-clocks/src/lib.rs", "//! See [`nothing`].\n");
    let arguments =
        ["--only", "none", "--only", "clocks", "--tracks", "--docs", "--examples", "--resume", "--jobs", "2"];

    let first = workspace.matrix(&arguments);
    assert_eq!(first.code, Some(1));
    assert_eq!(first.column("tests", "subject"), ["none", "clocks", "clocks+p3"]);
    assert_eq!(first.column("tests", "verdict"), ["passed", "passed", "passed"], "{}", first.stderr);
    assert_eq!(first.column("docs", "verdict"), ["passed", "failed", "failed"], "{}", first.stderr);
    assert_eq!(first.column("example", "subject"), ["examples/one"]);
    assert_eq!(first.column("example", "verdict"), ["failed"]);
    assert!(first.stdout.contains("\n  repeat: cargo test --manifest-path examples/one/Cargo.toml\n"));
    assert!(
        first.stdout.contains(
            "\n  repeat: cargo xtask test-matrix --only clocks --no-tests --docs\n          RUSTDOCFLAGS='-D warnings' \
             cargo doc --no-deps -p wippy-import-clocks -p wippy-host --no-default-features --features clocks\n"
        ),
        "{}",
        first.stdout
    );

    let second = workspace.matrix(&arguments);
    assert_eq!(second.column("tests", "resumed"), ["true", "true", "true"], "{}", second.stderr);
    assert_eq!(second.column("docs", "resumed"), ["true", "false", "false"]);
    assert_eq!(second.column("example", "resumed"), ["false"]);
    assert!(second.stderr.contains("] clocks: tests passed before, 1 test\n"), "{}", second.stderr);

    workspace.write("wippy-import-clocks/src/lib.rs", "");
    let third = workspace.matrix(&arguments);
    assert_eq!(third.column("tests", "resumed"), ["false", "false", "false"]);
    assert_eq!(third.column("docs", "verdict"), ["passed", "passed", "passed"], "{}", third.stderr);
}

#[test]
fn on_github_a_failure_is_an_annotation_and_its_log_a_group() {
    let mut workspace = Workspace::new("github");
    workspace.environment = vec![("GITHUB_ACTIONS", "true")];
    workspace.registry_test("#[test] #[should_panic]");
    let run = workspace.matrix(&["--only", "none"]);
    assert_eq!(run.code, Some(1));
    assert!(!run.stderr.contains(" ...\n[2/2]"), "{}", run.stderr);
    let start = "\n::group::the end of target/test-matrix/02-tests-none.log\n    ";
    assert!(run.stderr.contains(start), "{}", run.stderr);
    let end = "\n::endgroup::\n::error title=tests none::`cargo test` failed (exit status";
    assert!(run.stderr.contains(end), "{}", run.stderr);
}

#[test]
fn least_versions_of_a_workspace_without_a_registry_are_none_and_it_compiles() {
    let workspace = Workspace::new("least");
    let run = workspace.matrix(&["--no-tests", "--minimal"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.column("minimal", "note"), ["0 of 0 dependencies at the least version"]);
    assert!(workspace.root.join("target/test-matrix/minimal/workspace/wippy-host/Cargo.toml").exists());
}

#[test]
fn a_capability_that_pulls_in_another_one_fails_and_the_run_goes_on() {
    let workspace = Workspace::new("pulls-in");
    workspace.package("wippy-import-funcs", &["wippy-host-core", "wippy-import-http"], "");
    let run = workspace.matrix(&["--only", "funcs", "--only", "all", "--only", "clocks"]);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.column("tree", "verdict"), ["failed", "failed", "passed"]);
    assert_eq!(run.column("tests", "verdict"), ["passed", "passed", "passed"]);
    let declared = "`wippy-import-funcs` depends on `wippy-import-http`; of this workspace an import crate may need \
                    `wippy-host-core` and `wippy-wasi-context` alone";
    assert_eq!(
        run.problems(0)[0],
        "wippy-import-http 0.1.0 is in the dependency tree, but its feature is off; see what needs it: \
         cargo tree -p wippy-host --no-default-features --features funcs -e normal --invert wippy-import-http@0.1.0"
    );
    assert!(run.problems(0).contains(&declared));
    assert_eq!(run.problems(1), [declared]);
    assert!(run.stdout.contains("\n  repeat: cargo xtask test-matrix --only funcs\n"), "{}", run.stdout);
    assert!(run.stderr.ends_with("error: 2 of 6 steps failed\n"), "{}", run.stderr);
}

#[test]
fn wasi_in_the_facade_itself_fails_every_set_without_wasi() {
    let workspace = Workspace::new("own-wasi");
    workspace.package("wippy-host-core", &["outside/wasmtime-wasi"], "");
    let run = workspace.matrix(&["--only", "none", "--only", "funcs", "--only", "http"]);
    assert_eq!(run.column("tree", "verdict"), ["failed", "failed", "passed"]);
    assert!(run.problems(0)[0].starts_with(
        "wasmtime-wasi 0.1.0 is in the dependency tree, but `wippy-wasi-context` claims it and no enabled import crate \
         needs `wippy-wasi-context`; see what needs it: "
    ));
}

#[test]
fn a_feature_that_enables_anothers_crate_fails() {
    let workspace = Workspace::new("leak");
    workspace.facade(
        &["wippy-host-core"],
        "leak = []\n[dependencies.hyper]\npath = \"../outside/hyper\"\noptional = true\n",
    );
    let manifest = fs::read_to_string(workspace.root.join("wippy-host/Cargo.toml")).unwrap();
    workspace.write(
        "wippy-host/Cargo.toml",
        &manifest.replace("[\"dep:wippy-import-clocks\"]", "[\"dep:wippy-import-clocks\", \"dep:hyper\"]"),
    );
    let run = workspace.matrix(&["--only", "clocks"]);
    assert_eq!(run.code, Some(1));
    assert_eq!(
        run.problems(0),
        ["in the dependency tree are crates of capabilities that are off: hyper 0.1.0 (of http); see what needs it: \
          cargo tree -p wippy-host --no-default-features --features clocks -e normal --invert hyper@0.1.0"]
    );
}

#[test]
fn a_set_fails_where_the_registry_test_fails_or_does_not_run() {
    let workspace = Workspace::new("registry");
    workspace.registry_test("#[test] #[ignore]");
    let run = workspace.matrix(&["--only", "none"]);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.problems(1), ["the test `the_registry_holds_exactly_the_enabled_groups` was ignored"]);

    workspace.registry_test("#[cfg(any())]");
    assert_eq!(
        workspace.matrix(&["--only", "none"]).problems(1),
        ["no test named `the_registry_holds_exactly_the_enabled_groups` ran"]
    );

    workspace.registry_test("#[test] #[should_panic]");
    let run = workspace.matrix(&["--only", "none", "--only", "funcs", "--fail-fast"]);
    assert_eq!(run.column("tests", "verdict"), ["failed", "not-run"]);
    let log = fs::read_to_string(workspace.root.join("target/test-matrix/03-tests-none.log")).unwrap();
    assert!(log.starts_with("WIPPY_EXPECTED_IMPORTS= cargo test -p wippy-host --no-default-features\n"), "{log}");
    assert!(run.stderr.contains("    test result: FAILED."), "{}", run.stderr);
}

#[test]
fn what_cannot_be_started_says_why_and_writes_no_report() {
    let workspace = Workspace::new("refused");
    let run = workspace.matrix(&["--only", "sockets"]);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.report, Value::Null);
    assert!(
        run.stderr.ends_with(
            "error: `--only sockets`: there is no capability \"sockets\"; \
             write `none`, `all`, or some of `clocks`, `funcs`, `http` joined by `+`\n"
        ),
        "{}",
        run.stderr
    );

    workspace.write("Cargo.toml", "[workspace\n");
    let run = workspace.matrix(&[]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.starts_with("error: `cargo metadata --format-version 1 --no-deps` failed (exit status: 101)\n"),
        "{}",
        run.stderr
    );
}
