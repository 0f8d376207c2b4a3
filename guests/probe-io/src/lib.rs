//! Every function of wasi:io.

wit_bindgen::generate!({
    world: "demo:probe-io/probe-io",
    path: [
        "../../wit/wasi-0.2/io.wit",
        "../../wit/wasi-0.2/clocks.wit",
        "../../wit/wasi-0.2/random.wit",
        "../../wit/wasi-0.2/filesystem.wit",
        "../../wit/wasi-0.2/sockets.wit",
        "../../wit/wasi-0.2/cli.wit",
        "wit",
    ],
    generate_all,
});

use wasi::cli::{stdin::get_stdin, stdout::get_stdout};
use wasi::clocks::monotonic_clock::subscribe_duration;
use wasi::filesystem::preopens::get_directories;
use wasi::filesystem::types::{Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags};
use wasi::io::poll::poll;
use wasi::io::streams::{InputStream, OutputStream, StreamError};

mod failed;

struct Probe;
export!(Probe);

const MILLISECOND: u64 = 1_000_000;
/// No file reaches so far, so that every read and write at it fails.
const NOWHERE: u64 = u64::MAX - 4096;

fn stream(error: StreamError) -> String {
    match error {
        StreamError::Closed => "closed".into(),
        StreamError::LastOperationFailed(error) => format!("failed: {}", error.to_debug_string()),
    }
}

fn file(code: ErrorCode) -> String {
    code.name().into()
}

/// An empty file of the mount, for reading and writing.
fn create(folder: &str, name: &str) -> Result<Descriptor, String> {
    let (mount, _) =
        get_directories().into_iter().find(|(_, path)| path == folder).ok_or(format!("no mount at {folder}"))?;
    let access = DescriptorFlags::READ | DescriptorFlags::WRITE;
    mount.open_at(PathFlags::empty(), name, OpenFlags::CREATE | OpenFlags::TRUNCATE, access).map_err(file)
}

fn content(descriptor: &Descriptor) -> Result<String, String> {
    let (bytes, _) = descriptor.read(4096, 0).map_err(file)?;
    Ok(bytes.escape_ascii().to_string())
}

/// Waits until the stream takes `count` bytes, as a program does before `write`.
fn permit(output: &OutputStream, count: u64) -> Result<(), String> {
    while output.check_write().map_err(stream)? < count {
        output.subscribe().block();
    }
    Ok(())
}

/// What a call that does not wait gives, over as many calls as it takes to reach `count`.
fn until(
    count: u64,
    wait_for: &InputStream,
    mut step: impl FnMut(u64) -> Result<u64, StreamError>,
) -> Result<u64, String> {
    let mut done = 0;
    while done < count {
        wait_for.subscribe().block();
        done += step(count - done).map_err(stream)?;
    }
    Ok(done)
}

impl Guest for Probe {
    fn output_stream(folder: String) -> Result<Vec<String>, String> {
        let source = create(&folder, "digits.txt")?;
        source.write(b"0123456789", 0).map_err(file)?;
        let input = source.read_via_stream(0).map_err(file)?;
        let target = create(&folder, "streams.bin")?;
        let output = target.write_via_stream(0).map_err(file)?;
        let mut report = Vec::new();

        let permitted = output.check_write().map_err(stream)?;
        report.push(format!("check-write: {}", if permitted > 0 { "some" } else { "none" }));
        permit(&output, 3)?;
        output.write(b"abc").map_err(stream)?;
        report.push("write: 3".into());
        output.flush().map_err(stream)?;
        report.push("flush: ok".into());
        output.blocking_flush().map_err(stream)?;
        report.push("blocking-flush: ok".into());
        output.blocking_write_and_flush(b"def").map_err(stream)?;
        report.push("blocking-write-and-flush: 3".into());
        permit(&output, 2)?;
        output.write_zeroes(2).map_err(stream)?;
        report.push("write-zeroes: 2".into());
        output.blocking_write_zeroes_and_flush(1).map_err(stream)?;
        report.push("blocking-write-zeroes-and-flush: 1".into());
        let moved = until(4, &input, |left| {
            output.subscribe().block();
            output.splice(&input, left)
        })?;
        report.push(format!("splice: {moved}"));
        let mut moved = 0;
        while moved < 3 {
            moved += output.blocking_splice(&input, 3 - moved).map_err(stream)?;
        }
        report.push(format!("blocking-splice: {moved}"));
        let ready = output.subscribe();
        ready.block();
        report.push(format!("subscribe: ready {}", ready.ready()));
        drop(ready);
        output.blocking_flush().map_err(stream)?;
        report.push(format!("file: {}", content(&target)?));
        Ok(report)
    }

