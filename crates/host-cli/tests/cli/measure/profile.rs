//! `--profile`: a file that the Firefox profiler opens, whatever becomes of the call.

use super::{N, calling, named};
use crate::support::{App, Ran, command, repository, run};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A profile as the Firefox profiler reads it.
struct Profile(Json);

impl Profile {
    #[track_caller]
    fn read(path: &Path) -> Self {
        Self(serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
    }

    fn thread(&self) -> &Json {
        assert_eq!(self.0["threads"].as_array().unwrap().len(), 1);
        &self.0["threads"][0]
    }

    fn string(&self, index: &Json) -> &str {
        let strings = &self.thread()["stringArray"];
        let strings = if strings.is_null() { &self.0["shared"]["stringArray"] } else { strings };
        strings[usize::try_from(index.as_u64().unwrap()).unwrap()].as_str().unwrap()
    }

    fn samples(&self) -> usize {
        self.thread()["samples"]["stack"].as_array().unwrap().len()
    }

    /// The stacks that occur, each from the outermost frame to the innermost, one name a frame.
    fn stacks(&self) -> BTreeSet<Vec<String>> {
        let thread = self.thread();
        let at = |table: &str, column: &str, index: &Json| {
            thread[table][column][usize::try_from(index.as_u64().unwrap()).unwrap()].clone()
        };
        let named = |stack: &Json| {
            let (mut stack, mut names) = (stack.clone(), Vec::new());
            while !stack.is_null() {
                let function = at("frameTable", "func", &at("stackTable", "frame", &stack));
                names.push(self.string(&at("funcTable", "name", &function)).to_owned());
                stack = at("stackTable", "prefix", &stack);
            }
            names.reverse();
            names
        };
        thread["samples"]["stack"].as_array().unwrap().iter().map(named).collect()
    }

    /// The names of the markers.
    fn markers(&self) -> Vec<&str> {
        self.thread()["markers"]["name"].as_array().unwrap().iter().map(|name| self.string(name)).collect()
    }
}

/// Calls `function`, and reads the profile, beside which nothing is left.
#[track_caller]
fn profiled(app: &App, function: &str, arguments: &[&str]) -> (Ran, Profile) {
    let folder = App::empty();
    let path = folder.path().join("out.json");
    let mut all = vec![function, "--profile", path.to_str().unwrap()];
    all.extend(arguments);
    let ran = app.run("call", &all);
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["out.json"], "{ran:?}");
    (ran, Profile::read(&path))
}

#[test]
fn a_guest_that_computes_has_samples_in_its_own_functions() {
    let (ran, profile) = profiled(&named("fib", ""), "demo:it", &[N]);
    assert_eq!((ran.stdout.as_str(), ran.code), ("14930352\n", 0), "{ran:?}");
    assert!(
        ran.stderr.starts_with("the profile in ")
            && ran.stderr.ends_with(" samples; open it at https://profiler.firefox.com\n"),
        "{ran:?}"
    );
    assert!(profile.samples() > 3, "{}", profile.samples());
    for stack in profile.stacks() {
        let outer: Vec<&str> = stack.iter().take(2).map(String::as_str).collect();
        assert_eq!(outer, ["demo:it", "fib_outer"]);
        assert!(stack[2..].iter().all(|name| name == "fib_inner"), "{stack:?}");
    }
    assert_eq!(profile.markers(), ["demo:it"]);
    assert_eq!(profile.0["meta"]["interval"], 1.0);
}

#[test]
fn an_endless_guest_ends_at_its_deadline_and_has_its_profile() {
    let expected = "error: demo:it: no result within 300 ms (Timeout)\n  \
                    help: raise limits.max_execution_ms of the entry if it needs longer\n";
    for arguments in [[].as_slice(), ["--deterministic", "1"].as_slice()] {
        let app = named("spin", "    limits: { max_execution_ms: 300 }\n");
        let (ran, profile) = profiled(&app, "demo:it", arguments);
        assert!(ran.stderr.contains(expected) && ran.code == 1, "{ran:?}");
        assert!(profile.samples() > 3, "{}", profile.samples());
        assert!(
            profile.stacks().iter().any(|stack| stack.last().unwrap() == "round_and_round"),
            "{:?}",
            profile.stacks()
        );
    }
}

