//! A command that serves, and a small HTTP/1.1 client.

use crate::support::{PATIENCE, command};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

/// The binary while it serves. Dropped, it is killed.
pub(crate) struct Serving {
    child: Child,
    lines: Receiver<String>,
    pub(crate) addr: String,
}

impl Serving {
    /// Starts the binary and waits for the first line on standard error, which begins with the URL.
    #[track_caller]
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = command(&[("NO_COLOR", "1")], arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut serving = Self { child, lines, addr: String::new() };
        let first = serving.line("");
        let url = first.strip_prefix("http://").and_then(|rest| rest.split_once('/'));
        serving.addr = url.unwrap_or_else(|| panic!("no URL: {first}")).0.to_owned();
        serving
    }

    /// The next line on standard error that has this text in it.
    #[track_caller]
    pub(crate) fn line(&self, text: &str) -> String {
        let mut before = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => before.push(line),
                Err(error) => panic!("no line with {text:?}: {error}; {before:#?}"),
            }
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::open(&self.addr)
    }

    /// One request on a connection of its own.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        self.client().ask(method, path, body)
    }

    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Waits until no connection is accepted any more.
    pub(crate) fn refuses(&self) {
        while TcpStream::connect(&self.addr).is_ok() {
            thread::yield_now();
        }
    }

    /// The exit code, once it has ended by itself.
    #[track_caller]
    pub(crate) fn ended(mut self) -> Option<i32> {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => assert!(!line.contains("panicked"), "{line}"),
                Err(mpsc::RecvTimeoutError::Disconnected) => return self.child.wait().unwrap().code(),
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("it did not end within {PATIENCE:?}"),
            }
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.body.as_str()), (status, body));
    }
}

/// One connection.
pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn open(addr: &str) -> Self {
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        self.head(method, path, body.len());
        self.send(body);
        self.answer()
    }

    pub(crate) fn head(&mut self, method: &str, path: &str, length: usize) {
        self.send(&format!("{method} {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n"));
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// Reads until the server closes the connection.
    pub(crate) fn end(&mut self) {
        let _ = self.0.read_to_end(&mut Vec::new());
    }

    pub(crate) fn answer(&mut self) -> Answer {
        let (status, length) = self.answer_head();
        let mut body = String::new();
        match length {
            Some(length) => drop(self.0.by_ref().take(length).read_to_string(&mut body).unwrap()),
            None => {
                while let Some(chunk) = self.chunk() {
                    body.push_str(&chunk);
                }
            }
        }
        Answer { status, body }
    }

    /// The status, and the length of the body if it does not come in chunks.
    pub(crate) fn answer_head(&mut self) -> (u16, Option<u64>) {
        let status = self.line().split(' ').nth(1).unwrap().parse().unwrap();
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line().to_ascii_lowercase();
            match line.split_once(": ") {
                None => return (status, (!chunked).then_some(length)),
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(("transfer-encoding", value)) => chunked = value == "chunked",
                Some(_) => {}
            }
        }
    }

    /// Whether the connection ends here, in the middle of a body.
    pub(crate) fn is_cut(&mut self) -> bool {
        let mut rest = Vec::new();
        let ended = self.0.read_to_end(&mut rest);
        ended.is_err() || !rest.ends_with(b"0\r\n\r\n")
    }

    /// The next chunk of a body; none at its end, behind the trailers.
    pub(crate) fn chunk(&mut self) -> Option<String> {
        let size = u64::from_str_radix(&self.line(), 16).unwrap();
        if size == 0 {
            while !self.line().is_empty() {}
            return None;
        }
        let mut text = String::new();
        self.0.by_ref().take(size).read_to_string(&mut text).unwrap();
        self.line();
        Some(text)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "the connection has ended");
        line.trim_end().to_owned()
    }
}
