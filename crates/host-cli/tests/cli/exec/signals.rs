//! SIGINT and SIGTERM end a guest at once, whether it computes, waits or is blocked.

#![cfg(unix)]

use super::{STANDARD, arguments, guest};
use crate::support::command;
use std::io::{BufRead, BufReader, pipe};
use std::process::{Child, Command, Stdio};

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap().success());
}

/// Starts the command guest, waits for its first line, signals, and gives the exit code.
fn ended_by(name: &str, rest: &[&str]) -> Option<i32> {
    let file = guest("command");
    let mut command = command(&[], &arguments(&STANDARD, &file, rest));
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert!(!line.is_empty());
    signal(&child, name);
    child.wait().unwrap().code()
}

#[test]
fn a_guest_that_computes_is_ended() {
    assert_eq!(ended_by("INT", &["loop"]), Some(130));
    assert_eq!(ended_by("TERM", &["loop"]), Some(143));
}

#[test]
fn a_guest_that_waits_is_ended() {
    assert_eq!(ended_by("TERM", &["sleep", "3600000"]), Some(143));
}

#[test]
fn a_guest_whose_output_nobody_reads_is_ended() {
    let (reader, writer) = pipe().unwrap();
    let file = guest("command");
    let mut child = command(&[], &arguments(&STANDARD, &file, &["flood"])).stdout(writer).spawn().unwrap();
    // Once something has arrived it runs, and soon the pipe is full.
    let mut reader = BufReader::with_capacity(1, reader);
    assert_eq!(reader.fill_buf().unwrap(), b"x");
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
}
