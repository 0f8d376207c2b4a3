//! Standard streams: bytes as they are, at the pace of whoever is slower.

use super::{STANDARD, arguments, exec, guest};
use crate::support::{command, finish};
use std::io::{Read, Write, pipe};
use std::process::Stdio;
use std::thread;

fn run_with(stdin: impl Into<Stdio>, options: &[&str], rest: &[&str]) -> crate::support::Finished {
    let file = guest("command");
    let all = arguments(&[&STANDARD, options].concat(), &file, rest);
    finish(command(&[("NO_COLOR", "1")], &all).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()))
}

#[test]
fn output_goes_where_it_is_sent_and_nothing_is_added() {
    exec(&[], &["print", "no line's end"]).gives("no line's end");
    let ran = exec(&[], &["print-error", "careful"]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str(), ran.code), ("", "careful\n", 0));
}

#[test]
fn a_hundred_megabytes_go_through_to_a_slow_reader() {
    const SIZE: usize = 100 << 20;
    let file = guest("command");
    let mut child = command(&[], &arguments(&STANDARD, &file, &["cat"]));
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let piece: Vec<u8> = (0..1_048_573_u32).map(|number| (number % 251) as u8).collect();
    let sent = piece.clone();
    let writer = thread::spawn(move || {
        let mut left = SIZE;
        while left > 0 {
            let size = left.min(sent.len());
            stdin.write_all(&sent[..size]).unwrap();
            left -= size;
        }
    });
    let (mut received, mut buffer) = (0, vec![0; 3_000]);
    loop {
        let read = stdout.read(&mut buffer).unwrap();
        if read == 0 {
            break;
        }
        for byte in &buffer[..read] {
            assert_eq!(*byte, piece[received % piece.len()], "at byte {received}");
            received += 1;
        }
    }
    writer.join().unwrap();
    assert_eq!((received, child.wait().unwrap().code()), (SIZE, Some(0)));
}

#[test]
fn input_ends_and_input_that_is_not_read_delays_nothing() {
    let ran = run_with(Stdio::null(), &[], &["count-input"]);
    assert_eq!((ran.stdout.as_slice(), ran.code), (b"0\n".as_slice(), 0));
    // Held open and silent to the end.
    let (reader, writer) = pipe().unwrap();
    let ran = run_with(reader, &[], &["read-nothing"]);
    assert_eq!((ran.stdout.as_slice(), ran.code), (b"".as_slice(), 0));
    let (reader, _silent) = pipe().unwrap();
    let ran = run_with(reader, &["--max-execution-ms", "300"], &["cat"]);
    assert_eq!(ran.code, 1, "{}", String::from_utf8_lossy(&ran.stderr));
    drop(writer);
}

#[test]
fn a_guest_whose_reader_has_gone_is_told_so() {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let file = guest("command");
    let all = arguments(&STANDARD, &file, &["flood"]);
    let ran = finish(command(&[("NO_COLOR", "1")], &all).stdout(writer).stderr(Stdio::piped()));
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.code, 1, "{stderr}");
    assert!(!stderr.is_empty());
}

#[test]
fn a_flood_that_nobody_reads_waits_and_ends_at_its_time() {
    let (_unread, writer) = pipe().unwrap();
    let file = guest("command");
    let all = arguments(&[&STANDARD[..], &["--max-execution-ms", "500"]].concat(), &file, &["flood"]);
    let ran = finish(command(&[("NO_COLOR", "1")], &all).stdout(writer).stderr(Stdio::piped()));
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert!(stderr.starts_with("error: command.wasm: no result within 500 ms (Timeout)\n"), "{stderr}");
    assert_eq!(ran.code, 1);
}

#[test]
fn what_is_no_terminal_is_none() {
    exec(&[], &["terminals"]).gives("[false, false, false]\n");
}
