//! Programs of preview 1: core modules with a `_start`, run natively, each function under the grant of its group.

use super::{arguments, guest};
use crate::support::{App, Ran, command, hash, run, run_in};
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

/// Runs the guest with these options.
#[track_caller]
fn program(options: &[&str], rest: &[&str]) -> Ran {
    run(&arguments(options, &guest("preview1"), rest))
}

const ALL: &str = "--import=preview1";

#[test]
fn arguments_variables_and_exit_codes_are_the_programs() {
    program(&[ALL], &["args", "one", "--import", "two words"]).gives("preview1.wasm args one --import two words\n");
    program(&[ALL, "--env", "A=b=c", "--env", "EMPTY="], &["env"]).gives("A=b=c EMPTY=\n");
    for code in [0, 1, 7, 125, 126, 255] {
        let ran = program(&[ALL], &["exit", &code.to_string()]);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (code, "", ""));
    }
    let ran = program(&[ALL], &["abort"]);
    assert_eq!(ran.code, 134, "{ran:?}");
    assert!(ran.stderr.contains("error: preview1.wasm: _start trapped: wasm `unreachable`"), "{ran:?}");
}

#[test]
fn the_standard_streams_are_those_of_the_terminal() {
    let line = arguments(&[ALL], "", &[]);
    let file = guest("preview1");
    let mut echo = command(&[], &[&line[..line.len() - 1], &[&file, "echo"]].concat());
    let mut child = echo.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let text = "line\n".repeat(50_000);
    let mut stdin = child.stdin.take().unwrap();
    let sent = text.clone();
    let writer = std::thread::spawn(move || stdin.write_all(sent.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
    let ran = program(&[ALL], &["warn", "careful"]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", "careful\n"));
}

#[test]
fn clocks_sleep_and_random_numbers_work() {
    let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let said: u128 = program(&[ALL], &["now"]).stdout.trim().parse().unwrap();
    assert!(said >= now, "{said} {now}");
    let slept: u64 = program(&[ALL], &["sleep", "30"]).stdout.trim().parse().unwrap();
    assert!(slept >= 30, "{slept}");
    assert_ne!(program(&[ALL], &["random"]).stdout, program(&[ALL], &["random"]).stdout);
}

#[test]
fn files_are_those_of_the_mounts() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.txt"), "text").unwrap();
    let mount = format!("--mount={}::/data", folder.path().display());
    program(&[ALL, &mount], &["read", "/data/a.txt"]).gives("text");
    program(&[ALL, &mount], &["write", "/data/b.txt", "more"]).gives("");
    program(&[ALL, &mount], &["list", "/data"]).gives("a.txt b.txt\n");
    assert_eq!(fs::read_to_string(folder.path().join("b.txt")).unwrap(), "more");
    for change in [
        &["write", "/data/a.txt", "x"][..],
        &["mkdir", "/data/new"],
        &["remove", "/data/a.txt"],
        &["rename", "/data/a.txt", "/data/c.txt"],
        &["link", "/data/a.txt", "/data/c.txt"],
        &["symlink", "a.txt", "c.txt"],
    ] {
        let ran = program(&[ALL, &format!("{mount}:ro")], change);
        assert_eq!(ran.code, 1, "{change:?} {ran:?}");
        assert!(ran.stderr.contains("Operation not permitted"), "{change:?} {ran:?}");
    }
    program(&[ALL, &mount], &["list", "/data"]).gives("a.txt b.txt\n");
}

#[test]
fn no_path_leads_out_of_a_mount() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    fs::create_dir(outside.path().join("in")).unwrap();
    let inside = outside.path().join("in");
    std::os::unix::fs::symlink("../secret", inside.join("link")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret"), inside.join("absolute")).unwrap();
    let mount = format!("--mount={}::/data", inside.display());
    let absolute = format!("/data/{}/secret", outside.path().display());
    for path in ["/data/../secret", "/data/link", "/data/absolute", "/data/x/../../secret", "/secret", &absolute] {
        let ran = program(&[ALL, &mount], &["read", path]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{path} {ran:?}");
    }
    for (target, made) in [("../secret", true), ("/etc/passwd", false)] {
        let ran = program(&[ALL, &mount], &["symlink", target, "way-out"]);
        assert_eq!(ran.code == 0, made, "{target} {ran:?}");
        let ran = program(&[ALL, &mount], &["read", "/data/way-out"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{target} {ran:?}");
    }
}

#[test]
fn a_function_of_a_group_that_is_not_granted_ends_the_program_with_the_option_to_add() {
    for (options, verb, function, option) in [
        (&[][..], &["args"][..], "fd_prestat_get", "wasi:cli"),
        (&["--import=wasi:cli"], &["now"], "clock_time_get", "wasi:clocks"),
        (&["--import=wasi:cli"], &["sleep", "1"], "clock_time_get", "wasi:clocks"),
        (&["--import=wasi:cli"], &["random"], "random_get", "wasi:random"),
        (&["--import=wasi:cli"], &["symlink", "a", "b"], "path_symlink", "wasi:filesystem"),
        (&["--import=wasi:filesystem"], &["args"], "args_sizes_get", "wasi:cli"),
        // One interface of a group is not the group.
        (&["--import=wasi:cli/environment"], &["args"], "fd_prestat_get", "wasi:cli"),
    ] {
        let ran = program(options, verb);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{options:?} {verb:?} {ran:?}");
        assert_eq!(
            ran.stderr,
            format!(
                "error: guest called wasi_snapshot_preview1#{function}, but it is not granted; add --import {option} \
                 (PermissionDenied)\n"
            ),
            "{options:?} {verb:?}"
        );
    }
}

#[test]
fn files_without_the_standard_streams_leave_those_denied() {
    let app = App::new("").with(
        "print.wat",
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\08\00\00\00\03\00\00\00hi\n")
            (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"#,
    );
    let file = app.path().join("print.wat");
    let file = file.to_str().unwrap();
    run(&arguments(&["--import=wasi:cli"], file, &[])).gives("hi\n");
    let ran = run(&arguments(&["--import=wasi:filesystem"], file, &[]));
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
    assert!(
        ran.stderr
            .contains("guest called wasi_snapshot_preview1#fd_write, but it is not granted; add --import wasi:cli"),
        "{ran:?}"
    );
}

#[test]
fn a_program_is_held_to_the_limits() {
    let ran = program(&[ALL, "--max-execution-ms=300"], &["spin"]);
    assert!(ran.stderr.contains("no result within 300 ms"), "{ran:?}");
    let ran = program(&[ALL, "--max-execution-ms=300"], &["sleep", "600000"]);
    assert!(ran.stderr.contains("no result within 300 ms"), "{ran:?}");
    let ran = program(&[ALL, "--max-memory-bytes=16777216"], &["grow"]);
    assert!(ran.stderr.contains("raise --max-memory-bytes if the guest needs more"), "{ran:?}");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), "").unwrap();
    let mount = format!("--mount={}::/data:ro", folder.path().display());
    let ran = program(&[ALL, &mount, "--max-resources=64"], &["open", "/data/a"]);
    assert!(ran.stderr.contains("the guest holds too many handles"), "{ran:?}");
    // Nobody reads what it writes: it waits, and holds no memory of the host.
    let mut flood = command(&[], &arguments(&[ALL, "--max-execution-ms=500"], &guest("preview1"), &["flood"]));
    let mut child = flood.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let ran = program(&[ALL], &["random-outside"]);
    assert_eq!(ran.code, 134, "{ran:?}");
    assert!(ran.stderr.contains("trapped: out of bounds memory access (in preview1::main < "), "{ran:?}");
}

#[test]
fn what_is_no_program_is_told_what_it_lacks() {
    let app = App::new("")
        .with("memory.wat", "(module (import \"env\" \"memory\" (memory 1)) (func (export \"_start\")))")
        .with("takes.wat", "(module (func (export \"_start\") (param i32)))")
        .with("unknown.wat", "(module (import \"env\" \"f\" (func $f)) (func (export \"_start\") (call $f)))")
        .with(
            "wrong.wat",
            "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func)) (func (export \"_start\")))",
        );
    let exec = |file: &str| run(&arguments(&[ALL], app.path().join(file).to_str().unwrap(), &[])).stderr;
    assert!(
        exec("memory.wat").contains("the module imports env memory, which is no function"),
        "{}",
        exec("memory.wat")
    );
    assert!(exec("takes.wat").contains("exports _start with parameters or results"), "{}", exec("takes.wat"));
    let unknown = exec("unknown.wat");
    assert!(unknown.contains("guest called env#f, but no import of this host provides it"), "{unknown}");
    let wrong = exec("wrong.wat");
    assert!(wrong.contains("the module does not fit"), "{wrong}");
    assert!(wrong.contains("(build the guest for preview 1 of WASI"), "{wrong}");
}

#[test]
fn an_application_runs_it_as_a_command_under_the_grants_of_its_entry() {
    let bytes = fs::read(guest("preview1")).unwrap();
    let entry = |imports: &str| {
        format!(
            "  - {{name: code, kind: fs.directory, directory: .}}
  - name: tool
    kind: process.wasm
    meta: {{command: {{name: tool, short: Does what it is told}}}}
    fs: code
    path: /preview1.wasm
    hash: \"{}\"
    method: _start
    imports: [{imports}]
    wasi: {{mounts: [{{fs: code, guest: /data, read_only: true}}]}}
",
            hash(&bytes)
        )
    };
    let app = App::new(&entry("preview1")).with("preview1.wasm", &bytes).with("a.txt", "text");
    app.run("run", &["tool", "args", "x"]).gives("tool args x\n");
    app.run("run", &["tool", "read", "/data/a.txt"]).gives("text");
    assert_eq!(app.run("run", &["tool", "exit", "9"]).code, 9);
    // A second start takes the compiled module from the cache.
    let folder = tempfile::tempdir().unwrap();
    let cache = [("WIPPY_CACHE_DIR", folder.path().to_str().unwrap())];
    for _ in 0..2 {
        let path = app.path();
        run_in(&cache, &["run", path.to_str().unwrap(), "tool", "args"]).gives("tool args\n");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let app = App::new(&entry("wasi:cli")).with("preview1.wasm", &bytes);
    let remarks = app.remarks();
    assert!(
        remarks.contains("wasi_snapshot_preview1 (random_get)") && remarks.contains("which are not granted"),
        "{remarks}"
    );
    let ran = app.run("run", &["tool", "random"]);
    assert!(ran.stderr.contains("entry demo:tool does not import it; add \"wasi:random\" to its imports"), "{ran:?}");
    let app = App::new(&entry("preview1").replace("method: _start", "method: run")).with("preview1.wasm", &bytes);
    let problems = app.problems();
    assert!(problems.contains("method run is not exported"), "{problems}");
    assert!(problems.contains("help: the module is a command: write _start"), "{problems}");
}