    fn input_stream(folder: String) -> Result<Vec<String>, String> {
        let source = create(&folder, "letters.txt")?;
        source.write(b"abcdefghijklmnop", 0).map_err(file)?;
        let input = source.read_via_stream(0).map_err(file)?;
        let mut report = Vec::new();

        let ready = input.subscribe();
        ready.block();
        report.push(format!("subscribe: ready {}", ready.ready()));
        drop(ready);
        let mut text = Vec::new();
        until(3, &input, |left| {
            let bytes = input.read(left)?;
            text.extend_from_slice(&bytes);
            Ok(bytes.len() as u64)
        })?;
        report.push(format!("read: {}", text.escape_ascii()));
        let bytes = input.blocking_read(2).map_err(stream)?;
        report.push(format!("blocking-read: {}", bytes.escape_ascii()));
        report.push(format!("skip: {}", until(4, &input, |left| input.skip(left))?));
        report.push(format!("blocking-skip: {}", input.blocking_skip(3).map_err(stream)?));
        let mut rest = Vec::new();
        let end = loop {
            match input.blocking_read(64) {
                Ok(bytes) => rest.extend(bytes),
                Err(error) => break stream(error),
            }
        };
        report.push(format!("rest: {}", rest.escape_ascii()));
        report.push(format!("end: {end}"));
        Ok(report)
    }

    fn failed_read(folder: String) -> Result<String, String> {
        let input = create(&folder, "failed.txt")?.read_via_stream(NOWHERE).map_err(file)?;
        match input.blocking_read(16) {
            Ok(bytes) => Err(format!("read {} bytes", bytes.len())),
            Err(StreamError::Closed) => Err("closed".into()),
            Err(StreamError::LastOperationFailed(error)) => Ok(error.to_debug_string()),
        }
    }

    fn failed_streams(folder: String) -> Result<Vec<String>, String> {
        failed::report(&folder)
    }

    fn write_unpermitted() -> Result<(), String> {
        let output = get_stdout();
        let permitted = output.check_write().map_err(stream)?;
        output.write(&vec![0; permitted as usize + 1]).map_err(stream)
    }

    fn write_stdout(text: String) -> Result<(), String> {
        let output = get_stdout();
        let mut left = text.as_bytes();
        while !left.is_empty() {
            let permitted = output.check_write().map_err(stream)?;
            let (now, later) = left.split_at(left.len().min(permitted as usize));
            output.write(now).map_err(stream)?;
            left = later;
            if now.is_empty() {
                output.subscribe().block();
            }
        }
        output.flush().map_err(stream)?;
        output.subscribe().block();
        output.check_write().map_err(stream)?;
        Ok(())
    }

    fn read_stdin() -> Result<String, String> {
        let input = get_stdin();
        let mut all = Vec::new();
        loop {
            match input.blocking_read(4096) {
                Ok(bytes) => all.extend(bytes),
                Err(StreamError::Closed) => return String::from_utf8(all).map_err(|error| error.to_string()),
                Err(error) => return Err(stream(error)),
            }
        }
    }

    fn poll_timers(milliseconds: Vec<u64>) -> Vec<u32> {
        let timers: Vec<_> = milliseconds.iter().map(|ms| subscribe_duration(ms.saturating_mul(MILLISECOND))).collect();
        poll(&timers.iter().collect::<Vec<_>>())
    }

    fn poll_mixed(folder: String, milliseconds: u64) -> Result<Vec<u32>, String> {
        let source = create(&folder, "polled.txt")?;
        source.write(b"ready", 0).map_err(file)?;
        let input = source.read_via_stream(0).map_err(file)?;
        let stream = input.subscribe();
        let timer = subscribe_duration(milliseconds.saturating_mul(MILLISECOND));
        Ok(poll(&[&stream, &timer]))
    }

    fn ready_block_ready(milliseconds: u64) -> (bool, bool) {
        let timer = subscribe_duration(milliseconds.saturating_mul(MILLISECOND));
        let before = timer.ready();
        timer.block();
        (before, timer.ready())
    }
}