#[test]
fn the_stacks_of_a_nested_call_begin_with_its_caller() {
    let (many, bytes) = super::entry("it", "probe-funcs", "call-many");
    let app = App::new(&format!(
        "  - {{ name: code, kind: fs.directory, directory: ./code }}\n{many}, imports: [funcs] }}
  - {{ name: fib, kind: function.wat, method: fib, source: file://named.wat }}
  - name: lua
    kind: function.lua
    method: main
    modules: [funcs]
    source: \"return {{ main = function(n) return tostring((assert(require('funcs').call('demo:fib', tonumber(n))))) end }}\"\n"
    ))
    .with("code/probe-funcs.wasm", bytes)
    .with("named.wat", super::NAMED);
    let (ran, profile) = profiled(&app, "demo:it", &["demo:lua", &format!("[\"{N}\"]")]);
    assert!(ran.stdout.contains("14930352"), "{ran:?}");
    let inside = |stack: &Vec<String>| {
        stack.iter().take(5).map(String::as_str).eq(["demo:it", "demo:lua", "demo:fib", "fib_outer", "fib_inner"])
    };
    assert!(profile.stacks().iter().any(inside), "{:?}", profile.stacks());
    for name in ["demo:it", "demo:lua", "demo:fib", "wippy:runtime/funcs#call-string"] {
        assert!(profile.markers().contains(&name), "{:?}", profile.markers());
    }
}

#[test]
fn a_guest_that_waits_has_markers_for_its_host_functions() {
    let app = App::guest("probe-clocks", "sleep-for", "    imports: [wasi:clocks, wasi:io]\n");
    let (ran, profile) = profiled(&app, "demo:it", &["50000000"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(profile.markers().contains(&"wasi:io/poll#[method]pollable.block"), "{:?}", profile.markers());
}

#[test]
fn a_module_of_preview_1_is_profiled_too() {
    let folder = App::empty();
    let (path, file) = (folder.path().join("out.json"), repository().join("guests/built/preview1.wasm"));
    let ran = run(&[
        "exec",
        "--import=all",
        "--max-execution-ms=300",
        "--profile",
        path.to_str().unwrap(),
        file.to_str().unwrap(),
        "spin",
    ]);
    assert!(ran.stderr.starts_with("error: preview1.wasm: no result within 300 ms"), "{ran:?}");
    let profile = Profile::read(&path);
    assert!(profile.samples() > 3, "{}", profile.samples());
    assert!(profile.stacks().iter().all(|stack| stack[0] == "preview1.wasm"), "{:?}", profile.stacks());
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_before_the_call_begins() {
    let app = named("spin", "    limits: { max_execution_ms: 60000 }\n");
    let folder = app.path();
    let missing = folder.join("nowhere/out.json");
    let help = "  help: name a file, new or old, in a directory that you may write to: --profile out.json\n";
    let refused = |path: &Path| {
        let ran = app.call(&["--profile", path.to_str().unwrap()]);
        assert_eq!((ran.stdout.as_str(), ran.code), ("", 2), "{ran:?}");
        ran.stderr
    };
    assert_eq!(
        refused(&missing),
        format!(
            "error: cannot write a profile to ROOT/nowhere/out.json: No such file or directory (os error 2) (NotFound)\n{help}"
        )
    );
    assert_eq!(refused(&folder), format!("error: cannot write a profile to ROOT: it is a directory (Invalid)\n{help}"));
    #[cfg(unix)]
    assert_eq!(
        refused(Path::new("/dev/null")),
        format!("error: cannot write a profile to /dev/null: it is no regular file (Invalid)\n{help}")
    );
    let ran = app.call(&["--json", "--profile", missing.to_str().unwrap()]);
    let document: Json = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(document["error"]["kind"], "NotFound", "{ran:?}");
}

#[test]
fn a_profile_takes_the_place_of_an_older_one_and_leaves_it_where_nothing_was_called() {
    let app = named("fib", "").with("out.json", "old");
    let path = app.path().join("out.json");
    app.call(&["not-a-number", "--profile", path.to_str().unwrap()]);
    assert_eq!(Profile::read(&path).samples(), 0, "a call that failed has a profile, too");
    let before = app.with("out.json", "old");
    before.call(&["1", "--profile", "/nowhere/out.json"]);
    assert_eq!(fs::read(&path).unwrap(), b"old");
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_stays() {
    let folder = App::empty();
    let app = named("fib", "");
    std::os::unix::fs::symlink("real.json", folder.path().join("link.json")).unwrap();
    let folder = folder.with("real.json", "old");
    app.call(&["1", "--profile", folder.path().join("link.json").to_str().unwrap()]);
    assert!(folder.path().join("link.json").is_symlink());
    assert_eq!(Profile::read(&folder.path().join("real.json")).markers(), ["demo:it"]);
}

#[cfg(unix)]
#[test]
fn a_call_that_is_interrupted_has_its_profile_and_its_stats() {
    let (app, folder) = (named("spin", ""), App::empty());
    let out = folder.path().join("out.json");
    let root = app.path();
    let arguments =
        ["call", root.to_str().unwrap(), "demo:it", "--stats", "--profile", out.to_str().unwrap(), "--no-cache"];
    let mut child = command(&[], &arguments).stderr(std::process::Stdio::piped()).spawn().unwrap();
    // The call runs for 30 s; it is interrupted in their middle on any machine.
    std::thread::sleep(std::time::Duration::from_secs(5));
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let mut said = String::new();
    std::io::Read::read_to_string(child.stderr.as_mut().unwrap(), &mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("demo:it  1 (1 failed)"), "{said}");
    assert!(Profile::read(&out).samples() > 3);
}

#[test]
fn secrets_are_in_neither() {
    let secret = "correct-horse-battery-staple";
    let (folder, file) = (App::empty(), repository().join("guests/built/preview1.wasm"));
    let path = folder.path().join("out.json");
    let variable = format!("PASSWORD={secret}");
    let arguments = ["exec", "--import=all", "--env", &variable, "--stats", "--profile", path.to_str().unwrap()];
    let ran = run(&[&arguments[..], &[file.to_str().unwrap(), "env"]].concat());
    assert_eq!(ran.stdout, format!("{variable}\n"), "the guest has seen it: {ran:?}");
    assert!(ran.stderr.contains("wasi_snapshot_preview1#environ_get"), "{ran:?}");
    assert!(!ran.stderr.contains(secret), "{ran:?}");
    assert!(!fs::read_to_string(&path).unwrap().contains(secret));
    // As an argument of a call, through a nested one, and as its result.
    let (ran, profile) = profiled(&calling(), "demo:many", &["demo:echo", &format!("[\"{secret}\"]"), "--stats"]);
    assert!(ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{ran:?}");
    assert!(!profile.0.to_string().contains(secret));
}
