//! Does one thing many times in one call.

wit_bindgen::generate!({
    world: "demo:loops/loops",
    path: [
        "../../wit/wasi-0.2/io.wit",
        "../../wit/wasi-0.2/clocks.wit",
        "../../wit/wasi-0.2/random.wit",
        "../../wit/wasi-0.2/filesystem.wit",
        "../../wit/wasi-0.2/sockets.wit",
        "../../wit/wasi-0.2/cli.wit",
        "../../wit/wasi-0.2/http.wit",
        "wit",
    ],
    generate_all,
});

use wasi::cli::{environment, stdout, terminal_stdout};
use wasi::clocks::{monotonic_clock, wall_clock};
use wasi::filesystem::preopens::get_directories;
use wasi::filesystem::types::{Descriptor, DescriptorFlags, DescriptorType, OpenFlags, PathFlags};
use wasi::http::types::Fields;
use wasi::io::poll::poll;
use wasi::io::streams::{OutputStream, StreamError};
use wasi::random::random;
use wasi::sockets::network::IpAddressFamily;
use wasi::sockets::tcp_create_socket::create_tcp_socket;

struct Loops;
export!(Loops);

/// What is read and written at a time.
const PIECE: usize = 64 * 1024;

impl Guest for Loops {
    fn repeat(what: String, count: u32) {
        // Looked up once: what runs many times is the call alone.
        match &*what {
            "monotonic-now" => times(count, || monotonic_clock::now() > 0),
            "wall-now" => times(count, || wall_clock::now().seconds > 0),
            "random-u64" => times(count, || {
                random::get_random_u64();
                true
            }),
            "random-32" => times(count, || random::get_random_bytes(32).len() == 32),
            "random-4096" => times(count, || random::get_random_bytes(4096).len() == 4096),
            "environment" => times(count, || environment::get_environment().len() == 1),
            "terminal" => times(count, || terminal_stdout::get_terminal_stdout().is_none()),
            "stdout" => times(count, || {
                drop(stdout::get_stdout());
                true
            }),
            "write-line" => {
                let out = stdout::get_stdout();
                times(count, || out.check_write().is_ok_and(|room| room > 32) && out.write(b"a line of output\n").is_ok());
            }
            "ready" => {
                let due = monotonic_clock::subscribe_duration(0);
                due.block();
                times(count, || due.ready());
            }
            "poll" => {
                let due = monotonic_clock::subscribe_duration(0);
                times(count, || poll(&[&due]).len() == 1);
            }
            "pollable" => times(count, || {
                drop(monotonic_clock::subscribe_duration(1_000_000_000_000));
                true
            }),
            "stat" => {
                let root = root();
                times(count, || root.stat().is_ok());
            }
            "get-type" => {
                let root = root();
                times(count, || root.get_type() == Ok(DescriptorType::Directory));
            }
            "socket" => times(count, || create_tcp_socket(IpAddressFamily::Ipv4).is_ok()),
            "option" => {
                let socket = create_tcp_socket(IpAddressFamily::Ipv4).unwrap();
                times(count, || socket.hop_limit().is_ok());
            }
            "fields" => times(count, || Fields::new().append("name", b"value").is_ok()),
            other => panic!("{other} is nothing to do"),
        }
    }

    fn read_file(path: String) -> u64 {
        let stream = open(&path, OpenFlags::empty(), DescriptorFlags::READ);
        let stream = stream.read_via_stream(0).unwrap();
        let mut read = 0;
        loop {
            match stream.blocking_read(PIECE as u64) {
                Ok(bytes) => read += bytes.len() as u64,
                Err(StreamError::Closed) => return read,
                Err(StreamError::LastOperationFailed(error)) => panic!("{}", error.to_debug_string()),
            }
        }
    }

    fn write_file(path: String, pieces: u32) -> u64 {
        let file = open(&path, OpenFlags::CREATE | OpenFlags::TRUNCATE, DescriptorFlags::WRITE);
        let stream = file.write_via_stream(0).unwrap();
        let piece = vec![b'x'; PIECE];
        for _ in 0..pieces {
            let mut rest = &piece[..];
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(room(&stream)));
                stream.write(now).unwrap();
                rest = later;
            }
        }
        stream.flush().unwrap();
        room(&stream);
        file.stat().unwrap().size
    }

    fn count_names(path: String) -> u64 {
        let folder = open(&path, OpenFlags::DIRECTORY, DescriptorFlags::READ);
        let names = folder.read_directory().unwrap();
        let mut count = 0;
        while names.read_directory_entry().unwrap().is_some() {
            count += 1;
        }
        count
    }
}

fn times(count: u32, call: impl Fn() -> bool) {
    for _ in 0..count {
        assert!(call());
    }
}

fn root() -> Descriptor {
    get_directories().into_iter().next().unwrap().0
}

fn open(path: &str, how: OpenFlags, access: DescriptorFlags) -> Descriptor {
    root().open_at(PathFlags::empty(), path, how, access).unwrap()
}

/// How much may be written now, waited for.
fn room(stream: &OutputStream) -> usize {
    loop {
        match stream.check_write().unwrap() {
            0 => stream.subscribe().block(),
            room => return room as usize,
        }
    }
}
