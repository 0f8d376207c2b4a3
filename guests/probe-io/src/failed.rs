//! Streams that failed: what each function says of it, and what it says when it is asked again.

use crate::wasi::filesystem::types::Descriptor;
use crate::wasi::io::poll::Pollable;
use crate::wasi::io::streams::{InputStream, OutputStream, StreamError};
use crate::{create, file, stream, NOWHERE};

fn code(error: StreamError) -> &'static str {
    match error {
        StreamError::Closed => "closed",
        StreamError::LastOperationFailed(_) => "last-operation-failed",
    }
}

/// Asks until it fails, waiting in between, and then once more.
fn twice<T>(
    report: &mut Vec<String>,
    function: &str,
    subscribe: impl Fn() -> Pollable,
    ask: impl Fn() -> Result<T, StreamError>,
) {
    for _ in 0..2 {
        let error = loop {
            match ask() {
                Ok(_) => subscribe().block(),
                Err(error) => break error,
            }
        };
        report.push(format!("{function}: {}", code(error)));
    }
}

type Read = fn(&InputStream) -> Result<(), StreamError>;
type Write = fn(&OutputStream) -> Result<(), StreamError>;

pub fn report(folder: &str) -> Result<Vec<String>, String> {
    let mut report = Vec::new();
    let target = create(folder, "failed.bin")?;
    let reads: [(&str, Read); 4] = [
        ("read", |input| input.read(16).map(drop)),
        ("blocking-read", |input| input.blocking_read(16).map(drop)),
        ("skip", |input| input.skip(16).map(drop)),
        ("blocking-skip", |input| input.blocking_skip(16).map(drop)),
    ];
    for (function, read) in reads {
        let input = target.read_via_stream(NOWHERE).map_err(file)?;
        twice(&mut report, function, || input.subscribe(), || read(&input));
    }
    let writes: [(&str, Write); 4] = [
        ("blocking-write-and-flush", |output| output.blocking_write_and_flush(b"x")),
        ("blocking-write-zeroes-and-flush", |output| output.blocking_write_zeroes_and_flush(1)),
        ("check-write", |output| output.check_write().map(drop)),
        ("flush", |output| output.flush()),
    ];
    for (function, write) in writes {
        let output = if function.starts_with("blocking") { nowhere(&target)? } else { failing(&target)? };
        twice(&mut report, function, || output.subscribe(), || write(&output));
    }
    let output = failing(&target)?;
    twice(&mut report, "blocking-flush", || output.subscribe(), || output.blocking_flush());
    let input = target.read_via_stream(0).map_err(file)?;
    for (function, splice) in [
        ("splice", OutputStream::splice as fn(&OutputStream, &InputStream, u64) -> Result<u64, StreamError>),
        ("blocking-splice", OutputStream::blocking_splice),
    ] {
        let output = failing(&target)?;
        twice(&mut report, function, || output.subscribe(), || splice(&output, &input, 1));
    }
    for (function, write) in [
        ("write", (|output| output.write(b"x")) as Write),
        ("write-zeroes", |output| output.write_zeroes(1)),
    ] {
        let output = nowhere(&target)?;
        let _ = output.blocking_write_and_flush(b"x");
        let outcome = write(&output).map_or_else(code, |()| "ok");
        report.push(format!("{function}: {outcome}"));
    }
    Ok(report)
}

fn nowhere(target: &Descriptor) -> Result<OutputStream, String> {
    target.write_via_stream(NOWHERE).map_err(file)
}

/// A stream whose write has failed, and which has told nobody.
fn failing(target: &Descriptor) -> Result<OutputStream, String> {
    let output = nowhere(target)?;
    output.check_write().map_err(stream)?;
    output.write(b"x").map_err(stream)?;
    output.subscribe().block();
    Ok(output)
}
