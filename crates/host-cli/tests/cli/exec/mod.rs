//! `exec`: a command component, with what the options grant.

mod grants;
mod p3;
mod preview1;
mod signals;
mod streams;
mod usage;

use crate::support::{Ran, repository, run};

/// What `println!` and the rest of the Rust standard library use.
pub(crate) const STANDARD: [&str; 4] =
    ["--import=wasi:cli", "--import=wasi:io", "--import=wasi:clocks", "--import=wasi:filesystem"];

/// The path of a committed guest.
pub(crate) fn guest(name: &str) -> String {
    repository().join(format!("guests/built/{name}.wasm")).to_str().unwrap().to_owned()
}

/// `exec` with these options, the command guest and its arguments.
pub(crate) fn arguments<'a>(options: &[&'a str], file: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    [&["exec"], options, &[file], rest].concat()
}

/// Runs the command guest with all that the standard library uses, and these options.
#[track_caller]
pub(crate) fn exec(options: &[&str], rest: &[&str]) -> Ran {
    run(&arguments(&[&STANDARD, options].concat(), &guest("command"), rest))
}

#[test]
fn arguments_follow_the_name_of_the_file_and_options_behind_it_are_the_guests() {
    exec(&[], &["arguments", "one", "--import", "-x", "--", "two words"])
        .gives("command.wasm: [\"one\", \"--import\", \"-x\", \"--\", \"two words\"]\n");
}

#[test]
fn the_environment_is_what_the_options_name() {
    exec(&[], &["variables"]).gives("");
    exec(&["--env", "LEVEL=debug", "--env", "EMPTY=", "--env", "A=b=c"], &["variables"])
        .gives("A=b=c\nEMPTY=\nLEVEL=debug\n");
}

#[test]
fn exit_codes_are_the_guests() {
    for code in ["0", "1", "7", "255"] {
        let ran = exec(&[], &["exit", code]);
        assert_eq!((ran.code.to_string(), ran.stdout.as_str(), ran.stderr.as_str()), (code.to_owned(), "", ""));
    }
    let ran = exec(&[], &["fail"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (1, "", "as asked\n"));
    let ran = exec(&[], &["trap"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (134, ""), "{ran:?}");
    assert!(
        ran.stderr.starts_with(
            "error: command.wasm: wasi:cli/run@0.2.12#run trapped: wasm `unreachable` instruction executed"
        ),
        "{ran:?}"
    );
}

#[test]
fn a_command_has_no_time_limit_but_the_one_that_is_given() {
    let ran = exec(&["--max-execution-ms", "300"], &["loop"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, "looping\n"));
    assert_eq!(
        ran.stderr,
        "error: command.wasm: no result within 300 ms (Timeout)\n  help: raise --max-execution-ms if it needs longer\n"
    );
    let ran = exec(&["--max-memory-bytes", "65536"], &["arguments"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.ends_with("  help: raise --max-memory-bytes if the guest needs more\n"), "{ran:?}");
}
