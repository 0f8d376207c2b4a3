//! What goes where: results to standard output, everything else to standard error, colour to terminals alone.

use crate::support::{ADD, App, command, finish, run_in};
use std::io::pipe;
use std::process::Stdio;

fn printing(method: &str) -> App {
    App::guest("probe-cli", method, "    imports: [wasi:cli, wasi:io]\n")
}

#[test]
fn without_a_terminal_nothing_is_coloured() {
    let app = App::wat(ADD, "ad", "");
    let root = app.path();
    for environment in
        [[].as_slice(), [("NO_COLOR", "1")].as_slice(), [("NO_COLOR", "1"), ("CLICOLOR", "1")].as_slice()]
    {
        for arguments in [["check", root.to_str().unwrap()].as_slice(), ["--help"].as_slice(), ["chek"].as_slice()] {
            let ran = run_in(environment, arguments);
            assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "{ran:?}");
        }
    }
}

#[test]
fn colour_can_be_forced_and_no_color_wins() {
    let app = App::wat(ADD, "ad", "");
    let root = app.path();
    let check = ["check", root.to_str().unwrap()];
    let forced = run_in(&[("CLICOLOR_FORCE", "1")], &check);
    assert!(forced.stderr.starts_with("\u{1b}[1m\u{1b}[31merror\u{1b}[0m: demo:it: "), "{forced:?}");
    let both = run_in(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &check);
    assert!(!both.stderr.contains('\u{1b}'), "{both:?}");
}

#[test]
fn what_a_guest_prints_is_logged_with_its_entry() {
    let ran = printing("write-stdout").call(&["hello from the guest"]);
    assert_eq!((ran.stdout.as_str(), ran.code), ("{\n  \"ok\": null\n}\n", 0));
    let line = ran.stderr.trim_end();
    assert!(line.ends_with(" INFO wippy::guest: hello from the guest entry=\"demo:it\" stream=\"stdout\""), "{line}");
    assert_eq!(line.lines().count(), 1);
    let ran = printing("write-stderr").call(&["careful"]);
    assert!(ran.stderr.contains(" WARN wippy::guest: careful entry=\"demo:it\" stream=\"stderr\"\n"), "{ran:?}");
}

#[test]
fn a_guest_cannot_steer_the_terminal() {
    let ran = printing("write-stdout").call(&["\u{1b}[31mred\u{1b}]0;title\u{7}"]);
    assert!(!ran.stderr.contains('\u{1b}') && !ran.stderr.contains('\u{7}'), "{ran:?}");
    assert!(ran.stderr.contains("red"), "{ran:?}");
}

#[test]
fn the_log_can_be_silenced_and_set() {
    let app = printing("write-stdout");
    let root = app.path();
    let call = ["call", root.to_str().unwrap(), "demo:it", "hello"];
    let with = |filter: &str| run_in(&[("NO_COLOR", "1"), ("WIPPY_LOG", filter)], &call);
    with("off").gives("{\n  \"ok\": null\n}\n");
    with("wippy::guest=warn").gives("{\n  \"ok\": null\n}\n");
    assert!(with("").stderr.contains("hello"));
    let wrong = with("[[");
    assert!(
        wrong.stderr.starts_with(
            "warning: WIPPY_LOG is no filter: invalid filter directive; write a level, or target=level, with commas between\n"
        ),
        "{wrong:?}"
    );
    assert!(wrong.stderr.contains("hello") && wrong.code == 0, "{wrong:?}");
}

/// A pipe that nobody reads.
fn broken() -> Stdio {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn an_output_that_nobody_reads_is_no_failure() {
    let app = App::guest("values", "echo-string", "");
    let root = app.path();
    let root = root.to_str().unwrap();
    for arguments in [
        ["call", root, "demo:it", "text"].as_slice(),
        ["call", "--raw", root, "demo:it", "text"].as_slice(),
        ["check", root].as_slice(),
        ["check", "--json", root].as_slice(),
        ["imports"].as_slice(),
        ["--help"].as_slice(),
    ] {
        let ran = finish(command(&[], arguments).stdout(broken()).stderr(Stdio::piped()));
        assert_eq!((String::from_utf8_lossy(&ran.stderr).as_ref(), ran.code), ("", 0), "{arguments:?}");
    }
}

#[test]
fn an_error_that_nobody_reads_still_has_its_exit_code() {
    let app = printing("write-stdout");
    let root = app.path();
    let root = root.to_str().unwrap();
    for (arguments, code) in [
        (["call", root, "demo:it", "logged"].as_slice(), 0),
        (["call", root, "demo:other"].as_slice(), 1),
        (["call", root, "demo:it"].as_slice(), 1),
        (["call", root].as_slice(), 2),
    ] {
        let ran = finish(command(&[], arguments).stdout(Stdio::piped()).stderr(broken()));
        assert_eq!(ran.code, code, "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_is_full_is_a_failure() {
    let app = App::guest("values", "echo-string", "");
    let root = app.path();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let arguments = ["call", root.to_str().unwrap(), "demo:it", "text"];
    let ran = finish(command(&[], &arguments).stdout(full).stderr(Stdio::piped()));
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert!(stderr.starts_with("error: cannot write the result: "), "{stderr}");
    assert_eq!(ran.code, 1);
}
