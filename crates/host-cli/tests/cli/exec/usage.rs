//! What cannot be run: exit code 2 for wrong options, 1 for a file that is no command.

use super::guest;
use crate::support::{ADD, App, run};

#[test]
fn wrong_options_are_refused_with_exit_code_2() {
    let file = guest("command");
    for (option, value, expected) in [
        ("--mount", "data", "expected HOST::GUEST or HOST::GUEST:ro"),
        ("--mount", "/::data", "the guest's path must be absolute, got \"data\""),
        ("--mount", "/no/such/directory::/data", "/no/such/directory: "),
        ("--env", "LEVEL", "expected K=V"),
        ("--allow", "a b", "a b"),
        ("--import", "wasi:htp", "unsupported wasm host import: wasi:htp"),
        ("--max-memory-bytes", "much", "invalid digit"),
    ] {
        let ran = run(&["exec", option, value, &file]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{option} {value}: {ran:?}");
        assert!(ran.stderr.contains(expected), "{option} {value}: {ran:?}");
    }
    assert_eq!(run(&["exec"]).code, 2);
}

#[test]
fn what_is_no_command_is_told_what_it_is_and_what_runs_it() {
    let app = App::empty().with("add.wat", ADD);
    let ran = run(&["exec", app.path().join("add.wat").to_str().unwrap()]);
    ran.fails(
        "error: add.wat is no command; the component exports: add (NotFound)\n  help: `wippy-host exec` runs what exports \
         wasi:cli/run or _start, `wippy-host serve` what exports wasi:http/incoming-handler or wasi:http/handler, `wippy-host call` a function of an \
         application; `wippy-host inspect` shows what a component is\n",
    );
}

#[test]
fn a_file_that_is_no_component_is_refused_in_words() {
    let app = App::empty().with("core.wasm", b"\0asm\x01\0\0\0").with("text.wasm", b"hello");
    for (file, expected) in [("core.wasm", "core.wasm: "), ("text.wasm", "text.wasm: "), ("none.wasm", "cannot read ")]
    {
        let ran = run(&["exec", app.path().join(file).to_str().unwrap()]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
        assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains(expected), "{ran:?}");
    }
    let none = app.path().join("none.wasm");
    let none = none.to_str().unwrap();
    for command in ["exec", "serve"] {
        run(&[command, none]).fails(&format!(
            "error: cannot read {none}: No such file or directory (os error 2) (NotFound)\n  help: name the guest's file\n"
        ));
        let ran = run(&[command, app.path().to_str().unwrap()]);
        assert!(ran.code == 1 && ran.stderr.ends_with("an application is run by `wippy-host run <APP>`\n"), "{ran:?}");
    }
}
